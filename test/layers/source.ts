import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'

/** A source file, as the rules see it. */
export interface SourceFile {
  /** From the root of the repository, with "/". */
  readonly path: string
  readonly text: string
}

export interface Import {
  /** As it is written. */
  readonly specifier: string
  /** Path from the root of the repository where the import is relative. */
  readonly path?: string
  /** Name of the package where it is not: "@raccordo/core", "node:fs". */
  readonly packageName?: string
}

/** What the rules need to know beside the files. */
export interface World {
  /** package.json of every workspace package, by its folder. */
  readonly packages: ReadonlyMap<string, PackageJson>
  readonly providerIds: readonly string[]
}

export interface PackageJson {
  readonly name?: string
  readonly private?: boolean
  readonly raccordo?: { readonly provider: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const COMMENT_OR_STRING = /(['"`])(?:\\.|(?!\1)[^\\])*?\1|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
const IMPORT =
  /^[ \t]*(?:import|export)\b(?:[^'"`;=]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*(?:\/\*[^*]*\*\/\s*)?['"`]([^'"`]+)['"`]/gm

/** Without comments; what is in quotes stays. */
export const withoutComments = (text: string): string =>
  text.replaceAll(COMMENT_OR_STRING, (found) => (found.startsWith('/') ? '' : found))

/** Every import, re-export and dynamic import of a file, of types and of values alike. */
export const importsOf = (file: SourceFile): readonly Import[] =>
  [...file.text.matchAll(IMPORT)].map((match) => {
    const specifier = match[1] ?? match[2] ?? ''
    if (specifier.startsWith('.')) return { specifier, path: normalize(join(dirname(file.path), specifier)) }
    const parts = specifier.split('/')
    return { specifier, packageName: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') }
  })

/** The workspace package that a path belongs to: `packages/core` and the like. */
export const folderOf = (path: string): string => {
  const parts = path.split('/')
  if (['packages', 'plugins', 'apps'].includes(parts[0] ?? '')) return parts.slice(0, 2).join('/')
  return parts[0] === 'test' ? 'test' : '.'
}

const PATTERNS = ['{packages,plugins,apps,test,bench}/**/*.{ts,tsx,json,css,html}', '*.ts']
const IGNORED = /(^|\/)(node_modules|dist|fixtures|templates?|\.[^/]*)\//

/** Its samples break the rules on purpose. */
const SAMPLES = 'test/layers.test.ts'

/** Every file of the repository that the rules look at. */
export const readSources = (root: string): readonly SourceFile[] =>
  globSync(PATTERNS, { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(String(path)) })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !IGNORED.test(path) && path !== SAMPLES)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

/** The packages of the repository, and the provider ids that its plugins declare: no rule lists them. */
export const readWorld = (root: string): World => {
  const files = globSync(['package.json', 'test/package.json', '{packages,plugins,apps}/*/package.json'], { cwd: root })
  const packages = new Map(
    files.map((file) => [dirname(file), JSON.parse(readFileSync(join(root, file), 'utf8')) as PackageJson]),
  )
  const providerIds = [...packages.values()].flatMap(({ raccordo }) => raccordo?.provider ?? [])
  return { packages, providerIds }
}
