import { createHmac, timingSafeEqual } from 'node:crypto'

/** Compares two strings in a time that tells nothing about where they differ. */
export const equalStrings = (left: string, right: string): boolean => {
  const a = Buffer.from(left, 'utf8')
  const b = Buffer.from(right, 'utf8')
  return a.length === b.length && timingSafeEqual(a, b)
}

/** True where `signature` is the HMAC of the parts, joined without a separator, under `secret`. Never throws. */
export const hmacMatches = (check: {
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'hex' | 'base64' | 'base64url'
  readonly secret: string
  readonly parts: readonly (string | Uint8Array)[]
  readonly signature: string | undefined
}): boolean => {
  if (check.signature === undefined || check.secret === '') return false
  const hmac = createHmac(check.algorithm, check.secret)
  for (const part of check.parts) hmac.update(part)
  return equalStrings(hmac.digest(check.encoding), check.signature)
}
