import type { Ctx, Fields, LookupRow, Outcome, RemoteRecord, Row } from '@raccordo/core/plugin'
import { plainContext, readLookup as readTable } from '@raccordo/testkit/conformance'
import { simulator, type ZohoOptions, type ZohoSimulator } from '../simulator/index.ts'
import { provider, type Settings } from '../src/index.ts'

/** An organisation that a test can see into, and a plain context around real HTTP to it. Retries nothing, keeps to no limits. */
export interface Bench {
  readonly sim: ZohoSimulator
  readonly ctx: Ctx<Settings>
  /** Lets the organisation's clock go on. */
  pass(ms: number): void
}

export const START = Date.parse('2026-11-02T09:00:00.000Z')

/** An organisation with a clock of its own, which stands still until a test lets it go on. */
export const openBench = async (options: ZohoOptions = {}, settings: Settings = {}): Promise<Bench> => {
  let nowMs = START
  const now = () => new Date(nowMs)
  const sim = await simulator.start({ now, ...options })
  const ctx = contextOf({ ...sim.connection.settings, ...settings }, tokenOf(sim), now)
  return {
    sim,
    ctx,
    pass: (ms) => {
      nowMs += ms
    },
  }
}

export const tokenOf = (sim: ZohoSimulator): string => String(sim.connection.credentials['accessToken'])

export const contextOf = (settings: Settings, token: string, now: () => Date): Ctx<Settings> =>
  plainContext(
    provider,
    { settings, credentials: { accessToken: token } },
    { now, account: { id: '1', timeZone: 'Asia/Kolkata', currency: 'EUR' } },
  )

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
  more: { readonly window?: { readonly from: string; readonly to: string }; readonly limit?: number } = {},
): Promise<{ readonly records: readonly RemoteRecord[]; readonly pages: number }> => {
  const records: RemoteRecord[] = []
  let pages = 0
  let cursor: string | undefined
  do {
    const page = await objectOf(name).pull?.(ctx, {
      fields,
      limit: 2_000,
      ...more,
      ...(cursor === undefined ? {} : { cursor }),
    })
    records.push(...(page?.records ?? []))
    pages += 1
    cursor = page?.next
  } while (cursor !== undefined)
  return { records, pages }
}

export const create = async (ctx: Ctx<Settings>, name: string, rows: readonly Row[]): Promise<readonly Outcome[]> =>
  (await objectOf(name).create?.(ctx, rows)) ?? []

/** Makes one record and answers its id; throws where it failed. */
export const createOne = async (ctx: Ctx<Settings>, name: string, row: Row): Promise<string> => {
  const [outcome] = await create(ctx, name, [row])
  if (outcome?.ok !== true) throw new Error(outcome?.message ?? 'no outcome')
  return outcome.remoteId
}

export const update = async (ctx: Ctx<Settings>, name: string, row: Row & { readonly remoteId: string }) =>
  (await objectOf(name).update?.(ctx, [row]))?.[0]

export const readOne = async (ctx: Ctx<Settings>, name: string, id: string, fields: readonly string[]) =>
  (await objectOf(name).read?.(ctx, [id], fields))?.[0]

/** The record as Zoho itself shows it. */
export const rawOf = async (ctx: Ctx<Settings>, name: string, id: string): Promise<Fields> =>
  (await ctx.call({ path: `/crm/v8/${name}/${id}` })).body?.data?.[0] ?? {}

export const at = (offsetMs: number): string => new Date(START + offsetMs).toISOString()
