import type { Fault } from '../errors.ts'

/** One thing that is wrong with an installed provider, and what to do about it. */
export interface ProviderFault extends Fault {
  /** Name of the package at fault. */
  readonly package: string
  /** Its provider id, where its manifest could be read that far. */
  readonly provider?: string
  readonly remedy: string
}

/** What a plugin's package.json says about itself, read before any of its code runs. */
export interface Manifest {
  readonly packageName: string
  readonly version: string
  readonly provider: string
  /** Subpath of the simulator in the package's exports: "./simulator". */
  readonly simulator?: string
}

/** The only contract that this engine speaks. */
export const CONTRACT = 1

/** Ids go into URLs, file names and the names of environment variables. */
const PROVIDER_ID = /^[a-z][a-z0-9_-]{0,39}$/

/**
 * Reads the `raccordo` member of a package.json. Answers undefined where the package is no provider; adds to `faults`
 * where it says that it is one but cannot be taken.
 */
export const readManifest = (
  packageName: string,
  packageJson: Readonly<Record<string, unknown>>,
  faults: ProviderFault[],
): Manifest | undefined => {
  const declared = packageJson['raccordo']
  if (declared === undefined) return undefined
  const fault = (pointer: string, message: string, remedy: string, id?: string): undefined => {
    const known = id === undefined ? {} : { provider: id }
    faults.push({ package: packageName, ...known, pointer, message: `${packageName}: ${message}`, remedy })
  }
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared))
    return fault('/raccordo', '"raccordo" in its package.json is not an object', LOOKS_LIKE)
  const { provider, contract, simulator } = declared as Record<string, unknown>
  if (typeof provider !== 'string' || !PROVIDER_ID.test(provider))
    return fault('/raccordo/provider', `${JSON.stringify(provider)} is no provider id`, `${ID_RULE} ${LOOKS_LIKE}`)
  if (contract !== CONTRACT)
    return fault(
      '/raccordo/contract',
      `it was written for contract ${JSON.stringify(contract)}, and this host speaks contract ${CONTRACT}`,
      `Install a version of ${packageName} for contract ${CONTRACT}, or another version of @raccordo/core`,
      provider,
    )
  if (simulator !== undefined && !(typeof simulator === 'string' && simulator.startsWith('./')))
    return fault(
      '/raccordo/simulator',
      `${JSON.stringify(simulator)} is no subpath of the package`,
      'Name an entry of its "exports", for example "./simulator"',
      provider,
    )
  const version = typeof packageJson['version'] === 'string' ? packageJson['version'] : '0.0.0'
  return { packageName, version, provider, ...(typeof simulator === 'string' ? { simulator } : {}) }
}

const LOOKS_LIKE = 'A manifest looks like this: "raccordo": { "provider": "acme", "contract": 1 }'
const ID_RULE = 'An id has lower-case letters, digits, "-" and "_", begins with a letter and is at most 40 long.'
