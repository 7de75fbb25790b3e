import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import {
  invalidData,
  limitExceeded,
  missingParameter,
  type Refusal,
  RefusedError,
  refusalBody,
  refuse,
  unknownId,
} from './failures.ts'
import type { Org } from './org.ts'
import { requireModule } from './request-parts.ts'
import type { ModuleName } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { parseWrittenInstant, renderInstant } from './times.ts'
import { duplicateChecks, recordWith } from './unique.ts'
import { shownUser, type Values } from './values.ts'
import { apiWriter, createRecord, deleteRecord, updateRecord } from './write.ts'

const MOST_RECORDS = 100
const TRIGGERS = ['workflow', 'approval', 'blueprint', 'pathfinder', 'orchestration']

/** What became of one record of a request. */
type Entry = { readonly body: object; readonly refusal?: Refusal }

/** Insert, update, upsert and delete: one answer a record, in the order of the request. */
export const writeHandlers = (org: Org) => ({
  insert: (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const entries = eachRecord(org, request, (given, index) => {
      const record = createRecord(org, module, given, apiWriter(org, index))
      return success('record added', doneDetails(org, record))
    })
    return reply(org, entries, 201)
  },
  update: (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const inPath = request.params['id']
    const entries = eachRecord(org, request, (given, index) => {
      const { id: named, ...values } = given
      const id = inPath === undefined ? named : externalId(org, module, request, inPath)
      if (id === undefined) throw refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', idAt(index))
      if (typeof id !== 'string') throw invalidData({ index }, 'id', 'invalid data', { expected_data_type: 'bigint' })
      requireUnmodified(org, module, request, id)
      const record = updateRecord(org, module, id, values, apiWriter(org, index))
      return success('record updated', doneDetails(org, record))
    })
    return reply(org, entries, 200)
  },
  upsert: (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const named: unknown = request.json()?.duplicate_check_fields
    const checks = duplicateChecks(org, module, Array.isArray(named) ? named.map(String) : undefined)
    const entries = eachRecord(org, request, (given, index) => {
      const found = findDouble(org, module, given, checks)
      const { id: _, ...values } = given
      if (found !== undefined) requireUnmodified(org, module, request, found.id)
      const record =
        found === undefined
          ? createRecord(org, module, values, apiWriter(org, index))
          : updateRecord(org, module, found.id, values, apiWriter(org, index))
      const action = found === undefined ? 'insert' : 'update'
      const message = found === undefined ? 'record added' : 'record updated'
      return { ...success(message, doneDetails(org, record)), action, duplicate_field: found?.field ?? null }
    })
    return reply(org, entries, 200)
  },
  remove: (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const ids = request.params['id'] === undefined ? request.query.get('ids')?.split(',') : [request.params['id']]
    if (ids === undefined) throw missingParameter('ids')
    if (ids.length > MOST_RECORDS) throw limitExceeded({ limit: MOST_RECORDS })
    if (request.query.get('wf_trigger') !== 'false') org.automationRuns += ids.length
    const entries = ids.map((id, index) =>
      entryOf(() => {
        deleteRecord(org, module, id, apiWriter(org, index))
        return success('record deleted', { id })
      }),
    )
    return reply(org, entries, 200)
  },
})

/** Works through `data`. A record that is refused takes no other one with it. */
const eachRecord = (
  org: Org,
  request: SimulatorRequest,
  work: (given: Values & { readonly id?: unknown }, index: number) => object,
): readonly Entry[] => {
  const body = request.json()
  if (typeof body !== 'object' || body === null)
    throw refuse(400, 'INVALID_DATA', 'body is not a valid JSON', { expected_data_type: 'jsonobject' })
  const data: unknown = body.data
  if (!Array.isArray(data) || data.length === 0)
    throw refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', { api_name: 'data', json_path: '$.data' })
  if (data.length > MOST_RECORDS) throw limitExceeded({ limit: MOST_RECORDS, api_name: 'data', json_path: '$.data' })
  const trigger: unknown = body.trigger
  if (trigger !== undefined && !(Array.isArray(trigger) && trigger.every((name) => TRIGGERS.includes(name))))
    throw refuse(400, 'INVALID_DATA', 'invalid data', { api_name: 'trigger', json_path: '$.trigger' })
  return data.map((given, index) =>
    entryOf(() => {
      if (typeof given !== 'object' || given === null || Array.isArray(given))
        throw refuse(400, 'INVALID_DATA', 'invalid data', {
          expected_data_type: 'jsonobject',
          json_path: `$.data[${index}]`,
        })
      const done = work(given as Values, index)
      if (!Array.isArray(trigger) || trigger.length > 0) org.automationRuns += 1
      return done
    }),
  )
}

