import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { crmError } from '../errors.ts'

/** Code of the error that a connection to a private address ends with. */
export const PRIVATE_ADDRESS = 'ERR_PRIVATE_ADDRESS'

/**
 * True for an address that only this machine or its network can reach: loopback, private, link-local (cloud metadata),
 * unique local, carrier NAT, multicast, reserved, and IPv6 forms that carry such an IPv4 address (mapped, 6to4, NAT64).
 */
export const isPrivateAddress = (address: string): boolean => {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (!ipaddr.isValid(bare)) return false
  const parsed = ipaddr.process(bare)
  if (parsed.range() === 'unicast') return false
  const carried = parsed instanceof ipaddr.IPv6 ? carriedIPv4(parsed) : undefined
  return carried === undefined || isPrivateAddress(carried)
}

const carriedIPv4 = (address: ipaddr.IPv6): string | undefined => {
  const bytes = address.toByteArray()
  if (address.range() === '6to4') return bytes.slice(2, 6).join('.')
  if (address.range() === 'rfc6052') return bytes.slice(12, 16).join('.')
  return undefined
}

/**
 * Checks a base URL that a user typed: http or https, no credentials, no fragment, and no private address unless those
 * are allowed. Names are checked again at connect time (`guardedLookup`). Throws kind 'invalid'.
 */
export const checkBaseUrl = (url: string, options: { readonly allowPrivate: boolean }): URL => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined) throw refuse('is not a URL')
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') throw refuse('must begin with https:// or http://')
  if (parsed.username !== '' || parsed.password !== '') throw refuse('must not contain a user name or a password')
  if (parsed.search !== '' || parsed.hash !== '') throw refuse('must not contain a query or a fragment')
  const isLocalName = /(^|\.)localhost\.?$/i.test(parsed.hostname)
  if (!options.allowPrivate && (isLocalName || isPrivateAddress(parsed.hostname))) throw refuse(PRIVATE_REASON)
  return parsed
}

const PRIVATE_REASON = 'leads to a private address; set CRM_ALLOW_PRIVATE_HOSTS=1 where that is intended'

const refuse = (reason: string) => crmError('invalid', `The base URL ${reason}.`)

/**
 * A name look-up for sockets that fails where any of a name's addresses is private, so that a public name cannot be
 * pointed at this network after the check of the settings. `resolve` is the system's look-up if absent.
 */
export const guardedLookup =
  (resolve: LookupFunction = systemLookup as LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const addresses = typeof found === 'string' ? [{ address: found, family: 0 }] : found
      if (addresses.some(({ address }) => isPrivateAddress(address)))
        return callback(Object.assign(new Error(`${hostname} ${PRIVATE_REASON}`), { code: PRIVATE_ADDRESS }), '')
      if (options.all === true) return callback(null, addresses)
      const [first] = addresses
      return first === undefined
        ? callback(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), '')
        : callback(null, first.address, first.family)
    })
