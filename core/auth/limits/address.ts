/** Addresses of the network, one spelling for each. */
import { isIPv4, isIPv6 } from 'node:net'

/**
 * Who counts as one sender: an IPv4 address, or a /64 of IPv6, which is the least that a customer of
 * a provider is given. What is no address is one sender, too.
 */
export const addressKey = (ip: string): string => {
  if (isIPv4(ip)) return `ip:${ip}`
  const groups = groupsOf(ip)
  if (groups === undefined) return 'ip:unknown'
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) {
    return `ip:${[...groups.slice(6)].flatMap((two) => [two >> 8, two & 255]).join('.')}`
  }
  return `ip:${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`
}

/** The eight groups; undefined for what is no IPv6 address. */
export const groupsOf = (ip: string): readonly number[] | undefined => {
  const [address = ''] = ip.split('%')
  if (!isIPv6(address)) return undefined
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const [, front = '', a, b, c, d] = dotted ?? []
  const two = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16)
  const text = dotted === null ? address : `${front}${two(a, b)}:${two(c, d)}`
  const [head = '', tail] = text.split('::')
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [read(head), read(tail ?? '')]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
