import type { ConnectionsApi, CrmClient, OutboxApi, PulledRecord, PushStatus, UpsertOptions } from './api.ts'
import type { Fields, ObjectType } from './contract.ts'
import { crmError } from './errors.ts'
import { openCrm } from './sync/crm.ts'
import type { Engine } from './sync/engine.ts'
import { newId } from './sync/identifiers.ts'
import { mapRecords } from './sync/incoming.ts'
import { withLinks } from './sync/relations.ts'
import { CLOCK_DOUBT_MS } from './sync/window.ts'

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
    (object: ObjectType) =>
    async (localId: string, data: Fields, options: UpsertOptions = {}): Promise<PushStatus> => {
      const { links, timeoutMs } = options
      const receipt = await outbox.push(connectionId, {
        object,
        localId,
        data,
        ...(links === undefined ? {} : { links }),
      })
      return outbox.wait(receipt.id, timeoutMs === undefined ? {} : { timeoutMs })
    }

  async function* pull(type: ObjectType, since: string | undefined): AsyncGenerator<PulledRecord> {
    const crm = await openCrm(engine, connectionId)
    const window = windowSince(since, crm.crmNowMs())
    for (const object of crm.objects.filter((candidate) => candidate.type === type)) {
      if (object.pull === undefined) continue
      const { compiled, resolver } = await crm.mapping(object, signal)
      const ctx = await crm.ctx({
        name: `pull ${object.name}`,
        priority: 'delta',
        signal,
        correlationId: newId('client'),
      })
      let cursor: string | undefined
      do {
        const page = await object.pull(ctx, {
          fields: compiled.remoteFields,
          limit: crm.limits.page,
          ...(window === undefined ? {} : { window }),
          ...(cursor === undefined ? {} : { cursor }),
        })
        const records = await withLinks(crm, object, ctx, page.records)
        const deleted = new Set(records.filter(({ deletedAt }) => deletedAt !== undefined).map(({ id }) => id))
        for (const { id, data, links, stampMs, filtered } of mapRecords(records, compiled, resolver).incoming) {
          if (filtered) continue
          yield {
            object: type,
            externalId: id,
            kind: object.name,
            data,
            links: (links ?? []).map((link) => ({ object: link.type, externalId: link.remoteId })),
            deleted: deleted.has(id),
            updatedAt: stampMs === undefined ? null : new Date(stampMs).toISOString(),
          }
        }
        cursor = page.next
      } while (cursor !== undefined)
    }
  }

  const pullOf =
    (type: ObjectType) =>
    ({ since }: { readonly since?: string } = {}): AsyncIterable<PulledRecord> =>
      pull(type, since)

  return {
    healthcheck: () => connections.validate(connectionId),
    validateCredentials: (credentials) => connections.validate(connectionId, credentials),
    getFieldMapping: async () => (await connections.mapping(connectionId)).spec,
    upsertContact: upsert('contact'),
    upsertCompany: upsert('company'),
    upsertDeal: upsert('deal'),
    upsertActivity: upsert('activity'),
    pullContacts: pullOf('contact'),
    pullCompanies: pullOf('company'),
    pullDeals: pullOf('deal'),
    pullActivities: pullOf('activity'),
    request: (call) => connections.request(connectionId, call),
  }
}

const windowSince = (since: string | undefined, crmNowMs: number) => {
  if (since === undefined) return undefined
  const fromMs = Date.parse(since)
  if (Number.isNaN(fromMs))
    throw crmError('invalid', `since is to be an ISO time, not ${JSON.stringify(since)}.`, { pointer: '/since' })
  // The end lies a little ahead, so that what changes while it is read is in it.
  return { from: new Date(fromMs).toISOString(), to: new Date(crmNowMs + CLOCK_DOUBT_MS).toISOString() }
}
