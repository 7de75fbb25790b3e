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

/** Tables that mappings look ids up in: countries by ISO code, users by e-mail address; and the fields of res.partner. */
export const lookups: Readonly<Record<string, Lookup<OdooSettings>>> = {
  countries: table('res.country', ['code', 'name'], (record) =>
    labelled(text(record['code']), text(record['name']), false),
  ),
  users: table('res.users', ['login', 'email', 'name', 'active'], (record) =>
    labelled(text(record['email']) ?? text(record['login']), text(record['name']), record['active'] === false),
  ),
  partner_fields: fieldTable('res.partner'),
}
