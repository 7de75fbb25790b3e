import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from './run.ts'
import { tarballFaults } from './tarball.ts'
import { nodeBinary, type Publishable, packAll, publishables } from './workspace.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const MINUTES = 60_000

/** Far from the workspace, so that nothing resolves by accident. */
const scratch = mkdtempSync(join(tmpdir(), 'raccordo-packaging-'))
const outside = join(scratch, 'application')
const packages = publishables(root)
let tarballs: ReadonlyMap<string, string> = new Map()

const needed = (name: string): string => {
  const tarball = tarballs.get(name)
  if (tarball === undefined) throw new Error(`${name} was not packed`)
  return tarball
}
const plugins = packages.filter((one): one is Publishable & { provider: string } => one.provider !== undefined)
const npm = (...parameters: readonly string[]) =>
  run('npm', [...parameters, '--no-audit', '--no-fund'], { cwd: outside })

beforeAll(async () => {
  mkdirSync(join(scratch, 'tarballs'))
  tarballs = await packAll(root, packages, join(scratch, 'tarballs'))
}, 5 * MINUTES)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('every packed package offers what it holds and holds what it offers', () => {
  expect(packages.length).toBeGreaterThan(3)
  const faults = [...tarballs].flatMap(([name, tarball]) =>
    tarballFaults(tarball, scratch).map((fault) => `${name}: ${fault}`),
  )
  expect(faults).toEqual([])
})

test('a package has the same doors in the workspace and when it is published', () => {
  for (const { folder } of packages) {
    const { exports: doors, bin, publishConfig } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    expect(Object.keys(publishConfig?.exports ?? {}), folder).toEqual(Object.keys(doors ?? {}))
    expect(Object.keys(publishConfig?.bin ?? {}), folder).toEqual(Object.keys(bin ?? {}))
  }
})

test('a tarball whose exports lead to the source is refused', async () => {
  const core = packages.find(({ name }) => name === '@raccordo/core')
  const destination = join(scratch, 'by-npm')
  mkdirSync(destination)
  // npm does not put publishConfig into what it packs.
  await run('npm', ['pack', '--pack-destination', destination], { cwd: core?.folder ?? '' })
  const faults = tarballFaults(join(destination, basename(needed('@raccordo/core'))), scratch)
  expect(faults).toContain('it offers ./src/index.ts, which is not in dist')
})

/** What a host sees of the installed plugins. */
const LIST = `
import { createHost } from '@raccordo/core'
const host = await createHost({ dataDir: './data', logLevel: 'silent' })
console.log(JSON.stringify(host.providers.list().map(({ id, objects }) => ({ id, objects: objects.length }))))
process.exit(0)
`

const CONSUMER = `
import { createHost, type Host, isCrmError } from '@raccordo/core'
import { defineProvider, type RemoteObject } from '@raccordo/core/plugin'
import schema from '@raccordo/core/mapping.schema.json' with { type: 'json' }

type IsAny<T> = 0 extends 1 & T ? true : false
export const typesArrive: [IsAny<Host>, IsAny<typeof createHost>, IsAny<typeof defineProvider>, IsAny<RemoteObject<object>>] =
  [false, false, false, false]
export const start = async (): Promise<Host> => createHost({ pollSeconds: 5 })
export const kind = (error: unknown) => (isCrmError(error) ? error.kind : undefined)
export const title: unknown = schema
// @ts-expect-error: an option that does not exist
export const refused = () => createHost({ pollSecond: 5 })
`

test(
  'installed by npm outside the workspace, plugins are found on the oldest and the current Node, until they are removed',
  async () => {
    mkdirSync(outside)
    writeFileSync(
      join(outside, 'package.json'),
      JSON.stringify({ name: 'application', version: '1.0.0', type: 'module' }),
    )
    writeFileSync(join(outside, 'list.js'), LIST)
    await npm(
      'install',
      needed('@raccordo/core'),
      needed('@raccordo/server'),
      ...plugins.map(({ name }) => needed(name)),
    )

    const oldest = join(scratch, 'node-22.12')
    mkdirSync(oldest)
    const binaries = [await nodeBinary('22.12.0', oldest), process.execPath]
    expect((await run(binaries[0] ?? '', ['--version'], { cwd: outside })).stdout.trim()).toBe('v22.12.0')
    const installed = async (): Promise<readonly (readonly string[])[]> => {
      const lists = []
      for (const binary of binaries) {
        const { stdout } = await run(binary, ['list.js'], { cwd: outside })
        const providers = JSON.parse(stdout) as { readonly id: string; readonly objects: number }[]
        expect(providers.every(({ objects }) => objects > 0)).toBe(true)
        lists.push(providers.map(({ id }) => id))
      }
      return lists
    }
    const all = plugins.map(({ provider }) => provider).toSorted()
    expect(await installed()).toEqual([all, all])

    const [removed] = plugins
    await npm('uninstall', removed?.name ?? '')
    const rest = all.filter((id) => id !== removed?.provider)
    expect(await installed()).toEqual([rest, rest])

    await typesResolve()
  },
  8 * MINUTES,
)

/** The declarations that were packed give a host's code its types, and none of them is lost on the way. */
const typesResolve = async (): Promise<void> => {
  writeFileSync(join(outside, 'consumer.ts'), CONSUMER)
  const nodeTypes = dirname(createRequire(import.meta.url).resolve('@types/node/package.json'))
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    resolveJsonModule: true,
    typeRoots: [dirname(nodeTypes)],
    types: ['node'],
  }
  writeFileSync(join(outside, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  await run(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', outside], { cwd: outside })
}
