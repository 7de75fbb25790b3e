import { refuse } from './failures.ts'
import type { PropertyDefinition } from './property.ts'
import type { ObjectSchema } from './schema.ts'
import type { StoredRecord } from './table.ts'

const MOST_GROUPS = 5
const MOST_IN_GROUP = 6
const MOST_FILTERS = 18

type Predicate = (record: StoredRecord) => boolean
interface GivenFilter {
  readonly propertyName?: string
  readonly operator?: string
  readonly value?: unknown
  readonly highValue?: unknown
  readonly values?: readonly unknown[]
}

/** Filters as one predicate, with the id that every result is above of where the filters say one. */
export const compileFilters = (
  groups: unknown,
  properties: ReadonlyMap<string, PropertyDefinition>,
  schema: ObjectSchema,
): { readonly takes: Predicate; readonly aboveId: number } => {
  const given: readonly { filters?: readonly GivenFilter[] }[] = Array.isArray(groups) ? groups : []
  const counts = given.map((group) => group.filters?.length ?? 0)
  if (given.length > MOST_GROUPS || counts.some((count) => count > MOST_IN_GROUP) || sum(counts) > MOST_FILTERS)
    throw refuse(400, 'VALIDATION_ERROR', 'Too many filters')
  const compiled = given.map((group) => (group.filters ?? []).map((filter) => predicateOf(filter, properties, schema)))
  const aboveIds = given.map((group) =>
    Math.max(
      0,
      ...(group.filters ?? []).flatMap((filter) =>
        filter.propertyName === 'hs_object_id' && filter.operator === 'GT' ? Number(filter.value) : [],
      ),
    ),
  )
  return {
    aboveId: aboveIds.length === 0 ? 0 : Math.min(...aboveIds),
    takes: (record) => compiled.length === 0 || compiled.some((group) => group.every((predicate) => predicate(record))),
  }
}

const predicateOf = (
  filter: GivenFilter,
  properties: ReadonlyMap<string, PropertyDefinition>,
  schema: ObjectSchema,
): Predicate => {
  const name = filter.propertyName ?? ''
  const property = properties.get(name)
  const compare = comparableOf(property)
  const read = (record: StoredRecord): string | undefined => record.properties[name] || undefined
  const wanted = compare(String(filter.value ?? ''))
  const stamp = stampOf(name, schema)
  const test = (passes: (value: number | string) => boolean): Predicate => {
    if (stamp !== undefined) return (record) => passes(stamp(record))
    return (record) => {
      const value = read(record)
      return value !== undefined && passes(compare(value))
    }
  }
  switch (filter.operator) {
    case 'EQ':
      return test((value) => value === wanted)
    case 'NEQ':
      return test((value) => value !== wanted)
    case 'LT':
      return test((value) => value < wanted)
    case 'LTE':
      return test((value) => value <= wanted)
    case 'GT':
      return test((value) => value > wanted)
    case 'GTE':
      return test((value) => value >= wanted)
    case 'BETWEEN':
      return test((value) => value >= wanted && value <= compare(String(filter.highValue)))
    case 'IN':
    case 'NOT_IN': {
      // Values of text must come in lower case: they are compared as they are given.
      const values = new Set(
        (filter.values ?? []).map((value) => (property?.type === 'string' ? String(value) : compare(String(value)))),
      )
      return filter.operator === 'IN' ? test((value) => values.has(value)) : test((value) => !values.has(value))
    }
    case 'HAS_PROPERTY':
      return (record) => read(record) !== undefined
    case 'NOT_HAS_PROPERTY':
      return (record) => read(record) === undefined
    case 'CONTAINS_TOKEN':
      return test((value) => String(value).includes(String(wanted).replaceAll('*', '')))
    case 'NOT_CONTAINS_TOKEN':
      return test((value) => !String(value).includes(String(wanted).replaceAll('*', '')))
    default:
      throw refuse(400, 'VALIDATION_ERROR', `Invalid filter operator ${filter.operator}`)
  }
}

/** What the system keeps as a number beside its text: comparing thousands of records must not parse thousands of dates. */
const stampOf = (name: string, schema: ObjectSchema): ((record: StoredRecord) => number) | undefined => {
  if (name === schema.changedField) return (record) => record.updatedMs
  if (name === schema.createdField) return (record) => record.createdMs
  return name === 'hs_object_id' ? (record) => record.id : undefined
}

/** Texts compare without regard to case, picklist values with it, moments in milliseconds. */
const comparableOf = (property: PropertyDefinition | undefined): ((value: string) => number | string) => {
  if (property?.type === 'number' || property?.name === 'hs_object_id') return Number
  if (property?.type === 'datetime' || property?.type === 'date')
    return (value) => (/^-?\d+$/.test(value) ? Number(value) : Date.parse(value))
  if (property?.type === 'enumeration') return (value) => value
  return (value) => value.toLowerCase()
}

/** One rule at most; creation, oldest first, where there is none. */
export const sorterOf = (
  sorts: unknown,
  createdField: string,
): ((records: readonly StoredRecord[]) => readonly StoredRecord[]) => {
  const rules: readonly unknown[] = Array.isArray(sorts) ? sorts : []
  if (rules.length > 1) throw refuse(400, 'VALIDATION_ERROR', 'Only one sort is supported')
  const { name, isDescending } = ruleOf(rules[0] ?? { propertyName: createdField })
  // The index answers in the order of ids.
  if (name === 'hs_object_id') return (records) => (isDescending ? [...records].reverse() : records)
  const key = (record: StoredRecord): string => record.properties[name] ?? ''
  const sign = isDescending ? -1 : 1
  return (records) =>
    [...records].sort((left, right) => (key(left) < key(right) ? -sign : key(left) > key(right) ? sign : 0))
}

const ruleOf = (rule: unknown): { readonly name: string; readonly isDescending: boolean } => {
  if (typeof rule === 'string') return { name: rule.replace(/^-/, ''), isDescending: rule.startsWith('-') }
  const { propertyName, direction } = rule as { propertyName?: string; direction?: string }
  return { name: propertyName ?? '', isDescending: direction === 'DESCENDING' }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, count) => total + count, 0)
