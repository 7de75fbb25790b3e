import type { Ctx, FieldInfo, Fields, Json, Page, PageRequest, RemoteObject, RemoteRecord } from '@raccordo/core/plugin'
import { describeModel, kindsOf } from './fields.ts'
import { ADDRESS_FIELD, DOMAIN_FIELD, FIELD_TABLE, type PartnerKind, sideDomain } from './partner-kinds.ts'
import { findPartners } from './partners-find.ts'
import { createPartners, locatePartner, updatePartners } from './partners-write.ts'
import { scanById, stampPage } from './scan.ts'
import type { OdooSettings } from './settings.ts'
import { streetLines } from './street.ts'
import { type Domain, type OdooRecord, searchRead } from './transport.ts'
import { type FieldKind, fromOdoo, stampOf } from './values.ts'
import { domainOf } from './website.ts'

/**
 * Persons or organisations. Odoo stamps a record with the start of the transaction that changed it and shows it when
 * that commits: a long import appears minutes behind. Deleted records leave no trace, so there is no `deleted`; archived
 * ones come marked as deleted.
 */
export const partners = (kind: PartnerKind): RemoteObject<OdooSettings> => ({
  type: kind.type,
  name: kind.name,
  paging: 'keyset',
  order: { field: 'write_date', precision: 's', lateMs: { usual: 120_000, worst: 3_600_000 } },
  aliases: ALIASES[kind.type],
  pull: (ctx, page) => pull(ctx, kind, page),
  stamps: async (ctx, page) => stampPage(await scan(ctx, kind, page, ['write_date'])),
  read: async (ctx, ids, fields) => {
    const domain: Domain = [['id', 'in', ids.map(Number)], ...sideDomain(kind)]
    const records = await searchRead(ctx, 'res.partner', { domain, fields: columnsFor(kind, fields) })
    return toRecords(ctx, kind, records, fields)
  },
  find: (ctx, field, values) => findPartners(ctx, kind, field, values),
  create: (ctx, rows) => createPartners(ctx, kind, rows),
  update: (ctx, rows) => updatePartners(ctx, kind, rows),
  locate: (ctx, row) => locatePartner(ctx, kind, row),
  describe: (ctx) => describe(ctx, kind),
})

const ALIASES: Readonly<Record<PartnerKind['type'], Readonly<Record<string, string>>>> = {
  contact: {
    title: 'function',
    job_title: 'function',
    country: 'country_id',
    company: 'parent_id',
    phone_number: 'phone',
  },
  company: { country: 'country_id', street_address: 'address', tax_id: 'vat', phone_number: 'phone' },
}

const pull = async (ctx: Ctx<OdooSettings>, kind: PartnerKind, page: PageRequest): Promise<Page> => {
  const { records, next } = await scan(ctx, kind, page, columnsFor(kind, page.fields))
  return { records: await toRecords(ctx, kind, records, page.fields), next }
}

const scan = (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  page: Omit<PageRequest, 'fields'>,
  fields: readonly string[],
) => scanById(ctx, 'res.partner', sideDomain(kind), page, fields)

/** Fields that the plugin makes, and those that it makes them of. */
const MADE_OF: Readonly<Record<string, readonly string[]>> = {
  [DOMAIN_FIELD]: ['website'],
  [ADDRESS_FIELD]: ['street', 'street2'],
}

const columnsFor = ({ type }: PartnerKind, fields: readonly string[]): readonly string[] => {
  const own = fields.flatMap((field) => MADE_OF[field] ?? [field])
  const needed = type === 'contact' ? ['write_date', 'active', 'parent_id'] : ['write_date', 'active']
  return [...new Set([...own, ...needed])]
}

const toRecords = async (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  records: readonly OdooRecord[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  const kinds = records.length === 0 ? new Map() : await kindsOf(ctx, FIELD_TABLE, fields)
  return records.map((record) => toRecord(kind, record, fields, kinds))
}

const toRecord = (
  { type }: PartnerKind,
  record: OdooRecord,
  fields: readonly string[],
  kinds: ReadonlyMap<string, FieldKind>,
): RemoteRecord => {
  const readField = (name: string): Json => {
    if (name === DOMAIN_FIELD) return domainOf(record['website'])
    if (name === ADDRESS_FIELD) return streetLines(record['street'], record['street2'])
    return fromOdoo(record[name], kinds.get(name))
  }
  const values: Fields = Object.fromEntries(fields.map((name) => [name, readField(name)]))
  const stamp = stampOf(record['write_date'])
  const parent = type === 'contact' ? fromOdoo(record['parent_id'], 'many2one') : null
  return {
    id: String(record.id),
    ...stamp,
    ...(record['active'] === false && stamp.updatedAt !== undefined ? { deletedAt: stamp.updatedAt } : {}),
    fields: values,
    links: typeof parent === 'string' ? [{ type: 'company', remoteId: parent }] : [],
  }
}

const describe = async (ctx: Ctx<OdooSettings>, { type }: PartnerKind): Promise<readonly FieldInfo[]> => {
  // `fields_get` says that a name is not needed, and a constraint says that it is.
  const fields = await describeModel(ctx, 'res.partner', { references: { parent_id: 'company' }, required: ['name'] })
  return [
    ...fields,
    { name: ADDRESS_FIELD, label: 'Street lines', type: 'text' },
    ...(type === 'company' ? [{ name: DOMAIN_FIELD, label: 'Website domain', type: 'text' } as const] : []),
  ]
}
