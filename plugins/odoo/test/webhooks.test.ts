import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RawRequest } from '@raccordo/core/plugin'
import { afterEach, describe, expect, test } from 'vitest'
import { provider } from '../src/index.ts'
import { webhooks } from '../src/webhooks.ts'
import { contacts, deals, idOf, openSimulated, type Simulated } from './simulated.ts'

const open: { stop(): Promise<void> | void }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.stop()))
})
const start = async (...options: Parameters<typeof openSimulated>): Promise<Simulated> => {
  const simulated = await openSimulated(...options)
  open.push(simulated.simulator)
  return simulated
}

const secret = 'a-secret-of-50-characters'
const base = 'https://host.example.com/crm/webhooks/odoo/1'
const receivedAt = new Date('2026-11-24T10:00:00.250Z')
const request = (body: unknown, url = `${base}?token=${secret}`): RawRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  receivedAt,
})

/** A host that takes what is sent to it; `answerMs` late. */
const listen = async (answerMs = 0) => {
  const received: RawRequest[] = []
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const url = `http://127.0.0.1${incoming.url}`
      received.push({ method: 'POST', url, headers: {}, body: Buffer.concat(chunks), receivedAt: new Date() })
      setTimeout(() => answer.end(), answerMs)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
}

describe("hints of Odoo's automation rules", () => {
  test('the secret stands in the address, beside what the host has there', () => {
    expect(webhooks.address?.({ url: base, secret })).toBe(`${base}?token=${secret}`)
    expect(webhooks.address?.({ url: `${base}?a=1`, secret })).toBe(`${base}?a=1&token=${secret}`)
  })

  test('only the secret of the address opens it', () => {
    expect(webhooks.verify(request({}), secret)).toBe(true)
    for (const url of [base, `${base}?token=`, `${base}?token=${secret}x`, `${base}?Token=${secret}`, 'no url'])
      expect(webhooks.verify(request({}, url), secret)).toBe(false)
    expect(webhooks.verify(request({}), '')).toBe(false)
    expect(webhooks.verify(request({}, `${base}?token=`), '')).toBe(false)
  })

  test('a hint names the objects that its model holds, a partner on either side', () => {
    const objects = (model: string) => webhooks.parse(request({ _model: model, _id: 7 })).map(({ object }) => object)
    expect(objects('res.partner')).toEqual(['res.partner.company', 'res.partner'])
    expect(objects('crm.lead')).toEqual(['crm.lead'])
    expect(objects('mail.message')).toEqual(['mail.message', 'mail.message.note', 'mail.message.email'])
    expect(objects('mail.activity')).toEqual(['mail.activity'])
    expect(objects('calendar.event')).toEqual(['calendar.event'])
    expect(objects('sale.order')).toEqual([])
    const named = provider.objects.map(({ name }) => name)
    expect(
      ['res.partner', 'crm.lead', 'mail.message', 'mail.activity', 'calendar.event'].flatMap(objects).sort(),
    ).toEqual(named.toSorted())
  })

  test('model and id are taken under their plain names too, and what names no record is no event', () => {
    expect(webhooks.parse(request({ model: 'crm.lead', id: '7' }))).toMatchObject([{ remoteId: '7', op: 'upsert' }])
    for (const body of [
      {},
      { _model: 'crm.lead' },
      { _model: 'crm.lead', _id: 'x' },
      { _id: 1 },
      { _model: 3, _id: 1 },
    ])
      expect(webhooks.parse(request(body))).toEqual([])
    for (const body of ['', 'not json', '"text"', '{"_model": "crm.l'])
      expect(() => webhooks.parse(request(body))).toThrow()
  })

  test('hints that are repeated within a second are one, a later one counts anew', () => {
    const keyAt = (at: string) =>
      webhooks.parse({ ...request({ _model: 'crm.lead', _id: 7 }), receivedAt: new Date(at) })[0]?.key
    expect(keyAt('2026-11-24T10:00:00.250Z')).toBe(keyAt('2026-11-24T10:00:00.900Z'))
    expect(keyAt('2026-11-24T10:00:00.250Z')).not.toBe(keyAt('2026-11-24T10:00:01.000Z'))
  })
})

describe('automation rules that the plugin makes', () => {
  const hookAt = (url: string) => ({ url, secret, types: ['deal' as const], objects: ['crm.lead', 'res.partner'] })

  test('changes and deletions are told, again and again, and all are hints of the one record', async () => {
    const { simulator, ctx } = await start({ automation: 'open' })
    const host = await listen()
    await webhooks.subscribe?.(ctx, hookAt(host.url))
    const id = idOf((await deals.create(ctx, [{ marker: 'a', fields: { name: 'Told' } }]))[0])
    await expect.poll(() => host.received.length).toBe(3)
    await simulator.remove('deal', id)
    await expect.poll(() => host.received.length).toBe(4)
    for (const each of host.received) {
      expect(webhooks.verify(each, secret)).toBe(true)
      expect(webhooks.parse(each)).toMatchObject([{ object: 'crm.lead', remoteId: id }])
    }
    expect(await deals.read(ctx, [id], ['name'])).toEqual([])
  })

  test('asking again makes nothing twice; what is not wanted any more goes, and in the end all', async () => {
    const { simulator, ctx } = await start({ automation: 'open' })
    const rules = () =>
      simulator.database.executeNamed(admin(simulator), 'base.automation', 'search_count', { domain: [] })
    const first = await webhooks.subscribe?.(ctx, hookAt('https://host.example.com/hook'))
    const again = await webhooks.subscribe?.(ctx, hookAt('https://host.example.com/hook'), first?.state)
    expect(again?.state).toEqual(first?.state)
    expect(rules()).toBe(4)
    const fewer = { ...hookAt('https://host.example.com/hook'), objects: ['crm.lead'] }
    const last = await webhooks.subscribe?.(ctx, fewer, again?.state)
    expect(rules()).toBe(2)
    await webhooks.unsubscribe?.(ctx, last?.state ?? {})
    await webhooks.unsubscribe?.(ctx, last?.state ?? {})
    expect(rules()).toBe(0)
  })

  test('without the app, without the rights, or before Odoo 17, it is said what a person can do, and no secret', async () => {
    const cases = [
      [{}, 'forbidden'],
      [{ automation: 'closed' }, 'forbidden'],
      [{ version: 16, automation: 'open' }, 'not_found'],
    ] as const
    for (const [options, kind] of cases) {
      const { ctx } = await start(options)
      const refused = webhooks.subscribe?.(ctx, hookAt('https://host.example.com/hook'))
      await expect(refused).rejects.toMatchObject({ kind, message: expect.stringContaining('by hand') })
      await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(secret) })
    }
  })

  test('Odoo waits a second and sends nothing again: a host that is slow loses no more than the hint', async () => {
    const { simulator, ctx } = await start()
    const host = await listen(60_000)
    simulator.webhooks?.tell?.(host.url)
    await contacts.create(ctx, [{ marker: 'a', fields: { name: 'Slow' } }])
    await expect.poll(() => host.received.length).toBe(3)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(host.received).toHaveLength(3)
  })
})

const admin = ({ database }: Simulated['simulator']) => {
  const user = database.users.find(({ login }) => login === 'admin')
  if (user === undefined) throw new Error('no administrator')
  return user
}
