import type { FeedRecord } from '@raccordo/core'
import { differingFields, type TruthRecord } from '@raccordo/testkit'

/** A check did not hold: what was expected, and what came. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed'
}

export const assertEqual = (what: string, actual: unknown, expected: unknown): void => {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return
  throw new CheckFailed(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

const FIELDS = {
  contact: ['email', 'first_name', 'last_name', 'title', 'phone_e164', 'country_iso'],
  company: ['name', 'domain', 'country_iso'],
} as const

/** Every record of the truth is in the feed, live, once, with its values and relations. */
export const assertArrived = (
  object: 'contact' | 'company',
  truth: readonly TruthRecord[],
  feed: readonly FeedRecord[],
): void => {
  const byId = Map.groupBy(feed, ({ externalId }) => externalId)
  for (const { id, data, links } of truth) {
    const found = byId.get(id) ?? []
    const [record] = found
    if (record === undefined || record.deleted)
      throw new CheckFailed(`${object} ${id} (${data['email'] ?? data['name']}) did not arrive`)
    assertEqual(`Entries of ${object} ${id} in the feed`, found.length, 1)
    for (const field of differingFields(data, record.data, FIELDS[object])) {
      throw new CheckFailed(
        `${field} of ${object} ${id}: the CRM has ${JSON.stringify(data[field])}, the feed ${JSON.stringify(record.data[field])}`,
      )
    }
    const wanted = links.map(({ type, remoteId }) => `${type} ${remoteId}`).sort()
    const got = record.links.map(({ object: type, externalId }) => `${type} ${externalId}`).sort()
    assertEqual(`Relations of ${object} ${id}`, got, wanted)
  }
}

/** The call exists once in the CRM, at the right contact, with what was pushed first and what was pushed later. */
export const assertCall = (
  calls: readonly TruthRecord[],
  expected: { readonly subject: string; readonly contactId: string; readonly data: Readonly<Record<string, unknown>> },
): TruthRecord => {
  const own = calls.filter(({ data }) => data['subject'] === expected.subject)
  assertEqual(`Calls "${expected.subject}" in the CRM`, own.length, 1)
  const [call] = own
  if (call === undefined) throw new CheckFailed('The call is not in the CRM')
  for (const [field, value] of Object.entries(expected.data)) {
    const [difference] = differingFields({ [field]: value as never }, call.data, [field])
    if (difference !== undefined) assertEqual(`${field} of the call`, call.data[field], value)
  }
  const isAtContact = call.links.some(({ type, remoteId }) => type === 'contact' && remoteId === expected.contactId)
  if (!isAtContact)
    throw new CheckFailed(`The call is not at contact ${expected.contactId}, but at ${JSON.stringify(call.links)}`)
  return call
}
