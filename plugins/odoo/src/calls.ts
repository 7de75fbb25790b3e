import type { Ctx, FieldInfo, Fields, Link, Page, PageRequest, RemoteObject, RemoteRecord } from '@raccordo/core/plugin'
import { CALL_FIELDS, parseCall } from './call-body.ts'
import { CALL_MARK, createCalls, locateCall, updateCalls } from './calls-write.ts'
import type { OdooSettings } from './settings.ts'
import { type Domain, type OdooRecord, searchRead } from './transport.ts'
import { fromOdoo, toInstant, windowDomain } from './values.ts'

const model = 'mail.message'

/**
 * Calls, as notes in the chatter of the contact or company: Odoo has no object for a call that took place. Only messages
 * that this plugin wrote are read, told by their Message-Id, which no user sees or edits.
 */
export const calls: RemoteObject<OdooSettings> = {
  type: 'activity',
  name: model,
  holds: { kind: ['call'] },
  paging: 'keyset',
  order: { field: 'write_date', precision: 's', lateMs: { usual: 120_000, worst: 3_600_000 } },
  pull: async (ctx, page): Promise<Page> => {
    const { records, next } = await scan(ctx, page, COLUMNS)
    return { records: await toRecords(ctx, records, page.fields), next }
  },
  stamps: async (ctx, page) => {
    const { records, next } = await scan(ctx, page, ['write_date'])
    const rows = records.map(({ id, write_date }) => {
      const updatedAt = toInstant(write_date)
      return { id: String(id), ...(updatedAt === undefined ? {} : { updatedAt }) }
    })
    return { rows, ...(next === undefined ? {} : { next }) }
  },
  read: async (ctx, ids, fields) => {
    const domain: Domain = [['id', 'in', ids.map(Number)], ...OURS]
    return toRecords(ctx, await searchRead(ctx, model, { domain, fields: COLUMNS }), fields)
  },
  create: createCalls,
  update: updateCalls,
  locate: locateCall,
  describe: async () => DESCRIPTION,
}

const COLUMNS = ['body', 'date', 'model', 'res_id', 'write_date']
const OURS: Domain = [['message_id', '=like', `${CALL_MARK}%`]]

/**
 * One page by id. Odoo cuts the page first and then drops messages that the user may not see; those that it wrote itself
 * are always seen, so that a short page is the last.
 */
const scan = async (
  ctx: Ctx<OdooSettings>,
  { window, cursor, limit }: Omit<PageRequest, 'fields'>,
  fields: readonly string[],
): Promise<{ readonly records: readonly OdooRecord[]; readonly next: string | undefined }> => {
  const domain: Domain = [...OURS, ...windowDomain(window), ['id', '>', Number(cursor ?? 0)]]
  const records = await searchRead(ctx, model, { domain, fields, limit })
  return { records, next: records.length < limit ? undefined : String(records.at(-1)?.id) }
}

const toRecords = async (
  ctx: Ctx<OdooSettings>,
  records: readonly OdooRecord[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  const partnerIds = records.flatMap((record) => partnerOf(record) ?? [])
  const companies = await companiesAmong(ctx, partnerIds)
  return records.map((record) => toRecord(record, fields, companies))
}

/** Whether a chatter is a person's or an organisation's is not in the message. */
const companiesAmong = async (ctx: Ctx<OdooSettings>, ids: readonly number[]): Promise<ReadonlySet<number>> => {
  if (ids.length === 0) return new Set()
  const domain: Domain = [
    ['id', 'in', [...new Set(ids)]],
    ['is_company', '=', true],
  ]
  return new Set((await searchRead(ctx, 'res.partner', { domain, fields: ['id'] })).map(({ id }) => id))
}

const partnerOf = (record: OdooRecord): number | undefined =>
  record['model'] === 'res.partner' && typeof record['res_id'] === 'number' ? record['res_id'] : undefined

const toRecord = (record: OdooRecord, fields: readonly string[], companies: ReadonlySet<number>): RemoteRecord => {
  const partner = partnerOf(record)
  const type = partner !== undefined && companies.has(partner) ? 'company' : 'contact'
  const links: readonly Link[] = partner === undefined ? [] : [{ type, remoteId: String(partner) }]
  const said = parseCall(typeof record['body'] === 'string' ? record['body'] : '')
  const values: Fields = {
    kind: 'call',
    ...said,
    started_at: said.started_at ?? fromOdoo(record['date'], 'datetime'),
  }
  const updatedAt = toInstant(record['write_date'])
  return {
    id: String(record.id),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    fields: Object.fromEntries(fields.map((name) => [name, values[name] ?? null])),
    links,
  }
}

const OUTCOMES = [
  'connected',
  'no_answer',
  'busy',
  'left_voicemail',
  'left_message',
  'wrong_number',
  'failed',
  'canceled',
]

/** The fields that the plugin writes into a message and reads out of it; Odoo itself knows none of them. */
const DESCRIPTION: readonly FieldInfo[] = [
  { name: 'kind', label: 'Kind', type: 'picklist', options: [{ value: 'call', label: 'Call' }] },
  ...CALL_FIELDS.map((name): FieldInfo => {
    const label = name.replaceAll('_', ' ')
    if (name === 'started_at') return { name, label, type: 'datetime' }
    if (name === 'duration_seconds') return { name, label, type: 'number' }
    if (name !== 'outcome') return { name, label, type: 'text' }
    return {
      name,
      label,
      type: 'picklist',
      options: OUTCOMES.map((value) => ({ value, label: value.replaceAll('_', ' ') })),
    }
  }),
]
