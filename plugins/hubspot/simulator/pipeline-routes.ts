import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { notFound } from './failures.ts'
import { PIPELINES, type Pipeline, type Stage } from './pipelines.ts'
import { requireObject } from './write.ts'

/** Pipelines of an object; only deals have any. */
export const pipelineHandlers = () => {
  const all = (request: SimulatorRequest): readonly Pipeline[] =>
    requireObject(request.params['type'] ?? '') === 'deals' ? PIPELINES : []
  const named = (request: SimulatorRequest): Pipeline => {
    const found = all(request).find(({ id }) => id === request.params['id'])
    if (found === undefined) throw notFound()
    return found
  }
  return {
    list: (request: SimulatorRequest): SimulatorReply => ({
      // Last first: the place of each is told by its number alone.
      body: { results: all(request).map(pipelineBody).reverse() },
    }),
    one: (request: SimulatorRequest): SimulatorReply => {
      const pipeline = named(request)
      return { body: pipelineBody(pipeline, PIPELINES.indexOf(pipeline)) }
    },
    stages: (request: SimulatorRequest): SimulatorReply => ({
      body: { results: named(request).stages.map(stageBody) },
    }),
  }
}

/** Made with the portal, long ago. */
const MADE = { createdAt: '2019-03-04T10:00:00.000Z', updatedAt: '2024-06-05T11:30:00.250Z', archived: false }

const pipelineBody = ({ id, label, stages }: Pipeline, displayOrder: number): object => ({
  id,
  label,
  displayOrder,
  stages: stages.map(stageBody).reverse(),
  ...MADE,
})

const stageBody = ({ id, label, probability, isClosed }: Stage, displayOrder: number): object => ({
  id,
  label,
  displayOrder,
  metadata: { isClosed: String(isClosed), probability },
  ...MADE,
})
