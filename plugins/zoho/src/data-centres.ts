/** Where Zoho keeps accounts. Nothing else is ever sent a secret or a token. */
export const DATA_CENTRES = {
  US: { location: 'us', accounts: 'https://accounts.zoho.com', apiHost: 'zohoapis.com' },
  EU: { location: 'eu', accounts: 'https://accounts.zoho.eu', apiHost: 'zohoapis.eu' },
  IN: { location: 'in', accounts: 'https://accounts.zoho.in', apiHost: 'zohoapis.in' },
  AU: { location: 'au', accounts: 'https://accounts.zoho.com.au', apiHost: 'zohoapis.com.au' },
  JP: { location: 'jp', accounts: 'https://accounts.zoho.jp', apiHost: 'zohoapis.jp' },
  CN: { location: 'cn', accounts: 'https://accounts.zoho.com.cn', apiHost: 'zohoapis.com.cn' },
  // The accounts server of Canada has a domain of its own; its API has not.
  CA: { location: 'ca', accounts: 'https://accounts.zohocloud.ca', apiHost: 'zohoapis.ca' },
  SA: { location: 'sa', accounts: 'https://accounts.zoho.sa', apiHost: 'zohoapis.sa' },
  UK: { location: 'uk', accounts: 'https://accounts.zoho.uk', apiHost: 'zohoapis.uk' },
} as const

export type DataCentre = keyof typeof DATA_CENTRES

const NAMES = Object.keys(DATA_CENTRES) as DataCentre[]

/** Production, sandboxes and developer organisations. */
const API_PREFIXES = ['www', 'sandbox', 'developer']

export const accountsOf = (dc: DataCentre): string => DATA_CENTRES[dc].accounts

export const apiOf = (dc: DataCentre): string => `https://www.${DATA_CENTRES[dc].apiHost}`

/** The data centre whose accounts server has this address; undefined for any other. */
export const dataCentreOfAccounts = (address: string): DataCentre | undefined => {
  const origin = originOf(address)
  return NAMES.find((name) => DATA_CENTRES[name].accounts === origin)
}

/** The data centre that a redirect's `location` names. */
export const dataCentreOfLocation = (location: string): DataCentre | undefined =>
  NAMES.find((name) => DATA_CENTRES[name].location === location.toLowerCase())

/** The address of an API of Zoho's, without a path; undefined for any other. */
export const knownApiDomain = (address: string): string | undefined => {
  const origin = originOf(address)
  const isKnown = NAMES.some((name) =>
    API_PREFIXES.some((prefix) => origin === `https://${prefix}.${DATA_CENTRES[name].apiHost}`),
  )
  return isKnown ? origin : undefined
}

export const originOf = (address: string): string | undefined =>
  URL.canParse(address) ? new URL(address).origin : undefined
