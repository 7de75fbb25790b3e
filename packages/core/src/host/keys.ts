import { createHash, randomBytes } from 'node:crypto'
import type { ApiKeyInfo, KeysApi } from '../api.ts'
import { crmError } from '../errors.ts'
import { findApiKey, insertApiKey, listApiKeys, revokeApiKey, type StoredApiKey } from '../store/api_keys.ts'
import { newId } from '../sync/identifiers.ts'
import type { HostDeps } from './deps.ts'

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const present = (row: StoredApiKey): ApiKeyInfo => ({
  id: row.id,
  name: row.name,
  workspaceId: row.workspace_id,
  createdAt: row.created_at.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
})

/** API keys: 256 bits of chance, kept as a hash. */
export const createKeysApi = ({ engine: { database } }: HostDeps): KeysApi => ({
  create: async ({ name, workspaceId }) => {
    const secret = `rk_${randomBytes(32).toString('base64url')}`
    const row = await insertApiKey(database, {
      id: newId('key'),
      name,
      hash: hashOf(secret),
      workspaceId: workspaceId ?? null,
    })
    return { ...present(row), secret }
  },
  list: async () => (await listApiKeys(database)).map(present),
  revoke: async (id) => {
    if (!(await revokeApiKey(database, id))) throw crmError('not_found', `There is no API key ${id} in force.`)
  },
  check: async (secret) => {
    const row = await findApiKey(database, hashOf(secret))
    return row === undefined ? undefined : { id: row.id, workspaceId: row.workspace_id }
  },
  isEmpty: async () => (await listApiKeys(database)).length === 0,
})
