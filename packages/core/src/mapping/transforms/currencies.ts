import { data } from 'currency-codes'

let digitsByCode: ReadonlyMap<string, number> | undefined

const table = (): ReadonlyMap<string, number> => {
  digitsByCode ??= new Map(data.map(({ code, digits }) => [code, Number.isInteger(digits) ? digits : 0]))
  return digitsByCode
}

/** Digits of the minor unit of an ISO 4217 currency (JPY 0, EUR 2, KWD 3); undefined for a code that is none. */
export const minorDigits = (code: string): number | undefined => table().get(code)

export const isCurrency = (code: string): boolean => table().has(code)
