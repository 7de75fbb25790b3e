import fc from 'fast-check'
import { expect, test } from 'vitest'
import { domainOf, websitesOf } from '../src/accounts.ts'
import { nested, quoted } from '../src/coql.ts'
import { cursorText, parseCursor } from '../src/cursor.ts'
import { apiOf, DATA_CENTRES, type DataCentre } from '../src/data-centres.ts'
import { classify, failureOf } from '../src/errors.ts'
import { provider } from '../src/index.ts'
import { budget, creditsOf, isHeavy, limits } from '../src/limits.ts'
import { oauth2 } from '../src/oauth.ts'
import { compareIds } from '../src/records.ts'
import { textOf, withReference } from '../src/reference.ts'
import { instantOf, zohoTime } from '../src/times.ts'

const reply = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  body,
  headers,
})
const factOf = <T>(fact: T | ((settings: { dc: DataCentre }) => T), dc: DataCentre): T =>
  typeof fact === 'function' ? (fact as (settings: { dc: DataCentre }) => T)({ dc }) : fact

test('each data centre signs in at its own server and is called at its own API', () => {
  for (const [dc, { accounts }] of Object.entries(DATA_CENTRES) as [DataCentre, { accounts: string }][]) {
    expect(factOf(oauth2.authorizeUrl, dc)).toBe(`${accounts}/oauth/v2/auth`)
    expect(factOf(oauth2.tokenUrl, dc)).toBe(`${accounts}/oauth/v2/token`)
    expect(factOf(provider.api.baseUrl as string, dc)).toBe(apiOf(dc))
  }
  expect(DATA_CENTRES.CA.accounts).toBe('https://accounts.zohocloud.ca')
  expect(apiOf('CA')).toBe('https://www.zohoapis.ca')
})

test('the code is exchanged where the redirect says that the account lives', () => {
  const learned = oauth2.fromRedirect?.(
    { code: 'x', location: 'eu', 'accounts-server': 'https://accounts.zoho.eu' },
    { dc: 'US' },
  )
  expect(learned).toEqual({ dc: 'EU' })
  expect(oauth2.fromRedirect?.({ code: 'x', location: 'jp' }, { dc: 'US' })).toEqual({ dc: 'JP' })
  expect(oauth2.fromRedirect?.({ code: 'x' }, { dc: 'US' })).toEqual({})
})

test('a redirect that names a server that is not Zoho’s is refused before any secret is sent', () => {
  const foreign = [
    'https://accounts.zoho.com.evil.example',
    'https://evil.example/accounts.zoho.com',
    'http://accounts.zoho.com',
    'https://accounts.zoho.com:8443',
    'https://user@evil.example',
    'accounts.zoho.com',
    'https://accounts.zoho.com@evil.example',
  ]
  for (const server of foreign)
    expect(() => oauth2.fromRedirect?.({ code: 'x', 'accounts-server': server }, { dc: 'US' }), server).toThrow(
      /none of Zoho's/,
    )
})

