import type { Fields, Provider } from '../contract.ts'
import { crmError } from '../errors.ts'

export type CredentialKind = 'oauth2' | 'password' | 'apiKey'

const SHAPES: Readonly<Record<CredentialKind, string>> = {
  oauth2: '{ accessToken, refreshToken?, expiresAt? } or { refreshToken, … }',
  password: '{ username, password }',
  apiKey: '{ apiKey }',
}

const TEXTS = ['accessToken', 'refreshToken', 'expiresAt', 'clientId', 'clientSecret', 'apiKey', 'username', 'password']

/**
 * Checks the shape of what a user gives as credentials and says which kind it is: OAuth where there is an access or
 * refresh token, a password or an API key where there is one. Throws kind 'invalid', with every fault named and no value.
 */
export const credentialKind = <Settings extends object>(
  provider: Pick<Provider<Settings>, 'title' | 'auth'>,
  credentials: Fields,
): CredentialKind => {
  const faults = faultsOf(credentials)
  const kind = kindOf(credentials)
  if (faults.length === 0 && kind !== undefined && provider.auth[kind] !== undefined) return kind
  const taken = (Object.keys(SHAPES) as CredentialKind[]).filter((each) => provider.auth[each] !== undefined)
  const expected = `${provider.title} takes ${taken.map((each) => SHAPES[each]).join(' or ')}.`
  throw crmError('invalid', [...faults, expected].join(' '), { pointer: '/credentials' })
}

const kindOf = (credentials: Fields): CredentialKind | undefined => {
  if (credentials['accessToken'] !== undefined || credentials['refreshToken'] !== undefined) return 'oauth2'
  if (credentials['password'] !== undefined) return 'password'
  return credentials['apiKey'] === undefined ? undefined : 'apiKey'
}

const faultsOf = (credentials: Fields): readonly string[] => {
  const faults = TEXTS.flatMap((name) => {
    const value = credentials[name]
    return value === undefined || (typeof value === 'string' && value.trim() !== '')
      ? []
      : [`"${name}" must be a text.`]
  })
  if (credentials['password'] !== undefined && credentials['username'] === undefined)
    faults.push('"username" is missing.')
  const { expiresAt } = credentials
  if (typeof expiresAt === 'string' && Number.isNaN(Date.parse(expiresAt)))
    faults.push('"expiresAt" must be an ISO time.')
  return faults
}
