import { fileURLToPath } from 'node:url'
import { createHost, type Host, type PassState } from '@raccordo/core'
import { beChild } from './child.ts'
import { type Connection, RIVALS } from './rivals.ts'

export interface BackfillInput {
  readonly provider: string
  readonly connection: Connection
  readonly databaseUrl: string
  /** Looks at the heap once this many records are in, and again at the end. Needs --expose-gc. */
  readonly firstLookAt?: number
}

export interface BackfillAnswer {
  readonly records: number
  readonly seconds: number
  /** Bytes of the heap that live, after a forced collection, by the number of records that were in. */
  readonly looks: readonly { readonly records: number; readonly heapBytes: number }[]
}

const hostPackageJson = fileURLToPath(new URL('../package.json', import.meta.url))
const LOOK_EVERY_MS = 20

const sum = (passes: readonly PassState[]): number => passes.reduce((total, { records }) => total + records, 0)

const liveHeapBytes = (): number => {
  if (globalThis.gc === undefined) throw new Error('Start this with --expose-gc')
  // What the first collection finalises, the second one frees.
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

const lookOnTheWay = async (host: Host, id: string, firstLookAt: number, looks: BackfillAnswer['looks'][number][]) => {
  for (;;) {
    const records = sum((await host.connections.status(id)).passes.filter(({ pass }) => pass === 'backfill'))
    if (records >= firstLookAt) return void looks.push({ records, heapBytes: liveHeapBytes() })
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** The backfill of Raccordo, from asking for it to its end. */
await beChild<BackfillInput, BackfillAnswer>(async ({ provider, connection, databaseUrl, firstLookAt }) => {
  const host = await createHost({
    databaseUrl,
    hostPackageJson,
    encryptionKeys: [`${Buffer.alloc(32, 1).toString('base64url')}=`],
    providers: { only: [provider] },
    allowPrivateHosts: true,
    pollSeconds: 0,
    sweepHours: 0,
    logLevel: 'warn',
  })
  await host.start()
  const { id } = await host.connections.create({
    workspaceId: 'bench',
    provider,
    settings: { ...connection.settings, ...RIVALS[provider]?.unlimited },
    credentials: connection.credentials,
  })
  const looks: BackfillAnswer['looks'][number][] = []
  const startedAt = performance.now()
  const { runId } = await host.sync.backfill(id, { objects: ['contact'] })
  const looking = firstLookAt === undefined ? undefined : lookOnTheWay(host, id, firstLookAt, looks)
  const passes = await host.sync.wait(id, runId)
  const seconds = (performance.now() - startedAt) / 1_000
  await looking
  if (firstLookAt !== undefined) looks.push({ records: sum(passes), heapBytes: liveHeapBytes() })
  await host.stop()
  return { records: sum(passes), seconds, looks }
})
