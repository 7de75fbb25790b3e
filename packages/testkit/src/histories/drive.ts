import type { FeedRecord, ObjectType } from '@raccordo/core'
import { inventCompanies, inventContacts } from '../simulator/people.ts'
import { seededRandom } from '../simulator/random.ts'
import type { FaultEffect, Simulator } from '../simulator/types.ts'
import { editedFields, type History, pushedFields, type Step, type TroubleKind } from './step.ts'
import type { World } from './world.ts'

/** A history under way, and what is known of it for the judgement. */
export interface Stage {
  readonly world: World
  readonly history: History
  readonly crm: Simulator
  readonly connectionId: string
  /** Stands in everything that the application pushes in this history. */
  readonly tag: string
  /** Ids in the CRM that a user changed, removed or merged away. */
  readonly touched: Set<string>
  readonly gone: Map<string, ObjectType>
  /** Those of them that a user can bring back. */
  readonly removed: Map<string, ObjectType>
  readonly pushes: Map<string, LocalRecord>
  /** What a reader of the feed has, who reads along. */
  readonly readers: Map<ObjectType, Reader>
  readonly changes: { count: number }
  /** A contact that no user touches: the calls without one of their own are with it. */
  readonly calleeId: string
}

export interface LocalRecord {
  readonly type: ObjectType
  readonly localId: string
  readonly pushIds: string[]
  readonly values: number[]
}

interface Reader {
  next: string | undefined
  readonly records: Map<string, FeedRecord>
  /** True where a place in the feed came twice or ran back. */
  ranBack: boolean
  lastSeq: number
}

const TROUBLES: Readonly<Record<TroubleKind, FaultEffect>> = {
  'cut-before': { kind: 'cut', when: 'before' },
  'cut-after': { kind: 'cut', when: 'after' },
  'error-before': { kind: 'reply', when: 'before', reply: { status: 503, body: { message: 'Service unavailable' } } },
  'error-after': { kind: 'reply', when: 'after', reply: { status: 502, body: 'Bad gateway' } },
  html: {
    kind: 'reply',
    when: 'before',
    reply: { status: 504, headers: { 'content-type': 'text/html' }, body: '<html><h1>504</h1></html>' },
  },
  truncate: { kind: 'truncate' },
  'late-commit': { kind: 'late-commit', ms: 6_000 },
  storm: { kind: 'reply', when: 'before', reply: { status: 429, body: { message: 'Too many requests' } } },
  'storm-with-pause': {
    kind: 'reply',
    when: 'before',
    reply: { status: 429, headers: { 'retry-after': '7' }, body: { message: 'Too many requests' } },
  },
}
const LONGEST_QUIET_MS = 6 * 3_600_000
const READ_AT_ONCE = 200

/** Goes through a history up to the quiet after it. */
export const driveHistory = async (world: World, history: History): Promise<Stage> => {
  const meanwhile: Step[] = []
  let stage: Stage | undefined
  let isActing = false
  const crm = await world.openSimulator({
    seed: history.seed,
    skewMs: history.skewMs,
    onRequest: async () => {
      const step = isActing ? undefined : meanwhile.shift()
      if (step === undefined || stage === undefined) return
      isActing = true
      try {
        await act(stage, step)
      } finally {
        isActing = false
      }
    },
  })
  await crm.seed({ contacts: history.contacts, companies: history.companies })
  const calleeId = (await crm.truth('contact'))[0]?.id ?? ''
  crm.rateLimits = history.limits
  const { host } = world
  const workspaceId = `history-${history.seed}-${Math.round(world.time.nowMs() / 1000)}`
  const { id: connectionId } = await world.during(
    host.connections.create({
      workspaceId,
      provider: world.provider.id,
      objects: objectsOf(world),
      ...crm.connection,
    }),
  )
  stage = {
    world,
    history,
    crm,
    connectionId,
    tag: `h${history.seed}x${Math.round(world.time.nowMs() / 1000) % 100_000}`,
    touched: new Set(),
    gone: new Map(),
    removed: new Map(),
    pushes: new Map(),
    readers: new Map(),
    changes: { count: 0 },
    calleeId,
  }
  await host.sync.backfill(connectionId)
  for (const step of history.steps) {
    if (step.do === 'meanwhile') meanwhile.push(...step.steps)
    else await act(stage, step)
    await readAlong(stage)
  }
  await quieten(stage)
  return stage
}

