import { valueOfField } from './computed.ts'
import type { Environment } from './environment.ts'
import type { FieldDefinition, Model } from './models.ts'
import { OdooError, valueError } from './odoo-error.ts'
import type { Values } from './store.ts'
import { readDomainTime } from './times.ts'

export type Test = (id: number, values: Values) => boolean

const SECOND = 1_000_000
const OPERATORS = new Set(['=', '!=', '<>', '>', '>=', '<', '<=', 'in', 'not in'])
const PATTERNS = new Set(['like', 'ilike', '=like', '=ilike', 'not like', 'not ilike'])

/** A domain in prefix notation as one test. Archived records are left out unless the domain or the context asks for them. */
export const compileDomain = (env: Environment, model: Model, domain: unknown): Test => {
  const terms = Array.isArray(domain) ? domain : []
  const tests: Test[] = []
  const leaves = terms.filter((term) => Array.isArray(term))
  for (const term of [...terms].reverse()) {
    if (Array.isArray(term)) tests.push(compileLeaf(env, model, term))
    else tests.push(combine(String(term), tests))
  }
  const asksForActive = leaves.some(([name]) => name === 'active') || env.context['active_test'] === false
  if (model.fields['active'] !== undefined && !asksForActive) tests.push((_, values) => values['active'] !== false)
  return (id, values) => tests.every((test) => test(id, values))
}

const combine = (operator: string, tests: Test[]): Test => {
  const first = tests.pop()
  if (operator === '!' && first !== undefined) return (id, values) => !first(id, values)
  const second = tests.pop()
  if (first === undefined || second === undefined || (operator !== '|' && operator !== '&'))
    throw valueError(`Malformed domain: ${operator}`)
  return operator === '|'
    ? (id, values) => first(id, values) || second(id, values)
    : (id, values) => first(id, values) && second(id, values)
}

const compileLeaf = (env: Environment, model: Model, [name, operator, wanted]: readonly unknown[]): Test => {
  const shown = `('${name}', '${operator}', ${typeof wanted === 'string' ? `'${wanted}'` : wanted})`
  const field = model.fields[String(name)]
  if (field === undefined)
    throw valueError(`Invalid field ${model.name}.${name} in ${env.version >= 17 ? 'condition' : 'leaf'} ${shown}`)
  const known = String(operator)
  if (!OPERATORS.has(known) && !PATTERNS.has(known))
    throw valueError(env.version >= 17 ? `Invalid operator in condition ${shown}` : `Invalid leaf ${shown}`)
  const read = (id: number, values: Values) => valueOfField(env, model.name, id, values, String(name), field)
  const test = PATTERNS.has(known) ? matches(known, wanted) : compares(env, field, known, wanted)
  return (id, values) => test(read(id, values))
}

const compares = (
  env: Environment,
  field: FieldDefinition,
  operator: string,
  wanted: unknown,
): ((value: unknown) => boolean) => {
  if (operator === 'in' || operator === 'not in') {
    const list = (Array.isArray(wanted) ? wanted : [wanted]).map(emptyAsFalse)
    const has = (value: unknown) =>
      Array.isArray(value) ? value.some((one) => list.includes(one)) : list.includes(emptyAsFalse(value))
    return operator === 'in' ? has : (value) => !has(value)
  }
  if (field.type === 'datetime' && typeof wanted === 'string')
    return comparesTime(env.version, operator, readDomainTime(wanted, env.version))
  const target = emptyAsFalse(wanted)
  const equal = (value: unknown) => (Array.isArray(value) ? value.includes(target) : emptyAsFalse(value) === target)
  if (operator === '=') return equal
  if (operator === '!=' || operator === '<>') return (value) => !equal(value)
  return (value) => value !== false && ordered(operator, value as number, target as number)
}

/**
 * Odoo 19 rounds what it is given to a second and takes `>` as "from the next second" and `<=` as "before it"; older
 * versions compare with the microseconds that nobody is shown.
 */
const comparesTime = (version: number, operator: string, micros: number): ((value: unknown) => boolean) => {
  if (version < 19) return (value) => typeof value === 'number' && ordered(operator, value, micros)
  const second = Math.floor(micros / SECOND) * SECOND
  const tests: Readonly<Record<string, (value: number) => boolean>> = {
    '>': (value) => value >= second + SECOND,
    '>=': (value) => value >= second,
    '<': (value) => value < second,
    '<=': (value) => value < second + SECOND,
    '=': (value) => value >= second && value < second + SECOND,
  }
  const test = tests[operator] ?? ((value: number) => !(value >= second && value < second + SECOND))
  return (value) => typeof value === 'number' && test(value)
}

const ordered = (operator: string, left: number, right: number): boolean => {
  if (operator === '>') return left > right
  if (operator === '>=') return left >= right
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return operator === '=' ? left === right : left !== right
}

const emptyAsFalse = (value: unknown): unknown => (value === null || value === undefined ? false : value)

/** `%` and `_` are wildcards unless a backslash stands before them; without `=`, the text may stand anywhere. */
const matches = (operator: string, wanted: unknown): ((value: unknown) => boolean) => {
  if (typeof wanted !== 'string' && typeof wanted !== 'number')
    throw new OdooError('builtins.TypeError', 'a text is expected')
  const anywhere = !operator.startsWith('=')
  const pattern = likePattern(anywhere ? `%${wanted}%` : String(wanted))
  const expression = new RegExp(`^${pattern}$`, operator.includes('ilike') ? 'isu' : 'su')
  const hit = (value: unknown) => typeof value === 'string' && expression.test(value)
  return operator.startsWith('not') ? (value) => !hit(value) : hit
}

const likePattern = (pattern: string): string =>
  pattern.replace(/\\(.)|[%_]|[\s\S]/gu, (token, escaped?: string) => {
    if (escaped !== undefined) return literal(escaped)
    if (token === '%') return '.*'
    return token === '_' ? '.' : literal(token)
  })

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
