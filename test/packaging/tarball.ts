import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface PackedJson {
  readonly exports?: unknown
  readonly bin?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** What is wrong with a packed package, as its users would find out. */
export const tarballFaults = (tarball: string, scratch: string): readonly string[] => {
  const folder = mkdtempSync(join(scratch, 'unpacked-'))
  execFileSync('tar', ['-xzf', tarball, '-C', folder])
  const root = join(folder, 'package')
  const packed = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackedJson
  return [
    ...[...pathsIn(packed.exports), ...pathsIn(packed.bin)].flatMap((path) => pathFaults(root, path)),
    ...rangeFaults(packed),
    ...['README.md', 'LICENSE'].filter((file) => !existsSync(join(root, file))).map((file) => `it has no ${file}`),
    ...globSync('**/*.{ts,tsx}', { cwd: root })
      .filter((file) => !file.endsWith('.d.ts'))
      .map((file) => `it ships the source ${file}`),
  ]
}

const pathsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(pathsIn)
}

const pathFaults = (root: string, path: string): readonly string[] => {
  if (path === './package.json') return []
  if (!/^(\.\/)?dist\//.test(path)) return [`it offers ${path}, which is not in dist`]
  return existsSync(join(root, path)) ? [] : [`it offers ${path}, which is not there`]
}

const rangeFaults = ({ dependencies, peerDependencies }: PackedJson): readonly string[] =>
  Object.entries({ ...dependencies, ...peerDependencies })
    .filter(([, range]) => !/^[\^~]?\d|^>=/.test(range))
    .map(([name, range]) => `it depends on ${name} as ${range}`)
