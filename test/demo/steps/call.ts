import type { Fields, PushReceipt } from '@raccordo/core'
import type { Journey, Step } from '../journey.ts'
import { connectionOf } from '../journey.ts'
import { settled } from '../runs.ts'

/** What the host application calls its own records. */
export const localIds = ({ cast }: Journey) => ({ contact: `person-${cast.mark}`, call: `call-${cast.mark}` })

export const subjectOf = ({ cast }: Journey): string => `Demo call ${cast.mark}`

/** The contact that is called: one with a telephone. */
export const calledId = ({ contactIds, cast }: Journey): string =>
  contactIds[cast.contacts.findIndex(({ data }) => data.phone_e164 !== null)] ?? ''

export const STARTED_AT = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 600_000).toISOString()

const callData = (journey: Journey): Fields => ({
  kind: 'call',
  direction: 'outbound',
  subject: subjectOf(journey),
  started_at: STARTED_AT,
  from_e164: '+390212345678',
  contact_id: localIds(journey).contact,
})

/** Logs a telephone call on a contact, and says the same thing again, as a host does that is not sure. */
export const logCall: Step = async (journey, checks) => {
  const { api, patienceMs } = journey
  const path = `connections/${connectionOf(journey).id}`
  const { contact, call: localId } = localIds(journey)
  const externalId = calledId(journey)
  await api.send('PUT', `${path}/links`, { object: 'contact', localId: contact, externalId })
  const item = { object: 'activity', localId, data: callData(journey) }
  const first = await api.send<PushReceipt>('POST', `${path}/push`, item)
  const done = await settled(api, first, patienceMs)
  checks.equal(
    'The push is done',
    { status: 'done', lastError: null },
    { status: done.status, lastError: done.lastError },
  )
  if (done.externalId === null) throw new Error('The push has no id of the CRM.')
  journey.callId = done.externalId
  const again = await api.send<PushReceipt>('POST', `${path}/push`, item)
  checks.equal(
    'The same push again answers with the same id and key',
    { id: first.id, idempotencyKey: first.idempotencyKey },
    { id: again.id, idempotencyKey: again.idempotencyKey },
  )
  return `logged as ${done.externalId} on contact ${externalId}; pushed again, it is the same push`
}
