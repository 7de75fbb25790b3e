import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { messageOf } from './discover.ts'
import type { ProviderFault } from './manifest.ts'

/** Replaces `import()`, for bundlers and tests. Takes a `file:` URL, answers the module. */
export type Importer = (url: string) => Promise<unknown>

export type Loaded = { readonly value: unknown } | { readonly fault: ProviderFault }

/** A package that waits for ever at its top level would stop the start without a word. */
const IMPORT_TIMEOUT_MS = 30_000

const nativeImport: Importer = (url) => import(/* @vite-ignore */ url)

/** Imports a package as the host would, and takes one named export of it. Whatever goes wrong is a fault with its remedy. */
export const loadExport = async (request: {
  readonly hostPackageJson: string
  readonly packageName: string
  /** "." or a subpath such as "./simulator". */
  readonly entry: string
  readonly exportName: string
  readonly importer?: Importer | undefined
}): Promise<Loaded> => {
  const { hostPackageJson, packageName, entry, exportName, importer = nativeImport } = request
  const fault = (message: string, remedy: string): Loaded => ({
    fault: { package: packageName, message: `${packageName}: ${message}`, remedy },
  })
  let url: string
  try {
    const file = createRequire(hostPackageJson).resolve(packageName + entry.slice(1))
    url = pathToFileURL(file).href
  } catch (error) {
    return fault(...unresolved(error, entry))
  }
  let module: unknown
  try {
    module = await withinTime(importer(url))
  } catch (error) {
    return fault(
      `it fails while it is imported: ${messageOf(error)}`,
      'Ask its author, install another version, or leave it out with providers.except',
    )
  }
  const value = typeof module === 'object' && module !== null ? Reflect.get(module, exportName) : undefined
  if (value === undefined)
    return fault(
      `its entry "${entry}" has no export "${exportName}"`,
      `Export it by name: export const ${exportName} = …`,
    )
  return { value }
}

const unresolved = (error: unknown, entry: string): [message: string, remedy: string] => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
    return [
      `its "exports" offer no usable "${entry}" (${messageOf(error)})`,
      `Give "${entry}" in its "exports" a "default" condition: { "types": "./dist/index.d.ts", "default": "./dist/index.js" }`,
    ]
  return [
    `its entry "${entry}" cannot be found (${firstLine(messageOf(error))})`,
    'Build it if it is your own, else install it again',
  ]
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text

const withinTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`it was not ready within ${IMPORT_TIMEOUT_MS / 1_000} s (a top-level await?)`)
    timer = setTimeout(() => reject(error), IMPORT_TIMEOUT_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
