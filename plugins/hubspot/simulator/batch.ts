import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { batchReply, recordBody, writtenBody } from './answers.ts'
import { conflict, RefusedError, refusalEntry, refuse } from './failures.ts'
import { type Portal, survivorOf } from './portal.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { checkedValues } from './validate.ts'
import { archiveRecord, createRecord, linksOf, linkTarget, liveRecord, requireObject, updateRecord } from './write.ts'

const MOST_INPUTS = 100

interface Input {
  readonly id?: string | number
  readonly idProperty?: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly associations?: unknown
  readonly objectWriteTraceId?: string
}

export interface BatchOptions {
  /** Whether results of a write name their trace id; HubSpot's documentation leaves it open. */
  readonly echoesTraceIds: boolean
}

/** Up to a hundred records at a time, answered in any order. */
export const batchHandlers = (portal: Portal, options: BatchOptions) => {
  const written = (object: ObjectName, record: StoredRecord, input: Input, more: object = {}): object => ({
    ...writtenBody(portal, object, record, input.properties ?? {}),
    ...more,
    ...(options.echoesTraceIds && input.objectWriteTraceId !== undefined
      ? { objectWriteTraceId: input.objectWriteTraceId }
      : {}),
  })

  const read = (request: SimulatorRequest): SimulatorReply => {
    const { object, inputs, body } = batchOf(request)
    refuseRepeated(inputs.map((input) => String(input.id)))
    const records = new Map<number, StoredRecord>()
    const missing: string[] = []
    for (const input of inputs) {
      const id = idOf(portal, object, input, body.idProperty)
      const record = id === undefined ? undefined : liveRecord(portal, object, survivorOf(portal, object, id))
      if (record === undefined) missing.push(String(input.id))
      else records.set(record.id, record)
    }
    const results = [...records.values()].map((record) => recordBody(portal, object, record, body.properties))
    return batchReply(portal, 200, results, missing.length === 0 ? [] : [missingEntry(object, missing)])
  }

  const create = (request: SimulatorRequest): SimulatorReply => {
    const { object, inputs } = batchOf(request)
    const make = (input: Input) =>
      written(object, createRecord(portal, object, input.properties ?? {}, linksOf(object, input.associations)), input)
    if (!hasTraceIds(inputs)) {
      checkAll(portal, object, inputs)
      return batchReply(portal, 201, inputs.map(make), [])
    }
    const { results, errors } = rowByRow(inputs, make)
    return batchReply(portal, 201, results, errors)
  }

  const update = (request: SimulatorRequest): SimulatorReply => {
    const { object, inputs, body } = batchOf(request)
    if (body.idProperty !== undefined || inputs.some((input) => input.idProperty !== undefined))
      throw refuse(
        400,
        'VALIDATION_ERROR',
        `Unable to perform update/upsert by non-unique ${SCHEMAS[object].typeId} property`,
      )
    refuseRepeated(inputs.map((input) => String(input.id)))
    // Ids of merged records are passed over without a word.
    const own = inputs.filter((input) => !portal.merged[object].has(Number(input.id)))
    const missing = own.filter((input) => liveRecord(portal, object, Number(input.id)) === undefined)
    const present = own.filter((input) => !missing.includes(input))
    const change = (input: Input) =>
      written(object, updateRecord(portal, object, Number(input.id), input.properties ?? {}), input)
    if (!hasTraceIds(inputs))
      for (const input of present)
        checkedValues(portal, object, input.properties ?? {}, portal.tables[object].get(Number(input.id))?.properties)
    const { results, errors } = rowByRow(present, change)
    const entries =
      missing.length === 0
        ? []
        : [
            missingEntry(
              object,
              missing.map((input) => String(input.id)),
            ),
          ]
    return batchReply(portal, 200, results, [...errors, ...entries])
  }

  const upsert = (request: SimulatorRequest): SimulatorReply => {
    const { object, inputs } = batchOf(request)
    const targetOf = (input: Input) => {
      const property = input.idProperty ?? 'hs_object_id'
      const id = idOf(portal, object, input, property)
      const record = id === undefined ? undefined : liveRecord(portal, object, id)
      if (record !== undefined) return { record, properties: input.properties ?? {} }
      if (property === 'hs_object_id') throw refuse(404, 'OBJECT_NOT_FOUND', `Object not found: ${input.id}`)
      return { record: undefined, properties: { [property]: input.id, ...input.properties } }
    }
    const write = (input: Input): object => {
      const { record, properties } = targetOf(input)
      return record === undefined
        ? written(object, createRecord(portal, object, properties), input, { new: true })
        : written(object, updateRecord(portal, object, record.id, properties), input, { new: false })
    }
    const isPartial = hasTraceIds(inputs) && inputs.every((input) => input.idProperty !== 'email')
    if (!isPartial)
      for (const { record, properties } of inputs.map(targetOf))
        checkedValues(portal, object, properties, record?.properties)
    const { results, errors } = rowByRow(inputs, write)
    return batchReply(portal, 200, results, errors)
  }

  const archive = (request: SimulatorRequest): SimulatorReply => {
    const { object, inputs } = batchOf(request)
    for (const input of inputs)
      if (liveRecord(portal, object, Number(input.id)) !== undefined) archiveRecord(portal, object, Number(input.id))
    return { status: 204 }
  }

  return { read, create, update, upsert, archive }
}

