import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { batchReply } from './answers.ts'
import { typesBetween } from './association-store.ts'
import { refusalEntry, refuse } from './failures.ts'
import { type Portal, survivorOf } from './portal.ts'
import { liveLinks } from './records.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'
import { linkTarget, requireObject } from './write.ts'

const MOST_READ = 1_000
const MOST_CREATED = 2_000

/** Associations of records, one by one and in batches. None of them moves the last change of a record. */
export const associationHandlers = (portal: Portal, options: { readonly pageSize: number }) => {
  const shown = (
    from: ObjectName,
    to: ObjectName,
    link: { readonly id: number; readonly typeIds: readonly number[] },
  ) => ({
    toObjectId: link.id,
    associationTypes: link.typeIds.map((typeId) => ({
      category: 'HUBSPOT_DEFINED',
      typeId,
      label: typeId === typesBetween(from, to)?.primary ? 'Primary' : null,
    })),
  })
  const pageOf = (from: ObjectName, to: ObjectName, id: number, after: string | undefined) => {
    const links = liveLinks(portal, from, survivorOf(portal, from, id), to)
    const start = Number(after ?? 0)
    const page = links.slice(start, start + options.pageSize)
    const next = start + page.length
    return {
      to: page.map((link) => shown(from, to, link)),
      ...(next < links.length ? { paging: { next: { after: String(next) } } } : {}),
    }
  }
  const link = (from: ObjectName, id: number, to: ObjectName, toId: number, typeIds: readonly number[]): void => {
    if (from === to && id === toId)
      throw refuse(400, 'VALIDATION_ERROR', `Object ${id} cannot be associated to itself (${id})`)
    const fromId = linkTarget(portal, to, { to: from, id })
    const target = linkTarget(portal, from, { to, id: toId })
    for (const typeId of typeIds) portal.associations.add(from, fromId, to, target, typeId)
  }
  const plainType = (from: ObjectName, to: ObjectName): number => {
    const types = typesBetween(from, to)
    if (types === undefined) throw refuse(400, 'VALIDATION_ERROR', `${from} and ${to} cannot be associated`)
    return types.plain
  }
  /** A plain link, from either side. */
  const byDefault = (from: ObjectName, id: string, to: ObjectName, toId: string): readonly object[] =>
    [
      { from: { id }, to: { id: toId }, associationTypeId: plainType(from, to) },
      { from: { id: toId }, to: { id }, associationTypeId: plainType(to, from) },
    ].map(({ associationTypeId, ...ids }) => ({
      ...ids,
      associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId },
    }))
  const ends = (request: SimulatorRequest) => ({
    from: requireObject(request.params['from'] ?? ''),
    id: Number(request.params['id']),
    to: requireObject(request.params['to'] ?? ''),
    toId: Number(request.params['toId']),
  })

  return {
    list: (request: SimulatorRequest): SimulatorReply => {
      const { from, id, to } = ends(request)
      const { to: results, ...paging } = pageOf(from, to, id, request.query.get('after') ?? undefined)
      return { body: { results, ...paging } }
    },
    putDefault: (request: SimulatorRequest): SimulatorReply => {
      const { from, id, to, toId } = ends(request)
      link(from, id, to, toId, [plainType(from, to)])
      return batchReply(portal, 200, byDefault(from, String(id), to, String(toId)), [])
    },
    put: (request: SimulatorRequest): SimulatorReply => {
      const { from, id, to, toId } = ends(request)
      const types: readonly { associationTypeId?: number }[] = request.json() ?? []
      link(
        from,
        id,
        to,
        toId,
        types.map((type) => Number(type.associationTypeId)),
      )
      return { status: 201, body: pair(from, id, to, toId) }
    },
    remove: (request: SimulatorRequest): SimulatorReply => {
      const { from, id, to, toId } = ends(request)
      portal.associations.remove(from, id, to, toId)
      return { status: 204 }
    },
    batchRead: (request: SimulatorRequest): SimulatorReply => {
      const { from, to, inputs } = batchEnds(request, MOST_READ)
      const errors: object[] = []
      const results = inputs.flatMap(({ id, after }) => {
        const page = pageOf(from, to, Number(id), after)
        if (page.to.length > 0) return [{ from: { id: String(id) }, ...page }]
        errors.push(nothingLinked(from, to, String(id)))
        return []
      })
      return batchReply(portal, 200, results, errors)
    },
    batchCreate: (request: SimulatorRequest): SimulatorReply => {
      const { from, to, inputs } = batchEnds(request, MOST_CREATED)
      for (const input of inputs) {
        linkTarget(portal, to, { to: from, id: Number(input.from?.id) })
        linkTarget(portal, from, { to, id: Number(input.to?.id) })
      }
      const results = inputs.map((input) => {
        const typeIds = (input.types ?? []).map((type) => Number(type.associationTypeId))
        link(
          from,
          Number(input.from?.id),
          to,
          Number(input.to?.id),
          typeIds.length === 0 ? [plainType(from, to)] : typeIds,
        )
        return pair(from, Number(input.from?.id), to, Number(input.to?.id))
      })
      return batchReply(portal, 201, results, [])
    },
    batchDefault: (request: SimulatorRequest): SimulatorReply => {
      const { from, to, inputs } = batchEnds(request, MOST_CREATED)
      const results = inputs.flatMap((input) => {
        link(from, Number(input.from?.id), to, Number(input.to?.id), [plainType(from, to)])
        return byDefault(from, String(input.from?.id), to, String(input.to?.id))
      })
      return batchReply(portal, 200, results, [])
    },
    batchArchive: (request: SimulatorRequest): SimulatorReply => {
      const { from, to, inputs } = batchEnds(request, MOST_CREATED)
      for (const input of inputs)
        for (const target of [input.to ?? []].flat())
          portal.associations.remove(from, Number(input.from?.id), to, Number(target.id))
      return { status: 204 }
    },
  }
}

const pair = (from: ObjectName, id: number, to: ObjectName, toId: number): object => ({
  fromObjectTypeId: SCHEMAS[from].typeId,
  fromObjectId: id,
  toObjectTypeId: SCHEMAS[to].typeId,
  toObjectId: toId,
  labels: [],
})

interface AssociationInput {
  readonly id?: string | number
  readonly after?: string
  readonly from?: { readonly id?: string | number }
  readonly to?: { readonly id?: string | number }
  readonly types?: readonly { readonly associationTypeId?: number }[]
}

const batchEnds = (request: SimulatorRequest, most: number) => {
  const inputs: readonly AssociationInput[] = request.json()?.inputs ?? []
  if (inputs.length > most) throw refuse(400, 'VALIDATION_ERROR', `At most ${most} inputs are supported`)
  return {
    from: requireObject(request.params['from'] ?? ''),
    to: requireObject(request.params['to'] ?? ''),
    inputs,
  }
}

const nothingLinked = (from: ObjectName, to: ObjectName, id: string): object =>
  refusalEntry(
    {
      status: 404,
      category: 'OBJECT_NOT_FOUND',
      subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
      message: `No ${SCHEMAS[to].singular} is associated with ${SCHEMAS[from].singular} ${id}.`,
    },
    { fromObjectId: [id] },
  )
