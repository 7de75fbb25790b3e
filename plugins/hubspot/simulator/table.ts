/** A record of the portal. `properties` is replaced, never changed, so that the search index may keep old ones. */
export interface StoredRecord {
  readonly id: number
  readonly properties: Readonly<Record<string, string>>
  readonly createdMs: number
  readonly updatedMs: number
  readonly archivedMs?: number
}

/** The records of one object, live and archived, in the order of ids. */
export interface Table {
  nextId(): number
  get(id: number): StoredRecord | undefined
  /** Puts a new or changed record; where it stands (live, archived) follows from `archivedMs`. */
  put(record: StoredRecord): void
  /** Forgets a record without a trace. */
  purge(id: number): void
  /** At most `count` records from `after` on, and the id of the one behind them. */
  page(which: 'live' | 'archived', after: number, count: number): { records: StoredRecord[]; next?: number }
  live(): readonly StoredRecord[]
  /** The live record that has a value of a unique property. */
  holder(property: string, value: string): number | undefined
  /** Makes values of a property unique from now on; text of several values is split at ";". */
  keepUnique(property: string): void
}

/** Ids that grow by steps of any size. Several tables may draw from one sequence. */
export const idSequence = (firstId: number, random: () => number): (() => number) => {
  let lastId = firstId
  return () => {
    lastId += 1 + Math.floor(random() * 5)
    return lastId
  }
}

/** Makes an empty table. */
export const makeTable = (nextId: () => number, aliasesOf: (record: StoredRecord) => readonly string[]): Table => {
  const byId = new Map<number, StoredRecord>()
  const order = { live: sortedIds(), archived: sortedIds() }
  const holders = new Map<string, Map<string, number>>()
  const valuesOf = (record: StoredRecord, property: string): readonly string[] => {
    const value = record.properties[property]
    const own = value === undefined || value === '' ? [] : [value]
    return [...own, ...(property === 'email' ? aliasesOf(record) : [])].map((text) => text.toLowerCase())
  }
  const release = (record: StoredRecord | undefined): void => {
    if (record === undefined) return
    for (const [property, values] of holders)
      for (const value of valuesOf(record, property)) if (values.get(value) === record.id) values.delete(value)
  }
  const claim = (record: StoredRecord): void => {
    for (const [property, values] of holders)
      for (const value of valuesOf(record, property)) values.set(value, record.id)
  }
  const put = (record: StoredRecord): void => {
    const previous = byId.get(record.id)
    release(previous)
    byId.set(record.id, record)
    const place = record.archivedMs === undefined ? 'live' : 'archived'
    if (place === 'live') claim(record)
    if (previous !== undefined && (previous.archivedMs === undefined) === (place === 'live')) return
    if (previous !== undefined) order[place === 'live' ? 'archived' : 'live'].remove(record.id)
    order[place].add(record.id)
  }
  return {
    nextId,
    get: (id) => byId.get(id),
    put,
    purge: (id) => {
      release(byId.get(id))
      byId.delete(id)
      order.live.remove(id)
      order.archived.remove(id)
    },
    page: (which, after, count) => {
      const { ids, next } = order[which].from(after, count)
      const records = ids.flatMap((id) => byId.get(id) ?? [])
      return next === undefined ? { records } : { records, next }
    },
    live: () => order.live.from(0, Number.POSITIVE_INFINITY).ids.flatMap((id) => byId.get(id) ?? []),
    holder: (property, value) => holders.get(property)?.get(value.toLowerCase()),
    keepUnique: (property) => {
      holders.set(property, new Map())
      for (const record of byId.values()) if (record.archivedMs === undefined) claim(record)
    },
  }
}

/** Numbers in ascending order. */
export const sortedIds = () => {
  const ids: number[] = []
  const positionOf = (id: number): number => {
    let [low, high] = [0, ids.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ids[middle] ?? 0) < id) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    ids: ids as readonly number[],
    positionOf,
    add: (id: number): void => {
      const position = positionOf(id)
      if (ids[position] !== id) ids.splice(position, 0, id)
    },
    remove: (id: number): void => {
      const position = positionOf(id)
      if (ids[position] === id) ids.splice(position, 1)
    },
    from: (after: number, count: number): { ids: readonly number[]; next: number | undefined } => {
      const start = positionOf(after)
      return { ids: ids.slice(start, start + count), next: ids[start + count] }
    },
  }
}
