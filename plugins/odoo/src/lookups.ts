import type { Ctx, Lookup, LookupRow } from '@raccordo/core/plugin'
import { fieldTable } from './fields.ts'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead } from './transport.ts'

const pageSize = 500

const table = (
  model: string,
  fields: readonly string[],
  row: (record: OdooRecord) => Omit<LookupRow, 'id'> | undefined,
): Lookup<OdooSettings> => ({
  list: async (ctx: Ctx<OdooSettings>, cursor?: string) => {
    const records = await searchRead(ctx, model, {
      domain: [['id', '>', Number(cursor ?? 0)]],
      fields,
      limit: pageSize,
    })
    const rows = records.flatMap((record) => {
      const values = row(record)
      return values === undefined ? [] : [{ id: String(record.id), ...values }]
    })
    const last = records.at(-1)
    return records.length < pageSize || last === undefined ? { rows } : { rows, next: String(last.id) }
  },
})

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const labelled = (key: string | undefined, label: string | undefined, archived: boolean) =>
  key === undefined ? undefined : { key, ...(label === undefined ? {} : { label }), ...(archived ? { archived } : {}) }

/** Addresses are the same in upper and lower case, and are looked up in lower case. */
const addressOf = (record: OdooRecord): string | undefined =>
  (text(record['email']) ?? text(record['login']))?.toLowerCase()

/**
 * Tables that mappings look ids up in: countries by ISO code, users by e-mail address, stages and sales teams by name; and
 * the fields of the models.
 */
export const lookups: Readonly<Record<string, Lookup<OdooSettings>>> = {
  countries: table('res.country', ['code', 'name'], (record) =>
    labelled(text(record['code']), text(record['name']), false),
  ),
  users: table('res.users', ['login', 'email', 'name', 'active'], (record) =>
    labelled(addressOf(record), text(record['name']), record['active'] === false),
  ),
  stages: table('crm.stage', ['name'], (record) => labelled(text(record['name']), text(record['name']), false)),
  teams: table('crm.team', ['name', 'active'], (record) =>
    labelled(text(record['name']), text(record['name']), record['active'] === false),
  ),
  partner_fields: fieldTable('res.partner'),
  lead_fields: fieldTable('crm.lead'),
  stage_fields: fieldTable('crm.stage'),
  task_fields: fieldTable('mail.activity'),
  event_fields: fieldTable('calendar.event'),
}
