import { crmError } from '../errors.ts'

/** An opaque cursor of a list: base64url of its JSON. */
export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')

/** Throws `invalid` where it is not one of ours. */
export const decodeCursor = <Position>(cursor: string, isPosition: (value: unknown) => value is Position): Position => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (isPosition(value)) return value
  } catch {
    // The error below says it.
  }
  throw crmError('invalid', 'This cursor is not one that an earlier page gave. Leave it out to begin at the start.', {
    pointer: '/after',
  })
}

/** A size between 1 and `most`; throws `invalid` otherwise. */
export const pageSize = (limit: number | undefined, usual: number, most: number): number => {
  if (limit === undefined) return usual
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit
  throw crmError('invalid', `limit is to be a whole number from 1 to ${most}.`, { pointer: '/limit' })
}
