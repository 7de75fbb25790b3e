import { type Ctx, type Fields, isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import { CALL_FIELDS, type CallFields, parseCall, renderCall } from './call-body.ts'
import { isMissingMethod } from './errors.ts'
import { externalId, findExternalId, type LoadRow, loadRows } from './load.ts'
import type { OdooSettings } from './settings.ts'
import { withStamps } from './stamps.ts'
import { type Domain, searchRead } from './transport.ts'
import { toOdooTime } from './values.ts'

const model = 'mail.message'
type LinkedRow = Row & { readonly remoteId: string }

/** How the Message-Ids of our calls begin. */
export const CALL_MARK = '<raccordo-call-'

const messageIdOf = (row: Row): string => `${CALL_MARK}${externalId('call', row.marker).split('.')[1]}@raccordo>`

/**
 * Writes calls as notes on the chatter of their contact, or of their company where no contact is named. `load` under an
 * external id makes each once, even when two workers race; `message_post` would make two. The message may already be
 * there (a repetition): `load` then refuses to set its place anew, and it is adopted and brought up to date.
 */
export const createCalls = async (ctx: Ctx<OdooSettings>, rows: readonly Row[]): Promise<readonly Outcome[]> => {
  const places = rows.map(placeOf)
  const present = await partnersAmong(ctx, places)
  const outcomes: (Outcome | undefined)[] = places.map((place) => faultOfPlace(place, present))
  const sound = [...rows.keys()].filter((index) => outcomes[index] === undefined)
  const written = await write(
    ctx,
    sound.map((index) => toLoadRow(rows[index] as Row, places[index] ?? 0)),
  )
  sound.forEach((index, place) => {
    outcomes[index] = written[place]
  })
  return adoptExisting(ctx, rows, outcomes)
}

const placeOf = ({ links }: Row): number | undefined => {
  for (const type of ['contact', 'company'] as const) {
    const id = links?.find((link) => link.type === type)?.remoteId
    if (id !== undefined && Number.isInteger(Number(id))) return Number(id)
  }
  return undefined
}

const partnersAmong = async (
  ctx: Ctx<OdooSettings>,
  places: readonly (number | undefined)[],
): Promise<ReadonlySet<number>> => {
  const ids = [...new Set(places.filter((place) => place !== undefined))]
  if (ids.length === 0) return new Set()
  const records = await searchRead(ctx, 'res.partner', { domain: [['id', 'in', ids]], fields: ['id'] })
  return new Set(records.map(({ id }) => id))
}

const faultOfPlace = (place: number | undefined, present: ReadonlySet<number>): Outcome | undefined => {
  if (place === undefined)
    return {
      ok: false,
      kind: 'invalid',
      message: 'Odoo keeps a call in the chatter of a contact or a company, and this call names none.',
    }
  if (present.has(place)) return undefined
  return { ok: false, kind: 'invalid', message: `Odoo has no contact or company ${place} to log this call on.` }
}

const toLoadRow = (row: Row, place: number): LoadRow => {
  const fields = callFields(row.fields)
  const startedAt = typeof fields.started_at === 'string' ? toOdooTime(fields.started_at) : undefined
  return {
    id: externalId('call', row.marker),
    message_id: messageIdOf(row),
    model: 'res.partner',
    res_id: String(place),
    body: renderCall(fields),
    message_type: 'comment',
    'subtype_id/id': 'mail.mt_note',
    is_internal: '1',
    ...(startedAt === undefined ? {} : { date: startedAt }),
  }
}

/** What a row says of the fields that a message has; what it does not say is absent, so that a patch leaves it. */
const callFields = (fields: Fields): CallFields =>
  Object.fromEntries(
    CALL_FIELDS.flatMap((name) => {
      const value = fields[name]
      if (value === undefined) return []
      return [[name, value === null || typeof value === 'number' ? value : String(value)]]
    }),
  )

const write = async (ctx: Ctx<OdooSettings>, rows: readonly LoadRow[]): Promise<readonly Outcome[]> =>
  rows.length === 0 ? [] : loadRows(ctx, model, rows, { idempotent: true })

/** Rows that failed although their message stands there are brought up to date instead. */
const adoptExisting = async (
  ctx: Ctx<OdooSettings>,
  rows: readonly Row[],
  outcomes: readonly (Outcome | undefined)[],
): Promise<readonly Outcome[]> => {
  const failed = rows.filter((_, index) => outcomes[index]?.ok === false)
  const existing = failed.length === 0 ? new Map<string, string>() : await messagesOf(ctx, failed)
  const linked = rows.flatMap((row): LinkedRow[] => {
    const remoteId = existing.get(row.marker)
    return remoteId === undefined ? [] : [{ ...row, remoteId }]
  })
  const updated = linked.length === 0 ? [] : await updateCalls(ctx, linked)
  const adopted = new Map(linked.map((row, index) => [row.marker, updated[index]]))
  const all = rows.map((row, index) => adopted.get(row.marker) ?? outcomes[index] ?? LOST)
  return withStamps(ctx, model, all)
}

const LOST: Outcome = { ok: false, kind: 'bug', message: 'Odoo answered without this row.' }

const messagesOf = async (ctx: Ctx<OdooSettings>, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> => {
  const byMessageId = new Map(rows.map((row) => [messageIdOf(row), row.marker]))
  const domain: Domain = [['message_id', 'in', [...byMessageId.keys()]]]
  const records = await searchRead(ctx, model, { domain, fields: ['message_id'] })
  return new Map(records.map(({ id, message_id }) => [byMessageId.get(String(message_id)) ?? '', String(id)]))
}

/** Merges each row into what its message says already, so that a patch (the recording, the outcome) loses nothing. */
export const updateCalls = async (ctx: Ctx<OdooSettings>, rows: readonly LinkedRow[]): Promise<readonly Outcome[]> => {
  const domain: Domain = [['id', 'in', rows.map((row) => Number(row.remoteId))]]
  const records = await searchRead(ctx, model, { domain, fields: ['body', 'date'] })
  const messages = new Map(records.map((record) => [String(record.id), record]))
  const known = rows.filter((row) => messages.has(row.remoteId))
  const load = known.map((row): LoadRow => {
    const message = messages.get(row.remoteId)
    const before = parseCall(typeof message?.['body'] === 'string' ? message['body'] : '')
    const after: CallFields = { ...before, ...callFields(row.fields) }
    const startedAt = typeof after.started_at === 'string' ? toOdooTime(after.started_at) : undefined
    return { '.id': row.remoteId, body: renderCall(after), date: startedAt ?? String(message?.['date'] ?? '') }
  })
  const written = load.length === 0 ? [] : await loadRows(ctx, model, load, { idempotent: true })
  const outcomes = new Map(known.map((row, index) => [row.remoteId, written[index]]))
  return withStamps(
    ctx,
    model,
    rows.map(
      (row) =>
        outcomes.get(row.remoteId) ?? {
          ok: false,
          kind: 'not_found',
          message: 'The message of this call is gone from Odoo.',
        },
    ),
  )
}

/** The message that bears the row's marker, by its external id and by its Message-Id. */
export const locateCall = async (ctx: Ctx<OdooSettings>, row: Row): Promise<readonly string[]> => {
  const found = await byExternalId(ctx, row)
  if (found !== undefined) return [found]
  const records = await searchRead(ctx, model, { domain: [['message_id', '=', messageIdOf(row)]], fields: ['id'] })
  return records.map(({ id }) => String(id))
}

const byExternalId = async (ctx: Ctx<OdooSettings>, row: Row): Promise<string | undefined> => {
  try {
    return await findExternalId(ctx, model, externalId('call', row.marker))
  } catch (error) {
    if (isCrmError(error) && isMissingMethod(error.vendorCode, error.message)) return undefined
    throw error
  }
}
