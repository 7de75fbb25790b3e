import { type Ctx, eachRow, type Fields, isCrmError, type Json, type Outcome, type Row } from '@raccordo/core/plugin'
import { isMissingMethod } from './errors.ts'
import { kindsOf } from './fields.ts'
import { externalId, findExternalId, type LoadRow, loadRows } from './load.ts'
import { DOMAIN_FIELD, FIELD_TABLE, type PartnerKind } from './partner-kinds.ts'
import { findPartners } from './partners-find.ts'
import { majorOf } from './session.ts'
import type { OdooSettings } from './settings.ts'
import { withStamps } from './stamps.ts'
import { callMethod, type Domain, searchRead, sessionOf } from './transport.ts'
import { columnOf, type FieldKind, fromOdoo, toCell, toValue } from './values.ts'
import { websiteOf } from './website.ts'

const model = 'res.partner'
type LinkedRow = Row & { readonly remoteId: string }

/** Makes partners by `load` under external ids made of the markers, so that a repetition makes nothing twice. */
export const createPartners = async (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  rows: readonly Row[],
): Promise<readonly Outcome[]> => {
  const values = rows.map((row) => withName({ ...valuesOf(kind, row), is_company: kind.isCompany }))
  const kinds = await kindsIn(ctx, values)
  const load = rows.map((row, index) => ({
    id: externalId(kind.type, row.marker),
    ...cells(values[index] ?? {}, kinds),
  }))
  return withStamps(
    ctx,
    model,
    await orWithout(
      () => loadRows(ctx, model, load, { idempotent: true }),
      () => createWithoutLoad(ctx, values, kinds),
    ),
  )
}

export const updatePartners = async (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  rows: readonly LinkedRow[],
): Promise<readonly Outcome[]> => {
  const values = await withoutSharedAddress(ctx, kind, rows)
  const kinds = await kindsIn(ctx, values)
  const load = rows.map((row, index) => ({ '.id': row.remoteId, ...cells(values[index] ?? {}, kinds) }))
  return withStamps(
    ctx,
    model,
    await orWithout(
      () => loadRows(ctx, model, load, { idempotent: false }),
      () => updateWithoutLoad(ctx, rows, values, kinds),
    ),
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

/** The partner that bears the row's marker; by the row's key where the server has no external ids to offer. */
export const locatePartner = async (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  row: Row,
): Promise<readonly string[]> => {
  const { key } = row
  const byKey = async () =>
    key === undefined ? [] : ((await findPartners(ctx, kind, key.field, [key.value])).get(key.value) ?? [])
  return orWithout(async () => {
    const found = await findExternalId(ctx, model, externalId(kind.type, row.marker))
    return found === undefined ? [] : [found]
  }, byKey)
}

/** Runs the second way where the server (a proxy with an allow-list, an old fork) lacks the method of the first. */
const orWithout = async <T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T> => {
  try {
    return await first()
  } catch (error) {
    if (!isCrmError(error) || !isMissingMethod(error.vendorCode, error.message)) throw error
    return second()
  }
}

const createWithoutLoad = async (
  ctx: Ctx<OdooSettings>,
  values: readonly Fields[],
  kinds: ReadonlyMap<string, FieldKind>,
): Promise<readonly Outcome[]> => {
  const vals_list = values.map((fields) => plain(fields, kinds))
  const ids = await callMethod(ctx, { model, method: 'create', named: { vals_list } })
  const list = Array.isArray(ids) ? ids : [ids]
  return values.map((_, index) =>
    typeof list[index] === 'number'
      ? { ok: true, remoteId: String(list[index]), created: true }
      : { ok: false, kind: 'bug', message: 'Odoo answered without an id for this row.' },
  )
}

const updateWithoutLoad = (
  ctx: Ctx<OdooSettings>,
  rows: readonly LinkedRow[],
  values: readonly Fields[],
  kinds: ReadonlyMap<string, FieldKind>,
): Promise<readonly Outcome[]> =>
  eachRow(rows, async (row) => {
    const vals = plain(values[rows.indexOf(row)] ?? {}, kinds)
    await callMethod(ctx, { model, method: 'write', ids: [Number(row.remoteId)], named: { vals } })
    return { ok: true, remoteId: row.remoteId, created: false }
  })

/** What a row says in fields that Odoo has: the domain as a website, a link to a company as the parent. */
const valuesOf = ({ type }: PartnerKind, { fields, links }: Row): Fields => {
  const { [DOMAIN_FIELD]: domain, ...rest } = fields
  const own: Fields =
    type === 'company' && domain !== undefined ? { ...rest, website: websiteOf(domain) } : { ...fields }
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

const kindsIn = (ctx: Ctx<OdooSettings>, values: readonly Fields[]) =>
  kindsOf(ctx, FIELD_TABLE, new Set(values.flatMap((fields) => Object.keys(fields))))

const cells = (values: Fields, kinds: ReadonlyMap<string, FieldKind>): LoadRow =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [columnOf(name, kinds.get(name)), toCell(value, kinds.get(name))]),
  )

const plain = (values: Fields, kinds: ReadonlyMap<string, FieldKind>): Record<string, Json> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toValue(value, kinds.get(name))]))
