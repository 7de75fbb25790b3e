import type { Json } from '@raccordo/core/plugin'

/** The domain in a web address: "https://www.Acme.example/en" is "acme.example". Null where there is none. */
export const domainOf = (website: unknown): string | null => {
  if (typeof website !== 'string') return null
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(website.trim()) ? website.trim() : `https://${website.trim()}`
  if (!URL.canParse(address)) return null
  const host = new URL(address).hostname.replace(/^www\./, '')
  return host === '' ? null : host
}

/** The web address that stands for a domain. */
export const websiteOf = (domain: Json | undefined): Json =>
  typeof domain === 'string' && domain.trim() !== '' ? `https://${domain.trim()}` : null
