import type { Fields, Json } from '@raccordo/core/plugin'
import { type Columns, coded, owner, plain, rich, scaled } from './columns.ts'
import { beheaded, headed, htmlOf, textOf } from './rich-text.ts'
import type { ActivityName } from './schema.ts'

type Properties = Readonly<Record<string, string>>

/** How an activity is one: columns, and what takes more than one property. */
export interface ActivityForm {
  readonly kind: string
  readonly columns: Columns
  /** More properties of canonical values, given those that the record has. */
  write?(data: Fields, current: Properties): Properties
  /** More canonical values. */
  read?(properties: Properties): Readonly<Record<string, Json>>
}

const DISPOSITIONS: Readonly<Record<string, string>> = {
  'f240bbac-87c9-4f6e-bf70-924b57d47db7': 'connected',
  '73a0d17f-1163-4015-bdd5-ec830791da20': 'no_answer',
  '9d9162e7-6cf3-4944-bf63-4dff82258764': 'busy',
  'b2cf5968-551e-4856-9783-52b3da59a7d0': 'left_voicemail',
  'a4c4c377-d246-4b32-a13b-75a56a4cd0ff': 'left_message',
  '17b47fee-58de-441e-a44c-c6300d46f273': 'wrong_number',
}
const STATUSES: Readonly<Record<string, string>> = { FAILED: 'failed', CANCELED: 'canceled' }

export const ACTIVITY_FORMS: Readonly<Record<ActivityName, ActivityForm>> = {
  calls: {
    kind: 'call',
    columns: {
      direction: coded('hs_call_direction', { INBOUND: 'inbound', OUTBOUND: 'outbound' }),
      started_at: plain('hs_timestamp'),
      duration_seconds: scaled('hs_call_duration', 1_000),
      outcome: coded('hs_call_disposition', DISPOSITIONS),
      subject: plain('hs_call_title'),
      body: rich('hs_call_body'),
      recording_url: plain('hs_call_recording_url'),
      from_e164: plain('hs_call_from_number'),
      to_e164: plain('hs_call_to_number'),
      owner_email: owner,
    },
    write: ({ outcome }) => {
      const status = Object.entries(STATUSES).find(([, canonical]) => canonical === outcome)?.[0]
      return status === undefined ? {} : { hs_call_disposition: '', hs_call_status: status }
    },
    read: (properties) => {
      const status = STATUSES[properties['hs_call_status'] ?? '']
      return properties['hs_call_disposition'] || status === undefined ? {} : { outcome: status }
    },
  },
  tasks: {
    kind: 'task',
    columns: {
      started_at: plain('hs_timestamp'),
      subject: plain('hs_task_subject'),
      body: rich('hs_task_body'),
      owner_email: owner,
    },
  },
  notes: {
    kind: 'note',
    columns: { started_at: plain('hs_timestamp'), owner_email: owner },
    write: (data, current) => {
      if (data['subject'] === undefined && data['body'] === undefined) return {}
      const { subject, rest } = beheaded(current['hs_note_body'] ?? '')
      const body = data['body'] === undefined ? rest : data['body'] === null ? '' : htmlOf(String(data['body']))
      const heading =
        data['subject'] === undefined ? subject : data['subject'] === null ? null : String(data['subject'])
      return { hs_note_body: headed(heading, body) }
    },
    read: (properties) => {
      const { subject, rest } = beheaded(properties['hs_note_body'] ?? '')
      return { subject, body: textOf(rest) }
    },
  },
  meetings: {
    kind: 'meeting',
    columns: {
      started_at: plain('hs_meeting_start_time'),
      outcome: coded('hs_meeting_outcome', { COMPLETED: 'connected', NO_SHOW: 'no_answer', CANCELED: 'canceled' }),
      subject: plain('hs_meeting_title'),
      body: rich('hs_meeting_body'),
      owner_email: owner,
    },
    write: ({ started_at: start, duration_seconds: seconds }, current) => {
      const beginsMs = Date.parse(String(start ?? current['hs_meeting_start_time']))
      const lastsMs = seconds === undefined ? lengthMs(current) : Number(seconds) * 1_000
      const hasEnd = seconds !== null && !Number.isNaN(beginsMs + lastsMs)
      return {
        ...(start ? { hs_timestamp: String(start) } : {}),
        ...(hasEnd ? { hs_meeting_end_time: new Date(beginsMs + lastsMs).toISOString() } : {}),
        ...(seconds === null ? { hs_meeting_end_time: '' } : {}),
      }
    },
    read: (properties) => {
      const lastsMs = lengthMs(properties)
      return { duration_seconds: Number.isNaN(lastsMs) ? null : Math.round(lastsMs / 1_000) }
    },
  },
  emails: {
    kind: 'email',
    columns: {
      started_at: plain('hs_timestamp'),
      direction: coded('hs_email_direction', {
        EMAIL: 'outbound',
        INCOMING_EMAIL: 'inbound',
        FORWARDED_EMAIL: 'inbound',
      }),
      outcome: coded('hs_email_status', { FAILED: 'failed', BOUNCED: 'failed' }),
      subject: plain('hs_email_subject'),
      // People's mail programs leave the plain text alone behind; integrations write the HTML too.
      body: plain('hs_email_text'),
      owner_email: owner,
    },
    read: (properties) => (properties['hs_email_html'] ? { body: textOf(properties['hs_email_html']) } : {}),
    write: (data, current) =>
      data['body'] === undefined || !current['hs_email_html']
        ? {}
        : { hs_email_html: data['body'] === null ? '' : htmlOf(String(data['body'])) },
  },
}

const lengthMs = (properties: Properties): number =>
  Date.parse(properties['hs_meeting_end_time'] ?? '') - Date.parse(properties['hs_meeting_start_time'] ?? '')
