import type { Json } from '../contract.ts'
import type { Database, Tx } from './database.ts'

export interface MappingLayer {
  readonly scope: 'workspace' | 'connection'
  readonly version: number
  readonly spec: Json
}

/** The newest layer of a workspace and of a connection; either may be missing. */
export const currentLayers = async (
  { db }: Database,
  provider: string,
  workspaceId: string,
  connectionId: string,
): Promise<readonly MappingLayer[]> =>
  db
    .selectFrom('crm_mappings')
    .distinctOn(['scope'])
    .select(['scope', 'version', 'spec'])
    .where('provider', '=', provider)
    .where(({ eb, and, or }) =>
      or([
        and([eb('scope', '=', 'workspace'), eb('owner_id', '=', workspaceId)]),
        and([eb('scope', '=', 'connection'), eb('owner_id', '=', connectionId)]),
      ]),
    )
    .orderBy('scope', 'desc')
    .orderBy('version', 'desc')
    .execute()

/** Adds a version of a layer; every older one is kept. */
export const addLayer = async (
  tx: Tx,
  layer: {
    readonly scope: 'workspace' | 'connection'
    readonly ownerId: string
    readonly provider: string
    readonly spec: Json
    readonly actor: string | null
  },
): Promise<number> => {
  const newest = await tx
    .selectFrom('crm_mappings')
    .select(({ fn }) => fn.max('version').as('version'))
    .where('scope', '=', layer.scope)
    .where('owner_id', '=', layer.ownerId)
    .where('provider', '=', layer.provider)
    .executeTakeFirst()
  const version = (newest?.version ?? 0) + 1
  await tx
    .insertInto('crm_mappings')
    .values({
      scope: layer.scope,
      owner_id: layer.ownerId,
      provider: layer.provider,
      version,
      spec: JSON.stringify(layer.spec),
      actor: layer.actor,
    })
    .execute()
  return version
}
