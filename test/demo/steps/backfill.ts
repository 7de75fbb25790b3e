import type { FeedRecord, ObjectType } from '@raccordo/core'
import { differingFields, type TruthRecord } from '@raccordo/testkit'
import type { Checks } from '../checks.ts'
import type { Journey, Step } from '../journey.ts'
import { connectionOf } from '../journey.ts'
import { readFeed, runToEnd } from '../runs.ts'
import { OWN_FIELD } from './map.ts'

const COMPARED = {
  contact: ['email', 'first_name', 'last_name', 'title', 'phone_e164', 'country_iso'],
  company: ['name', 'domain', 'phone', 'country_iso'],
} as const

/** Users of the CRM make companies and contacts, four at a time. */
const fillCrm = async ({ double, cast, companyIds, contactIds, print }: Journey): Promise<void> => {
  const bar = print.bar('seed')
  const all = cast.companies.length + cast.contacts.length
  const addAll = async (ids: string[], count: number, add: (index: number) => Promise<string>): Promise<void> => {
    const turns = Array.from({ length: count }, (_, index) => index).values()
    const work = async (): Promise<void> => {
      for (const index of turns) {
        ids[index] = await add(index)
        bar.update(companyIds.length + contactIds.length, all)
      }
    }
    await Promise.all([work(), work(), work(), work()])
  }
  try {
    await addAll(companyIds, cast.companies.length, (index) => double.add('company', cast.companies[index] ?? {}))
    await addAll(contactIds, cast.contacts.length, (index) => {
      const { data, companyIndex } = cast.contacts[index] ?? { data: {}, companyIndex: -1 }
      const remoteId = companyIds[companyIndex]
      return double.add('contact', data, remoteId === undefined ? [] : [{ type: 'company', remoteId }])
    })
  } finally {
    bar.close()
  }
}

const companiesOf = (record: FeedRecord): readonly string[] =>
  record.links.filter(({ object }) => object === 'company').map(({ externalId }) => externalId)

const compare = (
  type: keyof typeof COMPARED,
  ids: readonly string[],
  feed: readonly FeedRecord[],
  truth: readonly TruthRecord[],
  checks: Checks,
): number => {
  const stored = Map.groupBy(feed, ({ externalId }) => externalId)
  const real = new Map(truth.map((record) => [record.id, record]))
  const found = ids.filter((id) => stored.has(id))
  checks.equal(`Every ${type} that was added is in the feed`, ids.length, found.length)
  checks.none(
    `No ${type} is twice in the feed`,
    ids.filter((id) => (stored.get(id)?.length ?? 0) > 1),
  )
  const differences = found.flatMap((id): readonly object[] => {
    const [record] = stored.get(id) ?? []
    const expected = real.get(id)
    if (record === undefined || expected === undefined) return [{ id, missing: 'in the CRM' }]
    if (record.deleted) return [{ id, deleted: record.reason }]
    return differingFields(expected.data, record.data, COMPARED[type]).map((field) => ({
      id,
      field,
      crm: expected.data[field],
      feed: record.data[field],
    }))
  })
  checks.none(`Every ${type} has the CRM's values`, differences)
  return found.length
}

/** Fills the CRM, reads all of it and compares the feed with what the CRM says that it holds. */
export const backfill: Step = async (journey, checks) => {
  const { api, double, cast, companyIds, contactIds, print, patienceMs, counts, readUpTo } = journey
  const { id } = connectionOf(journey)
  await fillCrm(journey)
  const startedAt = performance.now()
  const bar = print.bar('backfill')
  const objects: readonly ObjectType[] = ['company', 'contact']
  await runToEnd(api, id, 'backfill', { objects, patienceMs, bar }).finally(() => bar.close())
  const seconds = (performance.now() - startedAt) / 1_000

  const companies = await readFeed(api, id, 'company')
  const contacts = await readFeed(api, id, 'contact')
  readUpTo['company'] = companies.next
  readUpTo['contact'] = contacts.next
  const truth = await double.truth('contact')
  counts.companies = compare('company', companyIds, companies.records, await double.truth('company'), checks)
  counts.contacts = compare('contact', contactIds, contacts.records, truth, checks)

  const byId = new Map(contacts.records.map((record) => [record.externalId, record]))
  const pairs = contactIds.map((contactId, index) => ({ record: byId.get(contactId), made: cast.contacts[index] }))
  const wrong = pairs.flatMap(({ record, made }) => {
    if (record === undefined || made === undefined) return []
    const expected = {
      email: made.data.email,
      company: companyIds[made.companyIndex],
      [OWN_FIELD]: made.data.phone_e164 !== null,
    }
    const came = {
      email: record.data['email'],
      company: companiesOf(record).join(),
      [OWN_FIELD]: record.data[OWN_FIELD],
    }
    return JSON.stringify(expected) === JSON.stringify(came) ? [] : [{ expected, came }]
  })
  checks.none('Every contact is the one that was added, in its company, with the computed field', wrong)
  const all = companies.records.length + contacts.records.length
  const others = all - counts.companies - counts.contacts
  const aside = others > 0 ? `, beside ${others} that were there` : ''
  return `${counts.contacts} contacts in ${counts.companies} companies${aside}, in ${seconds.toFixed(1)} s`
}
