import { consentPage, type SimulatorReply, type SimulatorRequest } from '@raccordo/testkit/simulator'
import type { makeGrants } from './oauth-grants.ts'

/** What the install page knows: a scope that is not among them breaks it. */
const KNOWN_SCOPES =
  /^(oauth|tickets|sales-email-read|crm\.(export|import|lists\.(read|write))|crm\.objects\.(contacts|companies|deals|leads|quotes|line_items|custom)\.(read|write)|crm\.objects\.(owners|users|marketing_events)\.read|crm\.schemas\.(contacts|companies|deals|custom)\.(read|write))$/

const PATH = '/oauth/authorize'

export interface ConsentOptions {
  readonly clientId: string
  /** The app's redirect addresses, compared to the letter; any of this machine where none are named. */
  readonly redirectUris: readonly string[] | undefined
}

/** The install page of the app: what a person sees, and where the decision leads. */
export const consentHandlers = (options: ConsentOptions, grants: ReturnType<typeof makeGrants>) => {
  const fault = (asked: URLSearchParams): string | undefined => {
    if (asked.get('client_id') !== options.clientId) return 'The app could not be found: check its client ID.'
    if (!isRegistered(options.redirectUris, asked.get('redirect_uri')))
      return 'Redirect URL mismatch: it must be exactly one of those in the settings of the app.'
    const unknown = [...scopesIn(asked)].filter((scope) => !KNOWN_SCOPES.test(scope))
    return unknown.length === 0 ? undefined : `The scopes of this app do not exist: ${unknown.join(', ')}`
  }

  return {
    /** GET: the page, or what is wrong with the link to it. Nothing leads back to an address that is not the app's. */
    authorize: (request: SimulatorRequest): SimulatorReply => {
      const wrong = fault(request.query)
      if (wrong !== undefined) return { status: 400, body: wrong }
      const html = consentPage({
        title: 'HubSpot: connect an app',
        app: `App ${options.clientId}`,
        scopes: [...scopesIn(request.query)],
        action: PATH,
        fields: Object.fromEntries(request.query),
      })
      return { headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }, body: html }
    },
    /** POST of its form. */
    decide: (request: SimulatorRequest): SimulatorReply => {
      const asked = request.form()
      const wrong = fault(asked)
      const redirectUri = asked.get('redirect_uri') ?? ''
      const decision = asked.get('decision')
      if (wrong !== undefined || (decision !== 'grant' && decision !== 'deny'))
        return { status: 400, body: wrong ?? 'Grant or deny?' }
      const target = new URL(redirectUri)
      if (decision === 'grant') {
        const code = grants.agree({
          redirectUri,
          scopes: scopesIn(asked),
          challenge: asked.get('code_challenge') ?? undefined,
          challengeMethod: asked.get('code_challenge_method') ?? 'plain',
        })
        target.searchParams.set('code', code)
      } else {
        target.searchParams.set('error', 'access_denied')
        target.searchParams.set('error_description', 'The user denied access')
      }
      const state = asked.get('state')
      if (state !== null) target.searchParams.set('state', state)
      return { status: 302, headers: { location: target.href } }
    },
  }
}

/** `oauth` belongs to every app. Optional scopes go by two names, and here everybody's plan has them. */
const scopesIn = (asked: URLSearchParams): ReadonlySet<string> =>
  new Set([
    'oauth',
    ...['scope', 'optional_scope', 'optional_scopes']
      .flatMap((name) => (asked.get(name) ?? '').split(' '))
      .filter((scope) => scope !== ''),
  ])

const isRegistered = (registered: readonly string[] | undefined, given: string | null): boolean => {
  if (given === null || !URL.canParse(given)) return false
  if (registered !== undefined) return registered.includes(given)
  const { protocol, hostname } = new URL(given)
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}
