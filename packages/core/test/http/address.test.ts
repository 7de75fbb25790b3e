import { describe, expect, it } from 'vitest'
import { checkBaseUrl, guardedLookup, isPrivateAddress } from '../../src/http/address.ts'
import { createTransport } from '../../src/http/transport.ts'
import { callUrl, redirectTarget } from '../../src/http/url.ts'

const PRIVATE = [
  '127.0.0.1',
  '127.8.9.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd12::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
]

describe('an address', () => {
  it.each(PRIVATE)('is private: %s', (address) => {
    expect(isPrivateAddress(address)).toBe(true)
  })
  it.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'])('is public: %s', (address) => {
    expect(isPrivateAddress(address)).toBe(false)
  })
})

describe('a base URL', () => {
  it.each([
    ...PRIVATE.map((address) => `http://${address.includes(':') ? `[${address}]` : address}/`),
    'http://localhost:8069',
    'http://crm.localhost',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
  ])('is refused where it leads inside: %s', (url) => {
    expect(() => checkBaseUrl(url, { allowPrivate: false })).toThrow(/private address/)
    expect(checkBaseUrl(url, { allowPrivate: true })).toBeInstanceOf(URL)
  })
  it.each([
    'not a url',
    'ftp://crm.example',
    'file:///etc/passwd',
    'https://user:password@crm.example',
    'https://crm.example/?a=1',
    'https://crm.example/#x',
  ])('is refused whatever is allowed: %s', (url) => {
    expect(() => checkBaseUrl(url, { allowPrivate: true })).toThrow(/base URL/)
  })
  it('is taken where it is public', () => {
    expect(checkBaseUrl('https://crm.example/prefix', { allowPrivate: false }).pathname).toBe('/prefix')
  })
})

describe('a connection', () => {
  const send = (url: string) =>
    createTransport({ allowPrivate: false }).send({
      url: new URL(url),
      method: 'GET',
      headers: {},
      timeoutMs: 2_000,
      signal: new AbortController().signal,
    })
  it.each(['http://127.0.0.1:9/', 'http://[::1]:9/', 'http://localhost:9/'])('is not made inside: %s', async (url) => {
    await expect(send(url)).rejects.toMatchObject({ reason: 'private-address', mayHaveArrived: false })
  })
  it('is not made where any address of a name is private', () => {
    const resolve = (addresses: string[]) =>
      new Promise((settle) =>
        guardedLookup((_name, _options, callback) =>
          callback(
            null,
            addresses.map((address) => ({ address, family: 4 })),
          ),
        )('rebound.example', {}, (error, address) => settle(error?.message ?? address)),
      )
    return Promise.all([
      expect(resolve(['8.8.8.8', '10.0.0.1'])).resolves.toContain('private address'),
      expect(resolve(['8.8.8.8'])).resolves.toBe('8.8.8.8'),
    ])
  })
})

describe('the path of a call', () => {
  it.each([
    '//evil.example/x',
    'https://evil.example',
    '/a/../../b',
    '/%2e%2e/b',
    '/a\\b',
    '/a b',
    '/a\nb',
    '/a#b',
    'javascript:x',
  ])('is refused: %s', (path) => {
    expect(() => callUrl('https://crm.example/prefix', { path })).toThrow(/path/)
  })
  it.each([
    ['/things', {}, 'https://crm.example/prefix/things'],
    ['things?a=1', { b: 'x y&z' }, 'https://crm.example/prefix/things?a=1&b=x%20y%26z'],
    ['/@evil.example', {}, 'https://crm.example/prefix/@evil.example'],
  ])('is put behind the prefix: %s', (path, query, url) => {
    expect(callUrl('https://crm.example/prefix/', { path, query }).href).toBe(url)
  })
})

describe('a redirect', () => {
  const from = new URL('https://crm.example/a')
  it.each([
    'https://evil.example/',
    '//evil.example/',
    'http://crm.example/',
    'https://crm.example:444/',
    'https://u:p@crm.example/',
  ])('is not followed with credentials to %s', (location) => {
    expect(redirectTarget(from, location)).toBeUndefined()
  })
  it('is followed on the same host', () => {
    expect(redirectTarget(from, '/b')?.href).toBe('https://crm.example/b')
  })
})
