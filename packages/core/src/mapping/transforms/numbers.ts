import type { Json } from '../../contract.ts'
import { textOf } from '../remote-value.ts'
import { parseDecimal, toUnits } from './decimal.ts'
import type { Making, Transform } from './transform.ts'

const CERTAIN_DIGITS = 15

const numberOf = (value: Json): number | undefined => {
  if (typeof value === 'number') return value
  const text = textOf(value)
  const found = text === undefined || parseDecimal(text) === undefined ? Number.NaN : Number(text)
  return Number.isFinite(found) ? found : undefined
}

const written = (value: Json, as: string | undefined): Json => (as === 'text' ? String(value) : value)

/** Numbers and decimal text as numbers. */
export const number = ({ options }: Making): Transform => ({
  pull: (value, scope) => {
    const found = numberOf(value)
    if (found === undefined) scope.warn('is no number')
    return found ?? null
  },
  push: (value) => written(value, options.as),
})

/** Numbers and decimal text as integers, rounded half away from zero with a warning where something was cut. */
export const integer = ({ options }: Making): Transform => ({
  pull: (value, scope) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value
    const decimal = parseDecimal(typeof value === 'number' ? String(value) : (textOf(value) ?? ''))
    const rounded = decimal === undefined ? undefined : toUnits(decimal, 0)
    const whole = Number(rounded?.units ?? Number.NaN)
    if (rounded === undefined || !Number.isSafeInteger(whole)) {
      scope.warn('is no integer')
      return null
    }
    if (!rounded.exact) scope.warn('has a fraction and was rounded')
    return whole
  },
  push: (value) => written(value, options.as),
})

const clean = (value: number): number => Number(value.toPrecision(CERTAIN_DIGITS))

/** Multiplies by `scale` on a pull and divides on a push; a fifteenth digit and beyond are dropped as noise. */
export const scale = ({ options, type }: Making): Transform => {
  const factor = options.scale ?? 1
  const whole = type === 'integer' || type === 'money'
  return {
    pull: (value, scope) => {
      const scaled = clean((numberOf(value) ?? Number.NaN) * factor)
      const result = whole ? Math.sign(scaled) * Math.round(Math.abs(scaled)) + 0 : scaled
      if (whole ? Number.isSafeInteger(result) : Number.isFinite(result)) return result
      scope.warn('is no number, or too large a one')
      return null
    },
    push: (value) => written(clean((value as number) / factor), options.as),
  }
}
