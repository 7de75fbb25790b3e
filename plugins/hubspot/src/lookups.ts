import { isCrmError, type Lookup, type LookupRow } from '@raccordo/core/plugin'
import { CALLS, EMAILS, MEETINGS, NOTES, TASKS } from './activities.ts'
import { isReadOnly, readProperties } from './describe.ts'
import { COMPANIES, CONTACTS, DEALS } from './kinds.ts'
import { pathsOf } from './paths.ts'
import { pipelineRows, readPipelines, stageRows } from './pipelines.ts'
import type { Settings } from './settings.ts'
import { uniqueTable } from './unique.ts'

interface VendorOwner {
  readonly id?: string | number
  readonly email?: string
  readonly firstName?: string
  readonly lastName?: string
}

/**
 * Owners by e-mail: those of today, then archived ones, because old records still name them. Without the scope
 * `crm.objects.owners.read` the table is empty: a name that cannot be shown must not stop activities from being moved.
 */
export const owners: Lookup<Settings> = {
  list: async (ctx, cursor = 'false:') => {
    const [archived = 'false', after = ''] = cursor.split(':')
    const reply = await ifAllowed(
      ctx.call({ path: pathsOf(ctx.settings).owners, query: { limit: 100, after: after || undefined, archived } }),
    )
    const results: readonly VendorOwner[] = reply?.body?.results ?? []
    const next = reply?.body?.paging?.next?.after
    const rows = results.flatMap((owner) => ownerRow(owner, archived === 'true'))
    if (next !== undefined) return { rows, next: `${archived}:${next}` }
    return archived === 'false' ? { rows, next: 'true:' } : { rows }
  },
}

/**
 * For each object a table with one row, whose label names the properties by which the portal keeps that object's records
 * apart and that a plugin may fill. See unique.ts.
 */
export const uniqueProperties: Readonly<Record<string, Lookup<Settings>>> = Object.fromEntries(
  [CONTACTS, COMPANIES, DEALS, CALLS, TASKS, NOTES, MEETINGS, EMAILS].map(({ name }) => [
    uniqueTable(name),
    {
      list: async (ctx) => {
        const properties = (await ifAllowed(readProperties(ctx, name))) ?? []
        const unique = properties.filter((property) => property.hasUniqueValue === true && !isReadOnly(property))
        return { rows: [{ id: name, key: name, label: unique.flatMap((property) => property.name ?? []).join(',') }] }
      },
    } satisfies Lookup<Settings>,
  ]),
)

/** Pipelines of deals; `group` is a pipeline's first stage. Empty without the scope of deals. */
export const dealPipelines: Lookup<Settings> = {
  list: async (ctx) => ({ rows: pipelineRows((await ifAllowed(readPipelines(ctx))) ?? []) }),
}

/** Stages of deals; `group` is the pipeline. Empty without the scope of deals. */
export const dealStages: Lookup<Settings> = {
  list: async (ctx) => ({ rows: stageRows((await ifAllowed(readPipelines(ctx))) ?? []) }),
}

const ownerRow = (owner: VendorOwner, archived: boolean): readonly LookupRow[] => {
  if (owner.id === undefined || !owner.email) return []
  const label = [owner.firstName, owner.lastName].filter(Boolean).join(' ')
  return [
    { id: String(owner.id), key: owner.email, ...(label === '' ? {} : { label }), ...(archived ? { archived } : {}) },
  ]
}

/** The answer, or nothing where the credentials may not ask. */
const ifAllowed = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer
  } catch (error) {
    if (isCrmError(error) && (error.kind === 'forbidden' || error.kind === 'not_found')) return undefined
    throw error
  }
}
