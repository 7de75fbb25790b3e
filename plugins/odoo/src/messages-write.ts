import { type Ctx, type Fields, isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import { CALL_FIELDS, type CallFields, parseCall, renderCall, renderNotes } from './call-body.ts'
import { isMissingMethod } from './errors.ts'
import { keptLinks, linksToKeep, withKeptLinks } from './kept-links.ts'
import { externalId, findExternalId, type LoadRow, loadRows } from './load.ts'
import type { MessageKind } from './message-kinds.ts'
import type { LinkedRow } from './model-write.ts'
import { allLinks, faultOfPlace, type Names, namedLinks, type Place, placeOf, readNames, readPlaces } from './places.ts'
import type { OdooSettings } from './settings.ts'
import { withStamps } from './stamps.ts'
import { type Domain, searchRead } from './transport.ts'
import { toOdooTime } from './values.ts'

const model = 'mail.message'

const idFor = ({ kind }: MessageKind, row: Row): string => externalId(kind, row.marker)
const messageIdOf = (kind: MessageKind, row: Row): string =>
  `<raccordo-${kind.kind}-${idFor(kind, row).split('.')[1]}@raccordo>`

const render = ({ kind }: MessageKind, fields: CallFields): string =>
  kind === 'call' ? renderCall(fields) : renderNotes(fields)

/**
 * Writes calls and notes into the chatter of their deal, or of their contact or company where no deal is named. `load`
 * under an external id makes each once, even when two workers race; `message_post` would make two. The message may
 * already be there (a repetition): `load` then refuses to set its place anew, and it is adopted and brought up to date.
 */
export const createMessages = async (
  ctx: Ctx<OdooSettings>,
  kind: MessageKind,
  rows: readonly Row[],
): Promise<readonly Outcome[]> => {
  const names = await readNames(ctx, allLinks(rows))
  const outcomes: (Outcome | undefined)[] = []
  const sound: { readonly index: number; readonly load: LoadRow }[] = []
  for (const [index, row] of rows.entries()) {
    const place = placeOf(row.links)
    const fault = faultOfPlace(place, names, kind.kind)
    if (fault !== undefined || place === undefined) outcomes[index] = { ok: false, ...(fault ?? LOST) }
    else sound.push({ index, load: toLoadRow(kind, row, place, names) })
  }
  const loads = sound.map(({ load }) => load)
  const written = loads.length === 0 ? [] : await loadRows(ctx, model, loads, { idempotent: true })
  sound.forEach(({ index }, place) => {
    outcomes[index] = written[place]
  })
  return adoptExisting(ctx, kind, rows, outcomes)
}

const toLoadRow = (kind: MessageKind, row: Row, { model: document, id, link }: Place, names: Names): LoadRow => {
  const fields = callFields(row.fields)
  const startedAt = typeof fields.started_at === 'string' ? toOdooTime(fields.started_at) : undefined
  const kept = namedLinks(linksToKeep(row.links ?? [], [], [link]), names)
  return {
    id: idFor(kind, row),
    message_id: messageIdOf(kind, row),
    model: document,
    res_id: String(id),
    body: withKeptLinks(render(kind, fields), kept, true),
    message_type: 'comment',
    'subtype_id/id': 'mail.mt_note',
    is_internal: '1',
    ...(startedAt === undefined ? {} : { date: startedAt }),
  }
}

/** What a row says of the fields that a text carries; what it does not say is absent, so that a patch leaves it. */
export const callFields = (fields: Fields): CallFields =>
  Object.fromEntries(
    CALL_FIELDS.flatMap((name) => {
      const value = fields[name]
      if (value === undefined) return []
      return [[name, value === null || typeof value === 'number' ? value : String(value)]]
    }),
  )

/** Rows that failed although their message stands there are brought up to date instead. */
const adoptExisting = async (
  ctx: Ctx<OdooSettings>,
  kind: MessageKind,
  rows: readonly Row[],
  outcomes: readonly (Outcome | undefined)[],
): Promise<readonly Outcome[]> => {
  const failed = rows.filter((_, index) => outcomes[index]?.ok === false)
  const existing = failed.length === 0 ? new Map<string, string>() : await messagesOf(ctx, kind, failed)
  const linked = rows.flatMap((row): LinkedRow[] => {
    const remoteId = existing.get(row.marker)
    return remoteId === undefined ? [] : [{ ...row, remoteId }]
  })
  const updated = linked.length === 0 ? [] : await updateMessages(ctx, kind, linked)
  const adopted = new Map(linked.map((row, index) => [row.marker, updated[index]]))
  const all = rows.map((row, index) => adopted.get(row.marker) ?? outcomes[index] ?? { ok: false as const, ...LOST })
  return withStamps(ctx, model, all)
}

const LOST = { kind: 'bug', message: 'Odoo answered without this row.' } as const

const messagesOf = async (
  ctx: Ctx<OdooSettings>,
  kind: MessageKind,
  rows: readonly Row[],
): Promise<ReadonlyMap<string, string>> => {
  const byMessageId = new Map(rows.map((row) => [messageIdOf(kind, row), row.marker]))
  const domain: Domain = [['message_id', 'in', [...byMessageId.keys()]]]
  const records = await searchRead(ctx, model, { domain, fields: ['message_id'] })
  return new Map(records.map(({ id, message_id }) => [byMessageId.get(String(message_id)) ?? '', String(id)]))
}

/**
 * Merges each row into what its message says already, so that a patch (the recording, the outcome) loses nothing. Odoo
 * lets a message stand where it was posted: links that come later are kept in its text.
 */
export const updateMessages = async (
  ctx: Ctx<OdooSettings>,
  kind: MessageKind,
  rows: readonly LinkedRow[],
): Promise<readonly Outcome[]> => {
  const domain: Domain = [['id', 'in', rows.map((row) => Number(row.remoteId))]]
  const records = await searchRead(ctx, model, { domain, fields: ['body', 'date', 'model', 'res_id'] })
  const found = new Map(records.map((record) => [String(record.id), record]))
  const told = await readPlaces(ctx, records, { model: 'model', id: 'res_id' })
  const bodyOf = (id: string): string => String(found.get(id)?.['body'] || '')
  const names = await readNames(ctx, [...allLinks(rows), ...records.flatMap(({ id }) => keptLinks(bodyOf(String(id))))])
  const known = rows.filter((row) => found.has(row.remoteId))
  const load = known.map((row): LoadRow => {
    const record = found.get(row.remoteId)
    const before = bodyOf(row.remoteId)
    const after: CallFields = { ...parseCall(before), ...callFields(row.fields) }
    const startedAt = typeof after.started_at === 'string' ? toOdooTime(after.started_at) : undefined
    const kept = linksToKeep(row.links ?? [], keptLinks(before), record === undefined ? [] : told(record))
    const body = withKeptLinks(render(kind, after), namedLinks(kept, names), true)
    return { '.id': row.remoteId, body, date: startedAt ?? String(record?.['date'] ?? '') }
  })
  const written = load.length === 0 ? [] : await loadRows(ctx, model, load, { idempotent: true })
  const outcomes = new Map(known.map((row, index) => [row.remoteId, written[index]]))
  const all = rows.map((row) => outcomes.get(row.remoteId) ?? { ok: false as const, ...goneFrom(kind) })
  return withStamps(ctx, model, all)
}

const goneFrom = ({ kind }: MessageKind) =>
  ({ kind: 'not_found', message: `The message of this ${kind} is gone from Odoo.` }) as const

/** The message that bears the row's marker, by its external id and by its Message-Id. */
export const locateMessage = async (
  ctx: Ctx<OdooSettings>,
  kind: MessageKind,
  row: Row,
): Promise<readonly string[]> => {
  const found = await byExternalId(ctx, kind, row)
  if (found !== undefined) return [found]
  const domain: Domain = [['message_id', '=', messageIdOf(kind, row)]]
  const records = await searchRead(ctx, model, { domain, fields: ['id'] })
  return records.map(({ id }) => String(id))
}

const byExternalId = async (ctx: Ctx<OdooSettings>, kind: MessageKind, row: Row): Promise<string | undefined> => {
  try {
    return await findExternalId(ctx, model, idFor(kind, row))
  } catch (error) {
    if (isCrmError(error) && isMissingMethod(error.vendorCode, error.message)) return undefined
    throw error
  }
}
