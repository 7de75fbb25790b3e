import type { Json } from '../contract.ts'
import { isList } from './remote-value.ts'
import { isCountry, toCountry } from './transforms/countries.ts'
import { isCurrency } from './transforms/currencies.ts'
import { parseIso } from './transforms/instants.ts'
import { E164 } from './transforms/phone.ts'
import type { CustomType, FieldType } from './types.ts'

export interface Complaint {
  readonly message: string
  readonly remedy: string
}

type Check = (value: Json) => Complaint | undefined

const utc = () => 0

const shown = (value: Json): string => {
  if (isList(value)) return 'a list'
  if (typeof value === 'object') return value === null ? 'null' : 'an object'
  return typeof value === 'string' ? 'text' : `the ${typeof value} ${value}`
}

/** A check that wants text first, and then whatever `holds` says of it. */
const textual =
  (
    what: string,
    remedy: string,
    holds: (text: string) => boolean,
    better?: (text: string) => string | undefined,
  ): Check =>
  (value) => {
    if (typeof value !== 'string') return { message: `${what} is wanted, not ${shown(value)}`, remedy }
    if (holds(value)) return undefined
    const near = better?.(value)
    return { message: `This is no ${what}`, remedy: near === undefined ? remedy : `Send "${near}". ${remedy}` }
  }

const isDay = (text: string): boolean => {
  const found = parseIso(text, utc)
  return found !== undefined && (found.zoned || !found.timed)
}

const CHECKS: Readonly<Record<CustomType, Check>> = {
  text: (value) =>
    typeof value === 'string'
      ? undefined
      : { message: `Text is wanted, not ${shown(value)}`, remedy: 'Send a JSON string, or null to clear.' },
  email: textual('e-mail address', 'An address reads like name@example.com.', (text) => /^[^\s@]+@[^\s@]+$/.test(text)),
  phone: textual('E.164 phone number', 'E.164 is "+", country code and number, digits only: +390212345678.', (text) =>
    E164.test(text),
  ),
  country: textual('ISO 3166 country code', 'Send two capital letters, such as IT.', isCountry, toCountry),
  currency: textual('ISO 4217 currency code', 'Send three capital letters, such as EUR.', isCurrency),
  money: (value) =>
    Number.isSafeInteger(value)
      ? undefined
      : {
          message: `An integer of minor units is wanted, not ${shown(value)}`,
          remedy: 'Send cents: 1250 for 12.50 EUR.',
        },
  integer: (value) =>
    Number.isSafeInteger(value)
      ? undefined
      : { message: `An integer is wanted, not ${shown(value)}`, remedy: 'Send a whole JSON number.' },
  number: (value) =>
    Number.isFinite(value)
      ? undefined
      : { message: `A number is wanted, not ${shown(value)}`, remedy: 'Send a JSON number.' },
  boolean: (value) =>
    typeof value === 'boolean'
      ? undefined
      : { message: `true or false is wanted, not ${shown(value)}`, remedy: 'Send a JSON boolean.' },
  date: textual('date', 'Send YYYY-MM-DD, such as 2026-11-24.', isDay),
  datetime: textual(
    'point in time with a zone',
    'Send ISO 8601 with a zone, such as 2026-11-24T09:30:00Z.',
    (text) => parseIso(text, utc)?.zoned === true,
  ),
  list: (value) =>
    isList(value) && value.every((item) => typeof item === 'string')
      ? undefined
      : { message: `A list of texts is wanted, not ${shown(value)}`, remedy: 'Send a JSON array of strings.' },
}

const reference = textual('local id', 'Send the id of your own record as text, or null.', (text) => text !== '')

/** The check of a pushed value against its canonical type and, where the field has one, its closed set of values. */
export const checkOf = (type: FieldType, values: readonly string[] | undefined): Check => {
  if (type === 'reference') return reference
  const check = CHECKS[type]
  if (values === undefined) return check
  const allowed = new Set<Json>(values)
  return (value) =>
    allowed.has(value)
      ? undefined
      : { message: `${JSON.stringify(value)} is not one of its values`, remedy: `Send one of: ${values.join(', ')}.` }
}
