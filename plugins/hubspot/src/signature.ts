import { createHash } from 'node:crypto'
import { equalStrings, hmacMatches, type RawRequest } from '@raccordo/core/plugin'

/** How far the time of signing may be from that of arrival, either way, in ms. HubSpot asks for the past only. */
export const MAX_SKEW_MS = 300_000

/**
 * True where HubSpot signed the request with the app's client secret. Version 3 decides wherever any of it is there: a
 * failed one is never made up for by an older signature, which bears no time. Versions 1 and 2 are taken where HubSpot
 * sent nothing else. Never throws.
 */
export const isSignedByHubspot = (request: RawRequest, secret: string): boolean => {
  if (secret === '') return false
  const headers = lowerCased(request.headers)
  const signature = headers['x-hubspot-signature-v3']
  const timestamp = headers['x-hubspot-request-timestamp']
  if (signature !== undefined || timestamp !== undefined)
    return isTimely(timestamp, request.receivedAt) && isVersion3(request, { secret, timestamp, signature })
  return isOlderVersion(request, {
    secret,
    version: headers['x-hubspot-signature-version'],
    signature: headers['x-hubspot-signature'],
  })
}

/**
 * The URL as version 3 signs it: these escapes are written out, all others stay. HubSpot names them in upper case; a
 * proxy may have lowered them. See https://developers.hubspot.com/docs/api/webhooks/validating-requests.
 */
export const signedUrl = (url: string): string =>
  url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (triplet) => decodeURIComponent(triplet))

const isVersion3 = (
  { method, url, body }: RawRequest,
  given: { readonly secret: string; readonly timestamp: string | undefined; readonly signature: string | undefined },
): boolean =>
  hmacMatches({
    algorithm: 'sha256',
    encoding: 'base64',
    secret: given.secret,
    parts: [method, signedUrl(url), body, given.timestamp ?? ''],
    signature: given.signature,
  })

const isTimely = (timestamp: string | undefined, receivedAt: Date): boolean =>
  timestamp !== undefined &&
  /^\d{1,15}$/.test(timestamp) &&
  Math.abs(receivedAt.getTime() - Number(timestamp)) <= MAX_SKEW_MS

/** Plain digests with the secret in front: of the body in version 1 (CRM events), of method and URL too in version 2. */
const isOlderVersion = (
  { method, url, body }: RawRequest,
  given: { readonly secret: string; readonly version: string | undefined; readonly signature: string | undefined },
): boolean => {
  if (given.signature === undefined || (given.version !== 'v1' && given.version !== 'v2')) return false
  const hash = createHash('sha256').update(given.secret)
  if (given.version === 'v2') hash.update(method).update(url)
  return equalStrings(hash.update(body).digest('hex'), given.signature)
}

const lowerCased = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
