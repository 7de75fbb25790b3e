import { setTimeout as delay } from 'node:timers/promises'
import type {
  ConnectionInfo,
  ConnectionState,
  FeedPage,
  FeedRecord,
  Fields,
  ObjectType,
  PushReceipt,
  PushStatus,
} from '@raccordo/core'
import type { Got } from 'got'

/** What a test does with a server, as a host application would: over its REST API alone. */
export interface Caller {
  connect(provider: string, connection: { settings: Fields; credentials: Fields }): Promise<ConnectionInfo>
  startBackfill(id: string): Promise<void>
  state(id: string): Promise<ConnectionState>
  feed(id: string, object: ObjectType): Promise<readonly FeedRecord[]>
  pushAll(id: string, items: readonly object[]): Promise<readonly PushReceipt[]>
  push(pushId: string): Promise<PushStatus>
  link(id: string, object: ObjectType, localId: string, externalId: string): Promise<void>
}

export const callerOf = (api: Got): Caller => ({
  connect: (provider, connection) =>
    api.post('crm/connections', { json: { workspaceId: 'crash', provider, ...connection } }).json<ConnectionInfo>(),
  startBackfill: async (id) => {
    await api.post(`crm/connections/${id}/backfill`, { json: {} })
  },
  state: (id) => api.get(`crm/connections/${id}/status`).json<ConnectionState>(),
  feed: async (id, object) => {
    const records: FeedRecord[] = []
    let after: string | undefined
    for (;;) {
      const query = { limit: 1_000, ...(after === undefined ? {} : { after }) }
      const page = await api.get(`crm/connections/${id}/records/${object}`, { searchParams: query }).json<FeedPage>()
      records.push(...page.records)
      after = page.next
      if (!page.hasMore) return records
    }
  },
  pushAll: async (id, items) =>
    (await api.post(`crm/connections/${id}/push`, { json: { items } }).json<{ items: PushReceipt[] }>()).items,
  push: (pushId) => api.get(`crm/push/${pushId}`).json<PushStatus>(),
  link: async (id, object, localId, externalId) => {
    await api.put(`crm/connections/${id}/links`, { json: { object, localId, externalId } })
  },
})

/** Asks again until the answer is yes; throws with what was waited for. */
export const until = async (what: string, isSo: () => Promise<boolean>, withinMs = 120_000): Promise<void> => {
  const endsAt = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > endsAt) throw new Error(`Waited ${withinMs / 1000} s in vain until ${what}.`)
    await delay(100)
  }
}

/** Records that the backfill of a type has brought so far, and whether it has ended. */
export const backfillOf = async (caller: Caller, id: string, type: ObjectType) => {
  const { passes } = await caller.state(id)
  const own = passes.filter((pass) => pass.pass === 'backfill' && pass.type === type)
  const records = own.reduce((sum, pass) => sum + pass.records, 0)
  return { records, isOver: own.every(({ finishedAt }) => finishedAt !== undefined) }
}

/** Calls that a telephone system might log, each with a subject that says which it is. */
export const callsFor = (count: number, contactLocalId: string, mark: string): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    object: 'activity',
    localId: `call-${index}`,
    data: {
      kind: 'call',
      direction: index % 2 === 0 ? 'outbound' : 'inbound',
      outcome: 'connected',
      subject: `${mark} number ${index}`,
      started_at: new Date(Date.UTC(2026, 10, 20, 8, 0, index)).toISOString(),
      duration_seconds: 30 + index,
      contact_id: contactLocalId,
    },
  }))

/** How often each subject occurs. */
export const countBySubject = (records: readonly { readonly data: Fields }[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { data } of records) {
    const subject = String(data['subject'])
    counts.set(subject, (counts.get(subject) ?? 0) + 1)
  }
  return counts
}
