/** Which addresses of the internet are everybody's: what is not known to be one is none. */
import { BlockList, isIP } from 'node:net'

/**
 * IANA's special-purpose registry (RFC 6890 and what came after it), and one address that a cloud
 * answers on for its machines alone.
 */
const notPublicV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8',
  '100.64.0.0/10', // carriers' NAT; some clouds' metadata
  '127.0.0.0/8',
  '168.63.129.16/32', // a cloud's own channel to its machines
  '169.254.0.0/16', // link-local, and the metadata of most clouds
  '172.16.0.0/12',
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
]
/** Of 2000::/3, outside of which nothing is public: also mapped IPv4, NAT64, ULA and link-local. */
const notPublicV6 = [
  '2001::/23', // protocol assignments, Teredo among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address inside
  '2620:4f:8000::/48',
  '3fff::/20', // documentation
]

const listOf = (ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits] = range.split('/')
    list.addSubnet(net, Number(bits), family)
  }
  return list
}
const closedV4 = listOf(notPublicV4, 'ipv4')
const closedV6 = listOf(notPublicV6, 'ipv6')
const openV6 = listOf(['2000::/3'], 'ipv6')

/** False for what is no address at all. */
export const isPublicAddress = (address: string): boolean => {
  switch (isIP(address)) {
    case 4:
      return !closedV4.check(address, 'ipv4')
    case 6:
      return openV6.check(address, 'ipv6') && !closedV6.check(address, 'ipv6')
    default:
      return false
  }
}
