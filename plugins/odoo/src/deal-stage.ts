import type { Ctx, Failure, Json } from '@raccordo/core/plugin'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead } from './transport.ts'
import { namedRelation, relatedId } from './values.ts'

/** A stage of the pipeline. A stage of no team is one of all. */
export interface Stage {
  readonly id: number
  readonly name: string
  readonly isWon: boolean
  readonly sequence: number
  readonly teamIds: readonly number[]
}

/** Odoo knows no stage for lost deals: it archives them with a probability of zero, and leaves them where they were lost. */
export const LOST = { id: 'lost', name: 'Lost' } as const

/** True for a lost deal, in the words of Odoo: it is archived and nothing is expected of it. */
export const isLost = (lead: OdooRecord): boolean => lead['active'] === false && Number(lead['probability']) === 0

/** The stage of a deal as mappings read it, by id and by name; what is lost is in a stage of its own. */
export const stageValue = (lead: OdooRecord): Json => (isLost(lead) ? { ...LOST } : namedRelation(lead['stage_id']))

/** Odoo 19's own `won_status`, in all versions. */
export const wonStatus = (lead: OdooRecord, stages: readonly Stage[]): string => {
  if (isLost(lead)) return 'lost'
  const stage = stages.find(({ id }) => id === relatedId(lead['stage_id']))
  return stage?.isWon === true && Number(lead['probability']) === 100 ? 'won' : 'pending'
}

/** The stages in their order. */
export const readStages = async (ctx: Ctx<OdooSettings>): Promise<readonly Stage[]> => {
  const several = (await ctx.lookup('stage_fields', 'team_ids')) !== undefined
  const fields = ['name', 'is_won', 'sequence', several ? 'team_ids' : 'team_id']
  const records = await searchRead(ctx, 'crm.stage', { domain: [], fields })
  const stages = records.map((record): Stage => {
    const team = relatedId(record['team_id'])
    const teams = Array.isArray(record['team_ids']) ? record['team_ids'].map(Number) : team === undefined ? [] : [team]
    return {
      id: record.id,
      name: String(record['name'] || ''),
      isWon: record['is_won'] === true,
      sequence: Number(record['sequence'] ?? 0),
      teamIds: teams,
    }
  })
  return stages.sort((left, right) => left.sequence - right.sequence || left.id - right.id)
}

/** Where a deal is to go: a stage, or out of the pipeline as lost. */
export type StageChoice = { readonly stage: Stage } | 'lost' | { readonly failure: Failure }

/**
 * The stage that an id or a name means. A name may stand for a stage of each team: the team's own goes before one of
 * all teams, and that before any other.
 */
export const chooseStage = (stages: readonly Stage[], wanted: Json, teamId: number | undefined): StageChoice => {
  const said = textOf(wanted)
  const byId = stages.find(({ id }) => String(id) === said)
  if (byId !== undefined) return { stage: byId }
  const named = stages.filter(({ name }) => name.trim().toLowerCase() === said.toLowerCase())
  const [best] = named.toSorted((left, right) => nearness(right, teamId) - nearness(left, teamId))
  if (best !== undefined) return { stage: best }
  if (said.toLowerCase() === LOST.id) return 'lost'
  const known = [...new Set(stages.map(({ name }) => `"${name}"`))].join(', ')
  const message = `Odoo has no stage ${JSON.stringify(said)}. It has ${known}; "${LOST.name}" marks a deal as lost.`
  return { failure: { kind: 'invalid', message, field: 'stage_id' } }
}

const nearness = ({ teamIds }: Stage, teamId: number | undefined): number => {
  if (teamId !== undefined && teamIds.includes(teamId)) return 2
  return teamIds.length === 0 ? 1 : 0
}

/** The team that an id or a name means. */
export const chooseTeam = (
  teams: readonly OdooRecord[],
  wanted: Json,
): { readonly teamId: number } | { readonly failure: Failure } => {
  const said = textOf(wanted)
  const found =
    teams.find(({ id }) => String(id) === said) ??
    teams.find(({ name }) => String(name).trim().toLowerCase() === said.toLowerCase())
  if (found !== undefined) return { teamId: found.id }
  const known = teams.map(({ name }) => `"${name}"`).join(', ')
  const message = `Odoo has no sales team ${JSON.stringify(said)}. It has ${known}.`
  return { failure: { kind: 'invalid', message, field: 'team_id' } }
}

/** The sales teams, which are what Odoo has for pipelines. */
export const readTeams = (ctx: Ctx<OdooSettings>): Promise<readonly OdooRecord[]> =>
  searchRead(ctx, 'crm.team', { domain: [], fields: ['name'] })

/** A stage or team as a mapping writes it: an id, a name, or what a pull gave. */
const textOf = (value: Json): string => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return String((value as { readonly id?: Json }).id ?? '')
  return String(value).trim()
}
