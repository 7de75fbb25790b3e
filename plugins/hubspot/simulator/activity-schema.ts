import { choice, html, moment, number, type PropertyDefinition, readOnly, SYSTEM, text } from './property.ts'
import type { ActivityName, ObjectSchema } from './schema.ts'

/** Dispositions by GUID, in the order of HubSpot's own list. */
export const DISPOSITIONS: Readonly<Record<string, string>> = {
  '9d9162e7-6cf3-4944-bf63-4dff82258764': 'Busy',
  'f240bbac-87c9-4f6e-bf70-924b57d47db7': 'Connected',
  'a4c4c377-d246-4b32-a13b-75a56a4cd0ff': 'Left live message',
  'b2cf5968-551e-4856-9783-52b3da59a7d0': 'Left voicemail',
  '73a0d17f-1163-4015-bdd5-ec830791da20': 'No answer',
  '17b47fee-58de-441e-a44c-c6300d46f273': 'Wrong number',
}

const CALL_STATUSES =
  'BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS MISSED NO_ANSWER QUEUED RINGING'

const activity = (
  name: ActivityName,
  singular: string,
  typeId: string,
  properties: readonly PropertyDefinition[],
): ObjectSchema => ({
  name,
  typeId,
  singular,
  changedField: 'hs_lastmodifieddate',
  createdField: 'hs_createdate',
  defaults: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
  oneOf: [],
  required: ['hs_timestamp'],
  properties: [
    ...SYSTEM,
    moment('hs_timestamp', 'Activity date'),
    ...properties,
    readOnly(moment('hs_createdate', 'Create date')),
    readOnly(moment('hs_lastmodifieddate', 'Last modified date')),
  ],
})

/** The five objects that stand on the timeline of a record. */
export const ACTIVITY_SCHEMAS: Readonly<Record<ActivityName, ObjectSchema>> = {
  calls: activity('calls', 'call', '0-48', [
    text('hs_call_title', 'Call title'),
    html('hs_call_body', 'Call notes'),
    number('hs_call_duration', 'Call duration'),
    choice('hs_call_direction', 'Call direction', ['INBOUND', 'OUTBOUND']),
    choice('hs_call_status', 'Call status', CALL_STATUSES.split(' ')),
    choice('hs_call_disposition', 'Call outcome', Object.keys(DISPOSITIONS)),
    text('hs_call_recording_url', 'Recording URL'),
    text('hs_call_from_number', 'From number'),
    text('hs_call_to_number', 'To number'),
    choice('hs_call_source', 'Call source', ['INTEGRATIONS_PLATFORM']),
  ]),
  tasks: activity('tasks', 'task', '0-27', [
    text('hs_task_subject', 'Task title'),
    html('hs_task_body', 'Task notes'),
    choice('hs_task_status', 'Task status', ['NOT_STARTED', 'IN_PROGRESS', 'WAITING', 'COMPLETED', 'DEFERRED']),
    choice('hs_task_type', 'Task type', ['CALL', 'EMAIL', 'LINKED_IN', 'MEETING', 'TODO']),
    choice('hs_task_priority', 'Priority', ['NONE', 'LOW', 'MEDIUM', 'HIGH']),
    readOnly(moment('hs_task_completion_date', 'Completed at')),
  ]),
  notes: activity('notes', 'note', '0-46', [html('hs_note_body', 'Note body')]),
  meetings: activity('meetings', 'meeting', '0-47', [
    text('hs_meeting_title', 'Meeting name'),
    html('hs_meeting_body', 'Meeting description'),
    moment('hs_meeting_start_time', 'Meeting start time'),
    moment('hs_meeting_end_time', 'Meeting end time'),
    choice('hs_meeting_outcome', 'Meeting outcome', ['SCHEDULED', 'COMPLETED', 'RESCHEDULED', 'NO_SHOW', 'CANCELED']),
    text('hs_meeting_location', 'Meeting location'),
  ]),
  emails: activity('emails', 'email', '0-49', [
    text('hs_email_subject', 'Email subject'),
    html('hs_email_html', 'Email body'),
    text('hs_email_text', 'Text body'),
    choice('hs_email_direction', 'Email direction', ['EMAIL', 'INCOMING_EMAIL', 'FORWARDED_EMAIL']),
    choice('hs_email_status', 'Email send status', ['BOUNCED', 'FAILED', 'SCHEDULED', 'SENDING', 'SENT']),
    text('hs_email_headers', 'Email headers'),
  ]),
}
