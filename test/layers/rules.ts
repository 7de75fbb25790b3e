import { isBuiltin } from 'node:module'
import { folderOf, type Import, importsOf, type SourceFile, type World, withoutComments } from './source.ts'

/** A rule of the import table in docs/architecture.md: which files it binds, and what it forbids them. */
interface ImportRule {
  readonly rule: string
  readonly binds: RegExp
  readonly forbids: (imported: Import, file: SourceFile, world: World) => boolean
}

export interface Violation {
  readonly rule: string
  readonly file: string
  /** The import or the text that broke it. */
  readonly found: string
}

const CORE = 'packages/core/src'
const TEST_OR_CONFIG = /\/test\/|\.config\.ts$/

/** True where the import leads into one of these places of core; packages and builtins are not looked at. */
const leadsInto =
  (...places: readonly string[]) =>
  ({ path }: Import): boolean =>
    path !== undefined && places.some((place) => path.startsWith(`${CORE}/${place}`))
const leadsOutOf =
  (...places: readonly string[]) =>
  (imported: Import): boolean =>
    imported.path !== undefined && !leadsInto(...places)(imported)
const isPackage =
  (...names: readonly string[]) =>
  ({ packageName }: Import): boolean =>
    packageName !== undefined && names.includes(packageName)
const any =
  (...tests: readonly ((imported: Import) => boolean)[]) =>
  (imported: Import): boolean =>
    tests.some((test) => test(imported))

const isPlugin = ({ packageName = '', path = '' }: Import, { packages }: World): boolean =>
  path.startsWith('plugins/') ||
  [...packages].some(([folder, { name }]) => folder.startsWith('plugins/') && name === packageName)
const isApp = ({ packageName = '', path = '' }: Import, { packages }: World): boolean =>
  path.startsWith('apps/') ||
  [...packages].some(([folder, { name }]) => folder.startsWith('apps/') && name === packageName)

const DATABASE = isPackage('kysely', 'pg', 'pg-boss', '@electric-sql/pglite')

const IMPORT_RULES: readonly ImportRule[] = [
  {
    rule: 'The contract imports nothing',
    binds: /^packages\/core\/src\/contract\.ts$/,
    forbids: () => true,
  },
  {
    rule: 'errors.ts knows nothing but the contract',
    binds: /^packages\/core\/src\/errors\.ts$/,
    forbids: any(leadsOutOf('contract.ts'), ({ packageName }) => packageName !== undefined),
  },
  {
    rule: 'The kit and the door for authors import only the contract, the errors and the kit',
    binds: /^packages\/core\/src\/(kit\/|plugin\.ts$)/,
    forbids: any(
      leadsOutOf('contract.ts', 'errors.ts', 'kit/'),
      ({ packageName }) => packageName !== undefined && !isBuiltin(packageName),
    ),
  },
  {
    rule: 'mapping/ knows nothing but the contract and the errors',
    binds: /^packages\/core\/src\/mapping\//,
    forbids: any(leadsOutOf('contract.ts', 'errors.ts', 'mapping/'), DATABASE, isPackage('got')),
  },
  {
    rule: 'registry/ and telemetry/ know neither HTTP nor database',
    binds: /^packages\/core\/src\/(registry|telemetry)\//,
    forbids: any(leadsInto('http/', 'auth/', 'store/', 'sync/', 'jobs/'), DATABASE, isPackage('got')),
  },
  {
    // What a layer above wants of the store it says in its ports, and the store may fulfil it.
    rule: 'store/ knows no HTTP and nothing above it but the ports and the arithmetic of slots',
    binds: /^packages\/core\/src\/store\//,
    forbids: any(
      (imported) =>
        leadsInto('http/', 'auth/', 'sync/', 'jobs/')(imported) && !/\/(ports|slots)\.ts$/.test(imported.path ?? ''),
      isPackage('got'),
    ),
  },
  {
    rule: 'http/ and auth/ know no database: they are given ports',
    binds: /^packages\/core\/src\/(http|auth)\//,
    forbids: any(leadsInto('store/', 'sync/', 'jobs/'), DATABASE),
  },
  {
    rule: 'No layer of the engine looks back up to the host, the container or the front door',
    binds: /^packages\/core\/src\/[^/]+\//,
    forbids: leadsInto('index.ts', 'host.ts', 'container.ts'),
  },
  {
    rule: 'container.ts alone imports tsyringe',
    binds: /^(?!packages\/core\/src\/container\.ts$)/,
    forbids: isPackage('tsyringe', 'reflect-metadata'),
  },
  {
    rule: 'The source of a plugin imports only @raccordo/core/plugin and its own dependencies',
    binds: /^plugins\/[^/]+\/src\//,
    forbids: ({ specifier, packageName, path }, file, world) =>
      (packageName?.startsWith('@raccordo/') === true && specifier !== '@raccordo/core/plugin') ||
      (path !== undefined && !path.startsWith(`${folderOf(file.path)}/src/`)) ||
      isApp({ specifier, ...(packageName === undefined ? {} : { packageName }) }, world),
  },
  {
    rule: 'The simulator and the tests of a plugin know the contract, the kit, the testkit and their own plugin',
    binds: /^plugins\/[^/]+\/(simulator|test)\//,
    forbids: (imported, file, world) => {
      const { specifier, packageName, path } = imported
      if (path !== undefined) return !path.startsWith(`${folderOf(file.path)}/`)
      const isOwn = world.packages.get(folderOf(file.path))?.name === packageName
      if (isOwn || specifier === '@raccordo/core/plugin' || packageName === '@raccordo/testkit') return false
      return packageName === '@raccordo/core' || isPlugin(imported, world) || isApp(imported, world)
    },
  },
  {
    rule: 'core and testkit know no plugin and no app',
    binds: /^packages\//,
    forbids: (imported, _, world) => isPlugin(imported, world) || isApp(imported, world),
  },
  {
    rule: 'core does not import the testkit, but for its tests',
    binds: /^packages\/core\/src\//,
    forbids: isPackage('@raccordo/testkit'),
  },
  {
    rule: 'An app finds plugins by discovery and imports none',
    binds: /^apps\//,
    forbids: (imported, _, world) => isPlugin(imported, world),
  },
  {
    rule: 'The source of an app does not import the testkit',
    binds: /^apps\/[^/]+\/src\//,
    forbids: isPackage('@raccordo/testkit'),
  },
  {
    rule: "An app goes in by core's front door",
    binds: /^apps\/[^/]+\/src\//,
    forbids: ({ specifier }) => specifier.startsWith('@raccordo/core/') && !specifier.endsWith('.json'),
  },
  {
    rule: 'Packages meet at their doors: no relative import leaves its package',
    binds: /^(packages|plugins|apps)\//,
    forbids: ({ path }, file) => path !== undefined && !path.startsWith(`${folderOf(file.path)}/`),
  },
  {
    rule: 'Nobody imports a package that its own package.json does not declare',
    binds: /./,
    forbids: (imported, file, world) => !isDeclared(imported, file, world),
  },
]

