import type { DeadLetter, ListPage } from '@raccordo/core'
import type { Step } from '../journey.ts'
import { connectionOf } from '../journey.ts'
import { calledId, STARTED_AT, subjectOf } from './call.ts'
import { outcomeOf } from './recording.ts'

const instant = (value: unknown): string => {
  const date = new Date(String(value))
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString()
}

/** Asks the CRM itself, past the server, what it holds of the call. */
export const readBack: Step = async (journey, checks) => {
  const { api, double, callId } = journey
  const subject = subjectOf(journey)
  const calls = (await double.truth('activity')).filter(({ id, data }) => id === callId || data['subject'] === subject)
  checks.equal(
    'The CRM has the call once',
    [callId],
    calls.map(({ id }) => id),
  )
  const [call] = calls
  const outcome = outcomeOf(journey)
  const expected = { kind: 'call', direction: 'outbound', subject, started_at: STARTED_AT, ...outcome }
  const came = Object.keys(expected).map((name) => {
    const value = call?.data[name]
    return [name, name === 'started_at' ? instant(value) : value]
  })
  checks.equal('It says what was pushed', expected, Object.fromEntries(came))
  const contacts = call?.links.filter(({ type }) => type === 'contact').map(({ remoteId }) => remoteId)
  checks.equal('It is on the contact that was called', [calledId(journey)], contacts)

  const { items } = await api.get<ListPage<DeadLetter>>('dead-letters', { connectionId: connectionOf(journey).id })
  checks.none(
    'Nothing is among the dead letters',
    items.map(({ object, kind, reason }) => ({ object, kind, reason })),
  )
  return `the CRM has the call once, with ${Object.keys(outcome).join(', ').replaceAll('_', ' ')}`
}
