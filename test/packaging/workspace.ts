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

/** Builds and packs a package; answers the path of the tarball. Only pnpm puts `publishConfig` into it. */
export const pack = async (root: string, publishable: Publishable, destination: string): Promise<string> => {
  const { name, folder, buildScript } = publishable
  if (buildScript !== undefined) build(root, folder, buildScript)
  await run('npx', ['--yes', 'pnpm@12', 'pack', '--pack-destination', destination], { cwd: folder })
  const stem = `${name.replace('@', '').replace('/', '-')}-`
  const tarball = readdirSync(destination).find((file) => file.startsWith(stem) && /^\d/.test(file.slice(stem.length)))
  if (tarball === undefined) throw new Error(`pnpm packed no tarball of ${name}`)
  return join(destination, tarball)
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
