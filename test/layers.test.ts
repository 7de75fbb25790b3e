import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { violations } from './layers/rules.ts'
import { importsOf, readSources, readWorld, type World } from './layers/source.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

test('every file of the repository keeps to the layers of docs/architecture.md', () => {
  const broken = violations(readSources(root), readWorld(root))
  const told = broken.map(({ rule, file, found }) => `${file}: ${found}\n    breaks the rule: ${rule}`)
  expect(told.join('\n')).toBe('')
})

test('the rules see the packages, the plugins and their files', () => {
  const { packages, providerIds } = readWorld(root)
  expect([...packages.keys()]).toEqual(
    expect.arrayContaining(['.', 'packages/core', 'packages/testkit', 'apps/server', 'test']),
  )
  expect(providerIds.length).toBeGreaterThan(0)
  expect(readSources(root).map(({ path }) => path)).toContain('packages/core/src/contract.ts')
})

const world: World = {
  packages: new Map([
    [
      'packages/core',
      {
        name: '@raccordo/core',
        dependencies: { got: '1', tsyringe: '1', kysely: '1' },
        devDependencies: { '@raccordo/testkit': '1', 'fast-check': '1' },
      },
    ],
    ['packages/testkit', { name: '@raccordo/testkit', peerDependencies: { '@raccordo/core': '1' } }],
    ['plugins/acme', { name: 'plugin-acme', peerDependencies: { '@raccordo/core': '1', '@raccordo/testkit': '1' } }],
    ['plugins/zeta', { name: 'plugin-zeta', peerDependencies: { '@raccordo/core': '1' } }],
    ['apps/server', { name: '@raccordo/server', dependencies: { '@raccordo/core': '1' } }],
    ['test', { private: true, dependencies: { 'plugin-acme': '1' } }],
  ]),
  providerIds: ['acme', 'zeta'],
}

