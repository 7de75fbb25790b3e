import { invalidProperty } from './failures.ts'

/** A pipeline of deals. Labels repeat from one to the other, ids do not. */
export interface Pipeline {
  readonly id: string
  readonly label: string
  readonly stages: readonly Stage[]
}
export interface Stage {
  readonly id: string
  readonly label: string
  readonly probability: string
  readonly isClosed: boolean
}

const stage = (id: string, label: string, probability: string, isClosed = false): Stage => ({
  id,
  label,
  probability,
  isClosed,
})

export const PIPELINES: readonly Pipeline[] = [
  {
    id: 'default',
    label: 'Sales Pipeline',
    stages: [
      stage('appointmentscheduled', 'Appointment Scheduled', '0.2'),
      stage('qualifiedtobuy', 'Qualified To Buy', '0.4'),
      stage('contractsent', 'Contract Sent', '0.9'),
      stage('closedwon', 'Closed Won', '1.0', true),
      stage('closedlost', 'Closed Lost', '0.0', true),
    ],
  },
  {
    id: '4711001',
    label: 'Renewals',
    stages: [
      stage('4711002', 'Due', '0.5'),
      stage('4711003', 'Closed Won', '1.0', true),
      stage('4711004', 'Closed Lost', '0.0', true),
    ],
  },
]
const [DEFAULT] = PIPELINES

/** The first stage of a pipeline: where people's deals begin. */
export const firstStage = (pipelineId: string | undefined): string =>
  (PIPELINES.find(({ id }) => id === pipelineId) ?? DEFAULT)?.stages[0]?.id ?? ''

/**
 * Where a deal comes to stand, with what follows from it. A new deal without a pipeline is in the usual one; a stage of
 * another pipeline is refused.
 */
export const placed = (
  values: Readonly<Record<string, string>>,
  current: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const pipelineId = values['pipeline'] || current['pipeline'] || (DEFAULT?.id ?? '')
  const pipeline = PIPELINES.find(({ id }) => id === pipelineId)
  if (pipeline === undefined)
    throw invalidProperty('pipeline', 'INVALID_OPTION', `${pipelineId} is not the id of a pipeline`)
  const stageId = values['dealstage'] || current['dealstage'] || ''
  const found = pipeline.stages.find(({ id }) => id === stageId)
  if (found === undefined) {
    const allowed = pipeline.stages.map(({ id }) => id).join(', ')
    const message = `${stageId} is not a stage of pipeline ${pipelineId}. Allowed are: [${allowed}]`
    throw invalidProperty('dealstage', 'INVALID_OPTION', message)
  }
  const isWon = found.isClosed && Number(found.probability) === 1
  return {
    ...values,
    pipeline: pipelineId,
    dealstage: found.id,
    hs_deal_stage_probability: found.probability,
    hs_is_closed: String(found.isClosed),
    hs_is_closed_won: String(isWon),
    hs_is_closed_lost: String(found.isClosed && !isWon),
  }
}
