import type { Failure, Fields } from '../contract.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { KeptLink } from '../store/records.ts'
import type { RowEnd } from './outcome.ts'
import type { Addressed } from './prepare.ts'

/** A row with its end, and what a successful write put into the CRM. */
export interface EndedRow {
  readonly row: OutboxRow
  readonly end: RowEnd
  /** The remote object it went to; the type's name where it went nowhere. */
  readonly object: string
  readonly written?: Written
}

export interface Written {
  /** Canonical values without references. */
  readonly data: Fields
  readonly raw: Fields
  readonly links: readonly KeptLink[]
  /** Tick from before the write. */
  readonly begin: number
  readonly updatedAt: string | undefined
  readonly created: boolean
  readonly canonicalFields: readonly string[]
}

export const ended = ({ row, object }: Addressed, end: RowEnd, written?: Written): EndedRow => ({
  row,
  object: object.name,
  end,
  ...(written === undefined ? {} : { written }),
})

/** `deadKind`: the row is dead at once, under this name. */
export const failed = (target: Addressed, failure: Failure, deadKind?: string): EndedRow =>
  ended(target, { kind: 'failed', failure, ...(deadKind === undefined ? {} : { deadKind }) })

export const again = (target: Addressed, more: { readonly adopt?: string; readonly delayMs?: number } = {}): EndedRow =>
  ended(target, { kind: 'again', ...more })

export const done = (target: Addressed, remoteId: string, kept: readonly string[], written?: Written): EndedRow =>
  ended(target, { kind: 'done', remoteId, kept }, written)
