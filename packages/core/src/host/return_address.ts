import { crmError } from '../errors.ts'
import type { HostOptions } from '../host_options.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Where a CRM sends people back to. Only the operator says under what address that is: without one, a request may stand
 * for it only where it came to this machine itself. Throws `invalid` otherwise.
 */
export const callbackAddress = ({ publicUrl }: HostOptions, provider: string, origin: string | undefined): string => {
  const reached = origin === undefined ? null : URL.parse(origin)
  const own = publicUrl ?? (reached !== null && LOOPBACK.test(reached.hostname) ? reached.origin : undefined)
  if (own !== undefined) return `${own.replace(/\/+$/, '')}/crm/oauth/${encodeURIComponent(provider)}/callback`
  throw crmError(
    'invalid',
    'A CRM can send nobody back to this server: set CRM_PUBLIC_URL to the address under which browsers reach it.',
  )
}

/**
 * Where a person goes after signing in, as a whole address. A path is one of the server's own origin. Throws `invalid` for
 * any origin that the operator has not named: whoever could choose it could send people, as from here, anywhere.
 */
export const returnAddress = (
  { returnOrigins = [] }: HostOptions,
  callback: string,
  returnUrl: string | undefined,
): string | undefined => {
  if (returnUrl === undefined) return undefined
  const target = URL.parse(returnUrl, callback)
  const own = new URL(callback).origin
  const allowed = [own, ...returnOrigins.map((origin) => URL.parse(origin)?.origin)]
  const isWeb = target?.protocol === 'http:' || target?.protocol === 'https:'
  if (target !== null && isWeb && target.username === '' && target.password === '' && allowed.includes(target.origin))
    return target.href
  throw crmError(
    'invalid',
    `returnUrl must be an address of ${own}, or of an origin that CRM_RETURN_ORIGINS names: ${JSON.stringify(returnUrl.slice(0, 200))} is none.`,
    { pointer: '/returnUrl' },
  )
}
