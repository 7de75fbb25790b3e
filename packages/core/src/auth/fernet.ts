import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const VERSION = 0x80
const IV_BYTES = 16
const MAC_BYTES = 32
/** Version, time and vector before the text; at least one block of text. */
const HEADER_BYTES = 1 + 8 + IV_BYTES
const BLOCK_BYTES = 16

/** A Fernet key: one half signs, the other encrypts. */
export interface FernetKey {
  readonly signing: Buffer
  readonly encryption: Buffer
}

/** Reads a key of 32 bytes in URL-safe Base64; undefined where it is none. */
export const parseFernetKey = (text: string): FernetKey | undefined => {
  const bytes = strictBase64Url(text)
  if (bytes?.length !== 32) return undefined
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) }
}

/** A new key, as it is written into CRM_ENCRYPTION_KEYS. */
export const generateFernetKey = (): string => padded(randomBytes(32))

/** Encrypts bytes as a Fernet token. Time and vector are for tests with published tokens. */
export const fernetEncrypt = (
  key: FernetKey,
  text: Buffer,
  now: Date = new Date(),
  iv: Buffer = randomBytes(IV_BYTES),
): string => {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)))
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv)
  const signed = Buffer.concat([Buffer.from([VERSION]), time, iv, cipher.update(text), cipher.final()])
  return padded(Buffer.concat([signed, macOf(key, signed)]))
}

/** Opens a token; undefined where it is malformed, or of another key. The signature is checked before anything else. */
export const fernetDecrypt = (key: FernetKey, token: string): Buffer | undefined => {
  const bytes = strictBase64Url(token)
  if (bytes === undefined || bytes.length < HEADER_BYTES + BLOCK_BYTES + MAC_BYTES || bytes[0] !== VERSION)
    return undefined
  const signed = bytes.subarray(0, -MAC_BYTES)
  if (!timingSafeEqual(macOf(key, signed), bytes.subarray(-MAC_BYTES))) return undefined
  const encrypted = signed.subarray(HEADER_BYTES)
  if (encrypted.length % BLOCK_BYTES !== 0) return undefined
  try {
    const decipher = createDecipheriv('aes-128-cbc', key.encryption, signed.subarray(9, HEADER_BYTES))
    return Buffer.concat([decipher.update(encrypted), decipher.final()])
  } catch {
    return undefined
  }
}

const macOf = (key: FernetKey, signed: Buffer): Buffer => createHmac('sha256', key.signing).update(signed).digest()

/** The specification writes tokens and keys with their padding. */
const padded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')

const strictBase64Url = (text: string): Buffer | undefined => {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text.replace(/=+$/, '') && text.length % 4 === 0 ? bytes : undefined
}
