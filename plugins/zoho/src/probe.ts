import { type Account, type Ctx, fail, isCrmError } from '@raccordo/core/plugin'
import { ask } from './ask.ts'
import { SCOPES } from './oauth.ts'
import { paths } from './paths.ts'
import { DEFAULT_DC, type Settings } from './settings.ts'

/** Whose credentials these are. A grant belongs to one organisation; its currency is that of amounts that name none. */
export const probe = async (ctx: Ctx<Settings>): Promise<Account> => {
  const organisation = await readOrganisation(ctx)
  const id: unknown = organisation['zgid'] ?? organisation['id']
  if (typeof id !== 'string' && typeof id !== 'number')
    throw fail('unavailable', 'Zoho did not say which organisation the credentials belong to')
  const { company_name: name, time_zone: timeZone, iso_code: currency } = organisation
  return {
    id: String(id),
    ...(typeof name === 'string' && name !== '' ? { name } : {}),
    ...(typeof timeZone === 'string' && timeZone !== '' ? { timeZone } : {}),
    ...(typeof currency === 'string' && currency !== '' ? { currency } : {}),
  }
}

const readOrganisation = async (ctx: Ctx<Settings>): Promise<Readonly<Record<string, unknown>>> => {
  try {
    const reply = await ask(ctx, { path: paths.organisation }, [SCOPES.organisation])
    return reply.body?.org?.[0] ?? {}
  } catch (error) {
    if (isCrmError(error) && error.vendorCode === 'INVALID_TOKEN') throw unknownToken(ctx.settings, error.message)
    throw error
  }
}

/**
 * Zoho says the same of a token that is wrong and of a good one at another data centre. Which of them it is can be told
 * only where a token answer has named the API of the account.
 */
const unknownToken = (settings: Settings, words: string) => {
  const dc = settings.dc ?? DEFAULT_DC
  if (settings.apiDomain !== undefined) return fail('auth', words, { vendorCode: 'INVALID_TOKEN' })
  const message = `${words}. The ${dc} data centre does not know this access token: it is wrong or has ended, or the account lives in another data centre`
  return fail('auth', message, { vendorCode: 'INVALID_TOKEN', setting: 'dc' })
}
