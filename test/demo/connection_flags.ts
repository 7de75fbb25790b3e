import type { Json } from '@raccordo/core'
import type { InstalledCrm } from './installed.ts'

/** Members of the credentials of each way to sign in. */
const CREDENTIALS: Readonly<Record<string, readonly string[]>> = {
  oauth2: ['accessToken', 'refreshToken', 'expiresAt', 'clientId', 'clientSecret'],
  apiKey: ['username', 'apiKey'],
  password: ['username', 'password'],
}

/** What may be given of a CRM's credentials. */
export const credentialNames = ({ auth }: InstalledCrm): readonly string[] => [
  ...new Set(Object.keys(auth).flatMap((kind) => CREDENTIALS[kind] ?? [])),
]

const typesOf = ({ settings }: InstalledCrm, name: string): readonly string[] =>
  [settings.properties?.[name]?.type ?? []].flat()

/** What may be given of a CRM's settings: those that one word can hold. */
export const settingNames = (crm: InstalledCrm): readonly string[] =>
  Object.keys(crm.settings.properties ?? {}).filter(
    (name) => !typesOf(crm, name).some((type) => type === 'object' || type === 'array'),
  )

/** A word of the command line as the settings schema wants it; what it cannot be stays a text, for the server to refuse. */
export const settingValue = (crm: InstalledCrm, name: string, word: string): Json => {
  const types = typesOf(crm, name)
  if (types.includes('string') || types.length === 0) return word
  try {
    return JSON.parse(word) as Json
  } catch {
    return word
  }
}
