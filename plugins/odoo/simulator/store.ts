/** A record as it is stored: times in microseconds since 1970, relations as ids, empty as false. */
export type Values = Record<string, unknown>

export interface ExternalId {
  readonly model: string
  readonly id: number
}

/** The database: tables, sequences and external ids, with savepoints. */
export interface Store {
  table(model: string): ReadonlyMap<number, Values>
  /** The next id of a model; taken ids are never given back, as with a sequence of PostgreSQL. */
  nextId(model: string): number
  put(model: string, id: number, values: Values): void
  remove(model: string, id: number): void
  externalId(name: string): ExternalId | undefined
  bindExternalId(name: string, target: ExternalId): void
  externalIdsOf(model: string, id: number): readonly string[]
  /** Runs work that takes everything back if it throws. */
  atomically<T>(work: () => T): T
  /** A place to go back to by hand. */
  savepoint(): { rollback(): void }
}

/** Ids of a model are its own, and what a test calls an activity is of three models: theirs are kept apart. */
export const FIRST_IDS = { 'mail.activity': 100_000, 'calendar.event': 200_000 } as const

const firstId = (model: string): number =>
  model === 'mail.activity' || model === 'calendar.event' ? FIRST_IDS[model] : 0

export const openStore = (): Store => {
  const tables = new Map<string, Map<number, Values>>()
  const sequences = new Map<string, number>()
  const externalIds = new Map<string, ExternalId>()
  const undo: (() => void)[] = []

  const rows = (model: string): Map<number, Values> => {
    const known = tables.get(model)
    if (known !== undefined) return known
    const fresh = new Map<number, Values>()
    tables.set(model, fresh)
    return fresh
  }
  const set = (model: string, id: number, values: Values | undefined): void => {
    if (values === undefined) rows(model).delete(id)
    else rows(model).set(id, values)
  }
  const change = (model: string, id: number, values: Values | undefined): void => {
    const before = rows(model).get(id)
    undo.push(() => set(model, id, before))
    set(model, id, values)
  }
  const bind = (name: string, target: ExternalId | undefined): void => {
    const before = externalIds.get(name)
    undo.push(() => (before === undefined ? externalIds.delete(name) : externalIds.set(name, before)))
    if (target === undefined) externalIds.delete(name)
    else externalIds.set(name, target)
  }
  const namesOf = (model: string, id: number): readonly string[] =>
    [...externalIds].filter(([, target]) => target.model === model && target.id === id).map(([name]) => name)
  const rollbackTo = (mark: number): void => {
    while (undo.length > mark) undo.pop()?.()
  }

  return {
    table: rows,
    nextId: (model) => {
      const id = (sequences.get(model) ?? firstId(model)) + 1
      sequences.set(model, id)
      return id
    },
    put: change,
    remove: (model, id) => {
      change(model, id, undefined)
      for (const name of namesOf(model, id)) bind(name, undefined)
    },
    externalId: (name) => externalIds.get(name),
    bindExternalId: bind,
    externalIdsOf: namesOf,
    atomically: (work) => {
      const mark = undo.length
      try {
        return work()
      } catch (error) {
        rollbackTo(mark)
        throw error
      } finally {
        if (mark === 0) undo.length = 0
      }
    },
    savepoint: () => {
      const mark = undo.length
      return { rollback: () => rollbackTo(mark) }
    },
  }
}
