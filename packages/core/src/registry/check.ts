import { Ajv } from 'ajv'
import type { Fault } from '../errors.ts'
import { type AnyProvider, OPERATIONS } from './capabilities.ts'
import { messageOf } from './discover.ts'
import { faultOf } from './faults.ts'
import { settingsCheck } from './settings.ts'
import { PROVIDER_SHAPE } from './shape.ts'

/** Looks into a default mapping; answers what is wrong with it. The mapping layer's, handed in so that this layer needs none. */
export type MappingCheck = (mapping: object) => readonly Fault[]
/** Answers every fault of what a package exports as `provider`; none means that it is an `AnyProvider`. */
export type ProviderCheck = (exported: unknown, expectedId: string | undefined) => readonly Fault[]

/** Compiles the check of a provider's shape; its members are not called. */
export const providerCheck = (validateMapping?: MappingCheck): ProviderCheck => {
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true })
  ajv.addKeyword({
    keyword: 'isFunction',
    errors: false,
    validate: (_: true, value: unknown) => typeof value === 'function',
  })
  const matches = ajv.compile<AnyProvider>(PROVIDER_SHAPE)
  return (exported, expectedId) => {
    if (!matches(exported)) return (matches.errors ?? []).filter(isTelling).map(inWords)
    return [
      ...idFaults(exported, expectedId),
      ...settingsFaults(exported.settings),
      ...doubledNames(exported),
      ...mappingFaults(exported.mapping, validateMapping),
    ]
  }
}

const ONE_OF_OPERATIONS = `must have at least one of ${OPERATIONS.join(', ')}`
const ONE_OF_KINDS = 'must have at least one of oauth2, apiKey, password'

/** Of an `anyOf` or `if` only the summary speaks; its branches would list every alternative as missing. */
const isTelling = (error: { readonly keyword: string; readonly schemaPath: string }): boolean =>
  error.keyword !== 'if' && !/\/anyOf\/\d+\//.test(error.schemaPath)

const inWords = (error: Parameters<typeof faultOf>[0]): Fault => {
  if (error.keyword !== 'anyOf') return faultOf(error)
  const words = error.instancePath === '/auth' ? ONE_OF_KINDS : ONE_OF_OPERATIONS
  return { pointer: error.instancePath, message: `${error.instancePath} ${words}` }
}

const idFaults = ({ id }: AnyProvider, expectedId: string | undefined): readonly Fault[] =>
  expectedId === undefined || id === expectedId
    ? []
    : [{ pointer: '/id', message: `/id is "${id}", and the package.json says "${expectedId}"` }]

const settingsFaults = (schema: object): readonly Fault[] => {
  try {
    settingsCheck(schema)
    return []
  } catch (error) {
    return [{ pointer: '/settings', message: `/settings is no valid JSON Schema: ${messageOf(error)}` }]
  }
}

const doubledNames = ({ objects }: AnyProvider): readonly Fault[] =>
  objects.flatMap(({ name }, index) =>
    objects.findIndex((other) => other.name === name) === index
      ? []
      : [
          {
            pointer: `/objects/${index}/name`,
            message: `/objects/${index}/name "${name}" is taken by an object before it`,
          },
        ],
  )

const mappingFaults = (mapping: object, validateMapping: MappingCheck | undefined): readonly Fault[] =>
  (validateMapping?.(mapping) ?? []).map((fault) => {
    const pointer = `/mapping${fault.pointer ?? ''}`
    return { ...fault, pointer, message: `${pointer}: ${fault.message}` }
  })
