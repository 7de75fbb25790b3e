import type { Ctx, Fields, Json, Link, Outcome, Row } from '@raccordo/core/plugin'
import type { CallFields } from './call-body.ts'
import { kindsOf } from './fields.ts'
import { keptLinks, linksToKeep, withKeptLinks } from './kept-links.ts'
import { type LinkedPartner, linkedId, linkOfPartner, readLinkedPartners } from './linked-partners.ts'
import { parseDescription, renderDescription } from './meeting-text.ts'
import { callFields } from './messages-write.ts'
import {
  createRecords,
  type LinkedRow,
  locateRecord,
  type Planned,
  updateRecords,
  type WrittenModel,
} from './model-write.ts'
import { allLinks, type Names, namedLinks, readNames } from './places.ts'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead } from './transport.ts'
import { relatedId, toInstant } from './values.ts'

export const EVENT_FIELDS = 'event_fields'

const target: WrittenModel = {
  model: 'calendar.event',
  fieldTable: EVENT_FIELDS,
  prefix: 'meeting',
  // A sync invites nobody, and the text of a meeting is the host's: Odoo would add names and addresses to it.
  context: { no_mail_to_attendees: true, dont_notify: true, skip_contact_description: true },
}

/** Fields that Odoo has no column for: they stand in the description; the duration is told by the end. */
export const MEETING_MADE = [
  'body',
  'duration_seconds',
  'direction',
  'outcome',
  'from_e164',
  'to_e164',
  'recording_url',
] as const

/** Odoo has opportunities where its CRM is installed. */
export const hasDeals = async (ctx: Ctx<OdooSettings>): Promise<boolean> =>
  (await ctx.lookup(EVENT_FIELDS, 'opportunity_id')) !== undefined

/** True where the description of an event is HTML: since Odoo 15. */
export const isHtmlText = async (ctx: Ctx<OdooSettings>): Promise<boolean> =>
  (await kindsOf(ctx, EVENT_FIELDS, ['description'])).get('description') === 'html'

/** Length of an event in seconds. */
export const secondsOf = (event: OdooRecord): number | undefined => {
  const [start, stop] = [toInstant(event['start']), toInstant(event['stop'])]
  return start === undefined || stop === undefined ? undefined : (Date.parse(stop) - Date.parse(start)) / 1_000
}

export const createMeetings = async (ctx: Ctx<OdooSettings>, rows: readonly Row[]): Promise<readonly Outcome[]> =>
  createRecords(ctx, target, rows, await planRows(ctx, rows, new Map()))

export const updateMeetings = async (
  ctx: Ctx<OdooSettings>,
  rows: readonly LinkedRow[],
): Promise<readonly Outcome[]> => {
  const domain = [['id', 'in', rows.map(({ remoteId }) => Number(remoteId))]]
  const fields = ['description', 'start', 'stop', 'partner_ids', ...((await hasDeals(ctx)) ? ['opportunity_id'] : [])]
  const events = await searchRead(ctx, target.model, { domain, fields })
  const found = new Map(events.map((event) => [String(event.id), event]))
  const planned = await planRows(ctx, rows, found)
  const gone = { failure: { kind: 'not_found', message: 'This meeting is gone from Odoo.' } } as const
  return updateRecords(
    ctx,
    target,
    rows,
    planned.map((plan, index) => (found.has(rows[index]?.remoteId ?? '') ? plan : gone)),
  )
}

export const locateMeeting = (ctx: Ctx<OdooSettings>, row: Row): Promise<readonly string[]> =>
  locateRecord(ctx, target, row)

/** What several rows need, read once. */
interface Known {
  readonly partners: ReadonlyMap<number, LinkedPartner>
  readonly names: Names
  readonly organizers: ReadonlyMap<string, number>
  readonly isHtml: boolean
  readonly hasDeals: boolean
}

const attendeesOf = (event: OdooRecord | undefined): readonly number[] =>
  Array.isArray(event?.['partner_ids']) ? event['partner_ids'].map(Number) : []

const planRows = async (
  ctx: Ctx<OdooSettings>,
  rows: readonly Row[],
  events: ReadonlyMap<string, OdooRecord>,
): Promise<readonly Planned[]> => {
  const links = allLinks(rows)
  const named = links.filter(({ type }) => type !== 'deal').map(({ remoteId }) => Number(remoteId))
  const kept = [...events.values()].flatMap((event) => keptLinks(String(event['description'] || '')))
  const known: Known = {
    partners: await readLinkedPartners(ctx, [...named, ...[...events.values()].flatMap(attendeesOf)]),
    names: await readNames(ctx, [...links, ...kept]),
    organizers: await readOrganizers(ctx, rows),
    isHtml: await isHtmlText(ctx),
    hasDeals: await hasDeals(ctx),
  }
  return rows.map((row) => planRow(row, events.get(row.remoteId ?? ''), known))
}

