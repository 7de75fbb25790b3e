import { BlockList, isIP } from 'node:net'

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Of the prefix of IPv4 addresses that are written as IPv6. */
const MAPPED_BITS = 96

const plain = (address: string): string => MAPPED_IPV4.exec(address)?.[1] ?? address

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** True for an address or a network in CIDR notation. */
export const isAddress = (text: string): boolean => {
  const [address = '', prefix, more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more !== undefined) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

/** A test whether an address is one of those listed, or in one of their networks. */
export const addressList = (entries: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList()
  for (const entry of entries) {
    const [text = '', prefix] = entry.split('/')
    const address = plain(text)
    const family = familyOf(address)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, address === text ? Number(prefix) : Math.max(0, Number(prefix) - MAPPED_BITS), family)
  }
  return (address) => list.check(plain(address), familyOf(plain(address)))
}
