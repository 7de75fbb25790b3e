import type {
  ConnectionsApi,
  CrmClient,
  OutboxApi,
  PulledRecord,
  PullOptions,
  PushStatus,
  UpsertOptions,
} from './api.ts'
import type { CanonicalRecords } from './canonical_records.ts'
import { pullRecords } from './client_pull.ts'
import type { Json, ObjectType } from './contract.ts'
import { crmError } from './errors.ts'
import { assertCall } from './host/call_check.ts'
import { OBJECT_TYPES } from './mapping/index.ts'
import type { Engine } from './sync/engine.ts'

/** A connected CRM, method by method, over the same outbox and mapping as everything else. */
export const createCrmClient = (
  parts: {
    readonly engine: Engine
    readonly outbox: OutboxApi
    readonly connections: ConnectionsApi
    readonly signal: AbortSignal
  },
  connectionId: string,
): CrmClient => {
  const { engine, outbox, connections, signal } = parts

  const upsert =
    <Type extends ObjectType>(object: Type) =>
    async (localId: string, data: CanonicalRecords[Type], options: UpsertOptions = {}): Promise<PushStatus> => {
      const { links, timeoutMs } = options
      const item = { object, localId, data, ...(links === undefined ? {} : { links }) }
      const receipt = await outbox.push(connectionId, item)
      return outbox.wait(receipt.id, timeoutMs === undefined ? {} : { timeoutMs })
    }

  // Typed by the mapping, whose canonical fields have these types: what it cannot give so, it does not give.
  const pull =
    <Type extends ObjectType>(type: Type) =>
    (options: PullOptions = {}): AsyncIterable<PulledRecord<CanonicalRecords[Type]>> =>
      pullRecords(engine, connectionId, type, options, signal) as AsyncIterable<PulledRecord<CanonicalRecords[Type]>>

  const fieldMapping = async (object?: ObjectType): Promise<Json> => {
    if (object !== undefined && !OBJECT_TYPES.includes(object)) {
      const message = `${JSON.stringify(object)} is no object: use one of ${OBJECT_TYPES.join(', ')}.`
      throw crmError('invalid', message, { pointer: '/object' })
    }
    const spec = (await connections.mapping(connectionId)).spec as { readonly objects: Record<string, Json> }
    return object === undefined ? spec : (spec.objects[object] ?? { fields: {} })
  }

  return {
    healthcheck: () => connections.validate(connectionId),
    validateCredentials: (credentials) => connections.validate(connectionId, credentials),
    getFieldMapping: fieldMapping,
    upsertContact: upsert('contact'),
    upsertCompany: upsert('company'),
    upsertDeal: upsert('deal'),
    upsertActivity: upsert('activity'),
    pullContacts: pull('contact'),
    pullCompanies: pull('company'),
    pullDeals: pull('deal'),
    pullActivities: pull('activity'),
    request: async (call) => {
      assertCall(call)
      return connections.request(connectionId, call)
    },
  }
}