const act = async (stage: Stage, step: Step): Promise<void> => {
  const { world, crm, connectionId } = stage
  if (step.do === 'wait') return pass(world, step.ms)
  if (step.do === 'trouble')
    return crm.faults.add({ effect: TROUBLES[step.kind], times: step.times, probability: step.share })
  if (step.do === 'lag') {
    crm.indexLagMs = step.ms
    return
  }
  if (step.do === 'slow-commits') {
    if (crm.commitDelayMs !== undefined) crm.commitDelayMs = step.ms
    return
  }
  if (step.do === 'poll') {
    await world.host.sync.pull(connectionId)
    return pass(world, 1_000)
  }
  if (step.do === 'sweep') return void (await world.host.sync.sweep(connectionId))
  if (step.do === 'backfill') return void (await world.host.sync.backfill(connectionId))
  if (step.do === 'push') return push(stage, step.type, step.local, step.value)
  if (step.do === 'push-with-contact') {
    await push(stage, 'contact', step.local, step.value)
    return push(stage, 'activity', step.local, step.value, `${stage.tag}-contact-${step.local}`)
  }
  if (step.do === 'crash') return world.crash?.(step.boundary, step.after)
  if (step.do === 'meanwhile') return
  return userActs(stage, step)
}

/** One object of each type, and every one that a pushed record may go to: more of a kind would only take longer. */
const objectsOf = ({ provider }: World): readonly string[] =>
  [
    ...Map.groupBy(
      provider.objects.filter(({ onByDefault }) => onByDefault !== false),
      ({ type }) => type,
    ),
  ].flatMap(([type, objects]) =>
    type === 'activity'
      ? objects.filter(({ holds }) => holds?.['kind']?.includes('call') ?? true).map(({ name }) => name)
      : objects.map(({ name }) => name),
  )

/** Time goes by; whatever becomes due meanwhile is done at its time. */
const pass = async (world: World, ms: number): Promise<void> => {
  const untilMs = world.time.nowMs() + ms
  for (;;) {
    const nextAt = await world.work()
    const nextMs = Math.max(nextAt?.getTime() ?? Number.POSITIVE_INFINITY, world.time.nowMs() + 1)
    if (nextMs > untilMs) break
    await world.time.passTo(nextMs)
  }
  await world.time.passTo(Math.max(untilMs, world.time.nowMs()))
}

const push = async (
  { world, connectionId, tag, pushes, calleeId }: Stage,
  type: ObjectType,
  local: number,
  value: number,
  contactLocalId?: string,
): Promise<void> => {
  const localId = `${tag}-${type}-${local}`
  const known = pushes.get(localId) ?? { type, localId, pushIds: [], values: [] }
  pushes.set(localId, known)
  const startedAt =
    type === 'activity' && known.values.length === 0 ? { started_at: world.time.now().toISOString() } : {}
  const receipt = await world.host.push(connectionId, {
    object: type,
    localId,
    data: {
      ...pushedFields(type, local, value, tag),
      ...startedAt,
      ...(contactLocalId === undefined ? {} : { contact_id: contactLocalId }),
    },
    ...(type === 'activity' && contactLocalId === undefined && known.values.length === 0
      ? { links: [{ object: 'contact', externalId: calleeId }] }
      : {}),
  })
  known.pushIds.push(receipt.id)
  known.values.push(value)
}

type UserStep = Extract<Step, { readonly do: 'add' | 'edit' | 'edit-many' | 'remove' | 'restore' | 'merge' }>