/** The partners of the users that meetings are given to: without them among the attendees, they would not see it. */
const readOrganizers = async (ctx: Ctx<OdooSettings>, rows: readonly Row[]): Promise<ReadonlyMap<string, number>> => {
  const ids = rows.flatMap(({ fields }) => (fields['user_id'] == null ? [] : [Number(fields['user_id'])]))
  if (ids.length === 0) return new Map()
  const users = await searchRead(ctx, 'res.users', { domain: [['id', 'in', ids]], fields: ['partner_id'] })
  return new Map(users.map(({ id, partner_id }) => [String(id), relatedId(partner_id) ?? 0]))
}

const isMade = (name: string): boolean => name === 'kind' || MEETING_MADE.some((made) => made === name)

const planRow = (row: Row, event: OdooRecord | undefined, known: Known): Planned => {
  const missing = (row.links ?? []).find(({ type, remoteId }) => !known.names.has(`${type}:${remoteId}`))
  if (missing !== undefined)
    return { failure: { kind: 'invalid', message: `Odoo has no ${missing.type} ${missing.remoteId} to meet.` } }
  const own = Object.fromEntries(Object.entries(row.fields).filter(([name]) => !isMade(name)))
  return {
    values: {
      ...own,
      ...timesOf(row.fields, event),
      ...peopleOf(row, event, known),
      ...descriptionOf(row, event, known),
    },
  }
}

const HOUR_SECONDS = 3_600

/** Odoo wants an end: what comes without a duration lasts an hour, as in its own calendar. */
const timesOf = (fields: Fields, event: OdooRecord | undefined): Fields => {
  const duration = fields['duration_seconds']
  if (fields['start'] === undefined && duration === undefined) return {}
  const start = instantOf(fields['start'] ?? toInstant(event?.['start'])) ?? undefined
  if (start === undefined) return {}
  const seconds = typeof duration === 'number' ? duration : ((event && secondsOf(event)) ?? HOUR_SECONDS)
  return { start, stop: new Date(Date.parse(start) + seconds * 1_000).toISOString() }
}

const instantOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined

/**
 * A contact attends; a company does where no contact is named. A contact that is pushed later takes the place of the only
 * one from outside, and joins where there are several.
 */
const peopleOf = ({ fields, links }: Row, event: OdooRecord | undefined, known: Known): Fields => {
  const before = attendeesOf(event)
  const contactId = linkedId(links, 'contact')
  const companyId = contactId === undefined && !before.some(isPerson(known)) ? linkedId(links, 'company') : undefined
  const dealId = linkedId(links, 'deal')
  const guest = contactId ?? companyId
  const organizer = known.organizers.get(String(fields['user_id'] ?? ''))
  const others = before.filter(isOutside(known))
  const stays = guest !== undefined && others.length === 1 ? before.filter((id) => !others.includes(id)) : before
  const after = [...new Set([...stays, ...(guest === undefined ? [] : [guest]), ...(organizer ? [organizer] : [])])]
  const isSame = after.length === before.length && after.every((id) => before.includes(id))
  return {
    ...(isSame || fields['partner_ids'] !== undefined ? {} : { partner_ids: after.map(String) }),
    ...(dealId === undefined || !known.hasDeals ? {} : { opportunity_id: String(dealId) }),
  }
}

const isOutside =
  ({ partners }: Known) =>
  (id: number): boolean =>
    partners.get(id)?.isExternal === true
const isPerson =
  (known: Known) =>
  (id: number): boolean =>
    isOutside(known)(id) && known.partners.get(id)?.isCompany === false

const descriptionOf = (row: Row, event: OdooRecord | undefined, known: Known): Fields => {
  const touches = row.links !== undefined || Object.keys(row.fields).some((name) => name !== 'kind' && isMade(name))
  if (!touches) return {}
  const text = String(event?.['description'] || '')
  const { subject: _, owner_email: __, started_at: ___, duration_seconds: ____, ...said } = callFields(row.fields)
  const after: CallFields = { ...parseDescription(text, known.isHtml), ...said }
  const people = peopleOf(row, event, known)['partner_ids'] ?? attendeesOf(event)
  const attending = (people as readonly Json[]).map(Number).flatMap((id) => known.partners.get(id) ?? [])
  const deal = linkedId(row.links, 'deal') ?? relatedId(event?.['opportunity_id'])
  const told: readonly Link[] = [
    ...attending.map(linkOfPartner),
    ...(deal === undefined || !known.hasDeals ? [] : [{ type: 'deal', remoteId: String(deal) } as const]),
  ]
  const kept = namedLinks(linksToKeep(row.links ?? [], keptLinks(text), told), known.names)
  const description = withKeptLinks(renderDescription(after, known.isHtml), kept, known.isHtml)
  return description === text ? {} : { description }
}
