import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { TestPostgres } from '@raccordo/testkit/database'
import { median, range } from './numbers.ts'
import type { Line } from './report.ts'

const RUNS = 5
const MOST_MS = 2_000
const PATIENCE_MS = 60_000
const ASK_EVERY_MS = 10
const root = fileURLToPath(new URL('..', import.meta.url))

const programOf = async (): Promise<string> => {
  const file = createRequire(import.meta.url).resolve('@raccordo/server/package.json')
  const { bin } = JSON.parse(await readFile(file, 'utf8')) as { bin: { raccordo: string } }
  return resolve(dirname(file), bin.raccordo)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1')
  return address.port
}

const isReady = async (url: string): Promise<boolean> => {
  const reply = await fetch(url).catch(() => undefined)
  await reply?.arrayBuffer()
  return reply?.status === 200
}

/** Milliseconds until the server says that it is ready. Throws where it ends before. */
const untilReady = async (server: ChildProcess, url: string): Promise<number> => {
  const startedAt = performance.now()
  while (!(await isReady(url))) {
    if (server.exitCode !== null) throw new Error(`raccordo serve ended with ${server.exitCode}`)
    if (performance.now() - startedAt > PATIENCE_MS) throw new Error('raccordo serve does not become ready')
    await delay(ASK_EVERY_MS)
  }
  return performance.now() - startedAt
}

/** Starts the server on a migrated Postgres again and again, as a supervisor would. */
export const benchStart = async (postgres: TestPostgres, say: (text: string) => void): Promise<readonly Line[]> => {
  const program = await programOf()
  const databaseUrl = await postgres.createDatabase()
  const inherited = Object.entries(process.env).filter(([name]) => !/^CRM_|_DEFAULT_|^DATABASE_URL$/.test(name))
  const launch = (command: 'migrate' | 'serve', port: number): ChildProcess =>
    spawn(process.execPath, [program, command], {
      cwd: root,
      env: {
        ...Object.fromEntries(inherited),
        DATABASE_URL: databaseUrl,
        CRM_ENCRYPTION_KEYS: `${Buffer.alloc(32, 1).toString('base64url')}=`,
        CRM_HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  const measured: number[] = []
  try {
    const [code] = await once(launch('migrate', 0), 'exit')
    if (code !== 0) throw new Error(`raccordo migrate ended with ${code}`)
    for (let run = 1; run <= RUNS; run += 1) {
      const port = await freePort()
      const server = launch('serve', port)
      const ended = once(server, 'exit')
      try {
        measured.push(await untilReady(server, `http://127.0.0.1:${port}/readyz`))
      } finally {
        server.kill('SIGTERM')
        await ended
      }
      say(`Start ${run}: ready after ${Math.round(measured.at(-1) ?? 0)} ms`)
    }
  } finally {
    await postgres.dropDatabase(databaseUrl)
  }
  const middle = median(measured)
  return [
    {
      what: 'raccordo serve, spawn to ready',
      raccordo: `${Math.round(middle)} ms (${range(measured, 0)})`,
      rival: '',
      ratio: (middle / MOST_MS).toFixed(2),
      bound: `at most ${MOST_MS} ms`,
      isKept: middle <= MOST_MS,
    },
  ]
}
