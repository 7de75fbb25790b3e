import type { AddressInfo } from 'node:net'
import type { FeedPage } from '@raccordo/core'
import { describe, expect, it } from 'vitest'
import { ACME_KEY } from './fake_host.ts'
import { bearer, fakeApi } from './requests.ts'

const EMPTY: FeedPage = { records: [], next: 'here', hasMore: false }

describe('a long poll', () => {
  it('ends with an empty page as soon as the server closes, and does not hold it up', async () => {
    let waiting: () => void = () => undefined
    const began = new Promise<void>((resolve) => {
      waiting = resolve
    })
    const feed = async (_id: string, _object: string, page: { waitSeconds?: number } = {}): Promise<FeedPage> => {
      if (page.waitSeconds === undefined) return EMPTY
      waiting()
      return new Promise(() => undefined)
    }
    const { app } = fakeApi({ records: { feed } })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/crm/connections/c1/records/contact?wait=60`
    const answer = fetch(url, { headers: bearer(ACME_KEY) })
    await began
    const closed = app.close()
    const reply = await answer
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual(EMPTY)
    await closed
  })

  it('answers the error that ended the wait', async () => {
    const feed = async () => {
      throw Object.assign(new Error('gone'), { code: '57P01' })
    }
    const reply = await fakeApi({ records: { feed } }).request('GET', '/crm/connections/c1/records/contact?wait=5')
    expect(reply.statusCode).toBe(503)
  })
})
