import type { Values } from './values.ts'

/** A record as it is stored; replaced, never changed, so that views may keep old ones. */
export interface StoredRecord {
  readonly id: string
  readonly values: Values
  readonly createdMs: number
  readonly modifiedMs: number
  readonly createdBy: string
  readonly modifiedBy: string
  readonly ownerId: string
  /** Offset that its times are shown in. */
  readonly offsetMinutes: number
}

/** What is left of a record that was deleted. */
export interface DeletedRecord {
  readonly record: StoredRecord
  readonly name: string
  readonly deletedMs: number
  readonly deletedBy: string
  readonly isPermanent: boolean
  /** From when on readers see that it is gone, in epoch ms. */
  readonly visibleMs: number
}

/** The records of one module: as they are, as readers see them (late commits), and as the search index knows them. */
export interface Table {
  get(id: string): StoredRecord | undefined
  put(record: StoredRecord, hiddenMs: { readonly reads: number; readonly index: number }): void
  drop(id: string, hiddenMs: { readonly reads: number; readonly index: number }): void
  /** Every live record, whether readers see it yet or not, in the order of ids. */
  live(): readonly StoredRecord[]
  readonly reads: View
  readonly index: View
  /** Deleted records by id. */
  readonly deleted: Map<string, DeletedRecord>
}

/** Records as somebody sees them, some time behind what they are. */
export interface View {
  get(id: string): StoredRecord | undefined
  /** In the order of ids. */
  all(): readonly StoredRecord[]
  /** In the order of ids, from the first one above `id` on. */
  above(id: string): readonly StoredRecord[]
}

export const makeTable = (now: () => Date): Table => {
  const latest = makeView(now)
  const reads = makeView(now)
  const index = makeView(now)
  const each = (id: string, record: StoredRecord | undefined, hiddenMs: { reads: number; index: number }): void => {
    latest.change(id, record, 0)
    reads.change(id, record, hiddenMs.reads)
    index.change(id, record, hiddenMs.reads + hiddenMs.index)
  }
  return {
    get: latest.get,
    put: (record, hiddenMs) => each(record.id, record, hiddenMs),
    drop: (id, hiddenMs) => each(id, undefined, hiddenMs),
    live: latest.all,
    reads,
    index,
    deleted: new Map(),
  }
}

interface Pending {
  readonly atMs: number
  readonly order: number
  readonly id: string
  readonly record: StoredRecord | undefined
}

/** Changes of one record become visible in their order, those of several in any. */
const makeView = (
  now: () => Date,
): View & { change(id: string, record: StoredRecord | undefined, hiddenMs: number): void } => {
  const seen = new Map<string, StoredRecord>()
  const orders = new Map<string, number>()
  const ids: string[] = []
  let pending: Pending[] = []
  let lastOrder = 0
  const positionOf = (id: string): number => {
    let [low, high] = [0, ids.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ids[middle] ?? '') < id) low = middle + 1
      else high = middle
    }
    return low
  }
  const apply = ({ id, order, record }: Pending): void => {
    if ((orders.get(id) ?? 0) > order) return
    orders.set(id, order)
    const position = positionOf(id)
    const isKnown = ids[position] === id
    if (record === undefined) {
      if (isKnown) ids.splice(position, 1)
      seen.delete(id)
      return
    }
    if (!isKnown) ids.splice(position, 0, id)
    seen.set(id, record)
  }
  const settle = (): void => {
    if (pending.length === 0) return
    const nowMs = now().getTime()
    const due = pending.filter((change) => change.atMs <= nowMs)
    if (due.length === 0) return
    pending = pending.filter((change) => change.atMs > nowMs)
    for (const change of due) apply(change)
  }
  const from = (position: number): readonly StoredRecord[] => ids.slice(position).flatMap((id) => seen.get(id) ?? [])
  return {
    change: (id, record, hiddenMs) => {
      lastOrder += 1
      const change = { atMs: now().getTime() + hiddenMs, order: lastOrder, id, record }
      if (hiddenMs <= 0) apply(change)
      else pending.push(change)
    },
    get: (id) => {
      settle()
      return seen.get(id)
    },
    all: () => {
      settle()
      return from(0)
    },
    above: (id) => {
      settle()
      const position = positionOf(id)
      return from(ids[position] === id ? position + 1 : position)
    },
  }
}
