import { resolve } from 'node:path'
import type { HostOptions } from '@raccordo/core'
import type { ServerOptions } from '../server.ts'
import { ConfigurationError, type ConfigurationFault } from './fault.ts'
import { nearestName } from './nearest.ts'
import { isProviderVariable, readProviderVariables } from './provider_variables.ts'
import * as values from './values.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What a process is started with. */
export interface Configuration {
  readonly host: HostOptions
  readonly server: ServerOptions
  readonly listen: { readonly address: string; readonly port: number }
  /** No DATABASE_URL: the database is in the data folder, for one process. */
  readonly embedded: boolean
  /** What is odd but stops nothing. */
  readonly warnings: readonly string[]
}

export const USUAL_PORT = 3000
const USUAL_ADDRESS = '0.0.0.0'

const READERS = {
  DATABASE_URL: values.databaseUrl,
  CRM_DATA_DIR: values.text,
  PORT: values.number(0, 65_535, true, `Use a whole number from 0 to 65535; ${USUAL_PORT} if unset.`),
  CRM_HOST: values.text,
  CRM_PUBLIC_URL: values.webUrl,
  CRM_RETURN_ORIGINS: values.origins,
  CRM_ENCRYPTION_KEYS: values.encryptionKeys,
  CRM_ADMIN_KEY: values.adminKey,
  CRM_WEBHOOK_SECRET: values.secrets,
  CRM_SYNC_RATE_LIMIT: values.number(0.001, 1e6, false, 'Use requests a second, above 0; unset for none.'),
  CRM_POLL_SECONDS: values.number(0, 1e6, false, 'Use seconds, 0 to poll only when asked.'),
  CRM_SWEEP_HOURS: values.number(0, 1e5, false, 'Use hours, 0 to sweep only when asked.'),
  CRM_ALLOW_PRIVATE_HOSTS: values.flag,
  CRM_TRUSTED_PROXIES: values.addresses,
  CRM_LOG_DIR: values.text,
  LOG_LEVEL: values.level,
} as const

type Read = {
  -readonly [Name in keyof typeof READERS]?: Extract<ReturnType<(typeof READERS)[Name]>, { value: unknown }>['value']
}

/** Of the command line alone; a server that finds them does not mind. */
const CLIENT_VARIABLES = ['CRM_URL', 'CRM_API_KEY']
const KNOWN = [...Object.keys(READERS), ...CLIENT_VARIABLES]

const readKnown = (variables: ReadonlyMap<string, string>, faults: ConfigurationFault[]): Read => {
  const entries = Object.entries(READERS).flatMap(([variable, read]) => {
    const text = variables.get(variable)
    if (text === undefined) return []
    const reading: values.Reading<unknown> = read(text)
    if ('value' in reading) return [[variable, reading.value] as const]
    faults.push({ variable, ...reading })
    return []
  })
  return Object.fromEntries(entries) as Read
}

const unknownVariables = (names: Iterable<string>): readonly string[] =>
  [...names]
    .filter((name) => name.startsWith('CRM_') && !KNOWN.includes(name) && !isProviderVariable(name))
    .map((name) => `${name} is not known and has no effect. Did you mean ${nearestName(name, KNOWN)}?`)

const given = <T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never

/**
 * Reads the environment. A variable that is set to nothing counts as unset. Throws a `ConfigurationError` with every
 * fault at once; no value that may be a secret is ever repeated in one.
 */
export const readConfiguration = (environment: Environment): Configuration => {
  const set = Object.entries(environment).filter((entry): entry is [string, string] => (entry[1]?.trim() ?? '') !== '')
  const variables = new Map(set.map(([name, value]) => [name, value.trim()]))
  const faults: ConfigurationFault[] = []
  const read = readKnown(variables, faults)
  const { oauthClients, defaultSettings, webhookAddresses } = readProviderVariables([...variables], faults)
  const embedded = !variables.has('DATABASE_URL')
  if (!embedded && !variables.has('CRM_ENCRYPTION_KEYS')) {
    faults.push({
      variable: 'CRM_ENCRYPTION_KEYS',
      message: 'is missing, and with DATABASE_URL no key is made for you',
      remedy: 'Make one, keep it with your other secrets and set it: raccordo keys generate',
    })
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  const logLevel = read.LOG_LEVEL ?? 'info'
  return {
    host: {
      ...given({
        databaseUrl: read.DATABASE_URL,
        encryptionKeys: read.CRM_ENCRYPTION_KEYS,
        publicUrl: read.CRM_PUBLIC_URL,
        returnOrigins: read.CRM_RETURN_ORIGINS,
        webhookSecret: read.CRM_WEBHOOK_SECRET,
        rateLimit: read.CRM_SYNC_RATE_LIMIT,
        pollSeconds: read.CRM_POLL_SECONDS,
        sweepHours: read.CRM_SWEEP_HOURS,
        allowPrivateHosts: read.CRM_ALLOW_PRIVATE_HOSTS,
        logDir: read.CRM_LOG_DIR,
      }),
      ...(embedded ? { dataDir: resolve(read.CRM_DATA_DIR ?? '.raccordo') } : {}),
      oauthClients,
      defaultSettings,
      logLevel,
    },
    server: {
      ...given({ adminKey: read.CRM_ADMIN_KEY, trustedProxies: read.CRM_TRUSTED_PROXIES }),
      webhookAddresses,
      logLevel,
    },
    listen: { address: read.CRM_HOST ?? USUAL_ADDRESS, port: read.PORT ?? USUAL_PORT },
    embedded,
    warnings: unknownVariables(variables.keys()),
  }
}
