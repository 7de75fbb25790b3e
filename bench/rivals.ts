import type { Fields } from '@raccordo/core'
import got from 'got'
import type pg from 'pg'

/** What a user would write by hand to copy the contacts of one CRM. */
export interface Rival {
  /** Settings that lift the plugin's rate limits, so that both sides run as fast as they can. */
  readonly unlimited: Fields
  /** Reads every contact page by page and upserts each page; answers how many. */
  copyContacts(connection: Connection, database: pg.Client): Promise<number>
}

export interface Connection {
  readonly settings: Fields
  readonly credentials: Fields
}

const NO_LIMIT = 1_000_000_000
const FIELDS = ['email', 'phone', 'firstname', 'lastname', 'jobtitle', 'country', 'lastmodifieddate']
const COLUMNS = ['id', ...FIELDS, 'company_id', 'raw']

interface ContactPage {
  readonly results: readonly {
    readonly id: string
    readonly properties: Readonly<Record<string, string | null>>
    readonly associations?: { readonly companies?: { readonly results: readonly { readonly id: string }[] } }
  }[]
  readonly paging?: { readonly next?: { readonly after: string } }
}

const upsertText = (rows: number): string => {
  const tuples = Array.from({ length: rows }, (_, row) => {
    const places = COLUMNS.map((_column, index) => `$${row * COLUMNS.length + index + 1}`)
    return `(${places.join(',')})`
  })
  const updates = COLUMNS.slice(1).map((column) => `${column} = excluded.${column}`)
  return `insert into contacts (${COLUMNS.join(',')}) values ${tuples.join(',')}
    on conflict (id) do update set ${updates.join(',')}`
}

/** The same requests as the plugin makes: the list by id, a hundred a page, with relations. */
const hubspot: Rival = {
  unlimited: { limits: { rates: [NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT] } },
  copyContacts: async ({ settings, credentials }, database) => {
    const columns = COLUMNS.map((column) => `${column} ${column === 'raw' ? 'jsonb' : 'text'}`)
    await database.query(`create table contacts (${columns.join(', ')}, primary key (id))`)
    const http = got.extend({
      prefixUrl: String(settings['apiBaseUrl']),
      headers: { authorization: `Bearer ${credentials['apiKey']}` },
    })
    let after: string | undefined
    let copied = 0
    do {
      const searchParams = { limit: 100, properties: FIELDS.join(','), associations: 'companies', after }
      const page: ContactPage = await http('crm/objects/2026-03/contacts', { searchParams }).json()
      const values = page.results.flatMap((contact) => [
        contact.id,
        ...FIELDS.map((field) => contact.properties[field] ?? null),
        contact.associations?.companies?.results[0]?.id ?? null,
        JSON.stringify(contact),
      ])
      if (page.results.length > 0) await database.query(upsertText(page.results.length), values)
      copied += page.results.length
      after = page.paging?.next?.after
    } while (after !== undefined)
    return copied
  },
}

/** Hand-written loops by provider. */
export const RIVALS: Readonly<Record<string, Rival>> = { hubspot }
