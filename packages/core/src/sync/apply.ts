/** What is stored of a record, as far as the decision needs it. */
export interface StoredVersion {
  /** Epoch ms of the CRM's stamp; undefined where it gives none. */
  readonly stampMs: number | undefined
  /** Tick at which the read that brought it had ended. */
  readonly readEnd: number
  readonly hash: string
  /** Epoch ms of the deletion, where it is a tombstone. */
  readonly deletedMs: number | undefined
}

/** A read of one record. `direct`: by id, and so never through an index that lags. */
export interface IncomingVersion {
  readonly stampMs: number | undefined
  readonly readBegin: number
  readonly hash: string
  readonly direct: boolean
}

/** A statement that a record is gone. */
export interface IncomingDeletion {
  /** When, as the CRM says; undefined where it was only found to be gone. */
  readonly deletedMs: number | undefined
  readonly readBegin: number
  /** By id, and so never through an index or a list that lags. */
  readonly direct: boolean
}

/**
 * `apply`: it is newer, store it. `same`: nothing new. `stale`: something newer is stored. `reread`: two reads of one
 * stamp overlapped, or an index shows what was deleted, and nobody can tell which is newer: read the record again by id.
 */
export type Verdict = 'apply' | 'same' | 'stale' | 'reread'

/** Whether a read of a live record is newer than what is stored. */
export const judgeRead = (stored: StoredVersion | undefined, read: IncomingVersion): Verdict => {
  if (stored === undefined) return 'apply'
  const beganAfter = read.readBegin > stored.readEnd
  if (stored.deletedMs !== undefined) return judgeRevival(stored, read, beganAfter)
  if (stored.stampMs === undefined || read.stampMs === undefined || stored.stampMs === read.stampMs) {
    if (stored.hash === read.hash) return 'same'
    return beganAfter ? 'apply' : 'reread'
  }
  if (read.stampMs > stored.stampMs) return 'apply'
  // An older stamp from a direct read that began later: the CRM went back (a restored backup, a stamp of ours that was ahead).
  return read.direct && beganAfter ? 'apply' : 'stale'
}

const judgeRevival = (stored: StoredVersion, read: IncomingVersion, beganAfter: boolean): Verdict => {
  if (read.direct) return beganAfter ? 'apply' : 'reread'
  const deletedMs = stored.deletedMs ?? 0
  // A list or an index may show for a while what is gone already, and a restored record bear an early stamp.
  return beganAfter && read.stampMs !== undefined && read.stampMs > deletedMs ? 'apply' : 'reread'
}

/** Whether a deletion wins over what is stored: only if it is later than the stored stamp, or was found by id afterwards. */
export const judgeDeletion = (stored: StoredVersion | undefined, deletion: IncomingDeletion): Verdict => {
  if (stored === undefined) return 'same'
  if (stored.deletedMs !== undefined) return 'same'
  const beganAfter = deletion.readBegin > stored.readEnd
  if (deletion.deletedMs === undefined || deletion.deletedMs === stored.stampMs) return beganAfter ? 'apply' : 'reread'
  if (stored.stampMs === undefined || deletion.deletedMs > stored.stampMs) return 'apply'
  return deletion.direct && beganAfter ? 'apply' : 'stale'
}
