import type { Ctx, Fields, Json, Outcome, Row } from '@raccordo/core/plugin'
import { createRecords, type LinkedRow, locateRecord, updateRecords, type WrittenModel } from './model-write.ts'
import { ADDRESS_FIELD, DOMAIN_FIELD, FIELD_TABLE, type PartnerKind } from './partner-kinds.ts'
import { findPartners } from './partners-find.ts'
import { majorOf } from './session.ts'
import type { OdooSettings } from './settings.ts'
import { streetValues } from './street.ts'
import { type Domain, searchRead, sessionOf } from './transport.ts'
import { fromOdoo } from './values.ts'
import { websiteOf } from './website.ts'

const model = 'res.partner'

const target = ({ type }: PartnerKind): WrittenModel => ({ model, fieldTable: FIELD_TABLE, prefix: type })

export const createPartners = (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  rows: readonly Row[],
): Promise<readonly Outcome[]> => {
  const planned = rows.map((row) => ({ values: withName({ ...valuesOf(kind, row), is_company: kind.isCompany }) }))
  return createRecords(ctx, target(kind), rows, planned)
}

export const updatePartners = async (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  rows: readonly LinkedRow[],
): Promise<readonly Outcome[]> => {
  const planned = (await withoutSharedAddress(ctx, kind, rows)).map((values) => ({ values }))
  return updateRecords(ctx, target(kind), rows, planned)
}

/** The partner that bears the row's marker; by the row's key where the server has no external ids to offer. */
export const locatePartner = (ctx: Ctx<OdooSettings>, kind: PartnerKind, row: Row): Promise<readonly string[]> => {
  const { key } = row
  return locateRecord(ctx, target(kind), row, async () =>
    key === undefined ? [] : ((await findPartners(ctx, kind, key.field, [key.value])).get(key.value) ?? []),
  )
}

const ADDRESS = ['street', 'street2', 'zip', 'city', 'state_id', 'country_id'] as const

/**
 * What the rows say, but for the address of contacts that belong to a company: they share its address, and what is
 * written there goes up to the company and down to all its people (seen on Odoo 19). A push changes one record only.
 */
const withoutSharedAddress = async (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  rows: readonly LinkedRow[],
): Promise<readonly Fields[]> => {
  const values = rows.map((row) => valuesOf(kind, row))
  const touched = rows.filter((_, index) => ADDRESS.some((name) => values[index]?.[name] !== undefined))
  if (kind.isCompany || touched.length === 0 || majorOf(sessionOf(ctx).version) < 18) return values
  const domain: Domain = [['id', 'in', touched.map((row) => Number(row.remoteId))]]
  const records = await searchRead(ctx, model, { domain, fields: ['parent_id'] })
  const parents = new Map(records.map(({ id, parent_id }) => [String(id), fromOdoo(parent_id, 'many2one')]))
  return values.map((fields, index) => {
    const parent = fields['parent_id'] === undefined ? parents.get(rows[index]?.remoteId ?? '') : fields['parent_id']
    if (parent === null || parent === undefined) return fields
    return Object.fromEntries(Object.entries(fields).filter(([name]) => !ADDRESS.some((field) => field === name)))
  })
}

/** What a row says in fields that Odoo has: the domain as a website, the address as street lines, a link as the parent. */
const valuesOf = ({ type }: PartnerKind, { fields, links }: Row): Fields => {
  const { [DOMAIN_FIELD]: domain, [ADDRESS_FIELD]: address, ...rest } = fields
  const own: Fields = {
    ...rest,
    ...(domain === undefined ? {} : { website: websiteOf(domain) }),
    ...(address === undefined ? {} : streetValues(address)),
  }
  const company = type === 'contact' ? links?.find((link) => link.type === 'company') : undefined
  return company !== undefined && own['parent_id'] === undefined ? { ...own, parent_id: company.remoteId } : own
}

/** Odoo takes no partner without a name; one that comes without is called by its address, as Odoo itself does for e-mails. */
const withName = (values: Fields): Fields => {
  if (isText(values['name'])) return values
  const name = [values['email'], values['phone'], values['website']].find(isText)
  return name === undefined ? values : { ...values, name }
}

const isText = (value: Json | undefined): boolean => typeof value === 'string' && value.trim() !== ''
