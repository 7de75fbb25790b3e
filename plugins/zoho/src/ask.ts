import { type Call, type Ctx, fail, isCrmError, type Reply } from '@raccordo/core/plugin'
import type { Settings } from './settings.ts'

/**
 * Makes a call, and where the grant does not cover it, says which scopes it needs: Zoho itself names none. Throws
 * `forbidden` with them.
 */
export const ask = async (ctx: Ctx<Settings>, call: Call, scopes: readonly string[]): Promise<Reply> => {
  try {
    return await ctx.call(call)
  } catch (error) {
    if (!isCrmError(error) || error.vendorCode !== 'OAUTH_SCOPE_MISMATCH') throw error
    const message = `${error.message} Scopes that it needs: ${scopes.join(', ')}.`
    throw fail('forbidden', message, { vendorCode: error.vendorCode, scopes })
  }
}

/** The answer, or nothing where the user or the grant may not ask. */
export const ifAllowed = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer
  } catch (error) {
    if (isCrmError(error) && error.kind === 'forbidden') return undefined
    throw error
  }
}