const userActs = async (stage: Stage, step: UserStep): Promise<void> => {
  const { crm, touched, gone, removed, changes } = stage
  changes.count += 1
  if (step.do === 'add') return addRecord(stage, step)
  if (step.do === 'restore') {
    const id = chosen(
      [...removed].filter(([, type]) => type === step.type),
      step.pick,
    )?.[0]
    if (id === undefined || crm.restore === undefined) return
    await crm.restore(step.type, id)
    gone.delete(id)
    removed.delete(id)
    return
  }
  const live = (await crm.truth(step.type)).filter(({ id }) => step.type !== 'contact' || id !== stage.calleeId)
  if (step.do === 'edit-many') {
    for (const { id } of live.filter((_, index) => (index * 0.618) % 1 < step.share)) {
      touched.add(id)
      await crm.edit(step.type, id, editedFields(step.type, step.value))
    }
    return
  }
  const record = chosen(live, step.pick)
  if (record === undefined) return
  touched.add(record.id)
  if (step.do === 'edit') return crm.edit(step.type, record.id, editedFields(step.type, step.value))
  if (step.do === 'remove') {
    await crm.remove(step.type, record.id, step.how)
    gone.set(record.id, step.type)
    removed.set(record.id, step.type)
    return
  }
  const kept = chosen(
    live.filter(({ id }) => id !== record.id),
    step.other,
  )
  if (kept === undefined || crm.merge === undefined) return
  touched.add(kept.id)
  const survivor = await crm.merge(step.type, kept.id, record.id)
  touched.add(survivor)
  for (const id of [record.id, kept.id]) if (id !== survivor) gone.set(id, step.type)
}

const addRecord = async ({ crm, history, tag }: Stage, step: Extract<UserStep, { do: 'add' }>): Promise<void> => {
  const random = seededRandom(history.seed + step.index)
  const from = 5_000 + step.index
  if (step.type === 'company') {
    const [company] = inventCompanies(1, random, from)
    if (company !== undefined) await crm.add('company', { name: company.name, domain: company.domain })
    return
  }
  if (step.type === 'contact') {
    const [contact] = inventContacts(1, 0, random, from)
    if (contact === undefined) return
    const { companyIndex: _, ...data } = contact
    const company = chosen(await crm.truth('company'), step.pick)
    await crm.add('contact', data, company === undefined ? [] : [{ type: 'company', remoteId: company.id }])
    return
  }
  const contact = chosen(await crm.truth('contact'), step.pick)
  const links = contact === undefined ? [] : [{ type: 'contact' as const, remoteId: contact.id }]
  if (step.type === 'deal')
    await crm.add('deal', { title: `Won by hand ${tag} ${step.index}`, amount_cents: 4_200 }, links)
  else if (contact !== undefined)
    await crm.add('activity', { kind: 'call', direction: 'inbound', subject: `By hand ${tag} ${step.index}` }, links)
}

const chosen = <T>(list: readonly T[], pick: number): T | undefined => list[Math.floor(pick * list.length)]

/** Reads what is new in the feed of every type, as a host application does. */
const readAlong = async ({ world, connectionId, readers }: Stage): Promise<void> => {
  for (const type of new Set(world.provider.objects.map((object) => object.type))) {
    const reader = readers.get(type) ?? { next: undefined, records: new Map(), ranBack: false, lastSeq: 0 }
    readers.set(type, reader)
    for (let hasMore = true; hasMore; ) {
      const after = reader.next === undefined ? {} : { after: reader.next }
      const page = await world.host.feed(connectionId, type, { limit: READ_AT_ONCE, ...after })
      for (const record of page.records) {
        if (record.seq <= reader.lastSeq) reader.ranBack = true
        reader.lastSeq = record.seq
        reader.records.set(`${record.kind}:${record.externalId}`, record)
      }
      reader.next = page.next
      hasMore = page.hasMore
    }
  }
}

/** The CRM falls quiet: no trouble any more, the polls and passes that are due by then, and one sweep. */
const quieten = async (stage: Stage): Promise<void> => {
  const { world, crm, connectionId } = stage
  crm.faults.clear()
  await pass(world, worstMs(world) * 2 + 120_000)
  await world.host.deadLetters.replayAll({ connectionId, replayed: false })
  const deadlineMs = world.time.nowMs() + LONGEST_QUIET_MS
  for (;;) {
    await pass(world, 120_000)
    const { outbox, inbox } = await world.host.connections.status(connectionId)
    if (outbox.pending + outbox.inFlight + inbox.pending === 0 || world.time.nowMs() > deadlineMs) break
  }
  await world.host.sync.sweep(connectionId)
  await pass(world, 180_000)
  await readAlong(stage)
}

/** How late a change may appear at worst, over all objects of the provider. */
const worstMs = ({ provider }: World): number =>
  Math.max(
    0,
    ...provider.objects.map(({ order }) => {
      const known = typeof order === 'function' ? order({}) : order
      return known?.lateMs.worst ?? 0
    }),
  )
