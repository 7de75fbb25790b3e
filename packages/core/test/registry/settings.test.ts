import { expect, test } from 'vitest'
import { settingsCheck, settingsCompletion } from '../../src/registry/index.ts'

const schema = Object.freeze({
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: {
    url: { type: 'string', format: 'uri', description: 'Where it is reached: https://crm.example.com' },
    region: { enum: ['eu', 'us'], default: 'eu' },
    lagSeconds: { type: 'integer', minimum: 0 },
    strict: { type: 'boolean' },
  },
})
const check = settingsCompletion(schema)

test('settings that fit are taken, with the defaults of the schema', () => {
  expect(check({ url: 'https://crm.example' })).toEqual({
    settings: { url: 'https://crm.example', region: 'eu' },
    faults: [],
  })
})

test('all faults are told, each with its pointer and what the plugin says of the setting', () => {
  const { faults } = check({ region: 'mars', lagSeconds: -1, colour: 'red' })
  expect(faults.map(({ pointer }) => pointer).toSorted()).toEqual(['/colour', '/lagSeconds', '/region', '/url'])
  expect(faults.find(({ pointer }) => pointer === '/url')?.remedy).toContain('https://crm.example.com')
  expect(faults.find(({ pointer }) => pointer === '/region')?.message).toContain('"eu", "us"')
})

test('what the engine reads from every connection is taken even where the plugin does not speak of it, and checked', () => {
  const settings = { url: 'https://crm.example', apiBaseUrl: 'http://127.0.0.1:1', limits: { rates: [null, 5] } }
  expect(check(settings)).toEqual({ settings: { ...settings, region: 'eu' }, faults: [] })
  const { faults } = check({ ...settings, apiBaseUrl: 'ftp://x', limits: { rates: [0], pages: 3 } })
  expect(faults.map(({ pointer }) => pointer).toSorted()).toEqual(['/apiBaseUrl', '/limits/pages', '/limits/rates/0'])
})

test('defaults of the environment come before those of the schema and behind what is given, as the type that is asked for', () => {
  const defaults = { url: 'https://env.example', lagSeconds: '30', strict: 'true', region: 'us', unknown: 'ignored' }
  expect(check({ region: 'eu' }, defaults)).toEqual({
    settings: { url: 'https://env.example', lagSeconds: 30, strict: true, region: 'eu' },
    faults: [],
  })
  expect(check({ url: undefined }, defaults).settings['url']).toBe('https://env.example')
  expect(check({}, { ...defaults, lagSeconds: 'long' }).faults).toMatchObject([{ pointer: '/lagSeconds' }])
})

test('a schema in the 2020-12 dialect is one, a schema that is none is refused', () => {
  const dialect = 'https://json-schema.org/draft/2020-12/schema'
  expect(
    settingsCheck({ $schema: dialect, type: 'object', properties: { a: { type: 'string' } } })({ a: 1 }),
  ).toHaveLength(1)
  expect(() => settingsCheck({ type: 'objekt' })).toThrow(/type/)
})
