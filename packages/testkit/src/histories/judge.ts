import type { FeedRecord, Host, ObjectType } from '@raccordo/core'
import { compareWithTruth } from '../oracle.ts'
import type { TruthRecord } from '../simulator/types.ts'
import type { LocalRecord, Stage } from './drive.ts'

/** One thing that is not as was promised. */
export interface Breach {
  readonly promise: 'lost' | 'stale' | 'ghost' | 'duplicated' | 'feed' | 'push' | 'open' | 'dead-letter'
  readonly detail: string
}

export interface Verdict {
  readonly seed: number
  readonly breaches: readonly Breach[]
  /** Things that users and the application did. */
  readonly edits: number
  readonly pushes: number
  readonly calls: number
}

const FIELDS: Readonly<Record<ObjectType, readonly string[]>> = {
  contact: ['email', 'first_name', 'last_name', 'title', 'phone_e164', 'country_iso'],
  company: ['name', 'domain'],
  deal: ['title', 'amount_cents'],
  activity: ['kind', 'subject', 'direction', 'duration_seconds'],
}
/** What names a pushed record in the CRM. */
const NAMED_BY: Readonly<Record<ObjectType, string>> = {
  contact: 'email',
  company: 'domain',
  deal: 'title',
  activity: 'subject',
}
const MOST_SHOWN = 5
const FEED_PAGE = 1_000

/** Compares everything that the history led to with the CRM's truth. Empty breaches: the promise was kept. */
export const judgeHistory = async (stage: Stage): Promise<Verdict> => {
  const { world, crm, connectionId, history } = stage
  const breaches: Breach[] = []
  const types = [...new Set(world.provider.objects.map(({ type }) => type))]
  const truths = new Map<ObjectType, readonly TruthRecord[]>()
  for (const type of types) {
    const truth = await crm.truth(type)
    truths.set(type, truth)
    const feed = await wholeFeed(world.host, connectionId, type)
    const { lost, stale, ghosts, duplicated } = compareWithTruth(truth, feed, FIELDS[type])
    breaches.push(
      ...told('lost', lost, type),
      ...told('stale', stale, type, (id) => differenceOf(truth, feed, id, FIELDS[type])),
      ...told('ghost', ghosts, type),
      ...told('duplicated', duplicated, type),
    )
    breaches.push(...readersBreaches(stage, type, feed))
  }
  const pushes = [...stage.pushes.values()]
  for (const record of pushes) breaches.push(...(await pushBreaches(stage, record, truths.get(record.type) ?? [])))
  const { outbox, inbox } = await world.host.connections.status(connectionId)
  const open = outbox.pending + outbox.inFlight + inbox.pending
  if (open > 0) breaches.push({ promise: 'open', detail: `${JSON.stringify({ outbox, inbox })} is still open` })
  return {
    seed: history.seed,
    breaches,
    edits: stage.changes.count,
    pushes: pushes.reduce((sum, { pushIds }) => sum + pushIds.length, 0),
    calls: crm.calls(),
  }
}

const told = (
  promise: Breach['promise'],
  ids: readonly string[],
  type: ObjectType,
  more: (id: string) => string = () => '',
): readonly Breach[] => ids.slice(0, MOST_SHOWN).map((id) => ({ promise, detail: `${type} ${id}${more(id)}` }))

const differenceOf = (
  truth: readonly TruthRecord[],
  feed: readonly FeedRecord[],
  id: string,
  fields: readonly string[],
): string => {
  const real = truth.find((record) => record.id === id)?.data ?? {}
  const had = feed.find((record) => record.externalId === id)?.data ?? {}
  const shown = fields
    .filter((field) => Object.hasOwn(real, field) && real[field] !== had[field])
    .map((field) => `${field}: ${JSON.stringify(had[field])} instead of ${JSON.stringify(real[field])}`)
  return ` (${shown.join(', ')})`
}

const wholeFeed = async (host: Host, connectionId: string, type: ObjectType): Promise<readonly FeedRecord[]> => {
  const records: FeedRecord[] = []
  for (let after: string | undefined; ; ) {
    const page = await host.feed(connectionId, type, { limit: FEED_PAGE, ...(after === undefined ? {} : { after }) })
    records.push(...page.records)
    if (!page.hasMore) return records
    after = page.next
  }
}

/** Who read along has what one gets who reads from the start. */
const readersBreaches = (stage: Stage, type: ObjectType, feed: readonly FeedRecord[]): readonly Breach[] => {
  const reader = stage.readers.get(type)
  if (reader === undefined) return []
  if (reader.ranBack) return [{ promise: 'feed', detail: `${type}: a place in the feed ran back` }]
  const differ = feed.filter((record) => {
    const read = reader.records.get(`${record.kind}:${record.externalId}`)
    return JSON.stringify([read?.data, read?.deleted]) !== JSON.stringify([record.data, record.deleted])
  })
  return told(
    'feed',
    differ.map(({ externalId }) => externalId),
    type,
    () => ' is not what a reader who read along has',
  )
}

/** A pushed record is in the CRM once, with what was pushed last, unless a user had a hand in it. */
const pushBreaches = async (
  { world, tag, touched, gone }: Stage,
  record: LocalRecord,
  truth: readonly TruthRecord[],
): Promise<readonly Breach[]> => {
  const { type, localId, pushIds, values } = record
  const name = NAMED_BY[type]
  const states = await Promise.all(pushIds.map((id) => world.host.outbox.get(id)))
  const last = states.at(-1)
  const breaches: Breach[] = []
  const local = localId.slice(`${tag}-${type}-`.length)
  const expected = {
    contact: `${tag}.p${local}@example.net`,
    company: `p${local}-${tag}.example.net`,
    deal: `Deal ${tag} ${local}`,
    activity: `Call ${tag} ${local}`,
  }[type]
  const there = truth.filter(({ data }) => data[name] === expected)
  if (there.length > 1)
    breaches.push({
      promise: 'duplicated',
      detail: `${localId} is in the CRM ${there.length} times: ${there.map(({ id }) => id).join(', ')}`,
    })
  const externalId = last?.externalId ?? states.findLast((state) => state.externalId !== null)?.externalId ?? undefined
  const wasHandled = externalId !== undefined && (touched.has(externalId) || gone.has(externalId))
  if (wasHandled) return breaches
  for (const state of states) {
    if (state.status === 'dead')
      breaches.push({ promise: 'dead-letter', detail: `${localId}: ${JSON.stringify(state.lastError)}` })
  }
  if (there.length === 0) {
    breaches.push({ promise: 'lost', detail: `${localId} (${last?.status}) is not in the CRM` })
    return breaches
  }
  if (type === 'activity') {
    const body = String(there[0]?.data['body'] ?? '')
    const wanted = `Said ${values.at(-1)}`
    if (!body.includes(wanted))
      breaches.push({ promise: 'push', detail: `${localId} says ${JSON.stringify(body)}, not ${wanted}` })
  }
  if (type === 'contact') {
    const title = there[0]?.data['title']
    const wanted = `Title ${values.at(-1)}`
    if (title !== wanted)
      breaches.push({ promise: 'push', detail: `${localId} has the title ${JSON.stringify(title)}, not ${wanted}` })
  }
  return breaches
}
