import { createHash, randomBytes } from 'node:crypto'

/** Sorts by the time it was made: 48 bits of epoch ms, then chance. */
export const newId = (prefix: string): string =>
  `${prefix}_${Date.now().toString(16).padStart(12, '0')}${randomBytes(9).toString('hex')}`

/** Identity of a local record at a connection, the same for its life; short enough for any field that may keep it. */
export const markerOf = (connectionId: string, type: string, localId: string): string =>
  `rc${createHash('sha256')
    .update(JSON.stringify([connectionId, type, localId]))
    .digest('hex')
    .slice(0, 30)}`
