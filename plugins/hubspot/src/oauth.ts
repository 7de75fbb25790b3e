import type { ErrorKind, OAuth2, Reply } from '@raccordo/core/plugin'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'

/**
 * HubSpot's sign-in. Activities have no scope of their own: they go by those of contacts. A scope that HubSpot does not know
 * breaks its install page, so only those that its specification names stand here.
 */
export const oauth2: OAuth2<Settings> = {
  authorizeUrl: 'https://app.hubspot.com/oauth/authorize',
  tokenUrl: (settings) => `https://api.hubapi.com${pathsOf(settings).token}`,
  scopes: {
    base: ['oauth'],
    contact: ['crm.objects.contacts.read', 'crm.objects.contacts.write'],
    company: ['crm.objects.companies.read', 'crm.objects.companies.write'],
    deal: ['crm.objects.deals.read', 'crm.objects.deals.write', 'crm.objects.owners.read'],
    activity: ['crm.objects.contacts.read', 'crm.objects.contacts.write', 'crm.objects.owners.read'],
  },
  scopeSeparator: ' ',
  pkce: true,
  fromToken: ({ hub_id: portalId }) => (isPortalId(portalId) ? { portalId: String(portalId) } : {}),
  refused: (reply) => refusal(reply),
}

/** Version 1 of the token endpoint does not name the portal. */
const isPortalId = (value: unknown): value is string | number =>
  (typeof value === 'string' || typeof value === 'number') && /^[1-9]\d*$/.test(String(value))

/** A grant that is used up, revoked or unknown is a lost sign-in; HubSpot names it in `status`, and by OAuth's own code. */
const refusal = (reply: Reply): ErrorKind | undefined => {
  if (reply.status < 400) return undefined
  if (reply.status === 429) return 'rate_limited'
  if (reply.status >= 477) return 'unavailable'
  const { status, error } = reply.body ?? {}
  const isGrant = /^BAD_(REFRESH_TOKEN|AUTH_CODE)$/.test(String(status)) || error === 'invalid_grant'
  const isClient =
    /^(BAD_CLIENT_ID|BAD_CLIENT_SECRET|BAD_REDIRECT_URI)$/.test(String(status)) || error === 'invalid_client'
  return isGrant || isClient ? 'auth' : undefined
}
