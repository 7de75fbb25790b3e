import { createRequire } from 'node:module'
import codes from 'i18n-iso-countries/codes.json' with { type: 'json' }
import english from 'i18n-iso-countries/langs/en.json' with { type: 'json' }
import locales from 'i18n-iso-countries/supportedLocales.json' with { type: 'json' }

type Names = Readonly<Record<string, string | readonly string[]>>

const plain = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const addNames = (index: Map<string, string>, names: Names): void => {
  for (const [code, name] of Object.entries(names)) {
    for (const one of typeof name === 'string' ? [name] : name) {
      const key = plain(one)
      if (!index.has(key)) index.set(key, code)
    }
  }
}

let codeIndex: ReadonlyMap<string, string> | undefined
let englishIndex: ReadonlyMap<string, string> | undefined
let worldIndex: ReadonlyMap<string, string> | undefined

const byCode = (): ReadonlyMap<string, string> => {
  codeIndex ??= new Map(codes.flatMap(([two = '', three = '']) => [[two, two] as const, [three, two] as const]))
  return codeIndex
}

const byEnglishName = (): ReadonlyMap<string, string> => {
  if (englishIndex === undefined) {
    const index = new Map<string, string>()
    addNames(index, english.countries)
    englishIndex = index
  }
  return englishIndex
}

/** Names in every language of the table: only read once a name is met that is not English. */
const byAnyName = (): ReadonlyMap<string, string> => {
  if (worldIndex === undefined) {
    const require = createRequire(import.meta.url)
    const index = new Map(byEnglishName())
    for (const locale of locales) {
      addNames(index, (require(`i18n-iso-countries/langs/${locale}.json`) as { countries: Names }).countries)
    }
    worldIndex = index
  }
  return worldIndex
}

/** True for an ISO 3166-1 alpha-2 code in capitals. */
export const isCountry = (code: string): boolean => code.length === 2 && byCode().get(code) === code

/** The ISO 3166-1 alpha-2 code of a code of two or three letters or of a name in any language; undefined if none fits. */
export const toCountry = (text: string): string | undefined => {
  const code = byCode().get(text) ?? byCode().get(text.trim().toUpperCase())
  if (code !== undefined) return code
  const name = plain(text)
  return name === '' ? undefined : (byEnglishName().get(name) ?? byAnyName().get(name))
}

/** The English name of a country, or the code where there is none. */
export const countryName = (code: string): string => {
  const name = (english.countries as Names)[code]
  return (typeof name === 'string' ? name : name?.[0]) ?? code
}
