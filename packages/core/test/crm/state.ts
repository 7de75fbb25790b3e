import type { Fields } from '../../src/contract.ts'

/** A record of the fake CRM with everything that happened to it. */
export interface CrmRecord {
  readonly id: string
  readonly versions: { readonly fields: Fields; readonly stampMs: number; readonly committedMs: number }[]
  marker: string | undefined
  deletedMs: number | undefined
  mergedInto: string | undefined
  readonly mergedIds: string[]
}

/** What a test turns while the CRM runs. */
export interface Knobs {
  /** How long the search hides a change. */
  indexLagMs: number
  /** Unit of the stamps, in ms. */
  stampUnitMs: number
  /** Leaves the stamp out of the answers to writes. */
  isSilent: boolean
  /** Lets `find` find nothing. */
  isBlind: boolean
  /** Refuses a whole batch for one bad row. */
  rejectsWhole: boolean
  token: string
}

export interface CrmState {
  readonly knobs: Knobs
  records(object: string): readonly CrmRecord[]
  live(object: string): readonly CrmRecord[]
  get(object: string, id: string): CrmRecord
  /** Fields of the newest version. */
  fields(object: string, id: string): Fields
  add(object: string, fields: Fields, more?: { readonly marker?: string; readonly stampMs?: number }): CrmRecord
  edit(object: string, id: string, fields: Fields, stampMs?: number): CrmRecord
  remove(object: string, id: string): void
  restore(object: string, id: string): void
  merge(object: string, loser: string, survivor: string): void
  /** What the search shows of a record now. */
  indexed(record: CrmRecord): CrmRecord['versions'][number] | undefined
}

export const newest = ({ versions }: CrmRecord): CrmRecord['versions'][number] => {
  const last = versions.at(-1)
  if (last === undefined) throw new Error('a record without a version')
  return last
}

export const createState = (): CrmState => {
  const knobs: Knobs = {
    indexLagMs: 0,
    stampUnitMs: 1,
    isSilent: false,
    isBlind: false,
    rejectsWhole: false,
    token: 'key-1',
  }
  const objects = new Map<string, Map<string, CrmRecord>>()
  let lastId = 1_000
  const tableOf = (object: string): Map<string, CrmRecord> => {
    const table = objects.get(object) ?? new Map<string, CrmRecord>()
    objects.set(object, table)
    return table
  }
  const stamp = (ms = Date.now()): number => Math.floor(ms / knobs.stampUnitMs) * knobs.stampUnitMs
  const get = (object: string, id: string): CrmRecord => {
    const record = tableOf(object).get(id)
    if (record === undefined) throw new Error(`the CRM has no ${object} ${id}`)
    return record
  }
  const write = (record: CrmRecord, fields: Fields, stampMs?: number): CrmRecord => {
    record.versions.push({ fields, stampMs: stamp(stampMs), committedMs: Date.now() })
    return record
  }
  return {
    knobs,
    records: (object) => [...tableOf(object).values()],
    live: (object) => [...tableOf(object).values()].filter(({ deletedMs }) => deletedMs === undefined),
    get,
    fields: (object, id) => newest(get(object, id)).fields,
    add: (object, fields, { marker, stampMs } = {}) => {
      lastId += 1
      const id = String(lastId)
      const record: CrmRecord = {
        id,
        versions: [],
        marker,
        deletedMs: undefined,
        mergedInto: undefined,
        mergedIds: [],
      }
      tableOf(object).set(id, record)
      return write(record, fields, stampMs)
    },
    edit: (object, id, fields, stampMs) => {
      const record = get(object, id)
      return write(record, { ...newest(record).fields, ...fields }, stampMs)
    },
    remove: (object, id) => {
      get(object, id).deletedMs = stamp()
    },
    restore: (object, id) => {
      const record = get(object, id)
      record.deletedMs = undefined
      write(record, newest(record).fields)
    },
    merge: (object, loser, survivor) => {
      const lost = get(object, loser)
      lost.deletedMs = stamp()
      lost.mergedInto = survivor
      const kept = get(object, survivor)
      kept.mergedIds.push(loser)
      write(kept, newest(kept).fields)
    },
    indexed: ({ versions }) => versions.findLast(({ committedMs }) => committedMs + knobs.indexLagMs <= Date.now()),
  }
}
