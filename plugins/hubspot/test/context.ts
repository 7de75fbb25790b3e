import {
  type Call,
  type Ctx,
  type Failure,
  fail,
  type LookupRow,
  type RemoteRecord,
  type Reply,
} from '@raccordo/core/plugin'
import { type HubspotOptions, type HubspotSimulator, simulator } from '../simulator/index.ts'
import { provider, type Settings } from '../src/index.ts'

/** A portal that a test can see into, and a plain context around real HTTP to it. Retries nothing, keeps to no limits. */
export interface Bench {
  readonly sim: HubspotSimulator
  readonly ctx: Ctx<Settings>
  /** Lets the portal's clock go on. */
  pass(ms: number): void
}

export const START = Date.parse('2026-11-02T09:00:00.000Z')

/** A portal with a clock of its own, which stands still until a test lets it go on. */
export const openBench = async (options: HubspotOptions = {}, settings: Settings = {}): Promise<Bench> => {
  let nowMs = START
  const now = () => new Date(nowMs)
  const sim = await simulator.start({ now, ...options })
  const account = {
    id: String(sim.portalId),
    timeZone: options.timeZone ?? 'Europe/Rome',
    currency: options.currencies?.[0] ?? 'EUR',
  }
  const ctx = { ...contextOf({ ...sim.connection.settings, ...settings }, keyOf(sim), now), account }
  return {
    sim,
    ctx,
    pass: (ms) => {
      nowMs += ms
    },
  }
}

export const keyOf = (sim: HubspotSimulator): string => String(sim.connection.credentials['apiKey'])

export const contextOf = (settings: Settings, token: string, now: () => Date): Ctx<Settings> => {
  const tables = new Map<string, readonly LookupRow[]>()
  const ctx: Ctx<Settings> = {
    settings,
    session: {},
    account: undefined,
    signal: new AbortController().signal,
    now,
    call: (call) => send(settings, token, call),
    lookup: async (name, key) => {
      const rows = tables.get(name) ?? (await readLookup(ctx, name))
      tables.set(name, rows)
      return rows.find((row) => row.key === key)
    },
  }
  return ctx
}

export const readLookup = async (ctx: Ctx<Settings>, name: string): Promise<readonly LookupRow[]> => {
  const rows: LookupRow[] = []
  let cursor: string | undefined
  do {
    const page = await provider.lookups?.[name]?.list(ctx, cursor)
    rows.push(...(page?.rows ?? []))
    cursor = page?.next
  } while (cursor !== undefined)
  return rows
}

const send = async (settings: Settings, token: string, call: Call): Promise<Reply> => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value))
  const response = await fetch(`${settings.apiBaseUrl}${call.path}${query.size === 0 ? '' : `?${query}`}`, {
    method: call.method ?? 'GET',
    headers: {
      authorization: `Bearer ${token}`,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  const reply = {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: isJson ? JSON.parse(text) : text,
  }
  const named = provider.api.classify?.(reply)
  const failure: Failure | undefined =
    typeof named === 'string' ? { kind: named, message: `status ${reply.status}` } : named
  if (failure !== undefined) throw fail(failure.kind, failure.message, failure)
  if (response.status >= 400) throw fail('unavailable', `status ${reply.status}`, { unknownOutcome: true })
  return reply
}

export const objectOf = (name: string) => {
  const object = provider.objects.find((candidate) => candidate.name === name)
  if (object === undefined) throw new Error(`no object ${name}`)
  return object
}

/** Every page of a pull, and how many there were. */
export const pullAll = async (
  ctx: Ctx<Settings>,
  name: string,
  fields: readonly string[],
  window?: { readonly from: string; readonly to: string },
): Promise<{ readonly records: readonly RemoteRecord[]; readonly pages: number }> => {
  const records: RemoteRecord[] = []
  let pages = 0
  let cursor: string | undefined
  do {
    const page = await objectOf(name).pull?.(ctx, {
      fields,
      limit: 200,
      ...(window === undefined ? {} : { window }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    records.push(...(page?.records ?? []))
    pages += 1
    cursor = page?.next
  } while (cursor !== undefined)
  return { records, pages }
}

export const at = (offsetMs: number): string => new Date(START + offsetMs).toISOString()
