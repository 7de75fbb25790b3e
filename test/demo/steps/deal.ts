import type { FeedRecord, PushReceipt } from '@raccordo/core'
import type { Journey, Step } from '../journey.ts'
import { connectionOf } from '../journey.ts'
import { readFeed, runToEnd, settled } from '../runs.ts'
import { calledId, localIds } from './call.ts'

const AMOUNT_CENTS = 1_234_500
const CLOSE_DATE = '2027-03-31'

/** What the host application knows of a sale. */
export const dealOf = ({ cast }: Journey) => ({
  title: `Demo deal ${cast.mark}`,
  amount_cents: AMOUNT_CENTS,
  close_date: CLOSE_DATE,
})

/** Pushes a deal with the contact that was called and a company, and reads it back from the CRM and from the feed. */
export const pushDeal: Step = async (journey, checks) => {
  const { api, cast, companyIds, double, patienceMs } = journey
  const { id } = connectionOf(journey)
  const path = `connections/${id}`
  const companyId = companyIds.at(-1) ?? ''
  const company = `organisation-${cast.mark}`
  await api.send('PUT', `${path}/links`, { object: 'company', localId: company, externalId: companyId })
  const references = { contact_id: localIds(journey).contact, company_id: company }
  const receipt = await api.send<PushReceipt>('POST', `${path}/push`, {
    object: 'deal',
    localId: `deal-${cast.mark}`,
    data: { ...dealOf(journey), ...references },
  })
  const done = await settled(api, receipt, patienceMs)
  checks.equal(
    'The push is done',
    { status: 'done', lastError: null },
    { status: done.status, lastError: done.lastError },
  )
  if (done.externalId === null) throw new Error('The deal has no id of the CRM.')
  journey.dealId = done.externalId

  const deals = (await double.truth('deal')).filter(({ data }) => data['title'] === dealOf(journey).title)
  checks.equal(
    'The CRM has the deal once',
    [done.externalId],
    deals.map((deal) => deal.id),
  )
  const [deal] = deals
  const data = Object.fromEntries(Object.keys(dealOf(journey)).map((name) => [name, deal?.data[name]]))
  checks.equal('It says what was pushed', dealOf(journey), data)
  const linked = (type: 'contact' | 'company') => deal?.links.find((link) => link.type === type)?.remoteId
  checks.equal('It is with the contact', calledId(journey), linked('contact'))
  checks.equal('It is with a company', true, linked('company') !== undefined)

  await runToEnd(api, id, 'pull', { objects: ['deal'], patienceMs })
  const read = (await readFeed(api, id, 'deal')).records.find(isOurs(done.externalId))
  const told = Object.fromEntries(Object.keys(dealOf(journey)).map((name) => [name, read?.data[name]]))
  checks.equal("The feed tells of it under the host's own id", `deal-${cast.mark}`, read?.localId)
  checks.equal('The feed says the same', dealOf(journey), told)
  return `${done.externalId} with contact and company, read back: ${(AMOUNT_CENTS / 100).toFixed(2)} until ${CLOSE_DATE}`
}

const isOurs =
  (id: string) =>
  ({ externalId }: FeedRecord): boolean =>
    externalId === id
