import type { Ctx, LookupRow, RemoteRecord } from '@raccordo/core/plugin'
import { plainContext, readLookup as readTable } from '@raccordo/testkit/conformance'
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

export const contextOf = (settings: Settings, token: string, now: () => Date): Ctx<Settings> =>
  plainContext(provider, { settings, credentials: { accessToken: token } }, { now })

export const readLookup = (ctx: Ctx<Settings>, name: string): Promise<readonly LookupRow[]> =>
  readTable(provider, ctx, name)

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
