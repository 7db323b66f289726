/** Address lists of API keys: one spelling each, and no way around by another one. */
import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWithinRanges, parseRange } from '../../core/auth/ip-ranges.ts'

describe('a range', () => {
  it('is taken in its shortest form', () => {
    for (
      const range of [
        ...['203.0.113.0/24', '10.0.0.0/8', '0.0.0.0/0', '203.0.113.7/32', '255.255.255.255/32'],
        ...['2001:db8::/32', '::/0', '::1/128', 'fe80::/10', '2001:db8:0:1::/64'],
        ...['1:2:3:4:5:6:7:8/128', '2001:db8:0:1:1:1:1:1/128', '1:0:0:2::/64'],
      ]
    ) expect(parseRange(range), range).toBe(range)
  })

  it('may be one address', () => {
    expect(parseRange('203.0.113.7')).toBe('203.0.113.7/32')
    expect(parseRange('2001:db8::7')).toBe('2001:db8::7/128')
  })

  it('is refused in every other form', () => {
    for (
      const text of [
        // bits behind the prefix
        ...['203.0.113.7/24', '10.1.0.0/8', '2001:db8::1/32', '0.0.0.1/0'],
        // zeros, octal, hex, fewer parts, numbers
        ...['010.0.0.0/8', '10.00.0.0/8', '0x0a.0.0.0/8', '10/8', '10.0/8', '167772160/8', '1.2.3'],
        // other spellings of IPv6
        ...['2001:DB8::/32', '2001:0db8::/32', '2001:db8:0:0:0:0:0:0/32', '0:0:0:0:0:0:0:1/128'],
        ...['::0/0', '2001:db8::0/32', '2001:db8:0::/32', '1:0:0:2::3:4/128', '2001:db8::1::/64'],
        ...['2001:db8::1:0:0:0/80', '[2001:db8::]/32', 'fe80::1%eth0', 'fe80::%1/64'],
        // IPv4 in clothes of IPv6
        ...['::ffff:203.0.113.0/120', '::ffff:0:0/96', '::ffff:cb00:7100/120', '::ffff:10.0.0.1'],
        // prefixes
        ...[
          '10.0.0.0/',
          '10.0.0.0/33',
          '10.0.0.0/08',
          '10.0.0.0/+8',
          '10.0.0.0/8/8',
          '10.0.0.0/-1',
        ],
        ...['10.0.0.0/8.0', '10.0.0.0/255.0.0.0', '::/129', '::/1e1', '10.0.0.0/ 8'],
        // none at all
        ...[
          '',
          '/',
          '/8',
          '*',
          'localhost',
          '10.0.0.256/32',
          '1.2.3.4.5',
          ' 10.0.0.0/8',
          '10.0.0.0/8 ',
        ],
        ...[
          '10.0.0.0-10.0.0.9',
          '10.0.0.*',
          '::g/128',
          '1:2:3:4:5:6:7/128',
          '１０.0.0.0/8',
          '10.0.0.0/８',
        ],
      ]
    ) expect(parseRange(text), text).toBeUndefined()
  })
})

describe('an address', () => {
  const v4 = ['203.0.113.0/24', '198.51.100.7/32']

  it('lies in a range whatever it is spelled like, and IPv4 stays IPv4', () => {
    for (
      const ip of [
        ...['203.0.113.0', '203.0.113.255', '198.51.100.7'],
        // as a socket for both families tells them
        ...[
          '::ffff:203.0.113.9',
          '::FFFF:203.0.113.9',
          '::ffff:cb00:7109',
          '0:0:0:0:0:ffff:cb00:7109',
        ],
      ]
    ) expect(isWithinRanges(ip, v4), ip).toBe(true)
    for (const ip of ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8:ffff::1']) {
      expect(isWithinRanges(ip, ['2001:db8::/32']), ip).toBe(true)
    }
    expect(isWithinRanges('fe80::1%eth0', ['fe80::/10'])).toBe(true)
  })

  it('lies outside by a bit', () => {
    for (const ip of ['203.0.112.255', '203.0.114.0', '198.51.100.6', '198.51.100.8']) {
      expect(isWithinRanges(ip, v4), ip).toBe(false)
    }
    expect(isWithinRanges('2001:db9::1', ['2001:db8::/32'])).toBe(false)
    // neither family is the other: not by the compatible form, and not by all of IPv6
    expect(isWithinRanges('::203.0.113.9', v4)).toBe(false)
    expect(isWithinRanges('203.0.113.9', ['::/0'])).toBe(false)
    expect(isWithinRanges('::ffff:203.0.113.9', ['::/0'])).toBe(false)
    expect(isWithinRanges('::1', ['0.0.0.0/0'])).toBe(false)
    // NAT64 and 6to4 carry an IPv4 address, and are not it
    expect(isWithinRanges('64:ff9b::cb00:7109', v4)).toBe(false)
    expect(isWithinRanges('2002:cb00:7109::1', v4)).toBe(false)
  })

  it('that is none lies nowhere', () => {
    const all = ['0.0.0.0/0', '::/0']
    for (
      const ip of ['', 'unknown', '203.0.113', '203.0.113.09', '0xcb.0.113.9', '203.0.113.9:80']
    ) {
      expect(isWithinRanges(ip, all), ip).toBe(false)
    }
    expect(isWithinRanges('203.0.113.9', [])).toBe(false)
  })

  it("lies where the runtime's own list says", () => {
    const cases = fc.record({
      ip: fc.oneof(fc.ipV4(), fc.ipV6()),
      range: fc.oneof(
        fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
        fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
      ),
    })
    const seen = { in: 0, out: 0 }
    fc.assert(
      fc.property(cases, ({ ip, range: [net, bits] }) => {
        const families = { ip: familyOf(ip), net: familyOf(net) }
        fc.pre(!ip.includes('ffff') && !net.includes('ffff'))
        const list = new BlockList()
        list.addSubnet(net, bits, families.net)
        const expected = families.ip === families.net && list.check(ip, families.ip)
        expect(isWithinRanges(ip, [masked(net, bits)])).toBe(expected)
        seen[expected ? 'in' : 'out']++
      }),
      { numRuns: 2_000 },
    )
    expect(Math.min(seen.in, seen.out)).toBeGreaterThan(20)
  })
})

const familyOf = (ip: string): 'ipv4' | 'ipv6' => ip.includes(':') ? 'ipv6' : 'ipv4'
/** The range as the database would give it back: host bits gone, spelled out. */
const masked = (net: string, bits: number): string => {
  const isV4 = !net.includes(':')
  const width = isV4 ? 8 : 16
  const parts = isV4 ? net.split('.').map(Number) : groups(net)
  const kept = parts.map((part, at) => {
    const rest = Math.min(Math.max(bits - at * width, 0), width)
    return part >> (width - rest) << (width - rest)
  })
  const text = isV4 ? kept.join('.') : kept.map((group) => group.toString(16)).join(':')
  return `${text}/${bits}`
}
const groups = (ip: string): number[] => {
  const plain = ip.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, ...four) =>
      [0, 2].map((at) => (Number(four[at]) * 256 + Number(four[at + 1])).toString(16)).join(':'),
  )
  const [head = '', tail] = plain.split('::')
  const read = (text: string) => text === '' ? [] : text.split(':').map((one) => parseInt(one, 16))
  const [front, back] = [read(head), read(tail ?? '')]
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
}
