import type { Template, TestSource } from '@raccordo/testkit/database'
import { sql } from 'kysely'
import { onTestFinished } from 'vitest'
import type { FeedRecord, Host, PushItem, PushStatus, RunRequest } from '../../src/api.ts'
import { generateFernetKey } from '../../src/auth/fernet.ts'
import type { Fields, ObjectType } from '../../src/contract.ts'
import { createHost } from '../../src/host.ts'
import type { HostOptions } from '../../src/host_options.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { type FakeCrm, startCrm } from './crm.ts'
import { type CrmFacts, createProvider } from './provider.ts'

const KEY = generateFernetKey()

const hostOn = (source: TestSource, facts: CrmFacts, options: Partial<HostOptions>): Promise<Host> =>
  createHost({
    database: source,
    providers: { only: [], extra: [createProvider(facts)] as never },
    allowPrivateHosts: true,
    pollSeconds: 0,
    encryptionKeys: [KEY],
    logLevel: 'silent',
    callTimeoutMs: 3_000,
    ...options,
  })

/** A database with everything that a host's first start makes. */
export const hostTemplate: Template = {
  name: 'host',
  prepare: async (source) => {
    const host = await hostOn(source, {}, { works: false })
    await host.start()
    await host.stop()
  },
}

export interface Rig {
  readonly crm: FakeCrm
  readonly host: Host
  readonly connectionId: string
  readonly database: Database
  /** Starts another host on the same database, as a second process would. */
  another(facts?: CrmFacts, options?: Partial<HostOptions>): Promise<Host>
  /** Connects the same CRM again. */
  connect(workspaceId: string, crm?: FakeCrm): Promise<string>
  backfill(request?: RunRequest): Promise<void>
  pull(request?: RunRequest): Promise<void>
  sweep(request?: RunRequest): Promise<void>
  push(item: PushItem): Promise<string>
  /** Pushes and waits for the end. */
  pushed(item: PushItem): Promise<PushStatus>
  /** The whole feed of a type. */
  feed(object?: ObjectType): Promise<readonly FeedRecord[]>
  rows<Row = Record<string, unknown>>(statement: string): Promise<readonly Row[]>
}

export const contactItem = (localId: string, data: Fields): PushItem => ({ object: 'contact', localId, data })

/** A host with a connection to a fake CRM; everything ends with the test. */
export const startRig = async (
  source: TestSource,
  facts: CrmFacts = {},
  options: Partial<HostOptions> = {},
): Promise<Rig> => {
  const crm = await startCrm(facts.routes)
  onTestFinished(() => crm.stop())
  const database = await openDatabase(source)
  onTestFinished(() => database.close())
  const begin = async (otherFacts: CrmFacts, otherOptions: Partial<HostOptions>): Promise<Host> => {
    const host = await hostOn(source, otherFacts, otherOptions)
    onTestFinished(() => host.stop())
    await host.start()
    return host
  }
  const host = await begin(facts, options)
  const connect = async (workspaceId: string, target: FakeCrm = crm): Promise<string> => {
    const { id } = await host.connections.create({
      workspaceId,
      provider: facts.id ?? 'fake',
      settings: { apiBaseUrl: target.server.url },
      credentials: { apiKey: target.knobs.token },
    })
    return id
  }
  const connectionId = await connect('workspace-1')
  const wait = async ({ runId }: { readonly runId: string }): Promise<void> => {
    await host.sync.wait(connectionId, runId, { timeoutMs: 40_000 })
  }
  const push = async (item: PushItem): Promise<string> => (await host.push(connectionId, item)).id
  return {
    crm,
    host,
    connectionId,
    database,
    another: (otherFacts = facts, otherOptions = options) => begin(otherFacts, otherOptions),
    connect,
    backfill: async (request) => wait(await host.sync.backfill(connectionId, request)),
    pull: async (request) => wait(await host.sync.pull(connectionId, request)),
    sweep: async (request) => wait(await host.sync.sweep(connectionId, request)),
    push,
    pushed: async (item) => host.outbox.wait(await push(item), { timeoutMs: 40_000 }),
    feed: async (object = 'contact') => {
      const records: FeedRecord[] = []
      for (let after: string | undefined; ; ) {
        const page = await host.feed(connectionId, object, { limit: 1_000, ...(after === undefined ? {} : { after }) })
        records.push(...page.records)
        if (!page.hasMore) return records
        after = page.next
      }
    },
    rows: async <Row>(statement: string) => (await sql.raw<Row>(statement).execute(database.db)).rows,
  }
}

/** Looks again and again until it holds; throws what was missing after `timeoutMs`. */
export const eventually = async (check: () => unknown, timeoutMs = 15_000): Promise<void> => {
  const endsAt = performance.now() + timeoutMs
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (performance.now() > endsAt) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
