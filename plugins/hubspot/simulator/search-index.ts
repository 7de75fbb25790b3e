import { type StoredRecord, sortedIds } from './table.ts'

/** What searches see: each record as it was when the index last took it in. */
export interface SearchIndex {
  /** Takes in a new or changed record, `delayMs` from now. */
  take(record: StoredRecord, delayMs: number): void
  /** Loses a record, `delayMs` from now. */
  drop(id: number, delayMs: number): void
  /** The records that are visible now, in the order of ids, from the first id above `aboveId` on. */
  visible(aboveId: number): readonly StoredRecord[]
}

interface Pending {
  readonly atMs: number
  readonly order: number
  readonly id: number
  readonly record: StoredRecord | undefined
}

/** Makes an empty index. Changes of one record become visible in their order, those of several in any. */
export const makeSearchIndex = (now: () => Date): SearchIndex => {
  const seen = new Map<number, { readonly order: number; readonly record: StoredRecord | undefined }>()
  const ids = sortedIds()
  let pending: Pending[] = []
  let lastOrder = 0
  const apply = ({ id, order, record }: Pending): void => {
    if ((seen.get(id)?.order ?? 0) > order) return
    seen.set(id, { order, record })
    if (record === undefined) ids.remove(id)
    else ids.add(id)
  }
  const schedule = (id: number, record: StoredRecord | undefined, delayMs: number): void => {
    lastOrder += 1
    const change = { atMs: now().getTime() + delayMs, order: lastOrder, id, record }
    if (delayMs <= 0) apply(change)
    else pending.push(change)
  }
  const settle = (): void => {
    const nowMs = now().getTime()
    const due = pending.filter((change) => change.atMs <= nowMs)
    if (due.length === 0) return
    pending = pending.filter((change) => change.atMs > nowMs)
    for (const change of due) apply(change)
  }
  return {
    take: (record, delayMs) => schedule(record.id, record, delayMs),
    drop: (id, delayMs) => schedule(id, undefined, delayMs),
    visible: (aboveId) => {
      settle()
      return ids.ids.slice(ids.positionOf(aboveId + 1)).flatMap((id) => seen.get(id)?.record ?? [])
    },
  }
}
