import { type CrmDouble, compareWithTruth, type TruthRecord } from '@raccordo/testkit'
import { expect } from 'vitest'
import { backfillOf, type Caller, callerOf, callsFor, countBySubject, until } from './history.ts'
import { type ServerProcess, startServer } from './server_process.ts'

const FIELDS = {
  contact: ['email', 'first_name', 'last_name', 'phone_e164', 'title', 'country_iso'],
  company: ['name', 'domain'],
} as const
const EQUAL = { lost: [], stale: [], ghosts: [], duplicated: [] }

/** A CRM, a way to it that may lose answers, and what a server that dies in between has to be told. */
export interface Survival {
  readonly provider: string
  readonly crm: CrmDouble
  /** How the server reaches the CRM. */
  readonly connection: CrmDouble['connection']
  readonly environment: Readonly<Record<string, string>>
  readonly contacts: number
  readonly calls: number
  /** From here on a part of the answers is lost after the CRM has done what it was asked. */
  loseAnswers(): void
  /** Distinguishes the calls of this history from all others in the CRM. */
  readonly mark: string
}

/**
 * Backfills and pushes calls; the server is killed without warning in the middle of both. In the end the feed equals
 * the CRM's truth, and every call exists in the CRM once, at its contact.
 */
export const surviveKills = async (history: Survival, onServer: (server: ServerProcess) => void): Promise<void> => {
  const { crm, provider, connection, environment, mark } = history
  const start = async (): Promise<{ server: ServerProcess; caller: Caller }> => {
    const server = await startServer(environment)
    onServer(server)
    return { server, caller: callerOf(server.api) }
  }
  await crm.seed({ contacts: history.contacts, companies: 200 })
  let { server, caller } = await start()
  const { id } = await caller.connect(provider, {
    settings: { ...connection.settings, limits: { write: 20, page: 50 } },
    credentials: connection.credentials,
  })

  await caller.startBackfill(id)
  await until('a part of the contacts has come', async () => (await backfillOf(caller, id, 'contact')).records > 500)
  await server.kill()
  ;({ server, caller } = await start())
  expect((await backfillOf(caller, id, 'contact')).isOver).toBe(false)
  for (const type of ['contact', 'company'] as const) {
    await until(`every ${type} has come`, async () => (await backfillOf(caller, id, type)).isOver)
    const differences = compareWithTruth(await crm.truth(type), await caller.feed(id, type), FIELDS[type])
    expect(differences).toEqual(EQUAL)
  }

  const callee = (await caller.feed(id, 'contact')).findLast(({ data }) => data['email'] !== null)
  await caller.link(id, 'contact', 'callee', callee?.externalId ?? '')
  const ownCalls = async (): Promise<readonly TruthRecord[]> =>
    (await crm.truth('activity')).filter(({ data }) => String(data['subject']).startsWith(mark))
  history.loseAnswers()
  const receipts = await caller.pushAll(id, callsFor(history.calls, 'callee', mark))
  await until('some calls have come', async () => (await ownCalls()).length > history.calls / 10)
  await server.kill()
  ;({ server, caller } = await start())
  const isQuiet = async (): Promise<boolean> => {
    const { outbox } = await caller.state(id)
    return outbox.pending + outbox.inFlight === 0
  }
  await until('no push is open', isQuiet, 400_000)
  const fates = await Promise.all(receipts.map(async (receipt) => (await caller.push(receipt.id)).status))
  expect(fates.filter((status) => status !== 'done')).toEqual([])
  const calls = await ownCalls()
  expect([...countBySubject(calls)].filter(([, count]) => count !== 1)).toEqual([])
  expect(calls.length).toBe(history.calls)
  const astray = calls.filter(({ links }) => !links.some(({ remoteId }) => remoteId === callee?.externalId))
  expect(astray).toEqual([])
}
