import type { Page, PageRequest, RemoteRecord } from '../contract.ts'
import { nextRead } from '../store/records.ts'
import { instant } from '../store/rows.ts'
import { type Gone, goneOf, type ReadPage } from './plan.ts'
import { withLinks } from './relations.ts'
import { PRIORITY_OF, type Scan } from './scan.ts'
import { pullWhole } from './whole.ts'

/** A page as it came, with where the next one is. */
export interface StepPage {
  readonly page: ReadPage
  readonly next: string | undefined
  readonly total?: number
  /** Ids that a sweep has seen on this page. */
  readonly seen?: readonly string[]
}

export const contextOf = (scan: Scan, operation: string) =>
  scan.crm.ctx({
    name: `${operation} ${scan.object.name}`,
    priority: PRIORITY_OF[scan.key.pass],
    signal: scan.turn.signal,
    correlationId: scan.correlationId,
  })

export const requestOf = (scan: Scan, cursor: string | undefined, limit: number): Omit<PageRequest, 'fields'> => ({
  limit,
  ...(scan.window === undefined ? {} : { window: scan.window }),
  ...(cursor === undefined ? {} : { cursor }),
})

export const readPage = (
  scan: Scan,
  read: {
    readonly readBegin: number
    readonly direct: boolean
    readonly records: readonly RemoteRecord[]
    readonly gone?: readonly Gone[]
    readonly torn?: readonly string[]
  },
): ReadPage => ({
  readBegin: read.readBegin,
  direct: read.direct,
  path: scan.key.pass,
  records: read.records,
  gone: read.gone ?? [],
  torn: read.torn ?? [],
  at: instant(scan.engine.clock.wallMs()),
  correlationId: scan.correlationId,
})

/** A page may hold both: an archived record is one that is gone. */
const split = (page: Page): { readonly live: readonly RemoteRecord[]; readonly gone: readonly Gone[] } => ({
  live: page.records.filter(({ deletedAt }) => deletedAt === undefined),
  gone: page.records.filter(({ deletedAt }) => deletedAt !== undefined).map(goneOf),
})

/** Records inside the window, or all of them. */
export const pullStep = async (scan: Scan, cursor: string | undefined, tick?: number): Promise<StepPage> => {
  const ctx = await contextOf(scan, 'pull')
  // A tick from before the read is as good as a new one, if a little careful.
  const readBegin = tick ?? (await nextRead(scan.engine.database.db))
  const request = requestOf(scan, cursor, scan.crm.limits.page)
  const page = await pullWhole(scan.crm, scan.object, ctx, request, scan.mapped.compiled.remoteFields)
  const { live, gone } = split(page)
  const records = await withLinks(scan.crm, scan.object, ctx, live)
  return {
    page: readPage(scan, { readBegin, direct: false, records, gone, torn: page.torn }),
    next: page.next,
    ...(page.total === undefined ? {} : { total: page.total }),
  }
}

/** What the CRM says was deleted, archived or merged away. */
export const deletedStep = async (scan: Scan, cursor: string | undefined): Promise<StepPage> => {
  const { deleted } = scan.object
  if (deleted === undefined) throw new TypeError(`${scan.object.name} offers no deleted`)
  const readBegin = await nextRead(scan.engine.database.db)
  const page = await deleted.page(await contextOf(scan, 'deleted'), requestOf(scan, cursor, scan.crm.limits.page))
  return {
    page: readPage(scan, { readBegin, direct: false, records: [], gone: page.records.map(goneOf) }),
    next: page.next,
  }
}
