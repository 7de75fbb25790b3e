import type { Ctx, Fields, Json, LookupRow } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { Resolver } from '../mapping/index.ts'
import type { AnyProvider } from '../registry/capabilities.ts'
import { dropLookups, readLookup, writeLookup } from '../store/lookups.ts'
import type { Engine } from './engine.ts'

/** Small tables of a tenant (owners, stages, countries, schemas), kept in the database and for the length of a turn. */
export interface Tables {
  /** A row by its key (an e-mail, a code); asks the CRM again where it is not there and the table is not fresh. */
  find(table: string, key: string, ctx: Ctx<Fields>): Promise<LookupRow | undefined>
  /** Loads tables and answers from them synchronously. */
  resolver(tables: readonly string[], ctx: Ctx<Fields>): Promise<Resolver>
  cached<Row>(
    name: string,
    maxAgeMs: number,
    fetch: () => Promise<readonly Row[]> | readonly Row[],
  ): Promise<readonly Row[]>
  /** Forgets the cached schemas, so that a field that came or went is seen. */
  forgetSchemas(): Promise<void>
}

const FRESH_MS = 60_000
const AGE_MS = 10 * 60_000
/** A table that never ends would be a bug of the plugin, not a large tenant. */
const MOST_PAGES = 1_000

interface Loaded {
  readonly byId: ReadonlyMap<string, LookupRow>
  readonly byKey: ReadonlyMap<string, LookupRow>
  readonly fetchedAtMs: number
}

const indexRows = (rows: readonly LookupRow[], fetchedAtMs: number): Loaded => {
  // A live row wins over an archived one of the same key.
  const sorted = [...rows].sort((a, b) => Number(b.archived ?? false) - Number(a.archived ?? false))
  return {
    byId: new Map(sorted.map((row) => [row.id, row])),
    byKey: new Map(sorted.map((row) => [row.key.toLowerCase(), row])),
    fetchedAtMs,
  }
}

export const createTables = (engine: Engine, connectionId: string, provider: AnyProvider): Tables => {
  const loaded = new Map<string, Loaded>()

  const fetchAll = async (table: string, ctx: Ctx<Fields>): Promise<readonly LookupRow[]> => {
    const lookup = provider.lookups?.[table]
    if (lookup === undefined) {
      throw crmError(
        'invalid',
        `${provider.title} has no lookup table ${table}; it has ${Object.keys(provider.lookups ?? {}).join(', ') || 'none'}.`,
      )
    }
    const rows: LookupRow[] = []
    let cursor: string | undefined
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = await lookup.list(ctx, cursor)
      rows.push(...page.rows)
      if (page.next === undefined) return rows
      cursor = page.next
    }
    throw crmError('bug', `The lookup table ${table} of ${provider.id} does not end.`)
  }

  const cached: Tables['cached'] = async <Row>(
    name: string,
    maxAgeMs: number,
    fetch: () => Promise<readonly Row[]> | readonly Row[],
  ) => {
    const kept = await readLookup<Row>(engine.database, connectionId, name)
    if (kept !== undefined && engine.clock.wallMs() - kept.fetchedAt.getTime() < maxAgeMs) return kept.rows
    const rows = await fetch()
    await writeLookup(engine.database, connectionId, name, rows as unknown as readonly Json[])
    return rows
  }

  const load = async (table: string, ctx: Ctx<Fields>, maxAgeMs: number): Promise<Loaded> => {
    const known = loaded.get(table)
    if (known !== undefined && engine.clock.wallMs() - known.fetchedAtMs < maxAgeMs) return known
    const rows = await cached(table, maxAgeMs, () => fetchAll(table, ctx))
    const indexed = indexRows(rows, engine.clock.wallMs())
    loaded.set(table, indexed)
    return indexed
  }

  return {
    find: async (table, key, ctx) => {
      const wanted = key.toLowerCase()
      const row = (await load(table, ctx, AGE_MS)).byKey.get(wanted)
      return row ?? (await load(table, ctx, FRESH_MS)).byKey.get(wanted)
    },
    resolver: async (tables, ctx) => {
      for (const table of tables) await load(table, ctx, AGE_MS)
      return {
        lookup: (table, by) => {
          const rows = loaded.get(table)
          return 'id' in by ? rows?.byId.get(by.id) : rows?.byKey.get(by.key.toLowerCase())
        },
      }
    },
    cached,
    forgetSchemas: async () => {
      await dropLookups(engine.database, connectionId, 'describe:')
    },
  }
}
