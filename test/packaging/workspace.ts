import { globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, run } from './run.ts'

export interface Publishable {
  readonly name: string
  readonly folder: string
  readonly buildScript: string | undefined
  /** Provider id where it is a plugin. */
  readonly provider: string | undefined
}

interface PackageJson {
  readonly name: string
  readonly private?: boolean
  readonly scripts?: { readonly build?: string }
  readonly raccordo?: { readonly provider: string }
}

/** Every package of the workspace that is published, as found on disk. */
export const publishables = (root: string): readonly Publishable[] =>
  globSync('{packages,plugins,apps}/*/package.json', { cwd: root }).flatMap((file) => {
    const content = JSON.parse(readFileSync(join(root, file), 'utf8')) as PackageJson
    if (content.private === true) return []
    const { name, scripts, raccordo } = content
    return [{ name, folder: dirname(join(root, file)), buildScript: scripts?.build, provider: raccordo?.provider }]
  })

/**
 * Builds and packs the packages; answers the tarballs by name. Only pnpm puts `publishConfig` into them, and it is not
 * to look after its own version meanwhile.
 */
export const packAll = async (
  root: string,
  packages: readonly Publishable[],
  destination: string,
): Promise<ReadonlyMap<string, string>> => {
  for (const { folder, buildScript } of packages) if (buildScript !== undefined) build(root, folder, buildScript)
  const filters = packages.flatMap(({ name }) => ['--filter', name])
  const pnpm = ['--yes', 'pnpm@12', '--pm-on-fail=ignore', ...filters]
  await run('npx', [...pnpm, 'pack', '--pack-destination', destination], { cwd: root })
  const files = readdirSync(destination)
  return new Map(
    packages.map(({ name }) => {
      const stem = `${name.replace('@', '').replace('/', '-')}-`
      const file = files.find((candidate) => candidate.startsWith(stem) && /^\d/.test(candidate.slice(stem.length)))
      if (file === undefined) throw new Error(`pnpm packed no tarball of ${name}`)
      return [name, join(destination, file)]
    }),
  )
}

/** The binary of a released Node, installed from its npm package. */
export const nodeBinary = async (version: string, folder: string): Promise<string> => {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, `${name}@${version}`],
    {
      cwd: folder,
    },
  )
  return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}
