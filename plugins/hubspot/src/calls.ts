import type { Failure, Fields } from '@raccordo/core/plugin'
import type { Properties } from './properties.ts'

/** HubSpot keeps the outcome of a call in two properties: what was reached (a GUID), and how the line ended. */
export const DISPOSITION = {
  busy: '9d9162e7-6cf3-4944-bf63-4dff82258764',
  connected: 'f240bbac-87c9-4f6e-bf70-924b57d47db7',
  leftMessage: 'a4c4c377-d246-4b32-a13b-75a56a4cd0ff',
  leftVoicemail: 'b2cf5968-551e-4856-9783-52b3da59a7d0',
  noAnswer: '73a0d17f-1163-4015-bdd5-ec830791da20',
  wrongNumber: '17b47fee-58de-441e-a44c-c6300d46f273',
} as const

/** Outcomes that HubSpot knows as a status only; a mapping names them beside the GUIDs of dispositions. */
export const STATUS_ONLY = ['FAILED', 'CANCELED'] as const

const STATUS_OF: Readonly<Record<string, string>> = {
  [DISPOSITION.busy]: 'BUSY',
  [DISPOSITION.noAnswer]: 'NO_ANSWER',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
}
const DISPOSITION_OF: Readonly<Record<string, string>> = {
  BUSY: DISPOSITION.busy,
  NO_ANSWER: DISPOSITION.noAnswer,
  MISSED: DISPOSITION.noAnswer,
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
}

/** A call as it is mapped: one outcome made of disposition and status. */
export const callFields = (properties: Properties): Properties =>
  'hs_call_disposition' in properties
    ? {
        ...properties,
        hs_call_disposition:
          properties['hs_call_disposition'] || (DISPOSITION_OF[properties['hs_call_status'] ?? ''] ?? null),
      }
    : properties

/** A call as HubSpot keeps it. A status that the mapping writes itself is left as it is. */
export const callProperties = (properties: Properties): Properties => {
  const outcome = properties['hs_call_disposition']
  if (outcome === undefined) return properties
  const isStatus = STATUS_ONLY.some((status) => status === outcome)
  return {
    hs_call_status: STATUS_OF[outcome ?? ''] ?? 'COMPLETED',
    ...properties,
    ...(isStatus ? { hs_call_disposition: '' } : {}),
  }
}

/** What is wrong with a call before it is sent: HubSpot would take it and then not play the recording. */
export const callFault = (fields: Fields): Failure | undefined => {
  const url = fields['hs_call_recording_url']
  if (typeof url !== 'string' || url === '' || /^https:\/\//i.test(url)) return undefined
  const message = 'HubSpot takes only https addresses of call recordings'
  return { kind: 'invalid', message, field: 'hs_call_recording_url' }
}
