import type { Fields, Row } from '../contract.ts'
import { asCrmError } from '../errors.ts'
import { failureOf } from '../kit/rows.ts'
import { unsettledCreates } from '../store/outbox_work.ts'
import { writeBatch } from './batch.ts'
import { again, done, type EndedRow, failed } from './ends.ts'
import { type Addressed, mapRow } from './prepare.ts'
import type { PushBatch } from './push.ts'
import { announce, readContext, writtenOf } from './write_call.ts'

interface Mapped {
  readonly target: Addressed
  readonly row: Row
}

/** Rows without a remote record: looked for by their key first, then created; what is there already is adopted. */
export const createRows = async (batch: PushBatch, targets: readonly Addressed[]): Promise<readonly EndedRow[]> => {
  const ended: EndedRow[] = []
  const mapped: Mapped[] = []
  for (const target of targets) {
    const result = mapRow(target, target.row.data, batch.crm.connection.id)
    if ('failure' in result) ended.push(failed(target, result.failure))
    else mapped.push({ target, row: result.row })
  }
  const { free, waiting } = await splitUnsettled(batch, mapped)
  ended.push(...waiting)
  const { candidates, others } = firstOfEachKey(free)
  // Two local records with one key: the second is to find what the first creates.
  ended.push(...others.map(({ target }) => again(target)))
  const searched = await search(batch, candidates)
  ended.push(...searched.ended)
  return [...ended, ...(await create(batch, searched.absent))]
}

const keyText = ({ row }: Mapped): string | undefined =>
  row.key === undefined ? undefined : `${row.key.field}\u0000${row.key.value.toLowerCase()}`

/** A row whose key an unsettled create bears waits for it: what that one made may not show yet. */
const splitUnsettled = async (batch: PushBatch, mapped: readonly Mapped[]) => {
  const { engine, crm, turn } = batch
  const [first] = mapped
  if (first === undefined) return { free: [], waiting: [] }
  const unsettled = await unsettledCreates(engine.database, crm.connection.id, first.target.row.type, turn.lease)
  const keys = first.target.compiled.keys.map(({ canonical }) => canonical)
  const taken = new Set(
    unsettled.flatMap((data) => keys.map((key) => keyOfData(key, data)).filter((key) => key !== undefined)),
  )
  const isTaken = ({ target }: Mapped) => keys.some((key) => taken.has(keyOfData(key, target.row.data) ?? ''))
  const waiting = mapped.filter(isTaken).map(({ target }) => again(target, { delayMs: crm.provider.api.settleMs }))
  return { free: mapped.filter((entry) => !isTaken(entry)), waiting }
}

const keyOfData = (key: string, data: Fields): string | undefined =>
  typeof data[key] === 'string' ? `${key}\u0000${data[key].toLowerCase()}` : undefined

const firstOfEachKey = (
  mapped: readonly Mapped[],
): { readonly candidates: readonly Mapped[]; readonly others: readonly Mapped[] } => {
  const seen = new Set<string>()
  const candidates: Mapped[] = []
  const others: Mapped[] = []
  for (const entry of mapped) {
    const key = keyText(entry)
    if (key !== undefined && seen.has(key)) others.push(entry)
    else candidates.push(entry)
    if (key !== undefined) seen.add(key)
  }
  return { candidates, others }
}

const search = async (
  batch: PushBatch,
  candidates: readonly Mapped[],
): Promise<{ readonly ended: readonly EndedRow[]; readonly absent: readonly Mapped[] }> => {
  const ended: EndedRow[] = []
  const absent: Mapped[] = candidates.filter(
    ({ row, target }) => row.key === undefined || target.object.find === undefined,
  )
  const keyed = candidates.filter((entry) => !absent.includes(entry))
  for (const [field, entries] of Map.groupBy(keyed, ({ row }) => row.key?.field ?? '')) {
    const values = entries.map(({ row }) => row.key?.value ?? '')
    try {
      const targets = entries.map(({ target }) => target)
      const ctx = await readContext(batch, targets, 'find')
      const found = await entries[0]?.target.object.find?.(ctx, field, values)
      for (const entry of entries) {
        const ids = idsFor(found, entry.row.key?.value ?? '')
        const [only] = ids
        if (only === undefined) absent.push(entry)
        else if (ids.length === 1) ended.push(again(entry.target, { adopt: only }))
        else ended.push(ambiguous(entry, ids))
      }
    } catch (error) {
      // Nothing was written: the rows wait, and whether that uses up an attempt is the kind's business.
      ended.push(...entries.map(({ target }) => failed(target, failureOf(asCrmError(error)))))
    }
  }
  return { ended, absent }
}

const idsFor = (found: ReadonlyMap<string, readonly string[]> | undefined, value: string): readonly string[] => {
  const exact = found?.get(value)
  if (exact !== undefined) return exact
  const wanted = value.toLowerCase()
  return [...(found ?? [])].find(([key]) => key.toLowerCase() === wanted)?.[1] ?? []
}

const ambiguous = ({ target, row }: Mapped, ids: readonly string[]): EndedRow =>
  failed(
    target,
    {
      kind: 'conflict',
      message: `Several records have ${row.key?.field} ${JSON.stringify(row.key?.value)}: ${ids.join(', ')}. Say which one it is by PUT /links, then replay.`,
      existingIds: ids,
    },
    'ambiguous',
  )

const create = async (batch: PushBatch, mapped: readonly Mapped[]): Promise<readonly EndedRow[]> => {
  const [first] = mapped
  if (first === undefined) return []
  const { object } = first.target
  if (object.create === undefined) {
    return mapped.map(({ target }) =>
      failed(target, { kind: 'invalid', message: `${object.name} cannot be created through this plugin.` }),
    )
  }
  const { create: write } = object
  const { begin, open } = await announce(
    batch,
    mapped.map(({ target }) => target),
    'create',
  )
  const outcomes = await writeBatch(
    mapped.map(({ row }) => row),
    async (rows) => write(await open(), rows),
  )
  return mapped.map(({ target, row }, index): EndedRow => {
    const outcome = outcomes[index]
    if (outcome === undefined) return failed(target, { kind: 'bug', message: 'The batch lost this row.' })
    if (outcome.ok) {
      const written = writtenOf(target, target.row.data, row, outcome, begin)
      return done(target, outcome.remoteId, [], written)
    }
    const { ok: _, ...failure } = outcome
    const [existing, ...others] = failure.existingIds ?? []
    if (failure.kind === 'conflict' && existing !== undefined) {
      return others.length === 0 ? again(target, { adopt: existing }) : failed(target, failure, 'ambiguous')
    }
    return failed(target, failure)
  })
}
