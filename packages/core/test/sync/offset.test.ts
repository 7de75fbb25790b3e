import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import type { Fields, PageRequest, RemoteObject } from '../../src/contract.ts'
import { hostTemplate, startRig } from '../crm/rig.ts'

/** The same object of a CRM that pages by position; `onPage` runs behind every page, as other users of the CRM would. */
const byOffset = (
  object: RemoteObject<Fields>,
  onPage: (page: PageRequest, offset: number) => void,
): RemoteObject<Fields> => ({
  ...object,
  paging: 'offset',
  pull: async (ctx, page) => {
    const offset = Number(page.cursor ?? 0)
    const { cursor: _, ...whole } = page
    const all = (await object.pull?.(ctx, { ...whole, limit: 1_000 }))?.records ?? []
    const next = offset + page.limit
    onPage(page, offset)
    return {
      records: all.slice(offset, next),
      total: all.length,
      ...(next < all.length ? { next: String(next) } : {}),
    }
  },
})

eachBackend(
  'a scan by offset',
  (backend) => {
    const rigWith = async (onPage: Parameters<typeof byOffset>[1]) =>
      startRig(await backend.open(), {
        page: 10,
        change: (object) => (object.name === 'contact' ? byOffset(object, onPage) : object),
      })
    const emails = (count: number) => Array.from({ length: count }, (_, index) => `c${index}@example.com`)

    test('that a deletion on its first page has moved is repeated, and skips nothing', async () => {
      let disturb: (() => void) | undefined
      const rig = await rigWith((page, offset) => {
        if (page.limit === 1 || offset !== 0) return
        disturb?.()
        disturb = undefined
      })
      const ids = emails(30).map((email) => rig.crm.add('contact', { email }).id)
      disturb = () => rig.crm.remove('contact', ids[0] ?? '')
      await rig.backfill({ objects: ['contact'] })
      const arrived = new Set((await rig.feed()).map(({ externalId }) => externalId))
      expect(ids.slice(1).filter((id) => !arrived.has(id))).toEqual([])
    })

    test('that an edit has moved out of its window is repeated before the watermark moves', async () => {
      let disturb: (() => void) | undefined
      const rig = await rigWith((page, offset) => {
        if (page.window === undefined || page.limit === 1 || offset !== 0) return
        disturb?.()
        disturb = undefined
      })
      const ids = emails(30).map((email) => rig.crm.add('contact', { email }).id)
      disturb = () => {
        // Far ahead: it leaves the frozen window of the poll that is reading.
        rig.crm.edit('contact', ids[0] ?? '', { title: 'Moved' }, Date.now() + 3_000)
      }
      await rig.pull({ objects: ['contact'] })
      const arrived = new Set((await rig.feed()).map(({ externalId }) => externalId))
      expect(ids.slice(1).filter((id) => !arrived.has(id))).toEqual([])
    })

    test('that is never left in peace ends all the same', async () => {
      const spare: string[] = []
      const rig = await rigWith((page, offset) => {
        const id = page.limit > 1 && offset === 0 ? spare.pop() : undefined
        if (id !== undefined) rig.crm.remove('contact', id)
      })
      for (const email of emails(60)) spare.push(rig.crm.add('contact', { email }).id)
      await rig.backfill({ objects: ['contact'] })
      expect((await rig.feed()).length).toBeGreaterThan(40)
    })
  },
  hostTemplate,
)
