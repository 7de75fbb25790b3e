import type { SimulatorOptions } from '@raccordo/testkit/simulator'

/** Options that this simulator alone understands, beside those of every simulator. All have defaults. */
export interface HubspotOptions extends SimulatorOptions {
  readonly portalId?: number
  /** IANA zone whose midnight begins the day of calls. */
  readonly timeZone?: string
  /** ISO codes, the company's own first. With one alone deals have no currency of their own. */
  readonly currencies?: readonly string[]
  /** The service key, and the scopes that it has. */
  readonly apiKey?: string
  readonly keyScopes?: readonly string[]
  readonly clientId?: string
  readonly clientSecret?: string
  /** Redirect addresses of the app, compared to the letter; any of 127.0.0.1 and localhost if absent. */
  readonly redirectUris?: readonly string[]
  /** Whether a refresh makes a new refresh token and kills the old one. False: HubSpot documents no rotation. */
  readonly rotatesRefreshTokens?: boolean
  /** Size of the plan: 'starter' has 100 calls in 10 s for a key, 'pro' 190. An OAuth app has 110 on any. */
  readonly plan?: 'starter' | 'pro'
  readonly dailyLimit?: number
  /** Whether a merge gives the survivor a new id; portals differ. */
  readonly mergeMakesNewId?: boolean
  /** Whether results of a batch write name their trace ids; the documentation leaves it open. */
  readonly echoesTraceIds?: boolean
  /** Whether search results show the record as it is now, or as the index knows it. */
  readonly answersFrom?: 'record' | 'index'
  /** Linked records in one page of an association read. */
  readonly associationPageSize?: number
  /** Over how long webhooks are tried again, in ms of the portal's clock; 24 hours if absent. */
  readonly webhookRetrySpanMs?: number
  /** How long a webhook waits for its answer, in real ms; 5,000 if absent. */
  readonly webhookAnswerMs?: number
}

export const SCOPES: readonly string[] = [
  'oauth',
  'crm.objects.contacts.read',
  'crm.objects.contacts.write',
  'crm.objects.companies.read',
  'crm.objects.companies.write',
  'crm.objects.deals.read',
  'crm.objects.deals.write',
  'crm.objects.owners.read',
]

/** What was chosen, with the defaults. */
export const settingsOf = (options: HubspotOptions) => ({
  portalId: options.portalId ?? 62_515,
  timeZone: options.timeZone ?? 'Europe/Rome',
  currencies: options.currencies ?? ['EUR', 'USD', 'GBP', 'JPY', 'KWD'],
  apiKey: options.apiKey ?? 'sim-service-key',
  keyScopes: options.keyScopes ?? SCOPES,
  clientId: options.clientId ?? 'sim-client',
  clientSecret: options.clientSecret ?? 'sim-secret',
  redirectUris: options.redirectUris,
  rotatesRefreshTokens: options.rotatesRefreshTokens ?? false,
  tenSecondly: { oauth: 110, key: options.plan === 'pro' ? 190 : 100 },
  dailyLimit: options.dailyLimit ?? 250_000,
  mergeMakesNewId: options.mergeMakesNewId ?? false,
  echoesTraceIds: options.echoesTraceIds ?? false,
  answersFrom: options.answersFrom ?? ('record' as const),
  associationPageSize: options.associationPageSize ?? 100,
  webhookRetrySpanMs: options.webhookRetrySpanMs ?? 86_400_000,
  webhookAnswerMs: options.webhookAnswerMs ?? 5_000,
})