const batchOf = (request: SimulatorRequest) => {
  const object = requireObject(request.params['type'] ?? '')
  const body = request.json() ?? {}
  const inputs: readonly Input[] = Array.isArray(body.inputs) ? body.inputs : []
  if (inputs.length > MOST_INPUTS)
    throw refuse(400, 'VALIDATION_ERROR', `The maximum number of inputs supported in a batch request is ${MOST_INPUTS}`)
  const properties: readonly string[] = Array.isArray(body.properties) ? body.properties.map(String) : []
  const idProperty: string | undefined = body.idProperty
  return { object, inputs, body: { properties, idProperty } }
}

/** Row by row only where each input has a trace id of its own. */
const hasTraceIds = (inputs: readonly Input[]): boolean => {
  const traceIds = inputs.flatMap((input) => input.objectWriteTraceId ?? [])
  return inputs.length > 0 && new Set(traceIds).size === inputs.length
}

const rowByRow = (inputs: readonly Input[], write: (input: Input) => object) => {
  const results: object[] = []
  const errors: object[] = []
  for (const input of inputs)
    try {
      results.push(write(input))
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      const { objectWriteTraceId } = input
      errors.push(
        refusalEntry(
          error.refusal,
          objectWriteTraceId === undefined ? {} : { objectWriteTraceId: [objectWriteTraceId] },
        ),
      )
    }
  return { results, errors }
}

/** All rows or none: whatever one of them is refused for refuses the batch, and a conflict does not say whose it is. */
const checkAll = (portal: Portal, object: ObjectName, inputs: readonly Input[]): void => {
  const emails = new Set<string>()
  for (const input of inputs) {
    const values = checkedValues(portal, object, input.properties ?? {})
    for (const link of linksOf(object, input.associations)) linkTarget(portal, object, link)
    const email = values['email']
    if (object !== 'contacts' || email === undefined || email === '') continue
    const holder = portal.tables[object].holder('email', email)
    if (holder !== undefined || emails.has(email)) throw conflict(inputs.length === 1 ? holder : undefined)
    emails.add(email)
  }
}

const idOf = (portal: Portal, object: ObjectName, input: Input, property: string | undefined): number | undefined => {
  if (property === undefined || property === 'hs_object_id') {
    if (!/^\d+$/.test(String(input.id))) throw refuse(400, 'VALIDATION_ERROR', `Invalid object id ${input.id}`)
    return Number(input.id)
  }
  if (portal.properties[object].get(property)?.unique !== true)
    throw refuse(400, 'VALIDATION_ERROR', `Unable to read by non-unique ${SCHEMAS[object].typeId} property ${property}`)
  return portal.tables[object].holder(property, String(input.id))
}

const refuseRepeated = (ids: readonly string[]): void => {
  const repeated = [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))]
  if (repeated.length === 0) return
  const message = `Duplicate IDs found in batch input: [${repeated.join(', ')}]. IDs must be unique`
  throw refuse(400, 'VALIDATION_ERROR', message, { context: { ids: repeated } })
}

const missingEntry = (object: ObjectName, ids: readonly string[]): object => {
  const what = SCHEMAS[object].singular.toUpperCase()
  const message = `Could not get some ${what} objects, they may be deleted or not exist. Check that ids are valid.`
  return refusalEntry({ status: 404, category: 'OBJECT_NOT_FOUND', message }, { ids })
}
