import type { Ctx } from '@raccordo/core/plugin'
import { kindsOf } from './fields.ts'
import { DOMAIN_FIELD, FIELD_TABLE, type PartnerKind, sideDomain } from './partner-kinds.ts'
import type { OdooSettings } from './settings.ts'
import { type Domain, type OdooRecord, searchRead } from './transport.ts'
import { domainOf } from './website.ts'

/**
 * Ids of the live partners that bear one of the values, in one search. E-mail addresses, names and domains are the
 * same in upper and lower case; everything else is compared as it stands.
 */
export const findPartners = async (
  ctx: Ctx<OdooSettings>,
  kind: PartnerKind,
  field: string,
  values: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const wanted = [...new Set(values)].filter((value) => value.trim() !== '')
  const found = new Map<string, string[]>(values.map((value) => [value, []]))
  if (wanted.length === 0) return found
  const { domain, column, keyOf } = await howToFind(ctx, kind, field, wanted)
  const fields = column === 'email' ? ['email'] : [column]
  const records = await searchRead(ctx, 'res.partner', {
    domain: [...sideDomain(kind), ...domain],
    fields,
    activeOnly: true,
  })
  for (const value of wanted)
    for (const record of records) if (keyOf(record[column]) === keyOf(value)) found.get(value)?.push(String(record.id))
  return found
}

interface Search {
  readonly domain: Domain
  readonly column: string
  readonly keyOf: (value: OdooRecord[string]) => string | undefined
}

const howToFind = async (
  ctx: Ctx<OdooSettings>,
  { type }: PartnerKind,
  field: string,
  values: readonly string[],
): Promise<Search> => {
  if (type === 'company' && field === DOMAIN_FIELD)
    return {
      domain: anyOf('website', 'ilike', values),
      column: 'website',
      keyOf: (value) => domainOf(value) ?? undefined,
    }
  const kinds = await kindsOf(ctx, FIELD_TABLE, [field, 'email_normalized'])
  const isText = ['char', 'text', undefined].includes(kinds.get(field))
  if (!isText) return { domain: [[field, 'in', values.map(Number)]], column: field, keyOf: exact }
  if (field === 'email' && kinds.has('email_normalized')) {
    // The normalised address is indexed, where a comparison without regard to case reads every partner. It is empty for
    // what Odoo does not take for an address, hence the second half.
    const lower = values.map((value) => value.trim().toLowerCase())
    const either: Domain = ['|', ['email_normalized', 'in', lower], ['email', 'in', [...values]]]
    return { domain: either, column: 'email', keyOf: caseless }
  }
  return CASELESS.has(field)
    ? { domain: anyOf(field, '=ilike', values), column: field, keyOf: caseless }
    : { domain: [[field, 'in', [...values]]], column: field, keyOf: exact }
}

const CASELESS: ReadonlySet<string> = new Set(['email', 'name', 'website'])

/** `%`, `_` and `\` are wildcards for the `like` operators, and underscores are common in e-mail addresses. */
const anyOf = (field: string, operator: 'ilike' | '=ilike', values: readonly string[]): Domain => [
  ...values.slice(1).map(() => '|'),
  ...values.map((value) => [field, operator, value.trim().replace(/[\\%_]/g, '\\$&')]),
]

const caseless = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.trim().toLowerCase() : undefined

const exact = (value: unknown): string | undefined => {
  const plain = Array.isArray(value) ? value[0] : value
  return typeof plain === 'string' || typeof plain === 'number' ? String(plain) : undefined
}