const entryOf = (work: () => object): Entry => {
  try {
    return { body: work() }
  } catch (error) {
    if (error instanceof RefusedError) return { body: refusalBody(error.refusal), refusal: error.refusal }
    throw error
  }
}

/** Production tells a partial failure by the status; a sandbox does not. */
const reply = (org: Org, entries: readonly Entry[], done: number): SimulatorReply => {
  const refusals = entries.flatMap(({ refusal }) => refusal ?? [])
  const body = { data: entries.map((entry) => entry.body) }
  if (refusals.length === 0) return { status: done, body }
  if (refusals.length < entries.length) return { status: org.chosen.sandbox ? 200 : 207, body }
  return { status: refusals.every(({ status }) => status === 412) ? 412 : 400, body }
}

const success = (message: string, details: object): object => ({ code: 'SUCCESS', details, message, status: 'success' })

const doneDetails = (org: Org, record: StoredRecord): object => ({
  Modified_Time: renderInstant(record.modifiedMs, record.offsetMinutes),
  Modified_By: shortUser(org, record.modifiedBy),
  Created_Time: renderInstant(record.createdMs, record.offsetMinutes),
  id: record.id,
  Created_By: shortUser(org, record.createdBy),
  $approval_state: 'approved',
})

const shortUser = (org: Org, id: string): object => {
  const { email: _, ...short } = { email: undefined, ...shownUser(org, id) }
  return short
}

const idAt = (index: number) => ({ api_name: 'id', json_path: `$.data[${index}].id` })

/** By id where the record names one, else the first check that finds somebody decides. */
const findDouble = (
  org: Org,
  module: ModuleName,
  given: Values & { readonly id?: unknown },
  checks: readonly string[],
): { readonly id: string; readonly field: string } | undefined => {
  if (typeof given.id === 'string') return { id: given.id, field: 'id' }
  for (const field of checks) {
    const [id] = recordWith(org, module, field, given[field])
    if (id !== undefined) return { id, field }
  }
  return undefined
}

/** Optimistic lock: a record that changed after the given instant is not written. */
const requireUnmodified = (org: Org, module: ModuleName, request: SimulatorRequest, id: string): void => {
  const header = request.headers['if-unmodified-since']
  if (header === undefined) return
  const sinceMs = parseWrittenInstant(header)
  if (sinceMs === undefined)
    throw refuse(400, 'INVALID_DATA', 'the If-Unmodified-Since header is invalid', { header: 'If-Unmodified-Since' })
  const record = org.tables[module].get(id)
  if (record !== undefined && record.modifiedMs > sinceMs)
    throw refuse(412, 'ALREADY_MODIFIED', 'the record has been modified already', {
      id,
      Modified_Time: renderInstant(record.modifiedMs, record.offsetMinutes),
    })
}

/** With `X-EXTERNAL: Module.Field` the path holds that field's value instead of the id. */
export const externalId = (org: Org, module: ModuleName, request: SimulatorRequest, inPath: string): string => {
  const header = request.headers['x-external']
  if (header === undefined) return inPath
  const field = header.split('.').at(-1) ?? ''
  const [id] = org.fields[module].get(field)?.unique === true ? recordWith(org, module, field, inPath) : []
  if (id === undefined) throw unknownId({ index: 0 })
  return id
}
