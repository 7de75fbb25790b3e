import type { Fields } from '@raccordo/core/plugin'
import type { Written } from './kinds.ts'
import type { VendorRecord } from './vendor.ts'

/** The domain in a web address: "https://www.Acme.example/en" is "acme.example". Null where there is none. */
export const domainOf = (website: unknown): string | null => {
  if (typeof website !== 'string' || website.trim() === '') return null
  const text = website.trim()
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!URL.canParse(address)) return null
  const host = new URL(address).hostname.replace(/^www\./, '')
  return host === '' ? null : host
}

/** The ways in which people write the web address of a domain. */
export const websitesOf = (domain: string): readonly string[] => {
  const host = domainOf(domain) ?? domain
  const hosts = [host, `www.${host}`]
  return [
    ...hosts,
    ...['https://', 'http://'].flatMap((scheme) => hosts.flatMap((name) => [scheme + name, `${scheme}${name}/`])),
  ]
}

export const accountShown = (record: VendorRecord): Fields => ({ domain: domainOf(record['Website']) })

/** A domain goes where web addresses are kept, as it is. */
export const accountWritten = ({ domain, ...fields }: Fields): Written => ({
  fields: domain === undefined || fields['Website'] !== undefined ? fields : { ...fields, Website: domain },
})
