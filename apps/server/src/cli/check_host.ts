import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host, HostOptions } from '@raccordo/core'
import type { Configuration } from '../config/configuration.ts'
import { type Finding, failed, ok, warning } from './finding.ts'
import { startFaultWords } from './start_fault.ts'

/** Checks of `ready()` that only a started host can pass. */
const ONLY_WHEN_STARTED = new Set(['workers', 'jobs'])

const checkDatabase = async (host: Host): Promise<readonly Finding[]> => {
  const { checks } = await host.health.ready()
  return Object.entries(checks)
    .filter(([name]) => !ONLY_WHEN_STARTED.has(name))
    .map(([name, state]) =>
      state === 'ok'
        ? ok(name, 'ok')
        : failed(name, state, 'Check DATABASE_URL, and bring the schema up to date: raccordo migrate'),
    )
}

const checkProviders = (host: Host): Finding => {
  const found = host.providers.list()
  const names = found.map(({ id, version }) => `${id} ${version}`).join(', ')
  return found.length > 0
    ? ok('providers', names)
    : warning('providers', 'none is installed', 'Add one beside the server: npm install @raccordo/plugin-…')
}

/** A folder for a host that shall leave no trace. */
const withScratchFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'raccordo-doctor-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const openAndCheck = async (options: HostOptions, check: (host: Host) => Promise<readonly Finding[]>) => {
  try {
    const { createHost } = await import('@raccordo/core')
    const host = await createHost({ ...options, works: false, logLevel: 'silent' })
    try {
      return await check(host)
    } finally {
      await host.stop()
    }
  } catch (error) {
    return [failed('host', startFaultWords(error, false), 'Correct this: `raccordo serve` would not start.')]
  }
}

/**
 * Opens the host as `serve` would, without starting it: nothing is migrated and nothing works. An embedded database
 * that a server has open is left alone, and one that was never made is not made now.
 */
export const checkHost = async (configuration: Configuration, serverAnswers: boolean): Promise<readonly Finding[]> => {
  const { embedded, host: options } = configuration
  if (embedded && serverAnswers) return [ok('database', 'embedded, in use by the server that answers')]
  if (embedded && !existsSync(options.dataDir ?? '')) {
    const fresh = ok('database', `embedded; ${options.dataDir} is made at the first start`)
    const check = async (host: Host) => [fresh, checkProviders(host)]
    return withScratchFolder((dataDir) => openAndCheck({ ...options, dataDir }, check))
  }
  return openAndCheck(options, async (host) => [...(await checkDatabase(host)), checkProviders(host)])
}
