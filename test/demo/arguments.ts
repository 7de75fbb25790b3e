import type { Fields } from '@raccordo/core'
import { credentialNames, settingNames, settingValue } from './connection_flags.ts'
import type { InstalledCrm } from './installed.ts'

/** A CRM to show: simulated, or the real one that a connection leads to. */
export interface Target {
  readonly crm: InstalledCrm
  readonly connection?: { readonly settings: Fields; readonly credentials: Fields }
}

export interface Arguments {
  readonly wantsHelp: boolean
  readonly keep: boolean
  readonly targets: readonly Target[]
}

/** What is wrong with the command line, all of it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Flags = Map<string, string | undefined>

const FIXED = ['help', 'keep']

const camelCase = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const readFlags = (words: readonly string[], faults: string[]): Flags => {
  const flags: Flags = new Map()
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '--') continue
    if (word !== '-h' && !word.startsWith('--')) {
      faults.push(`"${word}" is not understood: only flags are, and their values.`)
      continue
    }
    const [name = '', given] = word === '-h' ? ['help'] : word.slice(2).split(/=(.*)/s, 2)
    const next = words[index + 1]
    const takesNext = given === undefined && !FIXED.includes(name) && next !== undefined && !next.startsWith('--')
    if (flags.has(name)) faults.push(`--${name} is given twice.`)
    flags.set(name, takesNext ? next : given)
    if (takesNext) index += 1
  }
  return flags
}

const connectionTo = (crm: InstalledCrm, url: string, flags: Flags, faults: string[]): Target => {
  const settings: Record<string, Fields[string]> = {}
  const credentials: Record<string, string> = {}
  const named = settingNames(crm)
  settings[named.includes('url') ? 'url' : 'apiBaseUrl'] = url
  for (const [flag, value] of flags) {
    const name = camelCase(flag)
    if (value === undefined) faults.push(`--${flag} needs a value.`)
    else if (credentialNames(crm).includes(name)) credentials[name] = value
    else if (named.includes(name)) settings[name] = settingValue(crm, name, value)
  }
  const missing = (crm.settings.required ?? []).filter((name) => settings[name] === undefined)
  for (const name of missing) faults.push(`${flagOf(name)} is missing.`)
  if (Object.keys(credentials).length === 0) {
    const choices = credentialNames(crm).map(flagOf).join(', ')
    faults.push(`Nothing says how to sign in to ${crm.title}: it takes ${choices}.`)
  }
  return { crm, connection: { settings, credentials } }
}

const simulate = (crm: InstalledCrm): Target => ({ crm })

/**
 * Reads the command line. Any installed CRM's id is a flag; with an address, further flags fill the settings and
 * credentials that its plugin names. Throws a `UsageError` that names every fault.
 */
export const readArguments = (words: readonly string[], installed: readonly InstalledCrm[]): Arguments => {
  const faults: string[] = []
  const flags = readFlags(words, faults)
  const fixed = new Set(FIXED.filter((name) => flags.has(name)))
  for (const name of fixed) flags.delete(name)
  const named = installed.filter(({ id }) => flags.has(id))
  const addresses = named.map(({ id }) => flags.get(id))
  for (const { id } of named) flags.delete(id)

  const [real] = named
  const url = addresses[0]
  const isReal = addresses.some((address) => address !== undefined)
  const known = real !== undefined && isReal ? [...settingNames(real), ...credentialNames(real)] : []
  for (const flag of flags.keys()) {
    if (known.includes(camelCase(flag))) continue
    const ids = installed.map(({ id }) => `--${id}`).join(', ')
    faults.push(`--${flag} is not known${isReal ? '' : ` without the address of a CRM (${ids})`}.`)
  }
  if (isReal && named.length > 1) faults.push('A real CRM is shown alone: name one.')

  const targets =
    real !== undefined && url !== undefined ? [connectionTo(real, url, flags, faults)] : named.map(simulate)
  const wantsHelp = fixed.has('help')
  if (faults.length > 0 && !wantsHelp) throw new UsageError(faults.join('\n'))
  return { wantsHelp, keep: fixed.has('keep'), targets: targets.length > 0 ? targets : installed.map(simulate) }
}
