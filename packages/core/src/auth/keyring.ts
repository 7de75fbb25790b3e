import { crmError } from '../errors.ts'
import { type FernetKey, fernetDecrypt, fernetEncrypt, parseFernetKey } from './fernet.ts'

/** Keeps secrets at rest unreadable. A host may put a KMS behind it. */
export interface KeyRing {
  /** Encrypts a text so that it opens only for the same `boundTo`: the connection that it belongs to. */
  encrypt(plaintext: string, boundTo: string): Promise<string>
  /** Throws kind 'invalid' where no key opens it, or it belongs to something else. */
  decrypt(token: string, boundTo: string): Promise<string>
  /** True where the token is not under the key that encrypts now: it is to be wrapped anew. */
  isOutdated(token: string): boolean
}

const ENVELOPE = 1

/**
 * A key ring of Fernet keys (URL-safe Base64 of 32 bytes): the first encrypts, all decrypt, so a key is rotated by
 * putting a new one in front. Fernet has no associated data, so what a token is bound to stands inside it. Throws kind
 * 'invalid' for an empty ring or a malformed key, by its place in the list and never by its value.
 */
export const fernetKeyRing = (keys: readonly string[]): KeyRing => {
  const parsed = keys.map((text, index): FernetKey => {
    const key = parseFernetKey(text.trim())
    if (key === undefined) throw crmError('invalid', malformed(index, keys.length))
    return key
  })
  const [first] = parsed
  if (first === undefined) throw crmError('invalid', `CRM_ENCRYPTION_KEYS is empty. ${HOW_TO_MAKE}`)

  return {
    encrypt: async (plaintext, boundTo) =>
      fernetEncrypt(first, Buffer.from(JSON.stringify([ENVELOPE, boundTo, plaintext]), 'utf8')),
    decrypt: async (token, boundTo) => {
      for (const key of parsed) {
        const opened = fernetDecrypt(key, token)
        if (opened !== undefined) return unwrap(opened, boundTo)
      }
      throw crmError('invalid', UNOPENED)
    },
    isOutdated: (token) => fernetDecrypt(first, token) === undefined,
  }
}

const unwrap = (opened: Buffer, boundTo: string): string => {
  const envelope: unknown = parsedJson(opened.toString('utf8'))
  if (!Array.isArray(envelope) || envelope[0] !== ENVELOPE || typeof envelope[2] !== 'string')
    throw crmError('invalid', 'A stored secret was not written by this program.')
  if (envelope[1] !== boundTo)
    throw crmError('invalid', 'A stored secret belongs to another connection: rows of the database were mixed up.')
  return envelope[2]
}

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const HOW_TO_MAKE = 'Each key is 32 random bytes in URL-safe Base64, as "raccordo keys generate" prints one.'

const malformed = (index: number, count: number): string =>
  `Key ${index + 1} of ${count} in CRM_ENCRYPTION_KEYS is not a Fernet key. ${HOW_TO_MAKE}`

const UNOPENED =
  'No key in CRM_ENCRYPTION_KEYS opens a stored secret. Add the key that it was written with, behind the one in use, or connect again.'
