import type { BaseSettings, Fields, Of, Provider, RemoteObject } from '@raccordo/core/plugin'

/** Settings of any provider, of which the kit knows only what every connection may have. */
export type AnySettings = Record<string, unknown> & BaseSettings
export type AnyProvider = Provider<AnySettings>
export type AnyObject = RemoteObject<AnySettings>

/** How a provider is reached. */
export interface Connection {
  readonly settings: AnySettings
  readonly credentials: Fields
}

/** A fact of a provider, for these settings. */
export const factOf = <T>(fact: Of<AnySettings, T>, settings: AnySettings): T =>
  typeof fact === 'function' ? (fact as (settings: AnySettings) => T)(settings) : fact

/** What an object may offer: its operations, and the order that windows need. */
export const OPERATIONS = [
  'pull',
  'order',
  'stamps',
  'deleted',
  'read',
  'links',
  'find',
  'create',
  'update',
  'locate',
  'describe',
] as const
export type Operation = (typeof OPERATIONS)[number]

/** An operation that the object has; the checks that need one are only run where it is there. */
export const offered = <Name extends Operation>(object: AnyObject, name: Name): NonNullable<AnyObject[Name]> => {
  const operation = object[name]
  if (operation === undefined) throw new Error(`${object.name} does not offer ${name}`)
  return operation as NonNullable<AnyObject[Name]>
}
