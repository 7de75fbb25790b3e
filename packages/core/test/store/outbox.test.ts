import { eachBackend } from '@raccordo/testkit/database'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Fields, ObjectType } from '../../src/contract.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { createFeedHead, noteFeedRead } from '../../src/store/feed.ts'
import { acquireLease, type Lease } from '../../src/store/leases.ts'
import { type EnqueuedRow, enqueue, findOutboxRow, type Statement, statementOf } from '../../src/store/outbox.ts'
import { claimRows, claimUnsettled, settleRows } from '../../src/store/outbox_work.ts'
import { hostTemplate } from '../crm/rig.ts'

let number = 0
const itemOf = (localId: string, data: Fields, type: ObjectType = 'contact') => {
  number += 1
  const id = `push_${String(number).padStart(6, '0')}`
  const idempotencyKey = JSON.stringify([type, localId, data])
  return { id, type, localId, idempotencyKey, data, links: [], correlationId: 'test', actor: null }
}

eachBackend(
  'the outbox',
  (backend) => {
    let database: Database
    let connection = 0
    let connectionId = ''
    beforeAll(async () => {
      database = await openDatabase(await backend.open())
    })
    afterAll(() => database.close())

    const fresh = async (): Promise<void> => {
      connection += 1
      connectionId = `conn_${connection}`
      await createFeedHead(database.db, connectionId)
    }
    const put = async (localId: string, data: Fields, type?: ObjectType): Promise<EnqueuedRow> => {
      const [row] = await database.transaction((tx) =>
        enqueue(statementOf(tx), connectionId, [itemOf(localId, data, type)]),
      )
      if (row === undefined) throw new Error('nothing was enqueued')
      return row
    }
    const rowOf = async ({ id }: EnqueuedRow) => {
      const row = await findOutboxRow(database.db, id)
      if (row === undefined) throw new Error(`no row ${id}`)
      return row
    }
    const leaseOf = async (type: string): Promise<Lease> => {
      const lease = await acquireLease(database, `push:${connectionId}:${type}`, 'test')
      if (lease === undefined) throw new Error('the lease is taken')
      return lease
    }
    const claim = async (type: ObjectType, lease: Lease, limit = 100): Promise<readonly string[]> => {
      const terms = { lease, callBudgetMs: 1_000, settleMs: 100 }
      const rows = await database.transaction((tx) => claimRows(tx, connectionId, type, terms, limit))
      return rows.map(({ id }) => id)
    }
    const end = (lease: Lease, ids: readonly string[], status: 'done' | 'dead' | 'pending') =>
      database.transaction((tx) =>
        settleRows(
          tx,
          lease,
          ids.map((id) => ({
            id,
            status,
            stage: null,
            externalId: null,
            delayMs: 0,
            attempts: 0,
            kept: null,
            error: null,
            history: [],
          })),
        ),
      )

    test('answers the same push with the same row, whatever has become of it', async () => {
      await fresh()
      const first = await put('p1', { title: 'A' })
      expect(await put('p1', { title: 'A' })).toEqual(first)
      const lease = await leaseOf('contact')
      await end(lease, await claim('contact', lease), 'done')
      expect(await put('p1', { title: 'A' })).toEqual({ ...first, status: 'done' })
    })

    test('takes A, then B, then A for three pushes, of which the last one counts', async () => {
      await fresh()
      const rows = [await put('p1', { title: 'A' }), await put('p1', { title: 'B' }), await put('p1', { title: 'A' })]
      expect(new Set(rows.map(({ id }) => id)).size).toBe(3)
      const lease = await leaseOf('contact')
      expect(await claim('contact', lease)).toEqual([rows[2]?.id])
    })

    test('keeps the order of many pushes that come at once, of one record and of several', async () => {
      await fresh()
      const titles = ['A', 'B', 'B', 'A', 'C']
      const items = titles.flatMap((title) => [
        itemOf('p1', { title }),
        itemOf(`c-${title}`, { subject: title }, 'activity'),
      ])
      const rows = await database.transaction((tx) => enqueue(statementOf(tx), connectionId, items))
      const ids = rows.map(({ id }) => id)
      expect(new Set(ids.filter((_, index) => index % 2 === 0)).size).toBe(4)
      const calls = new Set(ids.filter((_, index) => index % 2 === 1))
      expect(await claim('activity', await leaseOf('activity'))).toEqual([...calls])
      const contacts = await leaseOf('contact')
      expect(await claim('contact', contacts)).toEqual([ids[8]])
      let statements = 0
      const many = Array.from({ length: 300 }, (_, index) => itemOf(`m${index}`, { title: 'M' }))
      await database.transaction((tx) => {
        const run = statementOf(tx)
        return enqueue(
          (text, values) => {
            statements += 1
            return run(text, values)
          },
          connectionId,
          many,
        )
      })
      expect(statements).toBeLessThan(10)
      expect(await claim('contact', contacts, 300)).toEqual(many.map(({ id }) => id))
    })

    test('merges a waiting push of a contact into the newer one, field by field', async () => {
      await fresh()
      const older = await put('p1', { title: 'A', first_name: 'Ada' })
      const newer = await put('p1', { title: 'B', last_name: null })
      expect(await rowOf(older)).toMatchObject({ status: 'superseded', superseded_by: newer.id })
      expect((await rowOf(newer)).data).toEqual({ title: 'B', first_name: 'Ada', last_name: null })
    })

    test('keeps two pushes apart where the older one has fields that were pushed before the host read on', async () => {
      await fresh()
      const older = await put('p1', { title: 'A', first_name: 'Ada' })
      await noteFeedRead(database, connectionId, 'contact', 5)
      const newer = await put('p1', { title: 'B' })
      expect(await rowOf(older)).toMatchObject({ status: 'pending', seen_seq: 0 })
      expect(await rowOf(newer)).toMatchObject({ status: 'pending', seen_seq: 5, data: { title: 'B' } })
      const whole = await put('p1', { title: 'C' })
      expect((await rowOf(newer)).superseded_by).toBe(whole.id)
    })

    test('sends every push of an activity, and a row that a worker has is not merged', async () => {
      await fresh()
      const calls = [await put('c1', { subject: 'A' }, 'activity'), await put('c1', { subject: 'B' }, 'activity')]
      for (const call of calls) expect((await rowOf(call)).status).toBe('pending')
      const taken = await put('p1', { title: 'A' })
      await claim('contact', await leaseOf('contact'))
      const newer = await put('p1', { first_name: 'Ada' })
      expect((await rowOf(taken)).status).toBe('in_flight')
      expect((await rowOf(newer)).data).toEqual({ first_name: 'Ada' })
    })

    test('hands out the oldest open row of each record alone, in the order in which they came', async () => {
      await fresh()
      const first = await put('c1', { subject: 'A' }, 'activity')
      const second = await put('c1', { subject: 'B' }, 'activity')
      const other = await put('c2', { subject: 'C' }, 'activity')
      const lease = await leaseOf('activity')
      expect(await claim('activity', lease)).toEqual([first.id, other.id])
      expect(await claim('activity', lease)).toEqual([])
      await end(lease, [first.id], 'done')
      expect(await claim('activity', lease)).toEqual([second.id])
    })

    test('does not let a dead row stand in the way of the next one', async () => {
      await fresh()
      const first = await put('c1', { subject: 'A' }, 'activity')
      const second = await put('c1', { subject: 'B' }, 'activity')
      const lease = await leaseOf('activity')
      await end(lease, await claim('activity', lease), 'dead')
      expect((await rowOf(first)).status).toBe('dead')
      expect(await claim('activity', lease)).toEqual([second.id])
    })

    test('keeps a row back while a record that it names is on its way', async () => {
      await fresh()
      const contact = await put('p1', { title: 'A' })
      const call = await put('c1', { subject: 'A', contact_id: 'p1' }, 'activity')
      const lease = await leaseOf('activity')
      expect(await claim('activity', lease)).toEqual([])
      const contacts = await leaseOf('contact')
      await end(contacts, await claim('contact', contacts), 'done')
      expect((await rowOf(contact)).status).toBe('done')
      expect(await claim('activity', lease)).toEqual([call.id])
    })

    test('lets nobody end a row that another worker took over', async () => {
      await fresh()
      const row = await put('p1', { title: 'A' })
      const dead = await leaseOf('contact')
      await claim('contact', dead)
      await database.db
        .updateTable('crm_outbox')
        .set({ next_at: new Date(0) })
        .where('id', '=', row.id)
        .execute()
      const terms = { lease: { key: dead.key, fence: dead.fence + 1 }, callBudgetMs: 1_000, settleMs: 100 }
      const taken = await database.transaction((tx) => claimUnsettled(tx, connectionId, 'contact', terms, 10))
      expect(taken.map(({ id }) => id)).toEqual([row.id])
      expect(await end(dead, [row.id], 'done')).toEqual([])
      expect((await rowOf(row)).status).toBe('in_flight')
    })

    if (backend.name === 'postgres') {
      /** A transaction of the host application on a connection of its own. */
      const hostTransaction = async () => {
        const client = new pg.Client({ connectionString: database.url })
        await client.connect()
        onTestFinished(() => client.end())
        await client.query('begin')
        const run: Statement = async <Row>(text: string, values: readonly unknown[]) =>
          (await client.query(text, [...values])).rows as Row[]
        return { client, run }
      }

      test('shows rows of a host transaction after its commit, and never after a rollback', async () => {
        await fresh()
        const { client, run } = await hostTransaction()
        const [kept] = await enqueue(run, connectionId, [itemOf('p1', { title: 'A' })])
        const lease = await leaseOf('contact')
        expect(await claim('contact', lease)).toEqual([])
        await client.query('commit')
        expect(await claim('contact', lease)).toEqual([kept?.id])
        await client.query('begin')
        await enqueue(run, connectionId, [itemOf('p2', { title: 'A' })])
        await client.query('rollback')
        expect(await claim('contact', lease)).toEqual([])
      })

      test('gives two hosts that push the same thing at once one row, and two things an order', async () => {
        await fresh()
        await put('p1', { title: 'old' })
        const first = await hostTransaction()
        const second = await hostTransaction()
        await first.client.query('select from crm_push_heads where connection_id = $1 for update', [connectionId])
        const waiting = enqueue(second.run, connectionId, [itemOf('p1', { title: 'A' })])
        await new Promise((resolve) => setTimeout(resolve, 300))
        const [one] = await enqueue(first.run, connectionId, [itemOf('p1', { title: 'A' })])
        await first.client.query('commit')
        expect(await waiting).toEqual([one])
        await second.client.query('commit')
        const third = await hostTransaction()
        const [two] = await enqueue(third.run, connectionId, [itemOf('p1', { title: 'B' })])
        await third.client.query('commit')
        expect(await rowOf(one as EnqueuedRow)).toMatchObject({ status: 'superseded', superseded_by: two?.id })
      })
    }
  },
  hostTemplate,
)
