import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** A server with a database of its own, in a process of its own. */
export interface Stack {
  readonly url: string
  readonly adminKey: string
  /** The last lines of its log, for when something went wrong. */
  lastWords(): string
  /** Ends the server and removes the database. */
  stop(): Promise<void>
}

/** An OAuth app, as its CRM knows it. */
export interface OAuthClient {
  readonly provider: string
  readonly clientId: string
  readonly clientSecret: string
}

const READY_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 12_000
const LAST_LINES = 12
const OF_THE_SERVER = /^CRM_|_DEFAULT_|^(?:DATABASE_URL|PORT|LOG_LEVEL)$/

const programOf = async (): Promise<string> => {
  const file = createRequire(import.meta.url).resolve('@raccordo/server/package.json')
  const { bin } = JSON.parse(await readFile(file, 'utf8')) as { bin: { raccordo: string } }
  return resolve(dirname(file), bin.raccordo)
}

/** Nothing that the user has set for a server of their own may lead this one to their database. */
const cleanEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THE_SERVER.test(name)))

const readyLine = (line: string): string | undefined => {
  try {
    const { msg, url } = JSON.parse(line) as { msg?: unknown; url?: unknown }
    return msg === 'ready' && typeof url === 'string' ? url : undefined
  } catch {
    return undefined
  }
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await ended
  clearTimeout(limit)
}

/** A port that was free a moment ago: the server has to be told its public address before it starts. */
const freePort = async (): Promise<number> => {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

const clientVariables = (clients: readonly OAuthClient[]): Record<string, string> =>
  Object.fromEntries(
    clients.flatMap(({ provider, clientId, clientSecret }) => {
      const prefix = `CRM_${provider.toUpperCase().replaceAll('-', '_')}`
      return [
        [`${prefix}_CLIENT_ID`, clientId],
        [`${prefix}_CLIENT_SECRET`, clientSecret],
      ]
    }),
  )

/** Starts `raccordo serve` on a free port with an embedded database in a temporary folder, as a user would. */
export const startStack = async (options: {
  readonly hostPackageJson: string
  /** 0 polls only when asked. */
  readonly pollSeconds: number
  /** The OAuth apps that people sign in through. */
  readonly clients: readonly OAuthClient[]
}): Promise<Stack> => {
  const folder = await mkdtemp(join(tmpdir(), 'raccordo-demo-'))
  const adminKey = randomBytes(24).toString('base64url')
  const lines: string[] = []
  const port = await freePort()
  const child = spawn(process.execPath, [await programOf(), 'serve'], {
    cwd: dirname(options.hostPackageJson),
    env: {
      ...cleanEnvironment(),
      CRM_DATA_DIR: join(folder, 'data'),
      CRM_HOST: '127.0.0.1',
      CRM_ADMIN_KEY: adminKey,
      CRM_ALLOW_PRIVATE_HOSTS: '1',
      CRM_POLL_SECONDS: String(options.pollSeconds),
      CRM_PUBLIC_URL: `http://127.0.0.1:${port}`,
      PORT: String(port),
      ...clientVariables(options.clients),
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C at a terminal goes to the whole group: in one of its own, the server is told once, by us.
    detached: true,
  })
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)
  const stop = async (): Promise<void> => {
    await end(child)
    process.off('exit', killed)
    await rm(folder, { recursive: true, force: true })
  }
  const lastWords = () => lines.join('\n')

  const url = new Promise<string>((found, failed) => {
    const keep = (line: string): void => {
      lines.push(line)
      if (lines.length > LAST_LINES) lines.shift()
      const ready = readyLine(line)
      if (ready !== undefined) found(ready)
    }
    createInterface({ input: child.stdout }).on('line', keep)
    createInterface({ input: child.stderr }).on('line', keep)
    child.once('error', failed)
    child.once('exit', (code, signal) => failed(new Error(`The server ended (${signal ?? code}):\n${lastWords()}`)))
    setTimeout(
      () => failed(new Error(`The server is not ready after ${READY_LIMIT_MS / 1_000} s:\n${lastWords()}`)),
      READY_LIMIT_MS,
    ).unref()
  })
  try {
    return { url: await url, adminKey, lastWords, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