test('a redirect that names the address of the settings teaches nothing, and no other one of that kind is taken', () => {
  const redirect = { code: 'x', 'accounts-server': 'http://127.0.0.1:4711' }
  expect(oauth2.fromRedirect?.(redirect, { dc: 'US', authBaseUrl: 'http://127.0.0.1:4711' })).toEqual({})
  expect(() => oauth2.fromRedirect?.(redirect, { dc: 'US' })).toThrow(/none of Zoho's/)
  expect(() => oauth2.fromRedirect?.(redirect, { dc: 'US', authBaseUrl: 'http://127.0.0.1:4712' })).toThrow()
})

test('the API domain of a token answer is kept where it is Zoho’s, and a refresh that omits it teaches nothing', () => {
  expect(oauth2.fromToken?.({ api_domain: 'https://www.zohoapis.in' })).toEqual({
    apiDomain: 'https://www.zohoapis.in',
  })
  expect(oauth2.fromToken?.({ api_domain: 'https://sandbox.zohoapis.eu' })).toEqual({
    apiDomain: 'https://sandbox.zohoapis.eu',
  })
  for (const token of [
    {},
    { api_domain: 'https://zohoapis.evil.example' },
    { api_domain: 'http://www.zohoapis.com' },
    { api_domain: 7 },
  ])
    expect(oauth2.fromToken?.(token)).toEqual({})
  expect(factOf(provider.api.baseUrl as string, 'US')).toBe('https://www.zohoapis.com')
})

test('a token endpoint that says no with status 200 is a no, and too many tokens do not end a grant', () => {
  const kind = (status: number, error: string) => {
    const refused = oauth2.refused?.(reply(status, { error }))
    return typeof refused === 'object' ? refused.kind : refused
  }
  expect(kind(200, 'invalid_code')).toBe('auth')
  expect(kind(200, 'invalid_client')).toBe('auth')
  for (const status of [200, 400]) expect(kind(status, 'Access Denied')).toBe('rate_limited')
  // Ten minutes, as long as Zoho counts them.
  expect(oauth2.refused?.(reply(200, { error: 'Access Denied' }))).toMatchObject({ retryAfterMs: 600_000 })
  expect(oauth2.refused?.(reply(200, { error: 'invalid_client' }))).toMatchObject({ setting: 'dc' })
  expect(kind(200, 'invalid_redirect_uri')).toBe('invalid')
  expect(oauth2.refused?.(reply(200, { access_token: '1000.a.b', expires_in: 3600 }))).toBeUndefined()
})

test('a sign-in asks for a refresh token each time, and for scopes in Zoho’s form', () => {
  expect(oauth2.authorizeParams).toEqual({ access_type: 'offline', prompt: 'consent' })
  expect(oauth2.prefix).toBe('Zoho-oauthtoken')
  expect(oauth2.scopeSeparator).toBe(',')
  expect(oauth2.scopes.base).toContain('ZohoCRM.settings.fields.READ')
  expect(oauth2.scopes.activity).toEqual([])
  const notes = provider.objects.find(({ name }) => name === 'Notes')
  expect(notes?.scopes).toContain('ZohoCRM.modules.notes.CREATE')
})

test('credits are counted as Zoho counts them', () => {
  const coql = (rows: number) => ({
    method: 'POST' as const,
    path: '/crm/v8/coql',
    body: { select_query: `select id from Deals where id > '0' limit ${rows}` },
  })
  expect([200, 201, 1_000, 2_000].map((rows) => creditsOf(coql(rows)))).toEqual([1, 2, 2, 3])
  const write = (count: number) => ({
    method: 'POST' as const,
    path: '/crm/v8/Deals',
    body: { data: Array.from({ length: count }, () => ({})) },
  })
  expect([1, 10, 11, 100].map((count) => creditsOf(write(count)))).toEqual([1, 1, 2, 10])
  expect(creditsOf({ path: '/crm/v8/Deals/deleted' })).toBe(2)
  expect(creditsOf({ path: '/crm/v8/org' })).toBe(1)
  expect([
    isHeavy(coql(1)),
    isHeavy(write(10)),
    isHeavy(write(11)),
    isHeavy({ path: '/crm/v8/Notes', query: { sort_by: 'Modified_Time' } }),
  ]).toEqual([true, false, true, true])
})

test('limits follow the edition and its licences, up to its cap', () => {
  const creditsOfEdition = (settings: Parameters<typeof limits>[0]) => limits(settings).rates[0]?.requests
  expect(creditsOfEdition({ edition: 'free', users: 3 })).toBe(5_000)
  expect(creditsOfEdition({})).toBe(50_000)
  expect(creditsOfEdition({ edition: 'standard', users: 1_000 })).toBe(100_000)
  expect(creditsOfEdition({ edition: 'enterprise', users: 20 })).toBe(70_000)
  expect(limits({ edition: 'ultimate' }).parallel.map(({ max }) => max)).toEqual([25, 10])
})

test('the credits header is heeded where it is there', () => {
  expect(budget(reply(200, {}, { 'x-api-credits-remaining': '1200' }))).toEqual({ remaining: 1200, perMs: 86_400_000 })
  expect(budget(reply(200, {}))).toBeUndefined()
})

test('too many calls are waited for in seconds, and used up credits longer', () => {
  const body = { code: 'TOO_MANY_REQUESTS', details: {}, message: 'too many requests', status: 'error' }
  expect(classify(reply(429, body))).toMatchObject({ kind: 'rate_limited', retryAfterMs: 2_000 })
  expect(classify(reply(429, '<html>busy</html>'))).toMatchObject({ kind: 'rate_limited' })
  expect(classify(reply(429, body, { 'x-api-credits-remaining': '0' }))).toMatchObject({ kind: 'quota' })
})

test('an answer is judged by what it says of each record, not by its status', () => {
  const success = { code: 'SUCCESS', status: 'success', message: 'record added', details: { id: '1' } }
  const missing = {
    code: 'MANDATORY_NOT_FOUND',
    status: 'error',
    message: 'required field not found',
    details: { api_name: 'Last_Name' },
  }
  for (const status of [200, 201, 202, 207])
    expect(classify(reply(status, { data: [missing, success] }))).toBeUndefined()
  expect(classify(reply(400, { data: [missing] }))).toMatchObject({
    kind: 'invalid',
    field: 'Last_Name',
    vendorCode: 'MANDATORY_NOT_FOUND',
  })
  expect(
    classify(reply(400, { code: 'LIMIT_EXCEEDED', details: {}, message: 'too many', status: 'error' })),
  ).toMatchObject({ kind: 'invalid' })
  expect(classify(reply(304, undefined))).toBeUndefined()
  expect(classify(reply(500, { code: 'INTERNAL_ERROR', details: {}, message: 'x', status: 'error' }))).toBeUndefined()
})

test('an unknown id is a record that is gone, and a relation to one is a bad value', () => {
  const message = 'the id given seems to be invalid'
  const own = { code: 'INVALID_DATA', message, details: { api_name: 'id', json_path: '$.data[0].id' } }
  const related = { code: 'INVALID_DATA', message, details: { api_name: 'id', json_path: '$.data[3].Who_Id.id' } }
  expect(failureOf(own)).toMatchObject({ kind: 'not_found' })
  expect(failureOf(related)).toMatchObject({ kind: 'invalid', field: 'Who_Id' })
})

test('a clash of unique values names the record, in the newer and in the older form', () => {
  const newer = {
    code: 'DUPLICATE_DATA',
    message: 'duplicate data',
    details: { api_name: 'Email', duplicate_record: { id: '42', module: {} } },
  }
  const older = { code: 'DUPLICATE_DATA', message: 'duplicate data', details: { api_name: 'Email', id: '42' } }
  for (const verdict of [newer, older])
    expect(failureOf(verdict)).toMatchObject({ kind: 'conflict', existingIds: ['42'], field: 'Email' })
})

test('records that wait are put off, and a page token that has ended begins the scan anew', () => {
  const kindOf = (code: string) => failureOf({ code, message: 'x' }).kind
  expect(['RECORD_LOCKED', 'NOT_APPROVED', 'ALREADY_MODIFIED'].map(kindOf)).toEqual(['locked', 'locked', 'locked'])
  expect(kindOf('RECORD_IN_BLUEPRINT')).toBe('invalid')
  expect(['EXPIRED_VALUE', 'TOKEN_BOUND_DATA_MISMATCH'].map(kindOf)).toEqual(['cursor_gone', 'cursor_gone'])
})

test('times go out to the second with an explicit offset, and come in from any', () => {
  expect(zohoTime('2026-11-24T10:00:00.987Z')).toBe('2026-11-24T10:00:00+00:00')
  expect(instantOf('2026-11-24T15:30:00+05:30')).toBe('2026-11-24T10:00:00.000Z')
  expect(instantOf('2026-11-24')).toBeUndefined()
})

test('ids beyond 2^53 keep their order', () => {
  const ids = ['5725767000000100010', '999', '5725767000000100009']
  expect([...ids].sort(compareIds)).toEqual(['999', '5725767000000100009', '5725767000000100010'])
})

test('criteria are nested in pairs, and quotes in values do not end them', () => {
  expect(nested(['a', 'b', 'c'])).toBe('((a and b) and c)')
  expect(quoted('plain')).toBe("'plain'")
  expect(quoted("O'Brien")).toBe('"O\'Brien"')
  expect(quoted(`O'Brien "Bob"`)).toBe(`'O''Brien "Bob"'`)
})

test('a domain is found in whatever form people write web addresses', () => {
  for (const website of websitesOf('acme.example')) expect(domainOf(website)).toBe('acme.example')
  expect(domainOf('https://www.Acme.example/en?x=1')).toBe('acme.example')
  expect(domainOf('')).toBeNull()
})

test('a text and its reference come apart as they were put together', () => {
  const word = fc.string().filter((text) => !text.includes('Ref: raccordo/'))
  const details = fc.record({
    outcome: fc.constantFrom('Busy', 'Left voicemail', undefined),
    time: fc.constantFrom('2026-01-02T03:04:05.000Z', undefined),
  })
  fc.assert(
    fc.property(word, fc.string({ minLength: 1 }), details, (body, marker, { outcome, time }) => {
      const text = withReference(body, { marker, outcome, time })
      const apart = textOf(text)
      expect(apart.reference.marker).toBe(marker)
      expect([apart.reference.outcome, apart.reference.time]).toEqual([outcome, time])
      expect(apart.body).toBe(body.trim() === '' ? null : body)
    }),
  )
})

test('a reference is found wherever a user has moved it, and only it goes', () => {
  const text = withReference('Before', { marker: 'm', outcome: 'Busy' })
  expect(textOf(`${text}\nAdded later`)).toEqual({
    body: 'Before\nAdded later',
    reference: { marker: 'm', outcome: 'Busy' },
  })
  expect(textOf('Outcome: Busy\nmy own words')).toEqual({ body: 'Outcome: Busy\nmy own words', reference: {} })
  expect(textOf(text.replaceAll('\n', '\r\n'))).toEqual({ body: 'Before', reference: { marker: 'm', outcome: 'Busy' } })
})

test('a cursor is read as it was written', () => {
  for (const cursor of [
    { way: 'query', after: '5725767000000100010', rows: undefined },
    { way: 'ids', after: undefined, rows: 200 },
    { way: 'list', place: { stamp: '2026-01-01T00:00:00.000Z', id: '7' } },
    { way: 'list', place: undefined },
  ] as const)
    expect(parseCursor(cursorText(cursor))).toEqual(cursor)
  expect(() => parseCursor('nonsense')).toThrow(/another version/)
})
