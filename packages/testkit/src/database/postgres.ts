import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Binaries, findBinaries } from './binaries.ts'
import { type TestDatabases, testDatabases } from './databases.ts'

const READY = 'database system is ready to accept connections'
const STOP_MS = 10_000
const STARTS = 3

// Two cores build nothing faster in parallel, and a crash of the machine may lose what a test wrote.
const SPEED = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_parallel_workers_per_gather=0']
const SERVER = ['max_connections=200', 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...SPEED]
const CLUSTER = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-sync', '--no-instructions']
const LOCALE = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']

/** A Postgres of its own in a temporary folder. */
export interface TestPostgres extends TestDatabases {
  /** Of the maintenance database. */
  readonly url: string
  /** Ends the server. Its folder goes too, unless a database was kept: then answers how to look at it. */
  stop(): Promise<string | undefined>
}

/**
 * Starts a Postgres on a free port of 127.0.0.1 in about a second, for one run of tests. Nothing is needed on the
 * machine; a Postgres that cannot start is an error with its own last words.
 */
export const testPostgres = async (): Promise<TestPostgres> => {
  const folder = await mkdtemp(join(tmpdir(), 'raccordo-postgres-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    await chmod(folder, 0o755)
    const binaries = await findBinaries(folder)
    const dataFolder = await makeCluster(binaries, folder)
    const { server, port } = await startServer(binaries, dataFolder)
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const databases = testDatabases(url)
    const stop = async (): Promise<string | undefined> => {
      const kept = await databases.kept()
      await stopServer(server)
      process.removeListener('exit', remove)
      if (kept.length === 0) return void (await rm(folder, { recursive: true, force: true }))
      return `Kept ${kept.join(', ')}; serve them again with: ${binaries.postgres} -D ${dataFolder} -p ${port}`
    }
    return { ...databases, url, stop }
  } catch (error) {
    remove()
    process.removeListener('exit', remove)
    throw error
  }
}

const makeCluster = async ({ initdb, user }: Binaries, folder: string): Promise<string> => {
  const dataFolder = join(folder, 'data')
  await mkdir(dataFolder, { mode: 0o700 })
  if (user !== undefined) await chown(dataFolder, user.uid, user.gid)
  const program = spawn(initdb, [`--pgdata=${dataFolder}`, ...CLUSTER, ...LOCALE], { ...user, cwd: folder })
  const words = lastWords(program)
  const [code] = await once(program, 'close')
  if (code !== 0) throw new Error(`Postgres could not make its data folder: ${words()}`)
  return dataFolder
}

const startServer = async (
  { postgres, user }: Binaries,
  dataFolder: string,
): Promise<{ readonly server: ChildProcess; readonly port: number }> => {
  let words = ''
  for (let start = 1; start <= STARTS; start += 1) {
    const port = await freePort()
    const settings = SERVER.flatMap((setting) => ['-c', setting])
    const server = spawn(postgres, ['-D', dataFolder, '-p', String(port), ...settings], { ...user, cwd: dataFolder })
    const said = lastWords(server)
    const isReady = await new Promise<boolean>((resolve, reject) => {
      server.stderr.on('data', () => said().includes(READY) && resolve(true))
      server.once('error', reject)
      server.once('close', () => resolve(false))
    })
    if (isReady) return { server, port }
    // The port may have been taken in between: another one is tried.
    words = said()
  }
  throw new Error(`Postgres did not start: ${words}`)
}

const stopServer = async (server: ChildProcess): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return
  const closed = once(server, 'close')
  // SIGINT is Postgres's fast shutdown: it ends open sessions instead of waiting for them.
  server.kill('SIGINT')
  const hard = setTimeout(() => server.kill('SIGKILL'), STOP_MS)
  await closed
  clearTimeout(hard)
}

/** Collects the end of what a program says, and reads it so that its pipes never fill. */
const lastWords = (program: ChildProcess): (() => string) => {
  let text = ''
  for (const stream of [program.stdout, program.stderr])
    stream?.on('data', (piece: Buffer) => {
      text = (text + piece.toString('utf8')).slice(-4_000)
    })
  return () => text.trim()
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1')
  return address.port
}
