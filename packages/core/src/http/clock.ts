/** Bounds of a CRM's clock minus this machine's, in ms. */
export interface SkewBounds {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * What a reply's `Date` header says of the CRM's clock: it was made between sending and receiving, and its milliseconds
 * are cut off. Undefined for an answer from a cache or without a readable date.
 */
export const skewBounds = (
  headers: Readonly<Record<string, string>>,
  sentAtMs: number,
  receivedAtMs: number,
): SkewBounds | undefined => {
  const dateMs = Date.parse(headers['date'] ?? '')
  if (Number.isNaN(dateMs) || headers['age'] !== undefined) return undefined
  return { minMs: dateMs - receivedAtMs, maxMs: dateMs + 999 - sentAtMs }
}

/** The skew nearest to the known one that a reply allows: stays still as long as replies agree with it. */
export const nextSkew = (knownMs: number, bounds: SkewBounds): number =>
  Math.min(Math.max(knownMs, bounds.minMs), bounds.maxMs)

/** The CRM's time at `localMs`. */
export const serverNow = (localMs: number, skewMs: number): Date => new Date(localMs + skewMs)

/**
 * `Retry-After` in ms: seconds, or an HTTP date, which is read against the `Date` of the same reply where there is one
 * (the clocks differ). Undefined where it is absent or unreadable; never negative.
 */
export const retryAfterMs = (headers: Readonly<Record<string, string>>, nowMs: number): number | undefined => {
  const value = headers['retry-after']?.trim()
  if (value === undefined || value === '') return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000)
  const atMs = Date.parse(value)
  if (Number.isNaN(atMs)) return undefined
  const sentMs = Date.parse(headers['date'] ?? '')
  return Math.max(0, atMs - (Number.isNaN(sentMs) ? nowMs : sentMs))
}
