import { setTimeout as delay } from 'node:timers/promises'
import type { FeedRecord, Fields } from '@raccordo/core'
import type { Journey, Step } from '../journey.ts'
import { connectionOf } from '../journey.ts'
import { readFeed, runToEnd } from '../runs.ts'

interface Change {
  readonly type: 'contact' | 'company'
  readonly id: string
  readonly data: Fields
}

const CHANGED_CONTACTS = 6
const BETWEEN_POLLS_MS = 2_000

/** What users of the CRM do: promote some contacts, rename a company, and take on a new contact. */
const changeCrm = async ({ double, cast, companyIds, contactIds }: Journey): Promise<readonly Change[]> => {
  const edits: readonly Change[] = [
    ...contactIds
      .slice(0, CHANGED_CONTACTS)
      .map((id, index) => ({ type: 'contact', id, data: { title: `Chief of part ${index + 1}` } }) as const),
    ...companyIds.slice(0, 1).map((id) => ({ type: 'company', id, data: { name: `Renamed ${cast.mark}` } }) as const),
  ]
  for (const { type, id, data } of edits) await double.edit(type, id, data)
  const data = {
    email: `new.${cast.mark}@${cast.companies[0]?.domain}`,
    first_name: 'Nova',
    last_name: `Nuova-${cast.mark}`,
    title: 'Newcomer',
  }
  return [...edits, { type: 'contact', id: await double.add('contact', data), data }]
}

const arrivedIn = (feed: readonly FeedRecord[], { type, id, data }: Change): boolean => {
  const last = feed.findLast(({ object, externalId }) => object === type && externalId === id)
  return last !== undefined && Object.entries(data).every(([name, value]) => last.data[name] === value)
}

/** Changes records in the CRM and polls until they are in the feed: some CRMs hide a change for a while. */
export const followChanges: Step = async (journey, checks) => {
  const { api, patienceMs, readUpTo, counts } = journey
  const { id } = connectionOf(journey)
  const changes = await changeCrm(journey)
  const giveUpAt = Date.now() + patienceMs
  const feed: FeedRecord[] = []
  let missing = changes
  for (let polls = 1; ; polls += 1) {
    await runToEnd(api, id, 'pull', { objects: ['company', 'contact'], patienceMs })
    for (const type of ['company', 'contact'] as const) {
      const { records, next } = await readFeed(api, id, type, readUpTo[type])
      feed.push(...records)
      readUpTo[type] = next
    }
    missing = changes.filter((change) => !arrivedIn(feed, change))
    if (missing.length === 0 || Date.now() > giveUpAt) {
      counts.changes = changes.length - missing.length
      checks.none(`Every change is in the feed after ${polls} ${polls === 1 ? 'poll' : 'polls'}`, missing)
      break
    }
    await delay(BETWEEN_POLLS_MS)
  }
  const ours = new Set([...journey.contactIds, ...journey.companyIds])
  const touched = new Set(changes.map((change) => change.id))
  checks.none(
    'Nothing that nobody changed is told again',
    feed.filter(({ externalId }) => ours.has(externalId) && !touched.has(externalId)).map((each) => each.externalId),
  )
  return `${counts.changes} changes arrived: ${CHANGED_CONTACTS} titles, a company's name, a new contact`
}
