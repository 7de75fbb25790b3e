import { type SimulatorServer, serveSimulator } from '@raccordo/testkit/simulator'
import type { OAuthDeps, OAuthParty } from '../../src/auth/oauth2.ts'
import type { CredentialStore, LeasePort, StoredCredentials } from '../../src/auth/ports.ts'
import type { BaseSettings, Fields, OAuth2, Provider } from '../../src/contract.ts'
import { createTransport } from '../../src/http/transport.ts'
import { plainProvider } from '../http/bench.ts'

export interface OAuthServer {
  readonly server: SimulatorServer
  /** The refresh token that is good now. */
  current(): string
  /** Successful refreshes. */
  refreshes(): number
  /** Forms that came, oldest first. */
  readonly forms: Record<string, string>[]
  stop(): Promise<void>
}

/** An authorization server that rotates refresh tokens: each is good once, and a second use is refused. */
export const serveOAuth = async (
  options: { readonly rotates?: boolean; readonly slowMs?: number; readonly expiresIn?: number } = {},
): Promise<OAuthServer> => {
  let number = 1
  const forms: Record<string, string>[] = []
  const rotates = options.rotates ?? true
  const current = () => (rotates ? `refresh-token-${number}` : 'refresh-token-1')
  const server = await serveSimulator({
    routes: [
      {
        method: 'POST',
        path: '/oauth/token',
        handle: async (request) => {
          const form = Object.fromEntries(request.form())
          forms.push(form)
          if (options.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.slowMs))
          const isCode = form['grant_type'] === 'authorization_code'
          if (!isCode && form['refresh_token'] !== current())
            return { status: 400, body: { error: 'invalid_grant', error_description: 'used or revoked' } }
          number += 1
          return {
            body: {
              access_token: `access-token-${number}`,
              token_type: 'bearer',
              expires_in: options.expiresIn ?? 1800,
              ...(rotates || isCode ? { refresh_token: current() } : {}),
              api_domain: 'https://eu.crm.example',
            },
          }
        },
      },
    ],
  })
  return { server, current, forms, refreshes: () => number - 1, stop: () => server.stop() }
}

export const oauthProvider = (oauth2: Partial<OAuth2<Record<string, unknown>>> = {}): Provider => ({
  ...plainProvider(),
  objects: [
    { type: 'contact', name: 'people', paging: 'keyset' },
    { type: 'deal', name: 'deals', paging: 'keyset', scopes: ['pipelines.read'] },
  ],
  auth: {
    oauth2: {
      authorizeUrl: 'https://vendor.example/oauth/authorize',
      tokenUrl: 'https://vendor.example/oauth/token',
      scopes: { base: ['base'], contact: ['contacts.read', 'base'], deal: ['deals.read'] },
      fromToken: ({ api_domain }) => (typeof api_domain === 'string' ? { apiDomain: api_domain } : {}),
      ...oauth2,
    },
    apiKey: {},
  },
})

export const partyOf = (
  url: string,
  more: Partial<OAuthParty<Record<string, unknown>>> = {},
): OAuthParty<Record<string, unknown>> => ({
  provider: oauthProvider(),
  settings: { authBaseUrl: url } as Fields & BaseSettings,
  isTrusted: true,
  ...more,
})

export const oauthDeps = (more: Partial<OAuthDeps> = {}): OAuthDeps => ({
  transport: createTransport({ allowPrivate: true }).send,
  apps: { app: () => ({ clientId: 'client-of-server', clientSecret: 'secret-of-server' }) },
  timeoutMs: 400,
  wallMs: () => Date.now(),
  ...more,
})

/** Credentials in memory, shared by the instances of a test as processes share a database. */
export const memoryCredentials = (credentials: Fields) => {
  let stored: StoredCredentials = { credentials, version: 1 }
  const reasons: string[] = []
  const learned: Fields[] = []
  const store: CredentialStore = {
    read: async () => stored,
    replaceCredentials: async (_, expected, next) => {
      await Promise.resolve()
      if (stored.version !== expected) return false
      stored = { credentials: next, version: expected + 1 }
      return true
    },
    replaceSession: async (_, version, session) => {
      if (stored.version !== version || session === undefined) return false
      stored = { ...stored, session }
      return true
    },
    learnSettings: async (_, settings) => void learned.push(settings),
    markNeedsReconnect: async (_, version, reason) => void (version === stored.version && reasons.push(reason)),
  }
  return { store, reasons, learned, stored: () => stored }
}

export const memoryLeases = (): LeasePort => {
  const holders = new Map<string, { untilMs: number }>()
  return {
    acquire: async (key, forMs) => {
      if ((holders.get(key)?.untilMs ?? 0) > Date.now()) return undefined
      const own = { untilMs: Date.now() + forMs }
      holders.set(key, own)
      return {
        renew: async (longerMs) => {
          if (holders.get(key) !== own) return false
          own.untilMs = Date.now() + longerMs
          return true
        },
        release: async () => {
          if (holders.get(key) === own) holders.delete(key)
        },
      }
    },
  }
}

/** Leases that keep nobody out: what holds after a process was suspended for longer than its lease. */
export const uselessLeases: LeasePort = {
  acquire: async () => ({ renew: async () => true, release: async () => undefined }),
}
