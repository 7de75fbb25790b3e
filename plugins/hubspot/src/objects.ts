import type { RemoteObject } from '@raccordo/core/plugin'
import { readLinks } from './associations.ts'
import { createRecords } from './create.ts'
import { describeObject } from './describe.ts'
import { findByField } from './find.ts'
import { CALLS, COMPANIES, CONTACTS, type Kind } from './kinds.ts'
import { archivedPage, listPage, listStamps } from './list.ts'
import { locateCall, locateRecord } from './locate.ts'
import { orderOf } from './order.ts'
import { readRecords } from './read.ts'
import { windowPage, windowStamps } from './search.ts'
import type { Settings } from './settings.ts'
import { updateRecords } from './update.ts'

/** What every HubSpot object can do. Without a window the list is read, which does not lag; with one, the search index. */
const remoteObject = (kind: Kind): RemoteObject<Settings> => ({
  type: kind.type,
  name: kind.name,
  order: orderOf(kind),
  paging: 'keyset',
  pull: (ctx, page) =>
    page.window === undefined ? listPage(ctx, kind, page) : windowPage(ctx, kind, { ...page, window: page.window }),
  stamps: (ctx, page) =>
    page.window === undefined ? listStamps(ctx, kind, page) : windowStamps(ctx, kind, { ...page, window: page.window }),
  deleted: { scope: 'full', page: (ctx, page) => archivedPage(ctx, kind, page) },
  read: (ctx, ids, fields) => readRecords(ctx, kind, ids, fields),
  find: (ctx, field, values) => findByField(ctx, kind, field, values),
  create: (ctx, rows) => createRecords(ctx, kind, rows),
  update: (ctx, rows) => updateRecords(ctx, kind, rows),
  locate: (ctx, row) => locateRecord(ctx, kind, row),
  describe: (ctx) => describeObject(ctx, kind),
})

const links = (kind: Kind): Pick<RemoteObject<Settings>, 'links'> => ({
  links: (ctx, ids, types) => readLinks(ctx, kind, ids, types),
})

export const contacts: RemoteObject<Settings> = { ...remoteObject(CONTACTS), ...links(CONTACTS) }
export const companies: RemoteObject<Settings> = remoteObject(COMPANIES)
export const calls: RemoteObject<Settings> = {
  ...remoteObject(CALLS),
  ...links(CALLS),
  holds: { kind: ['call'] },
  locate: (ctx, row) => locateCall(ctx, row),
}
