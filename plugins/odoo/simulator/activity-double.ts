import { randomUUID } from 'node:crypto'
import type { Fields, Json, Link } from '@raccordo/core/plugin'
import type { TruthRecord } from '@raccordo/testkit/simulator'
import { type CallFields, parseCall, renderCall, renderNotes } from '../src/call-body.ts'
import { keptLinks, linksWith, withKeptLinks } from '../src/kept-links.ts'
import { parseDescription, renderDescription } from '../src/meeting-text.ts'
import { CALL_MARK, CALLS, EMAILS, type MessageKind, NOTE_MARK, NOTES } from '../src/message-kinds.ts'
import { placeOf } from '../src/places.ts'
import { toInstant, toOdooTime } from '../src/values.ts'
import type { Found } from './canonical.ts'
import type { PartnerSide } from './deal-values.ts'
import type { OdooUser } from './double.ts'

const MESSAGE_COLUMNS = ['body', 'subject', 'date', 'model', 'res_id', 'email_from', 'message_id', 'write_date']
const TASK_COLUMNS = ['summary', 'note', 'date_deadline', 'user_id', 'res_model', 'res_id', 'write_date']
const EVENT_COLUMNS = ['name', 'description', 'start', 'stop', 'user_id', 'partner_ids', 'opportunity_id', 'write_date']

type Sides = ReadonlyMap<number, PartnerSide>

/** Canonical times have milliseconds, as `Date` writes them. */
const canonicalTime = (time: Json | undefined): string | null =>
  typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? new Date(time).toISOString() : null

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const isOurs = (message: Found): boolean =>
  [CALL_MARK, NOTE_MARK].some((mark) => text(message['message_id']).startsWith(mark))

const placeLinks = (document: unknown, id: unknown, sides: Sides): readonly Link[] => {
  const remoteId = String(id)
  if (document === 'crm.lead') return [{ type: 'deal', remoteId }]
  if (document !== 'res.partner') return []
  return [{ type: sides.get(Number(id))?.isCompany === true ? 'company' : 'contact', remoteId }]
}

const messageTruth = (message: Found, { kind }: MessageKind, sides: Sides): TruthRecord => {
  const body = text(message['body'])
  const said = parseCall(body)
  const sender = /[^\s<>"]+@[^\s<>"]+/.exec(text(message['email_from']))?.[0]
  const own = isOurs(message)
    ? {}
    : { subject: text(message['subject']) || null, ...(kind === 'note' ? { owner_email: sender ?? null } : {}) }
  const started_at = canonicalTime(said.started_at ?? toInstant(message['date']))
  return {
    id: String(message.id),
    data: { kind, ...own, ...said, started_at, ...(kind === 'email' ? { direction: 'inbound' } : {}) },
    links: linksWith(keptLinks(body), placeLinks(message['model'], message['res_id'], sides)),
    updatedAt: toInstant(message['write_date']) ?? '',
  }
}

const taskTruth = (task: Found, sides: Sides): TruthRecord => {
  const note = text(task['note'])
  const said = parseCall(note)
  const day = text(task['date_deadline'])
  const exact = canonicalTime(said.started_at)
  const started_at = exact?.startsWith(day) === true ? exact : canonicalTime(day)
  return {
    id: String(task.id),
    data: { kind: 'task', ...said, subject: text(task['summary']) || null, started_at },
    links: linksWith(keptLinks(note), placeLinks(task['res_model'], task['res_id'], sides)),
    updatedAt: toInstant(task['write_date']) ?? '',
  }
}

const eventTruth = (event: Found, sides: Sides, isHtml: boolean): TruthRecord => {
  const description = text(event['description'])
  const [start, stop] = [toInstant(event['start']) ?? '', toInstant(event['stop']) ?? '']
  const guests = (event['partner_ids'] as number[]).filter((id) => sides.get(id)?.isColleague === false)
  const deal = event['opportunity_id']
  const told: Link[] = [
    ...guests.map(
      (id): Link => ({ type: sides.get(id)?.isCompany === true ? 'company' : 'contact', remoteId: String(id) }),
    ),
    ...(Array.isArray(deal) ? [{ type: 'deal', remoteId: String(deal[0]) } as const] : []),
  ]
  return {
    id: String(event.id),
    data: {
      kind: 'meeting',
      ...parseDescription(description, isHtml),
      subject: text(event['name']),
      started_at: canonicalTime(start),
      duration_seconds: (Date.parse(stop) - Date.parse(start)) / 1_000,
    },
    links: linksWith(keptLinks(description), told),
    updatedAt: toInstant(event['write_date']) ?? '',
  }
}

const messageValues = (kind: string, data: Fields, body: string): Record<string, unknown> => {
  const fields: CallFields = { ...parseCall(body), ...(data as CallFields) }
  const date = typeof fields.started_at === 'string' ? toOdooTime(fields.started_at) : undefined
  const said = kind === 'email' ? `<p>${fields.body}</p>` : kind === 'call' ? renderCall(fields) : renderNotes(fields)
  return {
    body: said,
    ...(kind === 'email' && fields.subject !== undefined ? { subject: fields.subject ?? false } : {}),
    ...(date === undefined ? {} : { date }),
  }
}

