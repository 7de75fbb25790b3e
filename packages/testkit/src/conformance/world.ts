import type { Fields, Row } from '@raccordo/core/plugin'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Simulator, SimulatorDefinition, SimulatorOptions } from '../simulator/types.ts'
import { type DirectContext, directContext } from './context.ts'
import type { AnyProvider, AnySettings, Connection } from './provider.ts'

/** What a plugin author says of the plugin under test. */
export interface ConformanceOptions {
  readonly simulator: SimulatorDefinition
  /** The plugin's own source folder: `new URL('../src/', import.meta.url)`. */
  readonly source: URL
  /** For the simulator: a version, a plan. */
  readonly simulatorOptions?: SimulatorOptions
  /** Settings beside those that the simulator gives. */
  readonly settings?: Fields
  /** By object name, canonical values that every record of it needs beside the kit's own (a stage, a currency). */
  readonly samples?: Readonly<Record<string, Fields>>
  /** By object name, what makes a row one that the CRM refuses. An unknown field, where absent. */
  readonly badRows?: Readonly<Record<string, (row: Row) => Row>>
  /**
   * Rules that this CRM cannot keep, by the check's full name, with the reason. Such a check must fail: one that passes
   * is no exception any more.
   */
  readonly exceptions?: Readonly<Record<string, string>>
}

/** A freshly started CRM with records in it, and a context that is signed in. */
export interface World {
  readonly provider: AnyProvider
  readonly options: ConformanceOptions
  readonly simulator: Simulator
  readonly connection: Connection
  readonly ctx: DirectContext
}

/** Records that every world begins with; few, because pages are made small. */
export const SEEDED = { contacts: 11, companies: 5 }

export const startWorld = async (
  provider: AnyProvider,
  options: ConformanceOptions,
  seeded: typeof SEEDED | undefined = SEEDED,
): Promise<World> => {
  const simulator = await options.simulator.start({ seed: 7, ...options.simulatorOptions })
  try {
    if (seeded !== undefined) await simulator.seed(seeded)
    const connection = connectionOf(provider, options, simulator)
    const opened = await directContext(provider, connection)
    const ctx = opened.with({ account: await provider.probe(opened) })
    return { provider, options, simulator, connection, ctx }
  } catch (error) {
    await simulator.stop()
    throw error
  }
}

/** The simulator's connection with the author's settings and the defaults of the settings' schema. */
const connectionOf = (provider: AnyProvider, options: ConformanceOptions, simulator: Simulator): Connection => {
  const { settings, credentials } = simulator.connection
  const complete = structuredClone({ ...settings, ...options.settings }) as AnySettings
  settingsValidator(provider)(complete)
  return { settings: complete, credentials }
}

/** Checks settings by the provider's schema and fills in its defaults. Throws where the schema is none. */
export const settingsValidator = (provider: AnyProvider): ValidateFunction => {
  const ajv = new Ajv({ allErrors: true, strict: false, useDefaults: true })
  addFormats.default(ajv)
  return ajv.compile(structuredClone(provider.settings))
}
