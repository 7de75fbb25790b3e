import type { Fault } from '@raccordo/core'

const MOST_LEVELS = 64

const escapeToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')

const stringFault = (text: string, pointer: string): Fault | undefined => {
  if (text.includes('\u0000')) {
    return { pointer, message: 'holds a NUL character, which no database stores', remedy: 'Leave the character out.' }
  }
  if (text.isWellFormed()) return undefined
  return { pointer, message: 'holds half of a surrogate pair', remedy: 'Send well-formed Unicode.' }
}

/**
 * What JSON can say and Postgres cannot hold, as a fault with its pointer: NUL, halves of surrogate pairs, numbers
 * beyond a double's range and nesting without end. Undefined where the value can be stored.
 */
export const unstorable = (value: unknown, pointer = '', level = 0): Fault | undefined => {
  if (typeof value === 'string') return stringFault(value, pointer)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { pointer, message: 'is a number beyond the range of a double' }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (level === MOST_LEVELS) return { pointer: '', message: `is nested deeper than ${MOST_LEVELS} levels` }
  for (const [name, member] of Object.entries(value)) {
    const here = `${pointer}/${escapeToken(name)}`
    const fault = stringFault(name, pointer) ?? unstorable(member, here, level + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}
