const ENGLISH = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** The English name of a country: Zoho keeps countries as text that people write. */
export const countryName = (code: string): string => ENGLISH.of(code) ?? code

/** The code of a country that somebody wrote as a name, or as a code. */
export const codeOfCountry = (text: unknown): string | null => {
  if (typeof text !== 'string' || text === '') return null
  if (/^[A-Z]{2}$/.test(text)) return text
  return known.get(text) ?? null
}

/** Codes that stand for a country that is no more (DD) lead to the one that took its place, and are passed over. */
const codesByName = (): ReadonlyMap<string, string> => {
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index))
  const codes = letters.flatMap((first) => letters.map((second) => first + second))
  const isCurrent = (code: string) => new Intl.Locale(`und-${code}`).region === code
  return new Map(codes.flatMap((code) => (isCurrent(code) ? [[ENGLISH.of(code) ?? '', code] as const] : [])))
}
const known = codesByName()

/** Decimal places of a currency's amounts. */
export const minorDigits = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
