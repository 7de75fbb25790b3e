import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** How a package manager lays packages out. */
export type Layout = 'npm' | 'pnpm' | 'workspace'

export interface PackageFiles {
  readonly name: string
  /** Members of the package.json beside name and version; a string is written as it is. */
  readonly packageJson?: object | string
  readonly files?: Readonly<Record<string, string>>
}

export interface HostTree {
  readonly folder: string
  readonly hostPackageJson: string
  install(
    plugin: PackageFiles,
    layout?: Layout,
    member?: 'dependencies' | 'optionalDependencies' | 'devDependencies',
  ): void
  uninstall(name: string): void
}

const write = (file: string, content: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** A host project in a folder of its own, removed after the test. */
export const hostTree = (): HostTree => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'raccordo-host-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const hostPackageJson = join(folder, 'app', 'package.json')
  const dependencies: Record<string, Record<string, string>> = {}
  const save = (): void =>
    write(hostPackageJson, JSON.stringify({ name: 'host', version: '1.0.0', type: 'module', ...dependencies }))
  save()

  const places: Record<Layout, (name: string) => { readonly real: string; readonly link?: string }> = {
    npm: (name) => ({ real: join(folder, 'app', 'node_modules', name) }),
    pnpm: (name) => ({
      real: join(folder, 'app', 'node_modules', '.pnpm', `${name.replace('/', '+')}@1.0.0`, 'node_modules', name),
      link: join(folder, 'app', 'node_modules', name),
    }),
    workspace: (name) => ({
      real: join(folder, 'packages', name.replace('/', '-')),
      link: join(folder, 'node_modules', name),
    }),
  }

  return {
    folder,
    hostPackageJson,
    install: ({ name, packageJson = {}, files = {} }, layout = 'npm', member = 'dependencies') => {
      const { real, link } = places[layout](name)
      const content =
        typeof packageJson === 'string'
          ? packageJson
          : JSON.stringify({ name, version: '1.0.0', type: 'module', exports: { '.': './index.js' }, ...packageJson })
      write(join(real, 'package.json'), content)
      for (const [path, text] of Object.entries(files)) write(join(real, path), text)
      if (link !== undefined) {
        mkdirSync(dirname(link), { recursive: true })
        symlinkSync(real, link, 'dir')
      }
      dependencies[member] = { ...dependencies[member], [name]: '^1.0.0' }
      save()
    },
    uninstall: (name) => {
      for (const members of Object.values(dependencies)) delete members[name]
      rmSync(join(folder, 'app', 'node_modules', name), { recursive: true, force: true })
      save()
    },
  }
}

/** The source of a sound provider; `more` is put into the object literal. */
export const providerSource = (id: string, more = ''): string => `
export const provider = {
  contract: 1,
  id: '${id}',
  title: 'Acme ${id}',
  settings: { type: 'object', properties: { region: { type: 'string' } } },
  auth: { apiKey: {} },
  api: {
    baseUrl: 'https://crm.example',
    limits: { rates: [{ requests: 10, perMs: 1000 }], parallel: [], page: 100, read: 100, write: 10 },
    settleMs: 1000,
  },
  probe: async () => ({ id: 'account' }),
  objects: [{ type: 'contact', name: 'people', paging: 'keyset', pull: async () => ({ records: [] }), read: async () => [] }],
  mapping: { version: 1, objects: {} },
  ${more}
}
`

/** A sound plugin package. */
export const plugin = (id: string, more: { readonly name?: string; readonly source?: string } = {}): PackageFiles => ({
  name: more.name ?? `plugin-${id}`,
  packageJson: { raccordo: { provider: id, contract: 1 } },
  files: { 'index.js': more.source ?? providerSource(id) },
})
