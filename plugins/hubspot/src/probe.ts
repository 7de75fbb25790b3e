import { type Account, type Ctx, fail } from '@raccordo/core/plugin'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'

/** Whose credentials these are. The portal's time zone says when its day of calls begins. */
export const probe = async (ctx: Ctx<Settings>): Promise<Account> => {
  const reply = await ctx.call({ path: pathsOf(ctx.settings).account })
  const { portalId, timeZone, companyCurrency, uiDomain } = reply.body ?? {}
  if (portalId === undefined || portalId === null)
    throw fail('unavailable', 'HubSpot did not say which account the credentials belong to')
  const expected = ctx.settings.portalId
  if (expected !== undefined && String(expected) !== String(portalId)) {
    const message = `The credentials belong to HubSpot account ${portalId}, not to ${expected}`
    throw fail('invalid', message, { field: 'portalId' })
  }
  return {
    id: String(portalId),
    ...(uiDomain ? { name: `${uiDomain} ${portalId}` } : {}),
    ...(timeZone ? { timeZone: String(timeZone) } : {}),
    ...(companyCurrency ? { currency: String(companyCurrency) } : {}),
  }
}