test.each<[rule: RegExp, path: string, text: string]>([
  [/contract imports nothing/, 'packages/core/src/contract.ts', "import type { A } from './errors.ts'"],
  [/errors\.ts knows nothing/, 'packages/core/src/errors.ts', "import { z } from './kit/fail.ts'"],
  [/errors\.ts knows nothing/, 'packages/core/src/errors.ts', "import { createHash } from 'node:crypto'"],
  [/The kit and the door/, 'packages/core/src/kit/rows.ts', "import { a } from '../store/records.ts'"],
  [/The kit and the door/, 'packages/core/src/plugin.ts', "export { got } from 'got'"],
  [/mapping\/ knows nothing/, 'packages/core/src/mapping/compile.ts', "import type { Page } from '../sync/pull.ts'"],
  [/mapping\/ knows nothing/, 'packages/core/src/mapping/compile.ts', "import { sql } from 'kysely'"],
  [/registry\/ and telemetry\//, 'packages/core/src/telemetry/metrics.ts', "import { db } from '../store/database.ts'"],
  [/store\/ knows no HTTP/, 'packages/core/src/store/records.ts', "import { client } from '../http/client.ts'"],
  [/store\/ knows no HTTP/, 'packages/core/src/store/records.ts', "const late = await import('got')"],
  [/http\/ and auth\//, 'packages/core/src/http/limiter.ts', "import type { Tx } from '../store/database.ts'"],
  [/http\/ and auth\//, 'packages/core/src/auth/tokens.ts', "import {\n  sql,\n  type Kysely,\n} from 'kysely'"],
  [/looks back up/, 'packages/core/src/sync/pull.ts', "import { createHost } from '../host.ts'"],
  [/container\.ts alone/, 'packages/core/src/host.ts', "import { container } from 'tsyringe'"],
  [/source of a plugin/, 'plugins/acme/src/index.ts', "import { createHost } from '@raccordo/core'"],
  [/source of a plugin/, 'plugins/acme/src/index.ts', "import type { Simulator } from '@raccordo/testkit'"],
  [/source of a plugin/, 'plugins/acme/src/index.ts', "import { simulator } from '../simulator/index.ts'"],
  [/simulator and the tests/, 'plugins/acme/simulator/index.ts', "import { createHost } from '@raccordo/core'"],
  [/simulator and the tests/, 'plugins/acme/test/all.test.ts', "import { provider } from '../../zeta/src/index.ts'"],
  [/simulator and the tests/, 'plugins/acme/test/all.test.ts', "import { provider } from 'plugin-zeta'"],
  [/core and testkit know no plugin/, 'packages/testkit/src/host.ts', "await import('plugin-acme')"],
  [/core and testkit know no plugin/, 'packages/core/src/host.ts', "import { serve } from '@raccordo/server'"],
  [/core does not import the testkit/, 'packages/core/src/host.ts', "import { oracle } from '@raccordo/testkit'"],
  [/finds plugins by discovery/, 'apps/server/src/serve.ts', "import { provider } from 'plugin-acme'"],
  [/An app does not|does not import the testkit/, 'apps/server/src/serve.ts', "import { a } from '@raccordo/testkit'"],
  [/front door/, 'apps/server/src/serve.ts', "import { pull } from '@raccordo/core/src/sync/pull.ts'"],
  [/meet at their doors/, 'apps/server/src/serve.ts', "export * from '../../../packages/core/src/host.ts'"],
  [/does not declare/, 'packages/core/src/host.ts', "import fc from 'fast-check'"],
  [/does not declare/, 'packages/core/test/host.test.ts', "import 'left-pad'"],
  [/does not declare/, 'packages/core/src/host.ts', "export type { Deep } from '@scope/deep/inside'"],
  [/no default exports/, 'packages/core/src/host.ts', 'export default 1'],
  [/no default exports/, 'packages/core/src/host.ts', 'const a = 1\nexport { a as default }'],
  [/CRM's name/, 'packages/core/src/sync/pull.ts', "if (provider === 'acme') wait()"],
  [/CRM's name/, 'packages/core/src/sync/pull.ts', "const url = 'https://api.AcMe.example' // fine"],
  [/CRM's name/, 'apps/server/src/acme.ts', ''],
])('breaking "%s" is found in %s', (rule, path, text) => {
  expect(violations([{ path, text }], world)).toContainEqual({
    rule: expect.stringMatching(rule),
    file: path,
    found: expect.any(String),
  })
})

test.each<[path: string, text: string]>([
  ['packages/core/src/errors.ts', "import type { ErrorKind } from './contract.ts'"],
  [
    'packages/core/src/kit/signatures.ts',
    "import { createHmac } from 'node:crypto'\nimport { isCrmError } from '../errors.ts'",
  ],
  ['packages/core/src/store/tokens.ts', "import type { TokenStore } from '../auth/ports.ts'"],
  ['packages/core/src/sync/pull.ts', "import { a } from '../store/records.ts'\nimport { b } from '../http/client.ts'"],
  ['packages/core/src/container.ts', "import { container } from 'tsyringe'\nimport { Host } from './host.ts'"],
  ['packages/core/src/sync/pull.ts', "// Acme's search index lags\n/* zeta too */\nconst url = 'https://x.example'"],
  ['packages/core/test/pull.test.ts', "import fc from 'fast-check'\nimport { start } from '@raccordo/testkit'"],
  [
    'plugins/acme/src/index.ts',
    "import { fail } from '@raccordo/core/plugin'\nimport mapping from './mapping.json' with { type: 'json' }",
  ],
  [
    'plugins/acme/simulator/index.ts',
    "import { serve } from '@raccordo/testkit/simulator'\nimport { provider } from '../src/index.ts'",
  ],
  ['apps/server/src/serve.ts', "import { createHost } from '@raccordo/core'\nexport const text = 'from here'"],
  ['test/all.test.ts', "import { provider } from 'plugin-acme'"],
])('%s keeps to the rules', (path, text) => {
  expect(violations([{ path, text }], world)).toEqual([])
})

test('every way to import is seen', () => {
  const text = [
    "import a from 'one'",
    "import { b,\n  c } from 'two'",
    "import type { D } from 'three'",
    "import 'four'",
    "export * from 'five'",
    "export type * from 'six'",
    "export { e } from 'seven'",
    "const f = await import('eight')",
    "type G = import('nine').G",
    "import json from './ten.json' with { type: 'json' }",
    "const h = import(/* @vite-ignore */ 'eleven')",
    "export const notAnImport = 'twelve'",
  ].join('\n')
  expect(importsOf({ path: 'packages/core/src/a.ts', text }).map(({ specifier }) => specifier)).toEqual([
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    './ten.json',
    'eleven',
  ])
})
