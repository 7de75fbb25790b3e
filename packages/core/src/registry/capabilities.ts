import type { Provider, RemoteObject } from '../contract.ts'

/** What can be done with an object of a CRM, in the order of the contract. */
export const OPERATIONS = [
  'pull',
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

/** A provider with any settings: what the engine holds once the settings were validated against the plugin's own schema. */
// biome-ignore lint/suspicious/noExplicitAny: settings are checked by the plugin's JSON Schema, not by the compiler
export type AnyProvider = Provider<any>

/** The operations that an object offers, derived from which functions exist. */
export const capabilities = (object: Pick<RemoteObject<never>, Operation>): readonly Operation[] =>
  OPERATIONS.filter((operation) => object[operation] !== undefined)
