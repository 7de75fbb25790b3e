import type { FieldType, RuleObject, TransformName } from '../types.ts'
import { boolean } from './boolean.ts'
import { country } from './country.ts'
import { duration } from './duration.ts'
import { html } from './html.ts'
import { money } from './money.ts'
import { integer, number, scale } from './numbers.ts'
import { phone } from './phone.ts'
import { join, lower, split, trim } from './texts.ts'
import { date, datetime } from './times.ts'
import type { Making, Transform } from './transform.ts'

export interface TransformEntry {
  make(making: Making): Transform
  /** Type of what a pull yields; absent where it is the type that went in. */
  readonly yields?: FieldType
  /**
   * What a push does. 'exact': the inverse, so that what was pushed is read back. 'same': the function itself, as it
   * changes nothing twice. 'lossy': what was pushed is read back, but writing what was read loses something.
   */
  readonly inverse: 'exact' | 'same' | 'lossy'
  /** What `as` may say. */
  readonly as: readonly NonNullable<RuleObject['as']>[]
}

/** Every transform that a rule may name. */
export const TRANSFORMS: Readonly<Record<TransformName, TransformEntry>> = {
  trim: { make: trim, inverse: 'same', as: [] },
  lower: { make: lower, inverse: 'same', as: [] },
  number: { make: number, yields: 'number', inverse: 'exact', as: ['text', 'number'] },
  integer: { make: integer, yields: 'integer', inverse: 'lossy', as: ['text', 'number'] },
  scale: { make: scale, yields: 'number', inverse: 'exact', as: ['text', 'number'] },
  money: { make: money, yields: 'money', inverse: 'exact', as: ['text', 'number'] },
  phone: { make: phone, yields: 'phone', inverse: 'lossy', as: [] },
  country: { make: country, yields: 'country', inverse: 'lossy', as: ['code', 'name'] },
  boolean: { make: boolean, yields: 'boolean', inverse: 'exact', as: ['text', 'number'] },
  date: { make: date, yields: 'date', inverse: 'lossy', as: ['date', 'iso', 'ms', 's', 'sql'] },
  datetime: { make: datetime, yields: 'datetime', inverse: 'exact', as: ['iso', 'ms', 's', 'sql', 'date'] },
  duration: { make: duration, yields: 'integer', inverse: 'lossy', as: ['text', 'number'] },
  split: { make: split, yields: 'list', inverse: 'lossy', as: [] },
  join: { make: join, yields: 'text', inverse: 'lossy', as: [] },
  html: { make: html, yields: 'text', inverse: 'lossy', as: [] },
}

const NUMERIC: ReadonlySet<FieldType> = new Set(['number', 'integer', 'money'])
const TEXTUAL: ReadonlySet<FieldType> = new Set(['text', 'email', 'phone', 'country', 'currency'])

/** True where a value of type `yielded` can stand in a canonical field of `type`. */
export const fits = (yielded: FieldType, type: FieldType): boolean =>
  yielded === type ||
  type === 'text' ||
  (NUMERIC.has(yielded) && NUMERIC.has(type)) ||
  (yielded === 'text' && TEXTUAL.has(type)) ||
  (type === 'list' && yielded === 'text')
