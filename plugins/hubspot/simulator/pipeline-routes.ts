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

const pipelineBody = ({ id, label, stages }: Pipeline, displayOrder: number): object => ({
  id,
  label,
  displayOrder,
  stages: stages.map(stageBody).reverse(),
  archived: false,
})

const stageBody = ({ id, label, probability, isClosed }: Stage, displayOrder: number): object => ({
  id,
  label,
  displayOrder,
  metadata: { isClosed: String(isClosed), probability },
  archived: false,
})
