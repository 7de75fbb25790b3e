/** An exact decimal: `mantissa` · 10^-`digits`. */
export interface Decimal {
  readonly mantissa: bigint
  readonly digits: number
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i
const HIGHEST_EXPONENT = 60
/** Longer texts are no amounts, and reading them as integers would take long. */
const LONGEST_TEXT = 400

/** Reads decimal text such as `-12.50` or `1e3`; undefined where it is none. Numbers go in as `String(number)`. */
export const parseDecimal = (text: string): Decimal | undefined => {
  if (text.length > LONGEST_TEXT) return undefined
  const match = DECIMAL.exec(text.trim())
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponentText] = match
  if (whole === '' && fraction === '') return undefined
  const exponent = exponentText === undefined ? 0 : Number(exponentText)
  if (Math.abs(exponent) > HIGHEST_EXPONENT) return undefined
  const mantissa = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const digits = fraction.length - exponent
  return digits >= 0 ? { mantissa, digits } : { mantissa: mantissa * 10n ** BigInt(-digits), digits: 0 }
}

/** The integer number of units of 10^-`digits`, rounded half away from zero; `exact` is false where digits were cut. */
export const toUnits = (value: Decimal, digits: number): { readonly units: bigint; readonly exact: boolean } => {
  if (value.digits <= digits) return { units: value.mantissa * 10n ** BigInt(digits - value.digits), exact: true }
  const divisor = 10n ** BigInt(value.digits - digits)
  const rest = value.mantissa % divisor
  const magnitude = rest < 0n ? -rest : rest
  const away = magnitude * 2n >= divisor ? (value.mantissa < 0n ? -1n : 1n) : 0n
  return { units: value.mantissa / divisor + away, exact: rest === 0n }
}

/** Units of 10^-`digits` as decimal text with exactly that many digits: `1050` and 2 make `10.50`. */
export const formatUnits = (units: bigint, digits: number): string => {
  if (digits === 0) return units.toString()
  const sign = units < 0n ? '-' : ''
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0')
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}
