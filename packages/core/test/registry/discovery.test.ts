import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { isCrmError } from '../../src/errors.ts'
import { loadProviders, loadSimulators, nearestPackageJson, providerInfo } from '../../src/registry/index.ts'
import { hostTree, type Layout, plugin, providerSource } from './tree.ts'

const ids = async (hostPackageJson: string): Promise<readonly string[]> =>
  (await loadProviders({ hostPackageJson })).list().map(({ provider }) => provider.id)

test.each<Layout>(['npm', 'pnpm', 'workspace'])('a plugin is found where %s puts it, scoped or not', async (layout) => {
  const host = hostTree()
  host.install(plugin('acme'), layout)
  host.install(plugin('zeta', { name: '@zeta/raccordo' }), layout)
  host.install({ name: 'left-pad', files: { 'index.js': 'throw new Error("never imported")' } }, layout)
  expect(await ids(host.hostPackageJson)).toEqual(['acme', 'zeta'])
})

test("the host's package.json may be named from the working directory", async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  expect(await ids(relative(process.cwd(), host.hostPackageJson))).toEqual(['acme'])
})

test('an uninstalled plugin is gone at the next start', async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  host.install(plugin('zeta'))
  host.uninstall('plugin-acme')
  expect(await ids(host.hostPackageJson)).toEqual(['zeta'])
})

test('only direct dependencies count: not a plugin of a plugin, not a development tool', async () => {
  const host = hostTree()
  host.install({
    ...plugin('acme'),
    packageJson: { raccordo: { provider: 'acme', contract: 1 }, dependencies: { 'plugin-deep': '1' } },
  })
  host.install(plugin('tool'), 'npm', 'devDependencies')
  host.install(plugin('perhaps'), 'npm', 'optionalDependencies')
  expect(await ids(host.hostPackageJson)).toEqual(['acme', 'perhaps'])
})

test('an optional dependency may be missing', async () => {
  const host = hostTree()
  host.install(plugin('perhaps'), 'npm', 'optionalDependencies')
  host.install(plugin('acme'))
  const { hostPackageJson } = host
  const content = JSON.stringify({ dependencies: { 'plugin-acme': '1' }, optionalDependencies: { absent: '1' } })
  writeFileSync(hostPackageJson, content)
  expect(await ids(hostPackageJson)).toEqual(['acme'])
})

test('a CommonJS package and a package with "main" alone are providers too', async () => {
  const host = hostTree()
  host.install({
    name: 'plugin-old',
    packageJson: JSON.stringify({
      name: 'plugin-old',
      version: '2.0.0',
      main: './lib.js',
      raccordo: { provider: 'old', contract: 1 },
    }),
    files: { 'lib.js': providerSource('old').replace('export const provider =', 'exports.provider =') },
  })
  expect(await ids(host.hostPackageJson)).toEqual(['old'])
})

test('`only`, `except` and `extra` narrow and add, and what is left out is not imported', async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  host.install(plugin('broken', { source: 'throw new Error("imported")' }))
  const { hostPackageJson } = host
  const all = await loadProviders({ hostPackageJson, except: ['broken'] })
  expect(all.list().map(({ provider }) => provider.id)).toEqual(['acme'])
  const own = { ...all.get('acme').provider, id: 'own' }
  const narrowed = await loadProviders({ hostPackageJson, only: [], extra: [own] })
  expect(narrowed.list()).toMatchObject([{ packageName: '(host)', provider: { id: 'own' } }])
  await expect(loadProviders({ hostPackageJson, only: ['nobody'] })).rejects.toThrow('providers.only names "nobody"')
})

test('a host may import in its own way', async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  const urls: string[] = []
  const registry = await loadProviders({
    hostPackageJson: host.hostPackageJson,
    importer: async (url) => {
      urls.push(url)
      return import(url)
    },
  })
  expect(urls).toEqual([expect.stringMatching(/^file:.*plugin-acme\/index\.js$/)])
  expect(registry.get('acme').packageName).toBe('plugin-acme')
})

test('the capabilities of an object are the functions that it has', async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  const installed = (await loadProviders({ hostPackageJson: host.hostPackageJson })).get('acme')
  expect(installed.capabilities).toEqual({ people: ['pull', 'read'] })
  expect(providerInfo(installed)).toMatchObject({
    id: 'acme',
    package: 'plugin-acme',
    version: '1.0.0',
    auth: ['apiKey'],
    objects: [{ name: 'people', type: 'contact', onByDefault: true, capabilities: ['pull', 'read'] }],
    hasSimulator: false,
  })
})

test('asking for a provider that is not installed names those that are and how to install it', async () => {
  const host = hostTree()
  host.install(plugin('acme'))
  const registry = await loadProviders({ hostPackageJson: host.hostPackageJson })
  const error = await Promise.resolve()
    .then(() => registry.get('zeta'))
    .catch((thrown: unknown) => thrown)
  expect(isCrmError(error) && error.kind).toBe('not_found')
  expect(String(error)).toMatch(/installed: acme.*npm install/)
})

test('the host is the package.json nearest to the folder, upwards', () => {
  const host = hostTree()
  const deep = join(host.folder, 'app', 'src', 'deep')
  mkdirSync(deep, { recursive: true })
  expect(nearestPackageJson(deep)).toBe(host.hostPackageJson)
})

test('simulators are imported only when they are asked for, from the entry that the manifest names', async () => {
  const host = hostTree()
  host.install({
    name: 'plugin-acme',
    packageJson: {
      raccordo: { provider: 'acme', contract: 1, simulator: './simulator' },
      exports: { '.': './index.js', './simulator': './simulator.js' },
    },
    files: {
      'index.js': 'throw new Error("the provider is not needed")',
      'simulator.js': 'export const simulator = { provider: "acme" }',
    },
  })
  host.install(plugin('plain'))
  const simulators = await loadSimulators(host.hostPackageJson)
  expect(simulators).toEqual([{ provider: 'acme', packageName: 'plugin-acme', simulator: { provider: 'acme' } }])
  expect(await loadSimulators(host.hostPackageJson, { only: ['plain'] })).toEqual([])
})
