import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import got, { type Got } from 'got'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const ADMIN_KEY = 'admin-key-of-a-test'
const READY_WITHIN_MS = 90_000

/** A real server in a process of its own, which can be killed. */
export interface ServerProcess {
  readonly url: string
  /** Calls the REST API as admin. */
  readonly api: Got
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>
  /** SIGTERM, and wait. */
  stop(): Promise<number | null>
}

/** Starts `raccordo serve` on a free port and waits until it says that it is ready. */
export const startServer = async (environment: Readonly<Record<string, string>>): Promise<ServerProcess> => {
  const child = spawn(process.execPath, ['apps/server/src/bin.ts', 'serve'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      CRM_ADMIN_KEY: ADMIN_KEY,
      CRM_ALLOW_PRIVATE_HOSTS: '1',
      CRM_POLL_SECONDS: '0',
      LOG_LEVEL: 'info',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await readyUrl(child)
  const api = got.extend({
    prefixUrl: url,
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    responseType: 'json',
    retry: { limit: 2 },
    timeout: { request: 60_000 },
  })
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    return child.exitCode
  }
  return {
    url,
    api,
    kill: async () => {
      await end('SIGKILL')
    },
    stop: () => end('SIGTERM'),
  }
}

const readyUrl = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    const said: string[] = []
    const fail = (why: string) => reject(new Error(`The server ${why}. It said:\n${said.slice(-20).join('\n')}`))
    const timer = setTimeout(() => fail('was not ready in time'), READY_WITHIN_MS)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with ${code}`)
    })
    const listen = (line: string): void => {
      said.push(line)
      const found = /"url":"(http[^"]+)"/.exec(line)
      if (found?.[1] === undefined || !line.includes('"ready"')) return
      clearTimeout(timer)
      resolve(found[1])
    }
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', listen)
    }
  })
