import { type Ctx, isCrmError } from '@raccordo/core/plugin'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead, sessionOf } from './transport.ts'
import { toInstant } from './values.ts'

/**
 * When the connection's API key ends. Since Odoo 18 keys have an end, at most three months away for most users, and a
 * user may read those of its own; which of them this one is, Odoo does not say, so that the first to end counts. What the
 * credentials say themselves goes before it. Undefined for passwords, and where nothing is known.
 */
export const keyExpiry = async (ctx: Ctx<OdooSettings>): Promise<string | undefined> => {
  const { isKey, keyExpiresAt, uid } = sessionOf(ctx)
  if (!isKey) return undefined
  if (keyExpiresAt !== undefined) return keyExpiresAt
  const now = ctx.now().toISOString()
  const ends = (await ownKeys(ctx, uid)).flatMap((key) => toInstant(key['expiration_date']) ?? [])
  return ends.filter((end) => end > now).sort()[0]
}

/** Older versions and closed tables have nothing to tell, which is no fault of the sign-in. */
const ownKeys = async (ctx: Ctx<OdooSettings>, uid: number): Promise<readonly OdooRecord[]> => {
  const query = { domain: [['user_id', '=', uid]], fields: ['expiration_date'] }
  try {
    return await searchRead(ctx, 'res.users.apikeys', query)
  } catch (error) {
    if (!isCrmError(error) || error.retryable || error.kind === 'auth') throw error
    return []
  }
}
