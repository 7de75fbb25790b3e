import type { AddressInfo } from 'node:net'
import type { Host } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import type { Configuration } from './config/configuration.ts'

/** A server at work. */
export interface Running {
  /** Where it answers, with the port that it really has. */
  readonly url: string
  /** Finishes what is in flight, within ten seconds, and closes the database. */
  stop(): Promise<void>
}

/** Open requests get this long before their connections are cut; the host may need the rest of the ten seconds. */
const REQUESTS_GRACE_MS = 1_500

const welcome = (secret: string): string =>
  [
    '',
    'This is the first start: here is an admin key. It is shown this once.',
    '',
    `    ${secret}`,
    '',
    'Send it as "Authorization: Bearer <key>", or set CRM_API_KEY to use the raccordo command line.',
    '',
    '',
  ].join('\n')

const listen = async (app: FastifyInstance, { address, port }: Configuration['listen']): Promise<string> => {
  try {
    await app.listen({ host: address, port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reasons: Readonly<Record<string, string>> = {
      EADDRINUSE: `Port ${port} is in use. Stop what listens there, or set PORT to another one.`,
      EACCES: `Port ${port} may not be opened by this user. Set PORT to one above 1023.`,
      EADDRNOTAVAIL: `The address "${address}" is none of this machine. Correct CRM_HOST, or leave it unset.`,
      ENOTFOUND: `The address "${address}" is not known. Correct CRM_HOST, or leave it unset.`,
    }
    throw new Error(reasons[code ?? ''] ?? (error as Error).message, { cause: error })
  }
  const bound = app.server.address() as AddressInfo
  const isAny = bound.address === '0.0.0.0' || bound.address === '::'
  const name = isAny ? '127.0.0.1' : bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return `http://${name}:${bound.port}`
}

const closeRequests = async (app: FastifyInstance): Promise<void> => {
  const cut = setTimeout(() => app.server.closeAllConnections(), REQUESTS_GRACE_MS)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}

/** An embedded database has nobody to set it up: whoever starts it is its admin. */
const greetFirstAdmin = async (host: Host, { embedded, server }: Configuration, print: (text: string) => void) => {
  if (!embedded || server.adminKey !== undefined || !(await host.keys.isEmpty())) return
  const { secret } = await host.keys.create({ name: 'first start' })
  print(welcome(secret))
}

/**
 * Starts a host and serves it. `print` takes what a person at the terminal should read. Throws what stops the start,
 * and leaves nothing running then.
 */
export const serve = async (configuration: Configuration, print: (text: string) => void): Promise<Running> => {
  const [{ createHost }, { buildServer }] = await Promise.all([import('@raccordo/core'), import('./server.ts')])
  const host = await createHost(configuration.host)
  const app = buildServer(host, configuration.server)
  try {
    await host.start()
    await greetFirstAdmin(host, configuration, print)
    for (const warning of configuration.warnings) app.log.warn(warning)
    const url = await listen(app, configuration.listen)
    app.log.info({ url }, 'ready')
    return {
      url,
      stop: async () => {
        await closeRequests(app)
        await host.stop()
      },
    }
  } catch (error) {
    await app.close()
    await host.stop().catch(() => undefined)
    throw error
  }
}
