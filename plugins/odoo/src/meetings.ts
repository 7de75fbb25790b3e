import type { Ctx, FieldInfo, Fields, Json, Link, Page, RemoteObject, RemoteRecord } from '@raccordo/core/plugin'
import { describeActivity } from './activity-fields.ts'
import { describeModel, kindsOf } from './fields.ts'
import { keptLinks, linksWith } from './kept-links.ts'
import { type LinkedPartner, linkOfPartner, readLinkedPartners } from './linked-partners.ts'
import { parseDescription } from './meeting-text.ts'
import {
  createMeetings,
  EVENT_FIELDS,
  hasDeals,
  isHtmlText,
  locateMeeting,
  MEETING_MADE,
  secondsOf,
  updateMeetings,
} from './meetings-write.ts'
import { scanById, stampPage } from './scan.ts'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead } from './transport.ts'
import { fromOdoo, relatedId, stampOf } from './values.ts'

const model = 'calendar.event'
const NEEDED = ['write_date', 'active', 'description', 'start', 'stop', 'partner_ids']

/**
 * Events of the calendar, as meetings. Contacts and companies are attendees, colleagues among these are nobody's
 * customers; the deal is the event's opportunity.
 */
export const meetings: RemoteObject<OdooSettings> = {
  type: 'activity',
  name: model,
  holds: { kind: ['meeting'] },
  paging: 'keyset',
  order: { field: 'write_date', precision: 's', lateMs: { usual: 120_000, worst: 3_600_000 } },
  aliases: { title: 'name', subject: 'name', started_at: 'start', owner: 'user_id' },
  pull: async (ctx, page): Promise<Page> => {
    const { records, next } = await scanById(ctx, model, [], page, await columnsFor(ctx, page.fields))
    return { records: await toRecords(ctx, records, page.fields), next }
  },
  stamps: async (ctx, page) => stampPage(await scanById(ctx, model, [], page, ['write_date'])),
  read: async (ctx, ids, fields) => {
    const query = { domain: [['id', 'in', ids.map(Number)]], fields: await columnsFor(ctx, fields) }
    return toRecords(ctx, await searchRead(ctx, model, query), fields)
  },
  create: createMeetings,
  update: updateMeetings,
  locate: locateMeeting,
  describe: async (ctx): Promise<readonly FieldInfo[]> => [
    ...(await describeModel(ctx, model, { references: {}, required: ['name', 'start'] })),
    ...describeActivity('meeting', ['kind', ...MEETING_MADE]),
  ],
}

const isMade = (name: string): boolean => name === 'kind' || MEETING_MADE.some((made) => made === name)

const columnsFor = async (ctx: Ctx<OdooSettings>, fields: readonly string[]): Promise<readonly string[]> => [
  ...new Set([
    ...fields.filter((name) => !isMade(name)),
    ...NEEDED,
    ...((await hasDeals(ctx)) ? ['opportunity_id'] : []),
  ]),
]

const toRecords = async (
  ctx: Ctx<OdooSettings>,
  records: readonly OdooRecord[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  const partners = await readLinkedPartners(ctx, records.flatMap(attendeesOf))
  const kinds = await kindsOf(ctx, EVENT_FIELDS, fields)
  const isHtml = await isHtmlText(ctx)
  return records.map((record) => {
    const text = String(record['description'] || '')
    const made: Fields = {
      kind: 'meeting',
      ...parseDescription(text, isHtml),
      duration_seconds: secondsOf(record) ?? null,
    }
    const valueNamed = (name: string): Json =>
      isMade(name) ? (made[name] ?? null) : fromOdoo(record[name], kinds.get(name))
    const stamp = stampOf(record['write_date'])
    return {
      id: String(record.id),
      ...stamp,
      ...(record['active'] === false && stamp.updatedAt !== undefined ? { deletedAt: stamp.updatedAt } : {}),
      fields: Object.fromEntries(fields.map((name) => [name, valueNamed(name)])),
      links: linksWith(keptLinks(text), linksOf(record, partners)),
    }
  })
}

const attendeesOf = (record: OdooRecord): readonly number[] =>
  Array.isArray(record['partner_ids']) ? record['partner_ids'].map(Number) : []

const linksOf = (record: OdooRecord, partners: ReadonlyMap<number, LinkedPartner>): readonly Link[] => {
  const attendees = attendeesOf(record).flatMap((id) => partners.get(id) ?? [])
  const deal = relatedId(record['opportunity_id'])
  return [
    ...attendees.filter(({ isExternal }) => isExternal).map(linkOfPartner),
    ...(deal === undefined ? [] : [{ type: 'deal', remoteId: String(deal) } as const]),
  ]
}
