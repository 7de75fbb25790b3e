import type { Fields } from '@raccordo/core'
import type { Caller } from '../http/auth.ts'
import { Refusal } from '../http/refusal.ts'

/**
 * An admin's connection may hand the OAuth client's secret to the address that the admin chose. Somebody else must not
 * point it to another one.
 */
export const refuseNewAuthAddress = (caller: Caller, settings: Fields | undefined, before: Fields): void => {
  const address = settings?.['authBaseUrl']
  if (caller.workspaceId === null || address === undefined || address === before['authBaseUrl']) return
  throw new Refusal(403, 'forbidden', 'Changing authBaseUrl of a connection needs an admin key.', {
    pointer: '/settings/authBaseUrl',
  })
}
