import { limitExceeded, refuse } from './failures.ts'

export interface SearchCriterion {
  readonly field: string
  readonly operator: string
  readonly values: readonly string[]
}
export type SearchCriteria =
  | SearchCriterion
  | { readonly join: 'and' | 'or'; readonly sides: readonly SearchCriteria[] }

const MOST_CRITERIA = 15

/** Reads `((Last_Name:equals:Rossi)and(Email:starts_with:a))`. Brackets and commas of a value stand behind a backslash. */
export const parseCriteria = (text: string): SearchCriteria => {
  let position = 0
  let count = 0
  const fail = (): Error =>
    refuse(400, 'INVALID_QUERY', 'Invalid query formed', {
      reason: 'criteria',
      near: text.slice(position, position + 10),
    })
  const expect = (sign: string): void => {
    if (text[position] !== sign) throw fail()
    position += 1
  }
  const joinHere = (): 'and' | 'or' | undefined => {
    const match = /^\s*(and|or)\s*(?=\()/i.exec(text.slice(position))
    if (match === null) return undefined
    position += match[0].length
    return match[1]?.toLowerCase() === 'and' ? 'and' : 'or'
  }
  const group = (): SearchCriteria => {
    expect('(')
    const inner = text[position] === '(' ? series() : criterion()
    expect(')')
    return inner
  }
  const series = (): SearchCriteria => {
    const sides = [group()]
    let join: 'and' | 'or' | undefined
    for (let next = joinHere(); next !== undefined; next = joinHere()) {
      if (join !== undefined && join !== next) throw fail()
      join = next
      sides.push(group())
    }
    return join === undefined ? (sides[0] ?? { join: 'and', sides }) : { join, sides }
  }
  const criterion = (): SearchCriterion => {
    count += 1
    const match = /^([\w$.]+):(\w+):((?:[^()\\]|\\.)*)/.exec(text.slice(position))
    if (match === null) throw fail()
    position += match[0].length
    const [, field = '', operator = '', value = ''] = match
    const values = value.split(/(?<!\\),/).map((part) => part.replace(/\\(.)/g, '$1'))
    return { field, operator, values }
  }
  const criteria = text.startsWith('(') ? series() : criterion()
  if (position < text.length) throw fail()
  if (count > MOST_CRITERIA) throw limitExceeded({ limit: MOST_CRITERIA, param_name: 'criteria' })
  return criteria
}
