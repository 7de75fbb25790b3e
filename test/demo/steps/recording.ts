import type { PushReceipt } from '@raccordo/core'
import type { Journey, Step } from '../journey.ts'
import { connectionOf } from '../journey.ts'
import { settled } from '../runs.ts'
import { localIds } from './call.ts'

/** What is known of a call only after it has ended. */
export const outcomeOf = ({ cast }: Journey) => ({
  outcome: 'connected',
  duration_seconds: 187,
  recording_url: `https://recordings.example.com/${cast.mark}.mp3`,
})

/** Pushes outcome and recording of the call that is logged already: the record is completed, not made again. */
export const addRecording: Step = async (journey, checks) => {
  const { api, patienceMs, callId } = journey
  const data = outcomeOf(journey)
  const item = { object: 'activity', localId: localIds(journey).call, data }
  const receipt = await api.send<PushReceipt>('POST', `connections/${connectionOf(journey).id}/push`, item)
  const done = await settled(api, receipt, patienceMs)
  checks.equal(
    'The push is done',
    { status: 'done', lastError: null },
    { status: done.status, lastError: done.lastError },
  )
  checks.equal('It went to the call that was logged', callId, done.externalId)
  return `${data.outcome}, ${data.duration_seconds} s and a recording, added to ${done.externalId}`
}
