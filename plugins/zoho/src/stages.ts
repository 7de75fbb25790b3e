import type { Ctx, Fields, Lookup, LookupRow } from '@raccordo/core/plugin'
import { ask, ifAllowed } from './ask.ts'
import { readFields } from './fields.ts'
import type { Kind } from './kinds.ts'
import { SCOPES } from './oauth.ts'
import { paths } from './paths.ts'
import type { Settings } from './settings.ts'

interface VendorPipeline {
  readonly display_value?: string
  readonly actual_value?: string
  readonly default?: boolean
  readonly maps?: readonly {
    readonly display_value?: string
    readonly actual_value?: string
    readonly sequence_number?: number
    readonly forecast_type?: string | null
  }[]
}

/** A stage of a pipeline, in the order in which deals go through it. */
export interface Stage {
  readonly value: string
  readonly label: string
  readonly pipeline: string
  readonly isOpen: boolean
}

/** All pipelines' stages, the default pipeline's first; none where they may not be read. */
export const readStages = async (ctx: Ctx<Settings>): Promise<readonly Stage[]> => {
  const layouts = await ifAllowed(ask(ctx, { path: paths.layouts, query: { module: 'Deals' } }, [SCOPES.layouts]))
  const stages: Stage[] = []
  for (const layout of layouts?.body?.layouts ?? []) {
    if (typeof layout?.id !== 'string' || layout.status === 'inactive') continue
    const call = { path: paths.pipelines, query: { layout_id: layout.id } }
    const reply = await ifAllowed(ask(ctx, call, [SCOPES.pipelines]))
    const pipelines: readonly VendorPipeline[] = reply?.body?.pipeline ?? []
    stages.push(...[...pipelines].sort(defaultFirst).flatMap(stagesOf))
  }
  return stages
}

const defaultFirst = (left: VendorPipeline, right: VendorPipeline): number =>
  Number(right.default === true) - Number(left.default === true)

const stagesOf = (pipeline: VendorPipeline): readonly Stage[] =>
  [...(pipeline.maps ?? [])]
    .sort((left, right) => (left.sequence_number ?? 0) - (right.sequence_number ?? 0))
    .flatMap(({ actual_value: value, display_value: label, forecast_type: forecast }) =>
      value === undefined
        ? []
        : [
            {
              value,
              label: label ?? value,
              pipeline: pipeline.actual_value ?? pipeline.display_value ?? '',
              isOpen: forecast === 'Open',
            },
          ],
    )

/** Key of the row that says where a deal begins that names no pipeline. */
const DEFAULT = 'default'

/** The stage that new deals begin with, by pipeline. */
export const openingStages: Lookup<Settings> = {
  list: async (ctx) => {
    const stages = await readStages(ctx)
    const opening = new Map<string, string>()
    for (const { pipeline, value, isOpen } of stages) if (isOpen && !opening.has(pipeline)) opening.set(pipeline, value)
    const rows = [...opening].map(([pipeline, value]): LookupRow => ({ id: pipeline, key: pipeline, label: value }))
    const first = [...opening.values()][0] ?? (await firstOption(ctx))
    return { rows: first === undefined ? rows : [...rows, { id: DEFAULT, key: DEFAULT, label: first }] }
  },
}

/** Without a word on pipelines: the first stage of the picklist. */
const firstOption = async (ctx: Ctx<Settings>): Promise<string | undefined> => {
  const fields = (await ifAllowed(readFields(ctx, 'Deals'))) ?? []
  const options = fields.find(({ api_name }) => api_name === 'Stage')?.pick_list_values ?? []
  return options.find(({ actual_value }) => actual_value !== undefined && actual_value !== '-None-')?.actual_value
}

/** Zoho takes no deal without a stage: one that names none begins where its pipeline does. */
export const withStage = async (ctx: Ctx<Settings>, kind: Kind, values: Fields): Promise<Fields> => {
  if (kind.name !== 'Deals' || (values['Stage'] ?? null) !== null) return values
  const pipeline = values['Pipeline']
  const row = await ctx.lookup('opening_stages', typeof pipeline === 'string' ? pipeline : DEFAULT)
  return row?.label === undefined ? values : { ...values, Stage: row.label }
}
