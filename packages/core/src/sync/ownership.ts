import type { Fields } from '../contract.ts'
import type { CompiledMapping } from '../mapping/index.ts'
import { sameJson } from '../stable_json.ts'

/** What the store knows of a record when a patch is about to be written to it. */
export interface KnownRecord {
  /** Canonical values, references as local ids or null. */
  readonly data: Fields
  /** Position in the feed at which the CRM last changed a field. */
  readonly fieldSeqs: Readonly<Record<string, number>>
}

export interface Division {
  /** What is to be written. */
  readonly write: Fields
  /** Fields that stay as the CRM has them, because it owns them. */
  readonly kept: readonly string[]
}

const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === ''

/**
 * Who wins, field by field. A field of the CRM's is written unless the CRM changed it since `seenSeq`, the position up
 * to which the host knew; one of the app's is always written; one to be merged only where the CRM has nothing. What the
 * CRM has already is not written again.
 */
export const divide = (
  patch: Fields,
  known: KnownRecord,
  seenSeq: number,
  ownership: CompiledMapping['ownership'],
): Division => {
  const write: Record<string, Fields[string]> = {}
  const kept: string[] = []
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue
    const current = known.data[field] ?? null
    if (sameJson(current, value)) continue
    const owner = ownership(field)
    const isCrmNewer = owner === 'crm' && (known.fieldSeqs[field] ?? 0) > seenSeq
    const isTaken = owner === 'merge' && !isEmpty(current)
    if (isCrmNewer || isTaken) kept.push(field)
    else write[field] = value
  }
  return { write, kept }
}
