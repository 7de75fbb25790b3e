import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type CrmError, isCrmError } from '../../src/errors.ts'
import { type LoadOptions, loadProviders, loadSimulators } from '../../src/registry/index.ts'
import { type HostTree, hostTree, type PackageFiles, plugin, providerSource } from './tree.ts'

const refusal = async (host: HostTree, options: Partial<LoadOptions> = {}): Promise<CrmError> => {
  const loading = loadProviders({ hostPackageJson: host.hostPackageJson, ...options })
  const error = await loading.catch((thrown: unknown) => thrown)
  if (!isCrmError(error)) throw new Error(`Expected a refusal, got ${String(error)}`)
  return error
}

const manifest = (raccordo: unknown, more: object = {}): PackageFiles => ({
  name: 'plugin-acme',
  packageJson: { raccordo, ...more },
  files: { 'index.js': 'throw new Error("imported")' },
})
const sound = { provider: 'acme', contract: 1 }
const source = (text: string): PackageFiles => plugin('acme', { source: text })
const changed = (from: string, to: string): PackageFiles => source(providerSource('acme').replace(from, to))

test.each<[rule: string, plugin: PackageFiles, message: RegExp, remedy: RegExp]>([
  ['a manifest that is no object', manifest(true), /is not an object/, /"provider": "acme"/],
  [
    'an id that would not fit into a URL',
    manifest({ ...sound, provider: 'Ac/me' }),
    /"Ac\/me" is no provider/,
    /lower-case/,
  ],
  [
    'a contract of another number',
    manifest({ ...sound, contract: 2 }),
    /contract 2.*speaks contract 1/,
    /Install a version/,
  ],
  ['a missing contract', manifest({ provider: 'acme' }), /contract undefined/, /Install a version/],
  [
    'a simulator that is no subpath',
    manifest({ ...sound, simulator: 'sim' }),
    /"sim" is no subpath/,
    /"\.\/simulator"/,
  ],
  ['a package.json that is no JSON', { name: 'plugin-acme', packageJson: '{ "raccordo": ' }, /cannot be read/, /again/],
  [
    'exports that only import',
    manifest(sound, { exports: { '.': { import: './index.js' } } }),
    /offer no usable "\."/,
    /"default" condition/,
  ],
  ['an entry that was not built', manifest(sound, { exports: './dist/index.js' }), /cannot be found/, /Build it/],
  ['an import that throws', manifest(sound), /fails while it is imported: imported/, /author/],
  ['an entry without `provider`', source('export const crm = {}'), /no export "provider"/, /export const provider/],
  ['a default export alone', source('export default {}'), /no export "provider"/, /export const provider/],
])('%s is a named fault with a remedy', async (_, broken, message, remedy) => {
  const host = hostTree()
  host.install(broken)
  const error = await refusal(host)
  expect(error.kind).toBe('invalid')
  expect(error.faults).toHaveLength(1)
  expect(error.faults?.[0]).toMatchObject({ package: 'plugin-acme' })
  expect(error.faults?.[0]?.message).toMatch(message)
  expect(error.faults?.[0]?.remedy).toMatch(remedy)
  expect(error.message).toContain('plugin-acme')
})

test.each<[pointer: string, message: RegExp, plugin: PackageFiles]>([
  ['/id', /package\.json says "acme"/, source(providerSource('other'))],
  ['/title', /is missing/, changed('title:', '// title:')],
  ['/contract', /must be 1/, changed('contract: 1', 'contract: 2')],
  ['/probe', /must be a function/, changed('async () => ({ id', '({ id')],
  ['/probe', /is missing/, changed('probe:', '// probe:')],
  ['/auth', /at least one of oauth2/, changed('{ apiKey: {} }', '{}')],
  ['/api/baseUrl', /is missing/, changed('baseUrl:', '// baseUrl:')],
  ['/api/limits/page', /is missing/, changed('page: 100, ', '')],
  ['/api/settleMs', /must be >= 0/, changed('settleMs: 1000', 'settleMs: -1')],
  ['/settings', /no valid JSON Schema/, changed("region: { type: 'string' }", "region: { type: 'strin' }")],
  ['/objects', /fewer than 1/, changed('objects: [', 'objects: [], ignored: [')],
  ['/objects/0', /at least one of pull/, changed('pull: async () => ({ records: [] }), read: async () => []', '')],
  ['/objects/0/read', /must be a function/, changed('read: async () => []', 'read: true')],
  ['/objects/0/locat', /not known/, changed('read: async', 'locat: async () => [], read: async')],
  ['/objects/0/type', /one of "contact"/, changed("type: 'contact'", "type: 'person'")],
  ['/objects/0/paging', /one of "keyset"/, changed("'keyset'", "'pages'")],
  ['/webhooks/verify', /is missing/, source(providerSource('acme', "webhooks: { secret: 'client', parse: () => [] }"))],
  ['/mapping', /must be object/, changed('mapping: { version: 1, objects: {} }', 'mapping: "mapping.json"')],
])('the shape of a provider is checked: %s %s', async (pointer, message, broken) => {
  const host = hostTree()
  host.install(broken)
  const { faults = [] } = await refusal(host)
  const fault = faults.find((one) => one.pointer === pointer)
  expect(fault, JSON.stringify(faults)).toBeDefined()
  expect(fault?.message).toMatch(message)
  expect(fault?.remedy).toBeTruthy()
})

