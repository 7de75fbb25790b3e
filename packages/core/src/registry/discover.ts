import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { crmError } from '../errors.ts'
import { type Manifest, type ProviderFault, readManifest } from './manifest.ts'

type PackageJson = Readonly<Record<string, unknown>>

/** The package.json nearest to a folder, upwards. Throws `invalid` where there is none. */
export const nearestPackageJson = (startDirectory: string): string => {
  for (const folder of upwards(resolve(startDirectory))) {
    const candidate = join(folder, 'package.json')
    if (existsSync(candidate)) return candidate
  }
  throw crmError('invalid', `There is no package.json in ${startDirectory} or above it`, {
    faults: [
      {
        message: `There is no package.json in ${startDirectory} or above it`,
        remedy: 'Run `npm init` in your project, or name the file as hostPackageJson',
      },
    ],
  })
}

export interface Discovered {
  readonly manifests: readonly Manifest[]
  readonly faults: readonly ProviderFault[]
}

/**
 * Reads the manifests of the host's direct dependencies (`dependencies` and `optionalDependencies`); nothing is
 * imported. An optional dependency may be missing, any other may not: whether it is a provider cannot be known, and a
 * provider that silently is not there would be a sync that silently does not run.
 */
export const discover = (hostPackageJson: string): Discovered => {
  const host = readHost(hostPackageJson)
  const faults: ProviderFault[] = []
  const manifests: Manifest[] = []
  const optional = new Set(namesIn(host, 'optionalDependencies'))
  for (const name of new Set([...namesIn(host, 'dependencies'), ...optional])) {
    const file = installedPackageJson(hostPackageJson, name)
    if (file === undefined) {
      if (!optional.has(name)) faults.push(notInstalled(name, hostPackageJson))
      continue
    }
    const content = readPackage(name, file, faults)
    const manifest = content && readManifest(name, content, faults)
    if (manifest) manifests.push(manifest)
  }
  return { manifests, faults: [...faults, ...doubledIds(manifests)] }
}

const upwards = function* (start: string): Generator<string> {
  let folder = start
  while (true) {
    yield folder
    const parent = dirname(folder)
    if (parent === folder) return
    folder = parent
  }
}

const installedPackageJson = (hostPackageJson: string, name: string): string | undefined => {
  for (const folder of upwards(dirname(resolve(hostPackageJson)))) {
    const candidate = join(folder, 'node_modules', name, 'package.json')
    if (existsSync(candidate)) return candidate
  }
  return undefined
}

const parse = (file: string): PackageJson => {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new Error('it is not an object')
  return content as PackageJson
}

const readHost = (file: string): PackageJson => {
  try {
    return parse(file)
  } catch (error) {
    const message = `The host's ${file} cannot be read: ${messageOf(error)}`
    throw crmError('invalid', message, {
      cause: error,
      faults: [{ message, remedy: 'Correct the file, or name another one as hostPackageJson' }],
    })
  }
}

const readPackage = (name: string, file: string, faults: ProviderFault[]): PackageJson | undefined => {
  try {
    return parse(file)
  } catch (error) {
    faults.push({
      package: name,
      message: `${name}: its package.json cannot be read: ${messageOf(error)}`,
      remedy: `Install it again: npm install ${name}`,
    })
    return undefined
  }
}

const namesIn = (host: PackageJson, member: string): readonly string[] => {
  const names = host[member]
  return typeof names === 'object' && names !== null ? Object.keys(names) : []
}

const notInstalled = (name: string, hostPackageJson: string): ProviderFault => ({
  package: name,
  message: `${name} is a dependency in ${hostPackageJson}, and it is not installed`,
  remedy: `Run \`npm install\` (or the like of your package manager), or remove it: npm uninstall ${name}`,
})

const doubledIds = (manifests: readonly Manifest[]): readonly ProviderFault[] => {
  const packagesById = Map.groupBy(manifests, ({ provider }) => provider)
  return [...packagesById].flatMap(([id, same]) =>
    same.slice(1).map(({ packageName }) => ({
      package: packageName,
      provider: id,
      pointer: '/raccordo/provider',
      message: `${packageName}: its provider id "${id}" is also that of ${same[0]?.packageName}`,
      remedy: `Keep one of them: npm uninstall ${packageName}`,
    })),
  )
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
