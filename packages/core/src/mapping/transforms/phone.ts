import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'
import { textOf } from '../remote-value.ts'
import type { Making, Transform } from './transform.ts'

/** The shape of E.164, from short service numbers to the longest. What has it is taken as it is. */
export const E164 = /^\+[1-9]\d{1,14}$/

const countryCode = (value: unknown): CountryCode | undefined =>
  typeof value === 'string' && isSupportedCountry(value) ? value : undefined

/** A number as E.164, or undefined where it is no possible number. `country` is for numbers without a prefix. */
const toE164 = (text: string, country: string | undefined): string | undefined => {
  if (E164.test(text)) return text
  const international = text.trim().replace(/^00(?=[1-9])/, '+')
  const code = countryCode(country)
  const parse = (source: string) =>
    parsePhoneNumberFromString(source, code === undefined ? {} : { defaultCountry: code })
  const found = parse(international)
  return found?.isPossible() === true ? found.number : undefined
}

/**
 * Phone numbers as E.164. A number without a prefix is read in the record's country, else in `defaultCountry`. What is
 * no possible number is null with a warning, so that the field keeps its type; the raw record still has it.
 */
export const phone = ({ options }: Making): Transform => {
  const field = options.country ?? 'country_iso'
  return {
    pull: (value, scope) => {
      if (typeof value === 'string' && E164.test(value)) return value
      const country = scope.canonical(field)
      const number = toE164(textOf(value) ?? '', typeof country === 'string' ? country : options.defaultCountry)
      if (number === undefined) scope.warn('is no phone number that could be read as E.164')
      return number ?? null
    },
    push: (value) => value,
  }
}
