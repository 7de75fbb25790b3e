import type { Account, Ctx, Fields, LookupRow, Provider } from '@raccordo/core/plugin'
import { sendCall } from './call.ts'
import type { AnyProvider, AnySettings, Connection } from './provider.ts'

/** A context with what a mapping needs beside it. */
export interface DirectContext<Settings = AnySettings> extends Ctx<Settings> {
  /** All rows of one of the provider's lookup tables. */
  rows(table: string): Promise<readonly LookupRow[]>
  /** The same context under another signal, or for another account. */
  with(changes: { readonly signal?: AbortSignal; readonly account?: Account }): DirectContext<Settings>
}

/** What a context has that its connection does not say. */
export interface ContextState {
  readonly session?: Fields
  readonly account?: Account | undefined
  readonly signal?: AbortSignal
  readonly now?: () => Date
}

/**
 * A context around real HTTP to the CRM, without a session. Calls go straight there, once: what the engine does around
 * them (limits, retries, renewal) is not there, and a fault that a test sets reaches the plugin as it is.
 */
export const plainContext = <Settings extends object>(
  plugin: Provider<Settings>,
  connection: { readonly settings: Settings; readonly credentials: Fields },
  state: ContextState = {},
): DirectContext<Settings> => {
  const provider = plugin as unknown as AnyProvider
  const settings = connection.settings as unknown as AnySettings
  const signature = signatureOf(provider, connection.credentials)
  const tables = new Map<string, Promise<readonly LookupRow[]>>()

  const contextOf = (current: Required<Omit<ContextState, 'account'>> & Pick<ContextState, 'account'>) => {
    const rows = (table: string) => {
      const known = tables.get(table) ?? readLookup(plugin, context, table)
      tables.set(table, known)
      return known
    }
    const context: DirectContext<Settings> = {
      session: current.session,
      account: current.account,
      signal: current.signal,
      now: current.now,
      settings: connection.settings,
      call: (call) => sendCall(provider, settings, call, signature, current.signal),
      lookup: async (table, key) => (await rows(table)).find((row) => row.key === key),
      rows,
      with: (changes) => contextOf({ ...current, ...changes }),
    }
    return context
  }
  return contextOf({ session: {}, signal: new AbortController().signal, now: () => new Date(), ...state })
}

/** Signs in, where the provider works with sessions, and gives the context that a plugin's operations take. */
export const directContext = async (provider: AnyProvider, connection: Connection): Promise<DirectContext> => {
  const opened = await provider.auth.session?.(plainContext(provider, connection), connection.credentials)
  return plainContext(provider, connection, { session: opened?.session ?? {} })
}

/** A provider with sessions signs its calls itself. */
const signatureOf = ({ auth }: AnyProvider, credentials: Fields): Readonly<Record<string, string>> => {
  if (auth.session !== undefined) return {}
  const { apiKey, accessToken } = credentials
  if (typeof apiKey === 'string') {
    const { header = 'Authorization', prefix = 'Bearer' } = auth.apiKey ?? {}
    return { [header.toLowerCase()]: `${prefix} ${apiKey}`.trim() }
  }
  if (typeof accessToken === 'string') return { authorization: `${auth.oauth2?.prefix ?? 'Bearer'} ${accessToken}` }
  throw new Error(`The simulator's credentials have neither apiKey nor accessToken, and the provider opens no session`)
}

/** All rows of one of the provider's lookup tables, asked for now. */
export const readLookup = async <Settings extends object>(
  provider: Provider<Settings>,
  context: Ctx<Settings>,
  table: string,
): Promise<readonly LookupRow[]> => {
  const lookup = provider.lookups?.[table]
  if (lookup === undefined) throw new Error(`The provider has no lookup table "${table}"`)
  const rows: LookupRow[] = []
  let cursor: string | undefined
  do {
    const page = await lookup.list(context, cursor)
    rows.push(...page.rows)
    cursor = page.next
  } while (cursor !== undefined)
  return rows
}
