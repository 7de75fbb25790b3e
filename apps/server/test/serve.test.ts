import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { testDatabases } from '@raccordo/testkit/database'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'

const BIN = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

interface Process {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<number | null>
  out(): string
  err(): string
}

describe('the process', () => {
  let folder: string
  let port: number
  const started: Process[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'raccordo-serve-'))
    await writeFile(join(folder, 'package.json'), '{"name":"a-host","private":true}')
    port = await freePort()
  })
  afterEach(async () => {
    for (const { child } of started.splice(0)) child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })

  const start = (words: readonly string[], environment: Record<string, string> = {}): Process => {
    const env = { PATH: process.env['PATH'] ?? '', PORT: String(port), LOG_LEVEL: 'warn', ...environment }
    const child = spawn(process.execPath, [BIN, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const texts = { out: '', err: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      texts.out += chunk
    })
    child.stderr.on('data', (chunk: Buffer) => {
      texts.err += chunk
    })
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    const one = { child, ended, out: () => texts.out, err: () => texts.err }
    started.push(one)
    return one
  }

  const ready = async ({ child, err }: Process): Promise<void> => {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${err()}`)
      const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
      if (reply?.status === 200) return
      await delay(100)
    }
  }

  it('needs nothing to start, prints an admin key once, and stops on SIGTERM', async () => {
    const first = start(['serve'])
    await ready(first)
    const key = /^ {4}(\S+)$/m.exec(first.out())?.[1]
    expect(key).toBeDefined()
    const headers = { authorization: `Bearer ${key}` }
    expect((await fetch(`http://127.0.0.1:${port}/crm/providers`, { headers })).status).toBe(200)

    const second = start(['serve'], { PORT: String(await freePort()) })
    expect(await second.ended).toBe(1)
    expect(second.err()).toContain('in use by process')
    expect(second.err()).not.toContain('    at ')

    const doctor = start(['doctor', '--json'], { CRM_API_KEY: String(key) })
    expect(await doctor.ended).toBe(0)
    expect(JSON.parse(doctor.out())).toContainEqual({
      check: 'server',
      result: 'ok',
      detail: `ready at http://127.0.0.1:${port}`,
    })

    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(0)

    const again = start(['serve'])
    await ready(again)
    expect(again.out()).not.toMatch(/^ {4}\S+$/m)
    expect((await fetch(`http://127.0.0.1:${port}/crm/providers`, { headers })).status).toBe(200)
    again.child.kill('SIGINT')
    expect(await again.ended).toBe(0)
  }, 240_000)

  it('shares a Postgres with workers, and is ready in seconds once it is migrated', async () => {
    const databases = testDatabases(inject('postgresUrl'))
    const url = await databases.createDatabase()
    const generated = start(['keys', 'generate'])
    await generated.ended
    const environment = { DATABASE_URL: url, CRM_ENCRYPTION_KEYS: generated.out().trim() }
    const migrated = start(['migrate'], environment)
    expect(await migrated.ended).toBe(0)
    expect(migrated.out()).toBe('The database is up to date.\n')

    const made = start(['keys', 'create', '--name', 'operator'], environment)
    expect(await made.ended).toBe(0)
    const headers = { authorization: `Bearer ${made.out().trim()}` }
    const worker = start(['worker'], environment)
    const server = start(['serve'], environment)
    await ready(server)
    expect((await fetch(`http://127.0.0.1:${port}/crm/connections`, { headers })).status).toBe(200)
    expect(server.out()).not.toContain('admin key')
    for (const { child, ended } of [server, worker]) {
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
    }
    await databases.dropDatabase(url)
  }, 120_000)

  it('says in one message why it does not start', async () => {
    const blocker = createServer().listen(port, '0.0.0.0')
    const taken = start(['serve'], { CRM_ADMIN_KEY: 'an-admin-key-of-some-length' })
    expect(await taken.ended).toBe(1)
    expect(taken.err()).toBe(`Port ${port} is in use. Stop what listens there, or set PORT to another one.\n`)
    await new Promise((resolve) => blocker.close(resolve))

    const key = Buffer.alloc(32, 1).toString('base64')
    const away = start(['migrate'], { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x', CRM_ENCRYPTION_KEYS: key })
    expect(await away.ended).toBe(1)
    expect(away.err()).toContain('DATABASE_URL')
    expect(away.err()).not.toMatch(/hunter2|\n {4}at /)

    const worker = start(['worker'])
    expect(await worker.ended).toBe(1)
    expect(worker.err()).toContain('set DATABASE_URL')
  }, 120_000)
})
