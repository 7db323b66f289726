/** Ranges of network addresses that an API key may be used from; one spelling for each. */
import { isIPv4 } from 'node:net'
import { groupsOf } from './limits/address.ts'

interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}
interface Range extends Address {
  /** How many of the bits count, from the left. */
  readonly prefix: number
}

/**
 * `203.0.113.0/24`, `2001:db8::/32`, or one address. Undefined for whatever can be written otherwise:
 * bits behind the prefix, leading zeros, upper case, a long IPv6 form, IPv4 in clothes of IPv6. Two
 * readers who understand a range differently are how such lists are passed by.
 */
export const parseRange = (text: string): string | undefined => {
  const [ip = '', bits, ...more] = text.split('/')
  const address = parseAddress(ip)
  if (address === undefined || more.length > 0 || spelled(address) !== ip) return undefined
  if (bits !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return undefined
  const prefix = bits === undefined ? address.bits : Number(bits)
  if (prefix > address.bits || masked(address, prefix) !== address.value) return undefined
  return `${ip}/${prefix}`
}

/** Whether the address lies in one of the ranges; what is no address lies in none. */
export const isWithinRanges = (ip: string, ranges: readonly string[]): boolean => {
  const address = parseAddress(ip)
  return address !== undefined && ranges.some((text) => {
    const range = readRange(text)
    return range !== undefined && range.bits === address.bits &&
      masked(address, range.prefix) === range.value
  })
}

/** As the database gives back what was stored. */
const readRange = (text: string): Range | undefined => {
  const [ip = '', prefix] = text.split('/')
  const address = parseAddress(ip)
  return address && { ...address, prefix: prefix === undefined ? address.bits : Number(prefix) }
}

/** An IPv4 address that comes as IPv6 (`::ffff:203.0.113.7`) is the IPv4 address. */
const parseAddress = (ip: string): Address | undefined => {
  if (isIPv4(ip)) return { bits: 32, value: joined(ip.split('.').map(Number), 8n) }
  const groups = groupsOf(ip)
  if (groups === undefined) return undefined
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  return isMapped
    ? { bits: 32, value: joined(groups.slice(6), 16n) }
    : { bits: 128, value: joined(groups, 16n) }
}

const joined = (parts: readonly number[], width: bigint): bigint =>
  parts.reduce((value, part) => value << width | BigInt(part), 0n)

const masked = ({ bits, value }: Address, prefix: number): bigint => {
  const rest = BigInt(bits - prefix)
  return value >> rest << rest
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two zeros or more as `::`. */
const spelled = ({ bits, value }: Address): string => {
  const part = (at: number, width: number) =>
    Number(value >> BigInt(at) & (1n << BigInt(width)) - 1n)
  if (bits === 32) return [24, 16, 8, 0].map((at) => part(at, 8)).join('.')
  const groups = [112, 96, 80, 64, 48, 32, 16, 0].map((at) => part(at, 16).toString(16))
  const runs = groups.map((_, at) => groups.slice(at).findIndex((group) => group !== '0'))
    .map((length, at) => length < 0 ? groups.length - at : length)
  const longest = Math.max(...runs)
  if (longest < 2) return groups.join(':')
  const at = runs.indexOf(longest)
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + longest).join(':')}`
}
