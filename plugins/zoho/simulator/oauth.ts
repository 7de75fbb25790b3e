import { consentPage, rollingWindow, type SimulatorReply, type SimulatorRequest } from '@raccordo/testkit/simulator'
import { givenParameters } from './form.ts'
import { DATA_CENTRES } from './options.ts'
import type { Org } from './org.ts'
import { mint, type Tokens } from './tokens.ts'

const CODE_MS = 120_000
const CODE_LIMIT = { requests: 10, perMs: 600_000 }

interface Code {
  readonly redirectUri: string
  readonly scopes: ReadonlySet<string>
  readonly isOffline: boolean
  readonly expiresMs: number
}

/** Where the organisation's own servers are, as redirects and token answers name them. */
export interface Servers {
  readonly accounts: string
  readonly api: string
}

/** Zoho's accounts server: consent, token, revoke. Whatever goes wrong with a token, the status is 200. */
export const makeOAuth = (org: Org, tokens: Tokens, servers: () => Servers) => {
  const { chosen } = org
  const codes = new Map<string, Code>()
  const windows = rollingWindow({ ...CODE_LIMIT, now: org.now })

  const authorize = ({ query }: SimulatorRequest): SimulatorReply => {
    const redirectUri = query.get('redirect_uri') ?? ''
    if (query.get('client_id') !== chosen.clientId) return errorPage('Invalid Client')
    if (!URL.canParse(redirectUri)) return errorPage('Invalid Redirect Uri')
    if (query.get('response_type') !== 'code') return errorPage('Invalid response_type')
    const scopes = scopesIn(query.get('scope') ?? '')
    if (scopes.length === 0) return errorPage('Scope does not exist')
    const fields = Object.fromEntries([...query].filter(([name]) => name !== 'client_id' && name !== 'response_type'))
    const app = 'Simulated client'
    return {
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: consentPage({ title: 'Zoho CRM', app, scopes, action: '/oauth/v2/auth', fields }),
    }
  }

  const decide = (request: SimulatorRequest): SimulatorReply => {
    const form = request.form()
    const target = new URL(form.get('redirect_uri') ?? '')
    const state = form.get('state')
    if (state !== null) target.searchParams.set('state', state)
    if (form.get('decision') !== 'grant' || !windows.take(chosen.clientId)) {
      target.searchParams.set('error', 'access_denied')
      return { status: 302, headers: { location: target.href } }
    }
    const code = mint()
    codes.set(code, {
      redirectUri: form.get('redirect_uri') ?? '',
      scopes: new Set(scopesIn(form.get('scope') ?? '')),
      // A refresh token comes only on explicit consent: a grant that is repeated without it has none.
      isOffline: form.get('access_type') === 'offline' && (form.get('prompt') ?? '').split(' ').includes('consent'),
      expiresMs: org.now().getTime() + CODE_MS,
    })
    target.searchParams.set('code', code)
    target.searchParams.set('location', DATA_CENTRES[chosen.dc].location)
    target.searchParams.set('accounts-server', servers().accounts)
    return { status: 302, headers: { location: target.href } }
  }

  const exchange = (given: URLSearchParams): SimulatorReply => {
    const value = given.get('code') ?? ''
    const code = codes.get(value)
    codes.delete(value)
    if (code === undefined || code.expiresMs <= org.now().getTime()) return refused('invalid_code')
    if (code.redirectUri !== given.get('redirect_uri')) return refused('invalid_redirect_uri')
    const { accessToken, refreshToken } = tokens.open(code.scopes, code.isOffline)
    return granted(accessToken, code.scopes, refreshToken)
  }

  const renew = (given: URLSearchParams): SimulatorReply => {
    const renewed = tokens.renew(given.get('refresh_token') ?? '')
    if (renewed === 'unknown') return refused('invalid_code')
    if (renewed !== 'throttled') return granted(renewed.accessToken, renewed.scopes)
    const error_description = 'You have made too many requests continuously. Please try again after some time.'
    return { status: chosen.throttleStatus, body: { error_description, error: 'Access Denied', status: 'failure' } }
  }

  const granted = (accessToken: string, scopes: ReadonlySet<string>, refreshToken?: string): SimulatorReply => ({
    body: {
      access_token: accessToken,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      scope: [...scopes].join(' '),
      api_domain: servers().api,
      token_type: 'Bearer',
      expires_in: tokens.lifeSeconds,
    },
  })

  const token = (request: SimulatorRequest): SimulatorReply => {
    const given = givenParameters(request)
    const isKnown = given.get('client_id') === chosen.clientId && given.get('client_secret') === chosen.clientSecret
    // Another data centre knows nothing of this client.
    if (!isKnown || org.knobs.isElsewhere) return refused('invalid_client')
    if (given.get('grant_type') === 'authorization_code') return exchange(given)
    if (given.get('grant_type') === 'refresh_token') return renew(given)
    return refused('unsupported_grant_type')
  }

  const revoke = (request: SimulatorRequest): SimulatorReply => {
    const value = givenParameters(request).get('token') ?? ''
    return tokens.revoke(value) ? { body: { status: 'success' } } : refused('invalid_code')
  }

  return { authorize, decide, token, revoke }
}

/** Documents separate scopes by commas, libraries by blanks. */
const scopesIn = (text: string): readonly string[] => text.split(/[\s,]+/).filter((scope) => scope !== '')

const refused = (error: string): SimulatorReply => ({ status: 200, body: { error } })

const errorPage = (message: string): SimulatorReply => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<html><body><h1>An error occurred</h1><p>${message}</p></body></html>`,
})
