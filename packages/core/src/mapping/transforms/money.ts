import type { Json } from '../../contract.ts'
import { textOf } from '../remote-value.ts'
import { minorDigits } from './currencies.ts'
import { formatUnits, parseDecimal, toUnits } from './decimal.ts'
import type { Making, Scope, Transform } from './transform.ts'

const USUAL_DIGITS = 2
/** A double carries 15 decimal digits for certain; what stands behind them is noise of the vendor's arithmetic. */
const CERTAIN_DIGITS = 15

const decimalText = (value: Json): string | undefined =>
  typeof value === 'number' ? String(Number(value.toPrecision(CERTAIN_DIGITS))) : textOf(value)

/**
 * Remote decimal amounts as integer minor units of the record's currency, by ISO 4217. Exact decimal arithmetic both
 * ways; goes back as decimal text, or as a JSON number with `as: "number"`.
 */
export const money = ({ options, accountCurrency, has, note }: Making): Transform => {
  const field = options.currency ?? 'currency'
  if (!has(field) && accountCurrency === undefined)
    note('No currency is known for amounts: two minor digits are taken.')
  const accountDigits = accountCurrency === undefined ? USUAL_DIGITS : (minorDigits(accountCurrency) ?? USUAL_DIGITS)
  const digitsOf = (scope: Scope): number => {
    const code = scope.canonical(field)
    return typeof code === 'string' ? (minorDigits(code) ?? USUAL_DIGITS) : accountDigits
  }
  return {
    pull: (value, scope) => {
      const text = decimalText(value)
      const decimal = text === undefined ? undefined : parseDecimal(text)
      if (decimal === undefined) {
        scope.warn('is no amount')
        return null
      }
      const { units, exact } = toUnits(decimal, digitsOf(scope))
      const amount = Number(units)
      if (!Number.isSafeInteger(amount)) {
        scope.warn('is an amount beyond what an integer holds')
        return null
      }
      if (!exact) scope.warn('has more digits than its currency and was rounded')
      return amount === 0 ? 0 : amount
    },
    push: (value, scope) => {
      const text = formatUnits(BigInt(value as number), digitsOf(scope))
      return options.as === 'number' ? Number(text) : text
    },
  }
}
