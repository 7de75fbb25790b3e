import type { Account, Ctx, Fields, LookupRow } from '@raccordo/core/plugin'
import { sendCall } from './call.ts'
import type { AnyProvider, AnySettings, Connection } from './provider.ts'

/** A context with what a mapping needs beside it. */
export interface DirectContext extends Ctx<AnySettings> {
  /** All rows of one of the provider's lookup tables. */
  rows(table: string): Promise<readonly LookupRow[]>
  /** The same context under another signal, or for another account. */
  with(changes: { readonly signal?: AbortSignal; readonly account?: Account }): DirectContext
}

/**
 * Signs in and gives the context that a plugin's operations take. Calls go straight to the CRM: a fault that a check
 * sets reaches the plugin as it is.
 */
export const directContext = async (provider: AnyProvider, connection: Connection): Promise<DirectContext> => {
  const { settings, credentials } = connection
  const never = new AbortController().signal
  const signature = signatureOf(provider, credentials)
  const tables = new Map<string, Promise<readonly LookupRow[]>>()

  const contextOf = (state: {
    readonly session: Fields
    readonly account: Account | undefined
    readonly signal: AbortSignal
  }): DirectContext => {
    const rows = (table: string) => {
      const known = tables.get(table) ?? listRows(provider, context, table)
      tables.set(table, known)
      return known
    }
    const context: DirectContext = {
      ...state,
      settings,
      now: () => new Date(),
      call: (call) => sendCall(provider, settings, call, signature, state.signal),
      lookup: async (table, key) => (await rows(table)).find((row) => row.key === key),
      rows,
      with: (changes) => contextOf({ ...state, ...changes }),
    }
    return context
  }

  const before = contextOf({ session: {}, account: undefined, signal: never })
  const opened = await provider.auth.session?.(before, credentials)
  return contextOf({ session: opened?.session ?? {}, account: undefined, signal: never })
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

const listRows = async (
  provider: AnyProvider,
  context: DirectContext,
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
