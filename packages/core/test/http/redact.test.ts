import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../src/http/redact.ts'

describe('redaction', () => {
  it('finds every form of a secret, whatever surrounds it', () => {
    const secrets = fc
      .string({ minLength: 8, maxLength: 40, unit: 'binary-ascii' })
      .filter((secret) => secret.trim().length >= 8)
    const forms: readonly ((secret: string, around: string) => string)[] = [
      (secret) => secret,
      (secret) => encodeURIComponent(secret),
      (secret) => new URLSearchParams({ q: secret }).toString(),
      (secret) => JSON.stringify({ text: secret }),
    ]
    fc.assert(
      fc.property(secrets, fc.constantFrom(...forms), fc.constantFrom('', 'x', 'ab:'), (secret, form, around) => {
        const text = around + form(secret, around) + around
        const clean = createRedactor({ nested: [secret] }).text(text)
        expect(clean).toContain('[redacted]')
        for (const each of [secret, encodeURIComponent(secret)]) expect(clean).not.toContain(each)
      }),
      { numRuns: 500 },
    )
  })
  it('finds a secret inside a longer Base64 text, such as Basic authentication', () => {
    const secret = 'correct-horse-battery'
    const redactor = createRedactor({ secret })
    for (const user of ['', 'a', 'ab', 'abc', 'user']) {
      const encoded = Buffer.from(`${user}:${secret}`).toString('base64')
      const clean = redactor.text(`Basic ${encoded}`)
      const left = clean.replace('[redacted]', '').replace('Basic ', '')
      expect(left.length).toBeLessThan(encoded.length - secret.length)
    }
  })
  it('blots out what stands under a name that holds secrets, in JSON and in text', () => {
    const redactor = createRedactor()
    expect(redactor.json({ Authorization: 'x', api_key: 1, deep: [{ refresh_token: 'y' }], plain: 'z' })).toEqual({
      Authorization: '[redacted]',
      api_key: '[redacted]',
      deep: [{ refresh_token: '[redacted]' }],
      plain: 'z',
    })
    expect(redactor.text('authorization: Bearer abc.def')).toBe('authorization: [redacted]')
    expect(redactor.text('a=1&access_token=abc&b=2')).toBe('a=1&access_token=[redacted]&b=2')
    expect(redactor.text('{"password":"p w","next_page_token":"n"}')).toBe(
      '{"password":[redacted],"next_page_token":"n"}',
    )
  })
  it('leaves other texts, short values and other types alone', () => {
    const redactor = createRedactor({ uid: 'abc', count: 7 })
    expect(redactor.json({ text: 'abc 7', count: 7, flag: true, none: null })).toEqual({
      text: 'abc 7',
      count: 7,
      flag: true,
      none: null,
    })
  })
  it('is fast enough for every line of a log', () => {
    const redactor = createRedactor({
      accessToken: 'a'.repeat(60),
      refreshToken: 'b'.repeat(60),
      clientSecret: 'c'.repeat(40),
    })
    const line = {
      message: 'called the CRM',
      path: '/crm/v3/objects/contacts',
      status: 200,
      ms: 12,
      connection: 'x'.repeat(36),
    }
    const since = performance.now()
    for (let count = 0; count < 20_000; count++) redactor.json(line)
    expect(performance.now() - since).toBeLessThan(2_000)
  })
})