test('two objects of one name are refused', async () => {
  const host = hostTree()
  const twice = "{ type: 'company', name: 'people', paging: 'keyset', pull: async () => ({ records: [] }) }"
  host.install(changed('objects: [', `objects: [${twice}, `))
  expect((await refusal(host)).faults).toMatchObject([{ pointer: '/objects/1/name' }])
})

test('two packages of one id are refused before either is imported', async () => {
  const host = hostTree()
  host.install(plugin('acme', { name: 'plugin-one', source: 'throw new Error("imported")' }))
  host.install(plugin('acme', { name: 'plugin-two', source: 'throw new Error("imported")' }))
  const { faults } = await refusal(host)
  expect(faults).toMatchObject([{ package: 'plugin-two', message: expect.stringContaining('that of plugin-one') }])
  await expect(loadProviders({ hostPackageJson: host.hostPackageJson, except: ['acme'] })).resolves.toBeDefined()
})

test('a provider of the host with the id of an installed one is refused', async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  const { provider } = (await loadProviders({ hostPackageJson: host.hostPackageJson })).get('acme')
  const { faults } = await refusal(host, { extra: [provider] })
  expect(faults).toMatchObject([{ package: '(host)', remedy: expect.stringContaining('providers.except') }])
})

test('a dependency that is not installed is named, provider or not', async () => {
  const host = hostTree()
  writeFileSync(host.hostPackageJson, JSON.stringify({ dependencies: { 'plugin-acme': '^1.0.0' } }))
  const { faults } = await refusal(host)
  expect(faults).toMatchObject([{ package: 'plugin-acme', message: expect.stringContaining('not installed') }])
})

test('a host without a readable package.json is told which file', async () => {
  const host = hostTree()
  writeFileSync(host.hostPackageJson, '{')
  expect((await refusal(host)).message).toContain(host.hostPackageJson)
})

test('all faults are told at once, each with its package', async () => {
  const host = hostTree()
  host.install({ ...changed('title:', '// title:'), name: 'plugin-a' })
  host.install(plugin('zeta', { source: 'throw new Error("bad luck")' }))
  host.install(plugin('sound'))
  const error = await refusal(host)
  expect(error.faults).toHaveLength(2)
  expect(error.message).toContain('2 faults')
  expect(error.message).toMatch(/plugin-a: .*\n.*plugin-zeta: .*bad luck/)
})

test('the default mapping is checked by the mapping layer, and its faults keep their pointers', async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  const validateMapping = () => [{ pointer: '/objects/contact', message: 'no fields', remedy: 'Add some' }]
  const { faults } = await refusal(host, { validateMapping })
  expect(faults).toMatchObject([{ pointer: '/mapping/objects/contact', remedy: 'Add some', package: 'plugin-acme' }])
})

test('a fault of a plugin that was left out stops nobody', async () => {
  const host = hostTree()
  host.install(manifest({ ...sound, contract: 9 }))
  const registry = await loadProviders({ hostPackageJson: host.hostPackageJson, except: ['acme'] })
  expect(registry.list()).toEqual([])
})

test('a simulator that cannot be imported is named', async () => {
  const host = hostTree()
  host.install(manifest({ ...sound, simulator: './simulator' }))
  await expect(loadSimulators(host.hostPackageJson)).rejects.toThrow(/plugin-acme: its "exports" offer no usable/)
})
