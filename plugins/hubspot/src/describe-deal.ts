import { type Ctx, type FieldInfo, isCrmError } from '@raccordo/core/plugin'
import { readPipelines } from './pipelines.ts'
import type { Settings } from './settings.ts'

/** A deal's fields with what HubSpot keeps elsewhere: pipelines, their stages, and whether there are currencies at all. */
export const describeDeal = async (ctx: Ctx<Settings>, fields: readonly FieldInfo[]): Promise<readonly FieldInfo[]> => {
  const choices = await pipelineChoices(ctx)
  return fields.map((field): FieldInfo => {
    const { maxLength: _, ...plain } = field
    const options = choices?.get(field.name)
    if (options !== undefined) return { ...plain, type: 'picklist', options }
    // HubSpot keeps an instant, and people enter a day: see close-date.ts.
    if (field.name === 'closedate') return { ...plain, type: 'date' }
    // Without further currencies every deal is in the account's, and HubSpot takes no code.
    if (field.name === 'deal_currency_code' && (field.options ?? []).length === 0) return { ...field, readOnly: true }
    return field
  })
}

/** The options of the two properties, stages under their pipeline; undefined where the portal does not show them. */
const pipelineChoices = async (
  ctx: Ctx<Settings>,
): Promise<ReadonlyMap<string, NonNullable<FieldInfo['options']>> | undefined> => {
  try {
    const pipelines = await readPipelines(ctx)
    return new Map([
      ['pipeline', pipelines.map(({ id, label }) => ({ value: id, label }))],
      [
        'dealstage',
        pipelines.flatMap(({ id: group, stages }) => stages.map(({ id, label }) => ({ value: id, label, group }))),
      ],
    ])
  } catch (error) {
    if (isCrmError(error) && (error.kind === 'forbidden' || error.kind === 'not_found')) return undefined
    throw error
  }
}
