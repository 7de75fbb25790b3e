import type { Ctx, LookupRow } from '@raccordo/core/plugin'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'

/** A pipeline of deals, its stages in their order. */
export interface Pipeline {
  readonly id: string
  readonly label: string
  readonly stages: readonly { readonly id: string; readonly label: string }[]
}

interface VendorPipeline {
  readonly id?: string | number
  readonly label?: string
  readonly displayOrder?: number
  readonly archived?: boolean
  readonly stages?: readonly VendorPipeline[]
}

/** The pipeline that HubSpot puts a deal into where none is named. */
export const DEFAULT_PIPELINE = 'default'

/** The portal's pipelines of deals, in their order. */
export const readPipelines = async (ctx: Ctx<Settings>): Promise<readonly Pipeline[]> => {
  const reply = await ctx.call({ path: pathsOf(ctx.settings).pipelines('deals') })
  return inOrder(reply.body?.results ?? []).map((pipeline) => ({
    id: String(pipeline.id),
    label: pipeline.label ?? String(pipeline.id),
    stages: inOrder(pipeline.stages ?? []).map(({ id, label }) => ({ id: String(id), label: label ?? String(id) })),
  }))
}

const inOrder = (list: readonly VendorPipeline[]): readonly VendorPipeline[] =>
  list
    .filter(({ id, archived }) => id !== undefined && archived !== true)
    .sort((left, right) => (left.displayOrder ?? 0) - (right.displayOrder ?? 0))

/** Pipelines by id; `group` is the first stage. Where none has the usual id, the first of all stands under it too. */
export const pipelineRows = (pipelines: readonly Pipeline[]): readonly LookupRow[] => {
  const rows = pipelines.map(({ id, label, stages }) => ({
    id,
    key: id,
    label,
    ...(stages[0] === undefined ? {} : { group: stages[0].id }),
  }))
  const [first] = rows
  const hasDefault = first === undefined || rows.some(({ key }) => key === DEFAULT_PIPELINE)
  return hasDefault ? rows : [...rows, { ...first, key: DEFAULT_PIPELINE }]
}

/** Stages by id; `group` is the pipeline, and absent where several pipelines have a stage of that id. */
export const stageRows = (pipelines: readonly Pipeline[]): readonly LookupRow[] => {
  const stages = pipelines.flatMap(({ id: group, stages: own }) => own.map(({ id, label }) => ({ id, label, group })))
  return [...Map.groupBy(stages, ({ id }) => id).values()].flatMap(([stage, ...others]) => {
    if (stage === undefined) return []
    const { id, label, group } = stage
    return [{ id, key: id, label, ...(others.length === 0 ? { group } : {}) }]
  })
}
