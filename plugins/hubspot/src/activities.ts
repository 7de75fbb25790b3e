import type { Ctx } from '@raccordo/core/plugin'
import { callFault, callFields, callProperties } from './calls.ts'
import { EMAIL_TEXTS, emailFields, emailProperties } from './emails.ts'
import type { Kind } from './kinds.ts'
import { MEETING_DURATION, MEETING_TIMES, meetingFields, meetingNeeds, meetingProperties } from './meetings.ts'
import { NOTE_SUBJECT, noteFields, noteNeeds, noteProperties } from './notes.ts'
import type { Properties } from './properties.ts'
import { referenceOf } from './reference.ts'
import type { Settings } from './settings.ts'

/** What all five have in common: HubSpot wants a place on the timeline, which is now where nothing is said of it. */
const activity = (markedField: string, subject: string, defaults: Properties = {}) =>
  ({
    type: 'activity',
    changedField: 'hs_lastmodifieddate',
    createdField: 'hs_createdate',
    required: ['hs_timestamp'],
    linked: ['contact', 'company', 'deal'],
    identity: (properties: Properties) => referenceOf(properties[markedField]),
    markedField,
    aliases: { subject, title: subject, body: markedField, started_at: 'hs_timestamp', owner: 'hubspot_owner_id' },
    initial: (ctx: Ctx<Settings>) => ({ hs_timestamp: ctx.now().toISOString(), ...defaults }),
  }) as const

export const CALLS: Kind = {
  ...activity('hs_call_body', 'hs_call_title'),
  name: 'calls',
  sources: { hs_call_disposition: ['hs_call_disposition', 'hs_call_status'] },
  onRead: (_, properties) => callFields(properties),
  onWrite: (_, properties) => callProperties(properties),
  fault: callFault,
}

/** The place of a task on the timeline is the time at which it is due. */
export const TASKS: Kind = {
  ...activity('hs_task_body', 'hs_task_subject', { hs_task_status: 'NOT_STARTED', hs_task_type: 'TODO' }),
  name: 'tasks',
}

export const NOTES: Kind = {
  ...activity('hs_note_body', NOTE_SUBJECT),
  name: 'notes',
  sources: { [NOTE_SUBJECT]: ['hs_note_body'] },
  made: [{ name: NOTE_SUBJECT, label: 'Subject (bold first paragraph of the note)', type: 'text' }],
  onRead: (_, properties) => noteFields(properties),
  onWrite: (_, properties, { current }) => noteProperties(properties, current),
  needs: noteNeeds,
}

export const MEETINGS: Kind = {
  ...activity('hs_meeting_body', 'hs_meeting_title'),
  name: 'meetings',
  sources: { [MEETING_DURATION]: MEETING_TIMES, hs_meeting_start_time: MEETING_TIMES },
  made: [{ name: MEETING_DURATION, label: 'Duration in milliseconds (from start and end)', type: 'number' }],
  onRead: (_, properties) => meetingFields(properties),
  onWrite: (_, properties, { current }) => meetingProperties(properties, current),
  needs: meetingNeeds,
}

export const EMAILS: Kind = {
  ...activity('hs_email_html', 'hs_email_subject', { hs_email_direction: 'EMAIL', hs_email_status: 'SENT' }),
  name: 'emails',
  sources: { hs_email_html: EMAIL_TEXTS },
  onRead: (_, properties) => emailFields(properties),
  onWrite: (_, properties) => emailProperties(properties),
}
