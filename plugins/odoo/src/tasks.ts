import type { Ctx, FieldInfo, Fields, Json, Page, RemoteObject, RemoteRecord } from '@raccordo/core/plugin'
import { describeActivity } from './activity-fields.ts'
import { parseCall } from './call-body.ts'
import { describeModel, kindsOf } from './fields.ts'
import { keptLinks, linksWith } from './kept-links.ts'
import { readPlaces } from './places.ts'
import { scanGuarded, stampPage } from './scan.ts'
import type { OdooSettings } from './settings.ts'
import { createTasks, locateTask, startOf, TASK_FIELDS, TASK_MADE, updateTasks } from './tasks-write.ts'
import { type Domain, type OdooRecord, searchRead } from './transport.ts'
import { fromOdoo, stampOf } from './values.ts'

const model = 'mail.activity'
const NEEDED = ['write_date', 'note', 'date_deadline', 'res_model', 'res_id']

/**
 * Activities that are to be done, as tasks: on contacts, companies and deals, and people's own. What Odoo plans with an
 * event in the calendar is a meeting there. A task that is done stays readable since Odoo archives it (19), and is gone
 * from older versions, which delete it.
 */
export const tasks: RemoteObject<OdooSettings> = {
  type: 'activity',
  name: model,
  holds: { kind: ['task'] },
  paging: 'keyset',
  order: { field: 'write_date', precision: 's', lateMs: { usual: 120_000, worst: 3_600_000 } },
  aliases: { title: 'summary', subject: 'summary', due_date: 'date_deadline', owner: 'user_id' },
  pull: async (ctx, page): Promise<Page> => {
    const { records, next } = await scanGuarded(ctx, model, await sideOf(ctx), page, columnsFor(page.fields))
    return { records: await toRecords(ctx, records, page.fields), next }
  },
  stamps: async (ctx, page) => stampPage(await scanGuarded(ctx, model, await sideOf(ctx), page, ['write_date'])),
  read: async (ctx, ids, fields) => {
    const domain: Domain = [['id', 'in', ids.map(Number)], ...(await sideOf(ctx))]
    return toRecords(ctx, await searchRead(ctx, model, { domain, fields: columnsFor(fields) }), fields)
  },
  create: createTasks,
  update: updateTasks,
  locate: locateTask,
  describe: async (ctx): Promise<readonly FieldInfo[]> => [
    ...(await describeModel(ctx, model, { references: {}, required: [] })),
    ...describeActivity('task', ['kind', ...TASK_MADE]),
  ],
}

/** Where the calendar is installed, an activity may stand for an event there. */
const sideOf = async (ctx: Ctx<OdooSettings>): Promise<Domain> => {
  const hasCalendar = (await ctx.lookup(TASK_FIELDS, 'calendar_event_id')) !== undefined
  return [
    ['res_model', 'in', ['res.partner', 'crm.lead', false]],
    ...(hasCalendar ? [['calendar_event_id', '=', false]] : []),
  ]
}

const isMade = (name: string): boolean => name === 'kind' || TASK_MADE.some((made) => made === name)

const columnsFor = (fields: readonly string[]): readonly string[] => [
  ...new Set([...fields.filter((name) => !isMade(name)), ...NEEDED]),
]

const toRecords = async (
  ctx: Ctx<OdooSettings>,
  records: readonly OdooRecord[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  const placeOf = await readPlaces(ctx, records, { model: 'res_model', id: 'res_id' })
  const kinds = await kindsOf(ctx, TASK_FIELDS, fields)
  return records.map((record) => {
    const note = String(record['note'] || '')
    const made: Fields = { kind: 'task', ...parseCall(note), started_at: startOf(record, note) }
    const valueNamed = (name: string): Json =>
      isMade(name) ? (made[name] ?? null) : fromOdoo(record[name], kinds.get(name))
    return {
      id: String(record.id),
      ...stampOf(record['write_date']),
      fields: Object.fromEntries(fields.map((name) => [name, valueNamed(name)])),
      links: linksWith(keptLinks(note), placeOf(record)),
    }
  })
}
