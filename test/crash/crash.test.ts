import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadSimulators } from '@raccordo/core'
import { compareWithTruth, type Simulator, type SimulatorDefinition } from '@raccordo/testkit'
import { testDatabases } from '@raccordo/testkit/database'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { backfillOf, type Caller, callerOf, callsFor, countBySubject, until } from './history.ts'
import { type ServerProcess, startServer } from './server_process.ts'

const CONTACTS = 5_000
const CALLS = 200
const FIELDS = ['email', 'first_name', 'last_name', 'phone_e164', 'title', 'country_iso']

const simulators = await loadSimulators(fileURLToPath(new URL('../../package.json', import.meta.url)))

/** Where a server keeps its data, so that the next one finds it. */
const home = async (backend: 'pglite' | 'postgres') => {
  if (backend === 'pglite') {
    const folder = await mkdtemp(join(tmpdir(), 'raccordo-crash-'))
    return { environment: { CRM_DATA_DIR: folder }, drop: () => rm(folder, { recursive: true, force: true }) }
  }
  const databases = testDatabases(inject('postgresUrl'))
  const url = await databases.createDatabase()
  const keys = `${randomBytes(32).toString('base64url')}=`
  return { environment: { DATABASE_URL: url, CRM_ENCRYPTION_KEYS: keys }, drop: () => databases.dropDatabase(url) }
}

for (const { provider, simulator } of simulators) {
  describe.each(['pglite', 'postgres'] as const)(`kill -9 on %s with ${provider}`, (backend) => {
    let crm: Simulator | undefined
    let server: ServerProcess | undefined
    let data: Awaited<ReturnType<typeof home>> | undefined
    afterAll(async () => {
      await server?.stop()
      await crm?.stop()
      await data?.drop()
    })

    it('every record arrives once and every call exists once, whatever dies in between', {
      timeout: 600_000,
    }, async () => {
      crm = await (simulator as SimulatorDefinition).start({ seed: 7 })
      await crm.seed({ contacts: CONTACTS, companies: 200 })
      data = await home(backend)
      server = await startServer(data.environment)
      let caller: Caller = callerOf(server.api)
      const { id } = await caller.connect(provider, {
        settings: { ...crm.connection.settings, limits: { write: 20, page: 50 } },
        credentials: crm.connection.credentials,
      })

      await caller.startBackfill(id)
      await until(
        'a part of the contacts has come',
        async () => (await backfillOf(caller, id, 'contact')).records > 500,
      )
      await server.kill()
      server = await startServer(data.environment)
      caller = callerOf(server.api)
      const interrupted = await backfillOf(caller, id, 'contact')
      expect(interrupted.isOver).toBe(false)
      await until('the backfill has ended', async () => (await backfillOf(caller, id, 'contact')).isOver)
      await until('the companies have come', async () => (await backfillOf(caller, id, 'company')).isOver)
      const contacts = await caller.feed(id, 'contact')
      expect(compareWithTruth(await crm.truth('contact'), contacts, FIELDS)).toEqual({
        lost: [],
        stale: [],
        ghosts: [],
        duplicated: [],
      })
      expect(
        compareWithTruth(await crm.truth('company'), await caller.feed(id, 'company'), ['name', 'domain']),
      ).toEqual({
        lost: [],
        stale: [],
        ghosts: [],
        duplicated: [],
      })

      const callee = contacts.find(({ data: { email } }) => email !== null)
      await caller.link(id, 'contact', 'callee', callee?.externalId ?? '')
      crm.faults.add({ method: 'POST', probability: 0.3, effect: { kind: 'cut', when: 'after' } })
      const receipts = await caller.pushAll(id, callsFor(CALLS, 'callee'))
      const { truth } = crm
      await until('some calls have come', async () => (await truth('activity')).length > CALLS / 10)
      await server.kill()
      server = await startServer(data.environment)
      caller = callerOf(server.api)
      await until(
        'no push is open',
        async () => {
          const { outbox } = await caller.state(id)
          return outbox.pending + outbox.inFlight === 0
        },
        400_000,
      )
      const fates = await Promise.all(receipts.map(async (receipt) => (await caller.push(receipt.id)).status))
      expect(fates.filter((status) => status !== 'done')).toEqual([])
      const calls = await crm.truth('activity')
      expect([...countBySubject(calls)].filter(([, count]) => count !== 1)).toEqual([])
      expect(calls.length).toBe(CALLS)
      expect(calls.filter(({ links }) => !links.some(({ remoteId }) => remoteId === callee?.externalId))).toEqual([])
    })
  })
}
