import type { ConfigurationFault } from './fault.ts'
import { addresses } from './values.ts'

/** What the environment says of single providers. Which providers there are, the host finds out. */
export interface ProviderVariables {
  readonly oauthClients: Readonly<Record<string, { readonly id: string; readonly secret: string }>>
  readonly defaultSettings: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly webhookAddresses: Readonly<Record<string, readonly string[]>>
}

const CLIENT = /^CRM_([A-Z0-9_]+)_CLIENT_(ID|SECRET)$/
const DEFAULT_SETTING = /^(?:CRM_)?([A-Z0-9_]+?)_DEFAULT_([A-Z0-9_]+)$/
const WEBHOOK_ADDRESSES = /^CRM_([A-Z0-9_]+)_WEBHOOK_IPS$/

/** True for a variable that speaks of one provider. */
export const isProviderVariable = (name: string): boolean =>
  CLIENT.test(name) || DEFAULT_SETTING.test(name) || WEBHOOK_ADDRESSES.test(name)

/** A provider's id may have hyphens, which a variable's name cannot: both spellings are filled. */
const idsOf = (name: string): readonly string[] => {
  const id = name.toLowerCase()
  return id.includes('_') ? [id, id.replaceAll('_', '-')] : [id]
}

const camelCase = (name: string): string =>
  name.toLowerCase().replace(/_+([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())

type Variables = readonly (readonly [name: string, value: string])[]

const oauthClients = (variables: Variables, faults: ConfigurationFault[]): ProviderVariables['oauthClients'] => {
  const found = new Map<string, { ID?: string; SECRET?: string }>()
  for (const [name, value] of variables) {
    const [, provider = '', part] = CLIENT.exec(name) ?? []
    if (part === 'ID' || part === 'SECRET') found.set(provider, { ...found.get(provider), [part]: value })
  }
  const clients: Record<string, { id: string; secret: string }> = {}
  for (const [provider, { ID: id, SECRET: secret }] of found) {
    if (id !== undefined && secret !== undefined) {
      for (const providerId of idsOf(provider)) clients[providerId] = { id, secret }
      continue
    }
    const [set, missing] = id === undefined ? ['SECRET', 'ID'] : ['ID', 'SECRET']
    faults.push({
      variable: `CRM_${provider}_CLIENT_${missing}`,
      message: `is missing, while CRM_${provider}_CLIENT_${set} is set`,
      remedy: 'Set both, or none where every connection brings its own.',
    })
  }
  return clients
}

const defaultSettings = (variables: Variables): ProviderVariables['defaultSettings'] => {
  const settings: Record<string, Record<string, string>> = {}
  // The prefixed spelling is the exact one, so it comes last and wins.
  const ordered = variables.toSorted(
    ([left], [right]) => Number(left.startsWith('CRM_')) - Number(right.startsWith('CRM_')),
  )
  for (const [name, value] of ordered) {
    const [, provider, setting] = DEFAULT_SETTING.exec(name) ?? []
    if (provider === undefined || setting === undefined) continue
    for (const id of idsOf(provider)) settings[id] = { ...settings[id], [camelCase(setting)]: value }
  }
  return settings
}

const webhookAddresses = (
  variables: Variables,
  faults: ConfigurationFault[],
): ProviderVariables['webhookAddresses'] => {
  const lists: Record<string, readonly string[]> = {}
  for (const [variable, text] of variables) {
    const provider = WEBHOOK_ADDRESSES.exec(variable)?.[1]
    if (provider === undefined) continue
    const reading = addresses(text)
    if ('value' in reading) for (const id of idsOf(provider)) lists[id] = reading.value
    else faults.push({ variable, ...reading })
  }
  return lists
}

/** Reads the variables that name a provider; what is wrong with them is added to `faults`. */
export const readProviderVariables = (variables: Variables, faults: ConfigurationFault[]): ProviderVariables => ({
  oauthClients: oauthClients(variables, faults),
  defaultSettings: defaultSettings(variables),
  webhookAddresses: webhookAddresses(variables, faults),
})
