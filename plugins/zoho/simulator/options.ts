import type { SimulatorOptions } from '@raccordo/testkit/simulator'

/** Zoho's data centres, by the word that settings use. */
export const DATA_CENTRES = {
  US: { location: 'us', accounts: 'https://accounts.zoho.com', api: 'https://www.zohoapis.com' },
  EU: { location: 'eu', accounts: 'https://accounts.zoho.eu', api: 'https://www.zohoapis.eu' },
  IN: { location: 'in', accounts: 'https://accounts.zoho.in', api: 'https://www.zohoapis.in' },
  AU: { location: 'au', accounts: 'https://accounts.zoho.com.au', api: 'https://www.zohoapis.com.au' },
  JP: { location: 'jp', accounts: 'https://accounts.zoho.jp', api: 'https://www.zohoapis.jp' },
  CN: { location: 'cn', accounts: 'https://accounts.zoho.com.cn', api: 'https://www.zohoapis.com.cn' },
  CA: { location: 'ca', accounts: 'https://accounts.zohocloud.ca', api: 'https://www.zohoapis.ca' },
  SA: { location: 'sa', accounts: 'https://accounts.zoho.sa', api: 'https://www.zohoapis.sa' },
  UK: { location: 'uk', accounts: 'https://accounts.zoho.uk', api: 'https://www.zohoapis.uk' },
} as const
export type DataCentre = keyof typeof DATA_CENTRES

/** Editions with their credits in a rolling day and their calls at once. */
export const EDITIONS = {
  free: { base: 5_000, perUser: 0, cap: 5_000, parallel: 5 },
  standard: { base: 50_000, perUser: 250, cap: 100_000, parallel: 10 },
  professional: { base: 50_000, perUser: 500, cap: 3_000_000, parallel: 15 },
  enterprise: { base: 50_000, perUser: 1_000, cap: 5_000_000, parallel: 20 },
  ultimate: { base: 50_000, perUser: 2_000, cap: Number.POSITIVE_INFINITY, parallel: 25 },
} as const
export type Edition = keyof typeof EDITIONS

/** Options that this simulator alone understands, beside those of every simulator. All have defaults. */
export interface ZohoOptions extends SimulatorOptions {
  /** The data centre that it plays; another one is another simulator, which knows none of this one's tokens. */
  readonly dc?: DataCentre
  readonly clientId?: string
  readonly clientSecret?: string
  /** Scopes of the connection that tests start with. */
  readonly scopes?: readonly string[]
  /** What the redirect names as the server to exchange the code at, and the token answer as the API; its own address. */
  readonly accountsServer?: string
  readonly apiDomain?: string
  /** HTTP status of the token endpoint's "Access Denied": 200 as documented, 400 as seen in 2026. */
  readonly throttleStatus?: 200 | 400
  /** Offset that times are shown in (the organisation's); `mixedOffsets` gives each record one of several. */
  readonly offset?: string
  readonly mixedOffsets?: boolean
  /** A sandbox says 200 where production says 207. */
  readonly sandbox?: boolean
  readonly multiCurrency?: boolean
  /** Whether the signed-in user is an administrator; others may not list notes. */
  readonly isAdministrator?: boolean
  /** Whether COQL reads notes. Zoho's list of modules for COQL has no notes. */
  readonly queriesNotes?: boolean
  /** Whether queries show converted leads. Undocumented; lists hide them. */
  readonly queriesConvertedLeads?: boolean
  readonly edition?: Edition
  readonly licences?: number
  /** Replaces the edition's credits. */
  readonly dailyCredits?: number
  /** How long a call takes while limits are kept, in ms: only calls that overlap can be too many at once. */
  readonly latencyMs?: number
}

export const SCOPES: readonly string[] = [
  'ZohoCRM.modules.ALL',
  'ZohoCRM.settings.ALL',
  'ZohoCRM.users.READ',
  'ZohoCRM.org.READ',
  'ZohoCRM.coql.READ',
  'ZohoCRM.notifications.ALL',
  'ZohoSearch.securesearch.READ',
]

/** What was chosen, with the defaults. */
export const settingsOf = (options: ZohoOptions) => ({
  dc: options.dc ?? ('EU' as const),
  clientId: options.clientId ?? '1000.SIMULATEDCLIENT',
  clientSecret: options.clientSecret ?? 'sim-client-secret',
  scopes: options.scopes ?? SCOPES,
  accountsServer: options.accountsServer,
  apiDomain: options.apiDomain,
  throttleStatus: options.throttleStatus ?? (200 as const),
  offset: options.offset ?? '+05:30',
  mixedOffsets: options.mixedOffsets ?? false,
  sandbox: options.sandbox ?? false,
  multiCurrency: options.multiCurrency ?? false,
  isAdministrator: options.isAdministrator ?? true,
  queriesNotes: options.queriesNotes ?? false,
  queriesConvertedLeads: options.queriesConvertedLeads ?? true,
  edition: options.edition ?? ('enterprise' as const),
  licences: options.licences ?? 3,
  dailyCredits: options.dailyCredits,
  latencyMs: options.latencyMs ?? 10,
})
export type ChosenOptions = ReturnType<typeof settingsOf>
