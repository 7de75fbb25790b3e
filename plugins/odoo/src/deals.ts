import type {
  Ctx,
  FieldInfo,
  Fields,
  Json,
  Link,
  Page,
  PageRequest,
  RemoteObject,
  RemoteRecord,
} from '@raccordo/core/plugin'
import { isLost, LOST, readStages, readTeams, type Stage, stageValue, wonStatus } from './deal-stage.ts'
import { createDeals, DEAL_FIELDS, locateDeal, updateDeals } from './deals-write.ts'
import { describeModel, kindsOf } from './fields.ts'
import { keptLinks, withoutKeptLinks } from './kept-links.ts'
import { type LinkedPartner, linkOfPartner, readLinkedPartners } from './linked-partners.ts'
import { scanById, stampPage } from './scan.ts'
import type { OdooSettings } from './settings.ts'
import { type Domain, type OdooRecord, searchRead } from './transport.ts'
import { type FieldKind, fromOdoo, namedRelation, relatedId, stampOf } from './values.ts'

const model = 'crm.lead'

/**
 * Opportunities; leads that nobody has qualified yet are none, unless the connection's settings say so. Lost ones live
 * on in a stage of their own; an archived one that is not lost is gone.
 */
export const deals: RemoteObject<OdooSettings> = {
  type: 'deal',
  name: model,
  paging: 'keyset',
  order: { field: 'write_date', precision: 's', lateMs: { usual: 120_000, worst: 3_600_000 } },
  aliases: {
    title: 'name',
    amount: 'expected_revenue',
    currency: 'company_currency',
    stage: 'stage_id',
    dealstage: 'stage_id',
    pipeline: 'team_id',
    close_date: 'date_deadline',
    closedate: 'date_deadline',
    owner: 'user_id',
  },
  pull: (ctx, page) => pull(ctx, page),
  stamps: async (ctx, page) => stampPage(await scanById(ctx, model, sideOf(ctx), page, ['write_date'])),
  read: async (ctx, ids, fields) => {
    const domain: Domain = [['id', 'in', ids.map(Number)], ...sideOf(ctx)]
    return toRecords(ctx, await searchRead(ctx, model, { domain, fields: columnsFor(fields) }), fields)
  },
  find: (ctx, field, values) => findDeals(ctx, field, values),
  create: createDeals,
  update: updateDeals,
  locate: locateDeal,
  describe: (ctx) => describe(ctx),
}

const sideOf = ({ settings }: Ctx<OdooSettings>): Domain =>
  settings.leads === true ? [] : [['type', '=', 'opportunity']]

const pull = async (ctx: Ctx<OdooSettings>, page: PageRequest): Promise<Page> => {
  const { records, next } = await scanById(ctx, model, sideOf(ctx), page, columnsFor(page.fields))
  return { records: await toRecords(ctx, records, page.fields), next }
}

/** `won_status` came with Odoo 19, and is made here for all versions. */
const WON_STATUS = 'won_status'
const NEEDED = ['write_date', 'active', 'probability', 'partner_id', 'description']

const columnsFor = (fields: readonly string[]): readonly string[] => [
  ...new Set([...fields.map((name) => (name === WON_STATUS ? 'stage_id' : name)), ...NEEDED]),
]

const toRecords = async (
  ctx: Ctx<OdooSettings>,
  leads: readonly OdooRecord[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  if (leads.length === 0) return []
  const partnerIds = leads.flatMap((lead) => relatedId(lead['partner_id']) ?? [])
  const partners = await readLinkedPartners(ctx, partnerIds)
  const kinds = await kindsOf(ctx, DEAL_FIELDS, fields)
  const stages = fields.includes(WON_STATUS) ? await readStages(ctx) : []
  return leads.map((lead) => {
    const stamp = stampOf(lead['write_date'])
    const isGone = lead['active'] === false && !isLost(lead)
    return {
      id: String(lead.id),
      ...stamp,
      ...(isGone && stamp.updatedAt !== undefined ? { deletedAt: stamp.updatedAt } : {}),
      fields: valuesOf(lead, fields, kinds, stages),
      links: linksOf(lead, partners),
    }
  })
}

/** Relations that mappings read by their names as well as by their ids. */
const NAMED: ReadonlySet<string> = new Set(['team_id', 'company_currency'])

const valuesOf = (
  lead: OdooRecord,
  fields: readonly string[],
  kinds: ReadonlyMap<string, FieldKind>,
  stages: readonly Stage[],
): Fields => {
  const valueNamed = (name: string): Json => {
    if (name === WON_STATUS) return wonStatus(lead, stages)
    if (name === 'stage_id') return stageValue(lead)
    if (name === 'description' && typeof lead[name] === 'string') return withoutKeptLinks(lead[name]) || null
    // Odoo has no empty number, and shows nothing where an amount is zero.
    if (name === 'expected_revenue') return Number(lead[name]) || null
    return NAMED.has(name) ? namedRelation(lead[name]) : fromOdoo(lead[name], kinds.get(name))
  }
  return Object.fromEntries(fields.map((name) => [name, valueNamed(name)]))
}

/** The deal's partner is its contact, whose company is the deal's; or it is the company itself. */
const linksOf = (lead: OdooRecord, partners: ReadonlyMap<number, LinkedPartner>): readonly Link[] => {
  const partner = partners.get(relatedId(lead['partner_id']) ?? 0)
  if (partner === undefined) return []
  if (partner.isCompany) return [linkOfPartner(partner)]
  const kept = keptLinks(String(lead['description'] || '')).find(({ type }) => type === 'company')
  const company = kept?.remoteId ?? (partner.parentId === undefined ? undefined : String(partner.parentId))
  return [linkOfPartner(partner), ...(company === undefined ? [] : [{ type: 'company', remoteId: company } as const])]
}

/** Ids of the deals that bear one of the values, compared as they stand. */
const findDeals = async (
  ctx: Ctx<OdooSettings>,
  field: string,
  values: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const domain: Domain = [[field, 'in', [...values]], ...sideOf(ctx)]
  const records = values.length === 0 ? [] : await searchRead(ctx, model, { domain, fields: [field] })
  return new Map(
    values.map((value) => [value, records.filter((lead) => String(lead[field]) === value).map(({ id }) => String(id))]),
  )
}

/** The live fields. Stages and teams are options by name, so that a mapping may list either their names or their ids. */
const describe = async (ctx: Ctx<OdooSettings>): Promise<readonly FieldInfo[]> => {
  const fields = await describeModel(ctx, model, { references: {}, required: ['name'] })
  const stages = (await readStages(ctx)).map(({ id, name }) => ({ value: String(id), label: name }))
  const teams = (await readTeams(ctx)).map(({ id, name }) => ({
    value: String(id),
    label: String(name),
  }))
  const options: Readonly<Record<string, FieldInfo['options']>> = {
    stage_id: [...stages, { value: LOST.id, label: LOST.name }],
    team_id: teams,
  }
  const described = fields.map((field): FieldInfo => {
    const listed = options[field.name]
    return listed === undefined ? field : { ...field, type: 'picklist', options: listed }
  })
  if (described.some(({ name }) => name === WON_STATUS)) return described
  const statuses = ['won', 'lost', 'pending'].map((value) => ({ value, label: value }))
  return [...described, { name: WON_STATUS, label: 'Won/Lost', type: 'picklist', readOnly: true, options: statuses }]
}