const taskValues = (data: Fields, before: Found | undefined): Record<string, unknown> => {
  const { subject, owner_email: _, ...said } = data as CallFields
  const note = renderNotes({ ...parseCall(text(before?.['note'])), ...said })
  const day = canonicalTime(data['started_at'])?.slice(0, 10)
  return {
    note: withKeptLinks(
      note,
      keptLinks(text(before?.['note'])).map((link) => ({ ...link, name: '' })),
      true,
    ),
    ...(subject === undefined ? {} : { summary: subject ?? false }),
    ...(day === undefined ? {} : { date_deadline: day }),
  }
}

const eventValues = (data: Fields, before: Found | undefined, isHtml: boolean): Record<string, unknown> => {
  const { subject, owner_email: _, started_at, duration_seconds, ...said } = data as CallFields
  const start = canonicalTime(started_at ?? toInstant(before?.['start']))
  const moved = started_at !== undefined || duration_seconds !== undefined
  const seconds = typeof duration_seconds === 'number' ? duration_seconds : 3_600
  return {
    description: renderDescription({ ...parseDescription(text(before?.['description']), isHtml), ...said }, isHtml),
    ...(subject === undefined ? {} : { name: subject ?? false }),
    ...(!moved || start === null
      ? {}
      : {
          start: toOdooTime(start),
          stop: toOdooTime(new Date(Date.parse(start) + seconds * 1_000).toISOString()),
        }),
  }
}

const MODELS = { task: 'mail.activity', meeting: 'calendar.event' } as const
type Model = 'mail.message' | 'mail.activity' | 'calendar.event'

const COLUMNS: Readonly<Record<Model, readonly string[]>> = {
  'mail.message': MESSAGE_COLUMNS,
  'mail.activity': TASK_COLUMNS,
  'calendar.event': EVENT_COLUMNS,
}

/** What people do with calls, notes, e-mails, tasks and meetings in an Odoo. */
export const activityHandles = (user: OdooUser, sides: () => Promise<Sides>, isHtml: boolean) => {
  const truth = async (): Promise<readonly TruthRecord[]> => {
    const known = await sides()
    const messages = [CALLS, NOTES, EMAILS].map(async (kind) =>
      (await user.search('mail.message', kind.domain, MESSAGE_COLUMNS)).map((one) => messageTruth(one, kind, known)),
    )
    const onRecords = [['res_model', 'in', ['res.partner', 'crm.lead', false]]]
    const tasks = (await user.search('mail.activity', onRecords, TASK_COLUMNS)).map((one) => taskTruth(one, known))
    const events = (await user.search('calendar.event', [], EVENT_COLUMNS)).map((one) => eventTruth(one, known, isHtml))
    return [...(await Promise.all(messages)).flat(), ...tasks, ...events]
  }

  const add = async (data: Fields, links: readonly Link[]): Promise<string> => {
    const kind = String(data['kind'] ?? 'call')
    const place = placeOf(links)
    if (kind === 'meeting') {
      const guests = links.filter(({ type }) => type !== 'deal').map(({ remoteId }) => Number(remoteId))
      const deal = links.find(({ type }) => type === 'deal')
      const values = {
        ...eventValues({ subject: 'Meeting', ...data }, undefined, isHtml),
        partner_ids: [[6, 0, guests]],
        ...(deal === undefined ? {} : { opportunity_id: Number(deal.remoteId) }),
      }
      return String(await user.save('calendar.event', undefined, values))
    }
    if (kind === 'task') {
      const [document] = await user.search('ir.model', [['model', '=', place?.model]], ['model'])
      const values = { ...taskValues(data, undefined), res_model_id: document?.id, res_id: place?.id }
      return String(await user.save('mail.activity', undefined, values))
    }
    const values = {
      ...messageValues(kind, data, ''),
      model: place?.model ?? 'res.partner',
      res_id: place?.id,
      message_type: kind === 'email' ? 'email' : 'comment',
      ...(kind === 'email'
        ? { author_id: false, email_from: '"A customer" <customer@example.com>' }
        : { message_id: `<raccordo-${kind}-${randomUUID()}@raccordo>` }),
    }
    return String(await user.save('mail.message', undefined, values))
  }

  /** The model that an id belongs to; in the simulator no two of them share one. */
  const find = async (id: string): Promise<{ readonly model: Model; readonly record: Found }> => {
    for (const model of ['mail.message', MODELS.task, MODELS.meeting] as const) {
      const [record] = await user.search(model, [['id', '=', Number(id)]], COLUMNS[model])
      if (record !== undefined) return { model, record }
    }
    throw new Error(`Odoo has no activity ${id}`)
  }

  const edit = async (id: string, data: Fields): Promise<void> => {
    const { model, record } = await find(id)
    if (model === 'mail.activity') await user.save(model, Number(id), taskValues(data, record))
    else if (model === 'calendar.event') await user.save(model, Number(id), eventValues(data, record, isHtml))
    else {
      const mark = text(record['message_id'])
      const kind = mark.startsWith(CALL_MARK) ? 'call' : mark.startsWith(NOTE_MARK) ? 'note' : 'email'
      await user.save(model, Number(id), messageValues(kind, data, text(record['body'])))
    }
  }

  const remove = async (id: string): Promise<void> => {
    const { model } = await find(id)
    await user.remove(model, Number(id))
  }

  return { truth, add, edit, remove }
}
