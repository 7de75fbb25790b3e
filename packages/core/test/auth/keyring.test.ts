import { describe, expect, it } from 'vitest'
import { fernetDecrypt, fernetEncrypt, generateFernetKey, parseFernetKey } from '../../src/auth/fernet.ts'
import { fernetKeyRing } from '../../src/auth/keyring.ts'
import type { SealedCredentialStore, SealedCredentials } from '../../src/auth/ports.ts'
import { createVault, sealCredentials } from '../../src/auth/vault.ts'

/** The key and tokens that the Fernet specification publishes. */
const SPEC_KEY = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='
const SPEC_TOKEN =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='
const INVALID = {
  'a wrong signature':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
  'a token that is too short': 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==',
  'characters that are no Base64':
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
  'a text that is no whole number of blocks':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
  'wrong padding of the text':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
  'a wrong vector':
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
}

const specKey = () => {
  const key = parseFernetKey(SPEC_KEY)
  if (key === undefined) throw new Error('The published key is a key.')
  return key
}

describe('a Fernet token', () => {
  it('is the published one for the published key, time, vector and text', () => {
    const iv = Buffer.from(Array.from({ length: 16 }, (_, index) => index))
    const token = fernetEncrypt(specKey(), Buffer.from('hello'), new Date('1985-10-26T01:20:00-07:00'), iv)
    expect(token).toBe(SPEC_TOKEN)
  })
  it('opens with its key', () => {
    expect(fernetDecrypt(specKey(), SPEC_TOKEN)?.toString()).toBe('hello')
  })
  it.each(Object.entries(INVALID))('does not open with %s', (_, token) => {
    expect(fernetDecrypt(specKey(), token)).toBeUndefined()
  })
  it('does not open after a change of any of its characters', () => {
    for (let at = 0; at < SPEC_TOKEN.length - 3; at++) {
      const other = SPEC_TOKEN[at] === 'A' ? 'B' : 'A'
      expect(fernetDecrypt(specKey(), SPEC_TOKEN.slice(0, at) + other + SPEC_TOKEN.slice(at + 1))).toBeUndefined()
    }
  })
})

describe('the key ring', () => {
  const [old, fresh] = [generateFernetKey(), generateFernetKey()]
  it('encrypts with its first key and opens with all', async () => {
    const before = await fernetKeyRing([old]).encrypt('secret', 'a')
    const ring = fernetKeyRing([fresh, old])
    expect(await ring.decrypt(before, 'a')).toBe('secret')
    expect(ring.isOutdated(before)).toBe(true)
    const wrapped = await ring.encrypt('secret', 'a')
    expect(ring.isOutdated(wrapped)).toBe(false)
    expect(await fernetKeyRing([fresh]).decrypt(wrapped, 'a')).toBe('secret')
  })
  it('does not open a secret for another connection', async () => {
    const ring = fernetKeyRing([fresh])
    await expect(ring.decrypt(await ring.encrypt('secret', 'a'), 'b')).rejects.toMatchObject({ kind: 'invalid' })
  })
  it('says which variable is at fault where no key opens a secret', async () => {
    const token = await fernetKeyRing([old]).encrypt('secret', 'a')
    await expect(fernetKeyRing([fresh]).decrypt(token, 'a')).rejects.toThrow(/CRM_ENCRYPTION_KEYS/)
  })
  it('refuses a malformed key by its place and never shows it', () => {
    const make = () => fernetKeyRing([fresh, 'much-too-short'])
    expect(make).toThrow(/Key 2 of 2 in CRM_ENCRYPTION_KEYS/)
    expect(make).not.toThrow(/much-too-short/)
    expect(() => fernetKeyRing([])).toThrow(/CRM_ENCRYPTION_KEYS/)
  })
})

describe('the vault', () => {
  it('stores nothing readable, and opens a row only for its own connection', async () => {
    const keys = fernetKeyRing([generateFernetKey()])
    const credentials = { apiKey: 'key-0123456789' }
    const rows = new Map<string, SealedCredentials>()
    rows.set('one', { workspaceId: 'w', credentials: await sealCredentials(keys, 'w', 'one', credentials), version: 1 })
    const sealed: SealedCredentialStore = {
      read: async (id) => rows.get(id),
      replaceCredentials: async (id, version, text) => {
        rows.set(id, { workspaceId: 'w', credentials: text, version: version + 1 })
        return true
      },
      replaceSession: async (id, _, session) => {
        const row = rows.get(id)
        if (row && session !== undefined) rows.set(id, { ...row, session })
        return true
      },
      learnSettings: async () => undefined,
      markNeedsReconnect: async () => undefined,
    }
    const vault = createVault(sealed, keys)
    await vault.replaceCredentials('one', 1, { apiKey: 'key-9876543210' })
    await vault.replaceSession('one', 2, { session: { uid: 'session-7' } })
    expect(JSON.stringify([...rows.values()])).not.toMatch(/9876543210|session-7/)
    expect(await vault.read('one')).toEqual({
      credentials: { apiKey: 'key-9876543210' },
      session: { session: { uid: 'session-7' } },
      version: 2,
    })
    const moved = rows.get('one')
    if (moved) rows.set('two', moved)
    await expect(vault.read('two')).rejects.toMatchObject({ kind: 'invalid' })
  })
})
