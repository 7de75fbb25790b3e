import { textOf } from '../remote-value.ts'
import type { Making, Transform } from './transform.ts'

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  '1': true,
  on: true,
  false: false,
  no: false,
  n: false,
  '0': false,
  off: false,
}

/** Yes or no, from booleans, 0 and 1, and the usual words. Goes back as a boolean, or as `as` says: `text` or `number`. */
export const boolean = ({ options }: Making): Transform => ({
  pull: (value, scope) => {
    if (typeof value === 'boolean') return value
    const word = (textOf(value) ?? '').trim().toLowerCase()
    const found = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
    if (found === undefined) scope.warn('is neither true nor false')
    return found ?? null
  },
  push: (value) => (options.as === 'text' ? String(value) : options.as === 'number' ? Number(value) : value),
})
