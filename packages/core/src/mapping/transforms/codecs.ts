import type { Json } from '../../contract.ts'
import { isList, relationOf, textOf } from '../remote-value.ts'
import type { CustomType } from '../types.ts'
import { boolean } from './boolean.ts'
import { country } from './country.ts'
import { integer, number } from './numbers.ts'
import { phone } from './phone.ts'
import { date, datetime } from './times.ts'
import type { Making, Transform } from './transform.ts'

const keep = (value: Json): Json => value

const text = (): Transform => ({
  pull: (value, scope) => {
    if (typeof value === 'string') return value
    const found = textOf(value)
    if (found === undefined) scope.warn('is a list or a structure where text is wanted')
    return found ?? null
  },
  push: keep,
})

const email = (): Transform => ({
  pull: (value, scope) => {
    const address = textOf(value)?.trim() ?? ''
    if (address === '') scope.warn('is no e-mail address')
    return address === '' ? null : address
  },
  push: keep,
})

const currency = (): Transform => ({
  pull: (value, scope) => {
    const code = textOf(value)?.trim().toUpperCase() ?? ''
    if (/^[A-Z]{3}$/.test(code)) return code
    scope.warn('is no ISO 4217 currency code')
    return null
  },
  push: keep,
})

const list = ({ remoteType, options }: Making): Transform => ({
  pull: (value) => {
    if (isList(value) && relationOf(value) === undefined) return value.map((item) => textOf(item) ?? '')
    const one = textOf(value) ?? ''
    return remoteType === 'multipicklist' ? one.split(options.separator ?? ';') : [one]
  },
  push: keep,
})

/** What turns a remote value into a canonical one of a type where a rule says no more. */
export const CODECS: Readonly<Record<CustomType, (making: Making) => Transform>> = {
  text,
  email,
  phone,
  country,
  currency,
  money: integer,
  integer,
  number,
  boolean,
  date,
  datetime,
  list,
}

/** Text of a closed set: taken as it is, or without regard to case and separators. */
export const oneOf = (values: readonly string[]): Transform => {
  const fold = (word: string) =>
    word
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_')
  const known = new Set(values)
  return {
    pull: (value, scope) => {
      if (typeof value === 'string' && known.has(value)) return value
      const word = textOf(value) ?? ''
      if (known.has(fold(word))) return fold(word)
      scope.warn(`has the value ${JSON.stringify(word)}, which is none of ${values.join(', ')}`)
      return null
    },
    push: keep,
  }
}