/**
 * What is published needs its packages at the user's; tests, configurations and private packages run only here, where
 * the root's tools are too.
 */
const isDeclared = ({ packageName, path, specifier }: Import, file: SourceFile, { packages }: World): boolean => {
  if (path !== undefined || packageName === undefined || isBuiltin(specifier)) return true
  const own = packages.get(folderOf(file.path))
  if (!own || own.name === packageName) return true
  const published = { ...own.dependencies, ...own.peerDependencies, ...own.optionalDependencies }
  const isOnlyRunHere = own.private === true || TEST_OR_CONFIG.test(file.path)
  const tools = { ...own.devDependencies, ...packages.get('.')?.devDependencies }
  return packageName in (isOnlyRunHere ? { ...published, ...tools } : published)
}

const DEFAULT_EXPORT = /^[ \t]*export\s+default\b|^[ \t]*export\s*\{[^}]*\bas\s+default\b/m
/** Where a CRM may be named: in its plugin, in words for people, in recorded answers, in tests of the whole. */
const MAY_NAME_CRMS = /^plugins\/|^test\/|^bench\/|^[^/]*$|(^|\/)(package\.json|README\.md|CHANGELOG\.md)$/

const textViolations = (file: SourceFile, { providerIds }: World): readonly Violation[] => {
  const found: Violation[] = []
  const code = withoutComments(file.text)
  const defaultExport = /\.tsx?$/.test(file.path) && !/\.(config|d)\.ts$/.test(file.path) && DEFAULT_EXPORT.exec(code)
  if (defaultExport)
    found.push({ rule: 'There are no default exports', file: file.path, found: defaultExport[0].trim() })
  if (MAY_NAME_CRMS.test(file.path)) return found
  for (const id of providerIds)
    if (`${file.path}\n${code}`.toLowerCase().includes(id))
      found.push({ rule: "Nobody but a plugin knows a CRM's name", file: file.path, found: id })
  return found
}

const isCode = ({ path }: SourceFile): boolean => /\.tsx?$/.test(path)

/** Every breach of the rules, in the order of the files. */
export const violations = (files: readonly SourceFile[], world: World): readonly Violation[] =>
  files.flatMap((file) => {
    const rules = isCode(file) ? IMPORT_RULES.filter(({ binds }) => binds.test(file.path)) : []
    const imports = rules.length > 0 ? importsOf(file) : []
    const broken = imports.flatMap((imported) =>
      rules
        .filter(({ forbids }) => forbids(imported, file, world))
        .map(({ rule }) => ({ rule, file: file.path, found: imported.specifier })),
    )
    return [...broken, ...textViolations(file, world)]
  })
