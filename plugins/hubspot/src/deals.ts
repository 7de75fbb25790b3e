import type { Ctx } from '@raccordo/core/plugin'
import { closeOfDay, dayOfClose } from './close-date.ts'
import type { Writing } from './kinds.ts'
import { DEFAULT_PIPELINE } from './pipelines.ts'
import type { Properties } from './properties.ts'
import type { Settings } from './settings.ts'

/** A deal as it is mapped: its close date is a day. */
export const dealFields = (ctx: Ctx<Settings>, properties: Properties): Properties => {
  const close = properties['closedate']
  return close === undefined ? properties : { ...properties, closedate: dayOfClose(close, ctx.account?.timeZone) }
}

/** A deal as HubSpot keeps it: in a pipeline, at a stage of that pipeline. */
export const dealProperties = async (
  ctx: Ctx<Settings>,
  properties: Properties,
  writing: Writing,
): Promise<Properties> => {
  const close = properties['closedate']
  return {
    ...properties,
    ...(close ? { closedate: closeOfDay(close, ctx.account?.timeZone) } : {}),
    ...(await placeOf(ctx, properties, writing)),
  }
}

/** What a change must know of the deal: where it is, if only the pipeline is written. */
export const dealNeeds = (properties: Properties): readonly string[] =>
  properties['pipeline'] && !properties['dealstage'] ? ['pipeline', 'dealstage'] : []

/**
 * HubSpot wants both pipeline and stage, and refuses a stage of another pipeline. A stage alone brings the pipeline that
 * has it; a pipeline alone, and a new deal with neither, begins at the first stage.
 */
const placeOf = async (
  ctx: Ctx<Settings>,
  { dealstage: stage, pipeline }: Properties,
  { isNew, current }: Writing,
): Promise<Properties> => {
  if (stage && pipeline) return {}
  if (stage) {
    const row = await ctx.lookup('deal_stages', stage)
    return row?.group === undefined ? {} : { pipeline: row.group }
  }
  const isThere = !pipeline || current['pipeline'] === undefined || current['pipeline'] === pipeline
  if (!isNew && isThere) return {}
  const row = await ctx.lookup('deal_pipelines', pipeline || DEFAULT_PIPELINE)
  return row?.group === undefined ? {} : { pipeline: row.id, dealstage: row.group }
}
