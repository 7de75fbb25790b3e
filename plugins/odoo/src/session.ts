import { type Account, type Ctx, type Fields, fail, isCrmError } from '@raccordo/core/plugin'
import { keyExpiry } from './key-expiry.ts'
import { baseUrl, type OdooSettings } from './settings.ts'
import { callJson2, callMethod, callService, type OdooSession, searchRead, sessionOf } from './transport.ts'

interface Credentials {
  readonly username?: string
  readonly password?: string
  readonly apiKey?: string
  /** When the API key ends, where the person who made it says so. */
  readonly expiresAt?: string
}

/**
 * Signs in and says how the connection's calls go from now on. `{ apiKey }` alone needs JSON-2, so Odoo 19 or later;
 * `{ username, password }` needs JSON-RPC; `{ username, apiKey }` takes JSON-2 where the server has it.
 */
export const openSession = async (ctx: Ctx<OdooSettings>, given: Fields): Promise<{ session: Fields }> => {
  const credentials = readCredentials(given)
  const version = await serverVersion(ctx)
  const transport = chooseTransport(ctx.settings.transport ?? 'auto', credentials, version)
  const secret = credentials.apiKey ?? credentials.password ?? ''
  const uid = transport === 'json2' ? await uidOfKey(ctx, secret) : await authenticate(ctx, credentials, secret)
  const session: OdooSession = {
    uid,
    version,
    transport,
    secret,
    isKey: credentials.apiKey !== undefined,
    ...(credentials.expiresAt === undefined ? {} : { keyExpiresAt: credentials.expiresAt }),
    ...(credentials.username === undefined ? {} : { username: credentials.username }),
  }
  return { session: { ...session } }
}

const readCredentials = (given: Fields): Credentials => {
  const text = (name: string) => (typeof given[name] === 'string' && given[name] !== '' ? given[name] : undefined)
  const username = text('username')
  const apiKey = text('apiKey')
  const password = text('password')
  const expiresAt = text('expiresAt')
  if (apiKey === undefined && (username === undefined || password === undefined))
    throw fail('invalid', 'Odoo needs a user name with a password, a user name with an API key, or an API key.')
  return {
    ...(username === undefined ? {} : { username }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(password === undefined ? {} : { password }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

const chooseTransport = (
  wish: string,
  { username, apiKey }: Credentials,
  version: string,
): OdooSession['transport'] => {
  const hasJson2 = majorOf(version) >= 19
  if (wish === 'json2' && apiKey === undefined)
    throw fail('invalid', 'The transport json2 takes an API key, not a password.', { field: 'transport' })
  if (wish === 'json2' && !hasJson2)
    throw fail('invalid', `The transport json2 needs Odoo 19 or later; this server is ${version}.`, {
      field: 'transport',
    })
  if (username !== undefined) return wish !== 'jsonrpc' && apiKey !== undefined && hasJson2 ? 'json2' : 'jsonrpc'
  if (wish === 'jsonrpc')
    throw fail('invalid', 'The transport jsonrpc needs the user name that the API key belongs to.', {
      field: 'username',
    })
  if (!hasJson2)
    throw fail('invalid', `An API key without a user name needs Odoo 19 or later; this server is ${version}.`, {
      field: 'username',
    })
  return 'json2'
}

/** The number that counts in "19.0" and in "saas~18.3". */
export const majorOf = (version: string): number => Number(/\d+/.exec(version)?.[0] ?? 0)

/** Asks both ways: `common` goes with Odoo 22, `/web/version` came with 19. */
const serverVersion = async (ctx: Ctx<OdooSettings>): Promise<string> => {
  try {
    return versionIn(await callService(ctx, 'common', 'version', []))
  } catch (error) {
    if (!isCrmError(error) || error.retryable) throw error
    return versionIn(await webVersion(ctx))
  }
}

const webVersion = async (ctx: Ctx<OdooSettings>): Promise<unknown> => {
  try {
    return (await ctx.call({ path: '/web/version', anonymous: true })).body
  } catch (error) {
    if (!isCrmError(error) || error.retryable) throw error
    return undefined
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a vendor's reply, read leniently
const versionIn = (answer: any): string => {
  const version = answer?.server_version ?? answer?.version
  if (typeof version !== 'string')
    throw fail('invalid', 'No Odoo answers at this address.', { field: 'url', setting: 'url' })
  return version
}

const authenticate = async (
  ctx: Ctx<OdooSettings>,
  { username = '' }: Credentials,
  secret: string,
): Promise<number> => {
  const { database } = ctx.settings
  const uid = await callService(ctx, 'common', 'authenticate', [database, username, secret, {}])
  if (typeof uid === 'number') return uid
  throw fail('auth', `Odoo refuses this user name or password for database "${database}".`)
}

const uidOfKey = async (ctx: Ctx<OdooSettings>, key: string): Promise<number> => {
  const { database } = ctx.settings
  try {
    const context = await callJson2(ctx, key, { model: 'res.users', method: 'context_get', idempotent: true })
    const uid = (context as { uid?: unknown } | null)?.uid
    if (typeof uid === 'number') return uid
  } catch (error) {
    if (!isCrmError(error) || error.kind !== 'auth') throw error
  }
  throw fail('auth', `Odoo refuses this API key for database "${database}".`)
}

/** Who the connection speaks for: cheap reads of the user's own records. */
export const probe = async (ctx: Ctx<OdooSettings>): Promise<Account> => {
  const { uid } = sessionOf(ctx)
  const [user] = await searchRead(ctx, 'res.users', { domain: [['id', '=', uid]], fields: ['company_id', 'tz'] })
  if (user === undefined) throw fail('auth', 'The user of this Odoo session is gone.')
  // The database's UUID would be the better id, but only administrators may read it.
  const id = `${new URL(baseUrl(ctx.settings)).host}/${ctx.settings.database}`
  const company = Array.isArray(user['company_id']) ? user['company_id'] : []
  const currency = await currencyOf(ctx, company[0])
  const credentialsExpireAt = await keyExpiry(ctx)
  return {
    id,
    ...(typeof company[1] === 'string' ? { name: company[1] } : {}),
    ...(typeof user['tz'] === 'string' ? { timeZone: user['tz'] } : {}),
    ...(currency === undefined ? {} : { currency }),
    ...(credentialsExpireAt === undefined ? {} : { credentialsExpireAt }),
  }
}

const currencyOf = async (ctx: Ctx<OdooSettings>, company: unknown): Promise<string | undefined> => {
  if (typeof company !== 'number') return undefined
  const rows = await callMethod(ctx, {
    model: 'res.company',
    method: 'read',
    ids: [company],
    named: { fields: ['currency_id'] },
    idempotent: true,
  })
  const currency = Array.isArray(rows) ? rows[0]?.currency_id : undefined
  return Array.isArray(currency) && typeof currency[1] === 'string' ? currency[1] : undefined
}
