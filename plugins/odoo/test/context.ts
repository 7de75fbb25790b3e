import { type Call, type Ctx, type Failure, type Fields, fail, type LookupRow, type Reply } from '@raccordo/core/plugin'
import { provider } from '../src/index.ts'
import type { OdooSettings } from '../src/settings.ts'

/** A plain context around real HTTP: signs in once, keeps lookups, names errors as the provider does. Retries nothing. */
export const openContext = async (settings: OdooSettings, credentials: Fields): Promise<Ctx<OdooSettings>> => {
  const anonymous = makeContext(settings, {})
  const opened = await provider.auth.session?.(anonymous, credentials)
  return makeContext(settings, opened?.session ?? {})
}

export const makeContext = (settings: OdooSettings, session: Fields): Ctx<OdooSettings> => {
  const tables = new Map<string, ReadonlyMap<string, LookupRow>>()
  const context: Ctx<OdooSettings> = {
    settings,
    session,
    account: undefined,
    signal: new AbortController().signal,
    now: () => new Date(),
    call: (call) => send(settings, call),
    lookup: async (name, key) => {
      if (!tables.has(name)) tables.set(name, await readTable(context, name))
      return tables.get(name)?.get(key)
    },
  }
  return context
}

const readTable = async (context: Ctx<OdooSettings>, name: string): Promise<ReadonlyMap<string, LookupRow>> => {
  const rows = new Map<string, LookupRow>()
  let cursor: string | undefined
  do {
    const page = await provider.lookups?.[name]?.list(context, cursor)
    for (const row of page?.rows ?? []) rows.set(row.key, row)
    cursor = page?.next
  } while (cursor !== undefined)
  return rows
}

const send = async (settings: OdooSettings, call: Call): Promise<Reply> => {
  const { baseUrl, classify } = provider.api
  const base = settings.apiBaseUrl ?? (typeof baseUrl === 'function' ? baseUrl(settings) : baseUrl)
  const response = await fetch(`${base}${call.path}`, {
    method: call.method ?? 'GET',
    headers: { ...call.headers, ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    signal: AbortSignal.timeout(call.timeoutMs ?? 15_000),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  const reply = {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: isJson ? JSON.parse(text) : text,
  }
  const named = classify?.(reply)
  const failure: Failure | undefined =
    typeof named === 'string' ? { kind: named, message: `status ${reply.status}` } : named
  if (failure !== undefined) throw fail(failure.kind, failure.message, failure)
  if (response.status === 404) throw fail('not_found', 'status 404')
  if (response.status >= 400)
    throw fail(response.status >= 500 ? 'unavailable' : 'invalid', `status ${response.status}`)
  return reply
}
