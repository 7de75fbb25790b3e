import { hash } from 'node:crypto'
import type { Fields, Link, ObjectType, RemoteRecord } from '../contract.ts'
import type { Fault } from '../errors.ts'
import type { CompiledMapping, Resolver } from '../mapping/index.ts'
import { stableJson } from '../stable_json.ts'
import type { KeptLink } from '../store/records.ts'

/** A remote record after the mapping: what a commit compares and writes. */
export interface Incoming {
  readonly id: string
  readonly stampMs: number | undefined
  readonly data: Fields
  readonly raw: Fields
  /** Undefined where the record came without any statement about links: what is stored of them stays. */
  readonly links: readonly KeptLink[] | undefined
  readonly hash: string
  readonly filtered: boolean
  readonly mergedIds: readonly string[]
}

export interface Unmappable {
  readonly id: string
  readonly faults: readonly Fault[]
  readonly raw: Fields
}

const REFERENCED: Readonly<Record<string, ObjectType>> = {
  contact_id: 'contact',
  company_id: 'company',
  deal_id: 'deal',
}

/** Joins the record's own links with the references that its mapping found; a reference names the field it fills. */
const keptLinks = (
  links: readonly Link[] | undefined,
  references: Readonly<Record<string, string | null | undefined>>,
): readonly KeptLink[] | undefined => {
  const filled = Object.entries(references).flatMap(([field, remoteId]): KeptLink[] => {
    const type = REFERENCED[field]
    return type === undefined || remoteId == null ? [] : [{ type, remoteId, field }]
  })
  if (links === undefined && Object.keys(references).length === 0) return undefined
  const others = (links ?? []).filter(
    (link) => !filled.some((f) => f.type === link.type && f.remoteId === link.remoteId),
  )
  return [...filled, ...others.map(({ type, remoteId }) => ({ type, remoteId }))].sort((a, b) =>
    `${a.type}:${a.remoteId}` < `${b.type}:${b.remoteId}` ? -1 : 1,
  )
}

export const hashOf = (raw: Fields, links: readonly KeptLink[] | undefined): string =>
  hash('sha1', stableJson([raw, links ?? null]), 'base64')

export const stampMsOf = (updatedAt: string | undefined): number | undefined => {
  if (updatedAt === undefined) return undefined
  const ms = Date.parse(updatedAt)
  return Number.isNaN(ms) ? undefined : ms
}

/** Maps what a plugin read; a record that cannot be mapped is set aside with its faults, the others go on. */
export const mapRecords = (
  records: readonly RemoteRecord[],
  mapping: CompiledMapping,
  resolver: Resolver,
): { readonly incoming: readonly Incoming[]; readonly unmappable: readonly Unmappable[] } => {
  const incoming: Incoming[] = []
  const unmappable: Unmappable[] = []
  for (const record of records) {
    const result = mapping.toCanonical(record, resolver)
    if (!result.ok) {
      unmappable.push({ id: record.id, faults: result.faults, raw: record.fields })
      continue
    }
    const links = keptLinks(record.links, result.references)
    incoming.push({
      id: record.id,
      stampMs: stampMsOf(record.updatedAt),
      data: result.data,
      raw: record.fields,
      links,
      hash: hashOf(record.fields, links),
      filtered: result.filtered,
      mergedIds: record.mergedIds ?? [],
    })
  }
  return { incoming, unmappable }
}
