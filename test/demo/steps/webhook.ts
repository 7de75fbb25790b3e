import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionState, FeedPage } from '@raccordo/core'
import type { Journey, Step } from '../journey.ts'
import { connectionOf, simulatedIn } from '../journey.ts'

const WAIT_SECONDS = 10
const LOOK_AGAIN_MS = 50

/** Lets the CRM send its events here: by a channel that the server has opened, or as a person sets it up in the CRM. */
const openChannel = async (journey: Journey, tell: ((url: string) => void) | undefined): Promise<void> => {
  const { api, patienceMs } = journey
  const path = `connections/${connectionOf(journey).id}`
  if (tell !== undefined) {
    const { url } = await api.send<{ url: string }>('POST', `${path}/webhook-address`, {})
    return tell(url)
  }
  const giveUpAt = Date.now() + patienceMs
  for (;;) {
    const { webhook } = await api.get<ConnectionState>(`${path}/status`)
    if (webhook.state === 'active') return
    if (Date.now() > giveUpAt) throw new Error(`There is no channel: ${JSON.stringify(webhook)}`)
    await delay(LOOK_AGAIN_MS)
  }
}

/** A change that nobody polls for: the CRM tells of it, and it is in the feed. */
export const hearOfChange: Step = async (journey, checks) => {
  const { api, double, contactIds, readUpTo, patienceMs } = journey
  const webhooks = simulatedIn(double)?.webhooks
  if (webhooks === undefined) return 'not shown: a real CRM cannot reach this server'
  const { id } = connectionOf(journey)
  await openChannel(journey, webhooks.tell)
  const changedId = contactIds.at(-1) ?? ''
  const title = 'Told by webhook'
  const changedAt = performance.now()
  await double.edit('contact', changedId, { title })
  const giveUpAt = Date.now() + patienceMs
  let came: unknown
  while (came === undefined && Date.now() < giveUpAt) {
    const query = { wait: WAIT_SECONDS, ...(readUpTo['contact'] === undefined ? {} : { after: readUpTo['contact'] }) }
    const page = await api.get<FeedPage>(`connections/${id}/records/contact`, query)
    readUpTo['contact'] = page.next
    came = page.records.find(({ externalId }) => externalId === changedId)?.data['title']
  }
  webhooks.tell?.(undefined)
  checks.equal('The change is in the feed, and nobody polled', title, came)
  return `a new title, told by the CRM and in the feed ${Math.round(performance.now() - changedAt)} ms after the change`
}
