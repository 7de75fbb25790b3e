import type { RemoteObject } from '@raccordo/core/plugin'
import { CALLS, EMAILS, MEETINGS, NOTES, TASKS } from './activities.ts'
import { readLinks } from './associations.ts'
import { createRecords } from './create.ts'
import { describeObject } from './describe.ts'
import { findByField } from './find.ts'
import { COMPANIES, CONTACTS, DEALS, type Kind } from './kinds.ts'
import { archivedPage, listPage, listStamps } from './list.ts'
import { locateRecord } from './locate.ts'
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
  ...(kind.aliases === undefined ? {} : { aliases: kind.aliases }),
  pull: (ctx, page) =>
    page.window === undefined ? listPage(ctx, kind, page) : windowPage(ctx, kind, { ...page, window: page.window }),
  stamps: (ctx, page) =>
    page.window === undefined ? listStamps(ctx, kind, page) : windowStamps(ctx, kind, { ...page, window: page.window }),
  deleted: { scope: 'full', page: (ctx, page) => archivedPage(ctx, kind, page) },
  read: (ctx, ids, fields) => readRecords(ctx, kind, ids, fields),
  ...(kind.linked.length === 0 ? {} : { links: (ctx, ids, types) => readLinks(ctx, kind, ids, types) }),
  find: (ctx, field, values) => findByField(ctx, kind, field, values),
  create: (ctx, rows) => createRecords(ctx, kind, rows),
  update: (ctx, rows) => updateRecords(ctx, kind, rows),
  locate: (ctx, row) => locateRecord(ctx, kind, row),
  describe: (ctx) => describeObject(ctx, kind),
})

/** An activity of one kind: a push finds its object by the canonical `kind`. */
const activityObject = (kind: Kind, holds: string): RemoteObject<Settings> => ({
  ...remoteObject(kind),
  holds: { kind: [holds] },
})

/** In the order in which they are read: what others point to comes first. */
export const objects: readonly RemoteObject<Settings>[] = [
  remoteObject(COMPANIES),
  remoteObject(CONTACTS),
  remoteObject(DEALS),
  activityObject(CALLS, 'call'),
  activityObject(TASKS, 'task'),
  activityObject(NOTES, 'note'),
  activityObject(MEETINGS, 'meeting'),
  activityObject(EMAILS, 'email'),
]
