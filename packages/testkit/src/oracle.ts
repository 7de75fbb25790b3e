import { isDeepStrictEqual } from 'node:util'
import type { Fields, Json } from '@raccordo/core/plugin'
import type { TruthRecord } from './simulator/types.ts'

/** A record as a store (or a reader) has it. */
export interface StoredRecord {
  readonly externalId: string
  readonly data: Fields
  readonly deleted: boolean
}

/** Where a store and the CRM's truth differ, by id. All empty: they are equal. */
export interface Differences {
  /** Live in the CRM, absent or deleted in the store. */
  readonly lost: readonly string[]
  /** Live in both, with another value in one of the compared fields. */
  readonly stale: readonly string[]
  /** Live in the store, gone from the CRM. */
  readonly ghosts: readonly string[]
  /** Live more than once in the store. */
  readonly duplicated: readonly string[]
}

/**
 * Compares what a store holds with what the CRM holds, in the fields that are named. A member that the CRM has no
 * place for is not compared; no value and null are the same.
 */
export const compareWithTruth = (
  truth: readonly TruthRecord[],
  store: readonly StoredRecord[],
  fields: readonly string[],
): Differences => {
  const live = store.filter((record) => !record.deleted)
  const stored = Map.groupBy(live, (record) => record.externalId)
  const real = new Set(truth.map((record) => record.id))
  const isStale = (record: TruthRecord): boolean =>
    stored.get(record.id)?.some(({ data }) => differingFields(record.data, data, fields).length > 0) ?? false
  return {
    lost: truth.filter(({ id }) => !stored.has(id)).map(({ id }) => id),
    stale: truth.filter(isStale).map(({ id }) => id),
    ghosts: [...stored.keys()].filter((id) => !real.has(id)),
    duplicated: [...stored].filter(([, records]) => records.length > 1).map(([id]) => id),
  }
}

/**
 * The fields, among those named, in which a record's data differs from the truth. Two ways to write one instant are
 * the same.
 */
export const differingFields = (truth: Fields, data: Fields, fields: readonly string[]): readonly string[] =>
  fields.filter(
    (field) => Object.hasOwn(truth, field) && !isDeepStrictEqual(comparable(truth[field]), comparable(data[field])),
  )

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/

const comparable = (value: Json | undefined): Json =>
  typeof value === 'string' && INSTANT.test(value) ? new Date(value).toISOString() : (value ?? null)
