import type { Ctx, Failure, Fields, Json, Outcome, Row } from '@raccordo/core/plugin'
import { chooseStage, chooseTeam, isLost, readStages, readTeams, type Stage } from './deal-stage.ts'
import { kindsOf } from './fields.ts'
import { type KeptLink, keptLinks, withKeptLinks } from './kept-links.ts'
import { type LinkedPartner, linkedId, readLinkedPartners } from './linked-partners.ts'
import {
  createRecords,
  type LinkedRow,
  locateRecord,
  type Planned,
  updateRecords,
  type WrittenModel,
} from './model-write.ts'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead } from './transport.ts'
import { relatedId } from './values.ts'

export const DEAL_FIELDS = 'lead_fields'

const target: WrittenModel = {
  model: 'crm.lead',
  fieldTable: DEAL_FIELDS,
  prefix: 'deal',
  context: { mail_create_nosubscribe: true },
}

/** Fields of a deal that Odoo or the plugin computes: what a mapping may say of them is not written. */
const COMPUTED: ReadonlySet<string> = new Set(['company_currency', 'won_status'])

/** Makes opportunities by `load` under external ids, so that a repetition makes nothing twice. */
export const createDeals = async (ctx: Ctx<OdooSettings>, rows: readonly Row[]): Promise<readonly Outcome[]> => {
  const planned = await planRows(ctx, rows, new Map())
  const opportunities = planned.map((plan) =>
    'failure' in plan ? plan : { values: { ...plan.values, type: 'opportunity' } },
  )
  return createRecords(ctx, target, rows, opportunities)
}

export const updateDeals = async (ctx: Ctx<OdooSettings>, rows: readonly LinkedRow[]): Promise<readonly Outcome[]> => {
  const looksBack = rows.filter(
    ({ fields, links }) =>
      fields['stage_id'] != null || fields['description'] !== undefined || (links ?? []).length > 0,
  )
  const fields = ['stage_id', 'team_id', 'active', 'probability', 'partner_id', 'description']
  const domain = [['id', 'in', looksBack.map(({ remoteId }) => Number(remoteId))]]
  const records = looksBack.length === 0 ? [] : await searchRead(ctx, target.model, { domain, fields })
  return updateRecords(
    ctx,
    target,
    rows,
    await planRows(ctx, rows, new Map(records.map((lead) => [String(lead.id), lead]))),
  )
}

export const locateDeal = (ctx: Ctx<OdooSettings>, row: Row): Promise<readonly string[]> =>
  locateRecord(ctx, target, row)

/** What several rows need, read once. */
interface Known {
  readonly stages: readonly Stage[]
  readonly teams: readonly OdooRecord[]
  readonly partners: ReadonlyMap<number, LinkedPartner>
  readonly isHtml: boolean
}

const planRows = async (
  ctx: Ctx<OdooSettings>,
  rows: readonly Row[],
  leads: ReadonlyMap<string, OdooRecord>,
): Promise<readonly Planned[]> => {
  const isSaid = (field: string) => rows.some(({ fields }) => fields[field] != null)
  const named = rows.flatMap(({ links }) => [linkedId(links, 'contact'), linkedId(links, 'company')])
  const current = [...leads.values()].map((lead) => relatedId(lead['partner_id']))
  const kept = [...leads.values()].map((lead) => linkedId(keptLinks(String(lead['description'] || '')), 'company'))
  const known: Known = {
    stages: isSaid('stage_id') ? await readStages(ctx) : [],
    teams: isSaid('team_id') ? await readTeams(ctx) : [],
    partners: await readLinkedPartners(
      ctx,
      [...named, ...current, ...kept].filter((id) => id !== undefined),
    ),
    isHtml: (await kindsOf(ctx, DEAL_FIELDS, ['description'])).get('description') === 'html',
  }
  return rows.map((row) => planRow(row, leads.get(row.remoteId ?? ''), known))
}

const planRow = (row: Row, lead: OdooRecord | undefined, known: Known): Planned => {
  const { stage_id, team_id, ...rest } = row.fields
  const values: Record<string, Json | undefined> = { ...rest }
  for (const name of COMPUTED) delete values[name]
  const team = team_id === undefined || team_id === null ? undefined : chooseTeam(known.teams, team_id)
  if (team !== undefined && 'failure' in team) return team
  if (team_id !== undefined) values['team_id'] = team === undefined ? null : String(team.teamId)
  const stage = stageValues(stage_id, lead, known, team?.teamId ?? relatedId(lead?.['team_id']))
  if (isFailure(stage)) return stage
  const partner = partnerValues(row, lead, known)
  return isFailure(partner) ? partner : { values: { ...values, ...stage, ...partner } }
}

type Failed = { readonly failure: Failure }
const isFailure = (values: Fields | Failed): values is Failed => typeof values['failure'] === 'object'

/**
 * The columns of a stage. Won is a stage of Odoo's; lost is the archive with a probability of zero. Odoo loses no deal
 * that stands in a won stage, so that it goes back to the last open one first.
 */
const stageValues = (
  wanted: Json | undefined,
  lead: OdooRecord | undefined,
  { stages }: Known,
  teamId: number | undefined,
): Fields | Failed => {
  if (wanted === undefined) return {}
  if (wanted === null) return lead === undefined ? {} : { stage_id: null }
  const choice = chooseStage(stages, wanted, teamId)
  if (choice === 'lost') {
    const isWon = stages.find(({ id }) => id === relatedId(lead?.['stage_id']))?.isWon === true
    const open = isWon ? stages.findLast((stage) => !stage.isWon) : undefined
    return { active: false, probability: 0, ...(open === undefined ? {} : { stage_id: String(open.id) }) }
  }
  if ('failure' in choice) return choice
  const isRevived = lead !== undefined && isLost(lead)
  return { stage_id: String(choice.stage.id), ...(isRevived ? { active: true } : {}) }
}

/**
 * A deal has one partner: the contact, or the company where no contact is named. A contact's company is told by the
 * contact; another one that a push names is kept in the deal's notes.
 */
const partnerValues = (
  { fields, links }: Row,
  lead: OdooRecord | undefined,
  { partners, isHtml }: Known,
): Fields | Failed => {
  const [contactId, companyId] = [linkedId(links, 'contact'), linkedId(links, 'company')]
  const missing = [contactId, companyId].find((id) => id !== undefined && !partners.has(id))
  if (missing !== undefined)
    return { failure: { kind: 'invalid', message: `Odoo has no contact or company ${missing}.`, field: 'partner_id' } }
  const notes = String(lead?.['description'] || '')
  const text = fields['description'] === undefined ? notes : String(fields['description'] ?? '')
  const before = partners.get(relatedId(lead?.['partner_id']) ?? 0)
  const contact = contactId === undefined ? (before?.isCompany === false ? before : undefined) : partners.get(contactId)
  const kept = keptLinks(notes).find(({ type }) => type === 'company')
  const company = companyId ?? (kept === undefined ? undefined : Number(kept.remoteId))
  const isToldByContact = contact === undefined || company === undefined || contact.parentId === company
  const keep: readonly KeptLink[] = isToldByContact
    ? []
    : [{ type: 'company', remoteId: String(company), name: partners.get(company)?.name ?? '' }]
  const partnerId = contactId ?? (contact === undefined ? companyId : undefined)
  const isKept = keep.length > 0 || kept !== undefined
  return {
    ...(partnerId === undefined ? {} : { partner_id: String(partnerId) }),
    ...(isKept ? { description: withKeptLinks(text, keep, isHtml) } : {}),
  }
}
