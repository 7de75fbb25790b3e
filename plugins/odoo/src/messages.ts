import type { Ctx, Fields, Link, Page, RemoteObject, RemoteRecord } from '@raccordo/core/plugin'
import { describeActivity } from './activity-fields.ts'
import { CALL_FIELDS, parseCall } from './call-body.ts'
import { keptLinks, linksWith } from './kept-links.ts'
import { type LinkedPartner, readLinkedPartners } from './linked-partners.ts'
import { CALL_MARK, type MessageKind, NOTE_MARK } from './message-kinds.ts'
import { createMessages, locateMessage, updateMessages } from './messages-write.ts'
import { readPlaces } from './places.ts'
import { scanGuarded, stampPage } from './scan.ts'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead } from './transport.ts'
import { fromOdoo, relatedId, stampOf } from './values.ts'

const model = 'mail.message'
const COLUMNS = ['body', 'subject', 'date', 'model', 'res_id', 'email_from', 'author_id', 'message_type', 'message_id']

/**
 * Messages of one kind in the chatters of contacts, companies and deals. Calls and notes are written too; e-mails are
 * only read, because writing one would not send it.
 */
export const messages = (kind: MessageKind): RemoteObject<OdooSettings> => {
  const { domain } = kind
  const isWritten = kind.kind !== 'email'
  return {
    type: 'activity',
    name: kind.name,
    holds: { kind: [kind.kind] },
    // A mailbox is more than most hosts want of a CRM: who wants it says so.
    ...(isWritten ? {} : { onByDefault: false }),
    paging: 'keyset',
    order: { field: 'write_date', precision: 's', lateMs: { usual: 120_000, worst: 3_600_000 } },
    pull: async (ctx, page): Promise<Page> => {
      const { records, next } = await scanGuarded(ctx, model, domain, page, [...COLUMNS, 'write_date'])
      return { records: await toRecords(ctx, kind, records, page.fields), next }
    },
    stamps: async (ctx, page) => stampPage(await scanGuarded(ctx, model, domain, page, ['write_date'])),
    read: async (ctx, ids, fields) => {
      const terms = [['id', 'in', ids.map(Number)], ...domain]
      const records = await searchRead(ctx, model, { domain: terms, fields: [...COLUMNS, 'write_date'] })
      return toRecords(ctx, kind, records, fields)
    },
    ...(isWritten
      ? {
          create: (ctx, rows) => createMessages(ctx, kind, rows),
          update: (ctx, rows) => updateMessages(ctx, kind, rows),
          locate: (ctx, row) => locateMessage(ctx, kind, row),
        }
      : {}),
    describe: async () => describeActivity(kind.kind, ['kind', ...CALL_FIELDS, 'email_from']),
  }
}

const toRecords = async (
  ctx: Ctx<OdooSettings>,
  { kind }: MessageKind,
  records: readonly OdooRecord[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  const placeOf = await readPlaces(ctx, records, { model: 'model', id: 'res_id' })
  const authors = kind === 'email' ? await readLinkedPartners(ctx, records.flatMap(authorOf)) : new Map()
  return records.map((record) => {
    const body = typeof record['body'] === 'string' ? record['body'] : ''
    const links: readonly Link[] = linksWith(keptLinks(body), placeOf(record))
    const values: Fields = { kind, ...saidBy(record, body), ...(kind === 'email' ? directionOf(record, authors) : {}) }
    return {
      id: String(record.id),
      ...stampOf(record['write_date']),
      fields: Object.fromEntries(fields.map((name) => [name, values[name] ?? null])),
      links,
    }
  })
}

const authorOf = (record: OdooRecord): readonly number[] => {
  const id = relatedId(record['author_id'])
  return id === undefined ? [] : [id]
}

/** What a message says: in the plugin's own form, or as people write. A person's own message is theirs, by its sender. */
const saidBy = (record: OdooRecord, body: string): Fields => {
  const said = parseCall(body)
  const date = fromOdoo(record['date'], 'datetime')
  const email_from = fromOdoo(record['email_from'], 'char')
  const own = { ...said, started_at: said.started_at ?? date, email_from }
  const mark = String(record['message_id'])
  if (mark.startsWith(CALL_MARK) || mark.startsWith(NOTE_MARK)) return own
  return { subject: fromOdoo(record['subject'], 'char'), owner_email: addressIn(email_from), ...own }
}

/** The address in `"Ann" <ann@acme.example>`, in lower case as mappings look users up. */
const addressIn = (sender: unknown): string | null =>
  typeof sender === 'string' ? (/[^\s<>"]+@[^\s<>"]+/.exec(sender)?.[0]?.toLowerCase() ?? null) : null

/** An e-mail of a colleague went out, anybody else's came in. */
const directionOf = (record: OdooRecord, authors: ReadonlyMap<number, LinkedPartner>): Fields => {
  const author = authors.get(relatedId(record['author_id']) ?? 0)
  const isOutbound = record['message_type'] === 'email_outgoing' || author?.isExternal === false
  return isOutbound ? { direction: 'outbound' } : { direction: 'inbound', owner_email: null }
}
