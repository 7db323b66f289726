/** Nothing secret and nobody's data gets through, wherever it stands and however it is written. */
import { Buffer } from 'node:buffer'
import { isGstin } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { createFinder } from '../../../tests/support/needles.ts'
import type { Cassette } from '../cassettes/cassette.ts'
import { leaksIn } from '../cassettes/leaks.ts'
import { createScrubber } from '../cassettes/scrub.ts'
import { type Random, randomFor } from '../sandbox/random.ts'

const cassetteOf = (body: unknown, invented: readonly string[]): Cassette => ({
  version: 1,
  plugin: { id: 'test', version: '1.0.0', upstream: 'v1' },
  account: { externalAccountId: 'A', details: {}, credentials: {} },
  config: null,
  exchanges: [{
    at: '2026-01-01T00:00:00.000Z',
    request: { method: 'GET', host: 'a.example', path: '/', query: {}, headers: {}, body: null },
    answer: { status: 200, headers: {}, body },
  }],
  end: '2026-01-01T00:00:00.000Z',
  invented: [...invented],
})

const scrubbed = <T>(body: T, pii: readonly string[] = [], secrets: readonly string[] = []): T => {
  const scrubber = createScrubber({ pii, secrets })
  scrubber.learn(body, true)
  const found = scrubber.scrub(body, true) as T
  expect(leaksIn(cassetteOf(found, scrubber.invented()), { pii, canaries: secrets })).toEqual([])
  return found
}

test('what looks personal is replaced by something of the same form', () => {
  const body = {
    note: 'Call +91 98765 43210 or 09876543210, mail asha.rao@gmail.com',
    tax: '27ABCPE1234F1Z5',
    pan: 'ABCPE1234F',
    card: '4111 1111 1111 1111',
    order: 'OD-402-1234567-7654321',
    at: '2026-01-10T06:00:00.000Z',
    paise: 123450,
  }
  const found = scrubbed(body)
  expect(found).toMatchObject({ order: body.order, at: body.at, paise: body.paise })
  const phone = /^Call \+91 (9\d{4}) (\d{5}) or 0(\d{10}), mail [a-z]+@buyers\.invalid$/.exec(
    found.note,
  )
  // two writings of one number are one number
  expect(`${phone?.[1]}${phone?.[2]}`).toBe(phone?.[3])
  expect(phone?.[3]).not.toBe('9876543210')
  expect(isGstin(found.tax)).toBe(true)
  expect(found.tax.slice(0, 2)).toBe('27')
  expect(found.pan).toMatch(/^[A-Z]{3}P[A-Z]\d{4}[A-Z]$/)
  expect(found.card).toMatch(/^4\d{3} \d{4} \d{4} \d{4}$/)
})

test('names and PINs are known by their keys, and a product keeps its name', () => {
  const buyer = {
    name: 'ASHA RAO',
    pin: 411001,
    address1: '12 Lake Road, 411001',
    state: 'MAHARASHTRA',
  }
  const found = scrubbed({ buyer, product: { name: 'Cotton kurta' }, buyerName: 'Asha Rao' })
  expect(found.product.name).toBe('Cotton kurta')
  expect(found.buyer.state).toBe('MAHARASHTRA')
  expect(found.buyer.name).toMatch(/^[A-Z]+ [A-Z]+$/)
  expect(found.buyer.name).not.toBe('ASHA RAO')
  expect(found.buyerName.toUpperCase()).toBe(found.buyer.name)
  expect(String(found.buyer.pin)).toMatch(/^411\d{3}$/)
  expect(found.buyer.pin).not.toBe(411001)
  expect(found.buyer.address1).not.toContain('411001')
})

test('below a declared path everything is invented, and the same value everywhere', () => {
  const buyer = { id: 'BUY-77812', nick: 'om', town: 'Pune', age: 34, tags: ['vip customer 9'] }
  const found = scrubbed({ orders: [{ buyer }, { buyer }], returns: [{ from: 'BUY-77812' }] }, [
    'orders[].buyer',
  ])
  expect(found.orders[0]).toEqual(found.orders[1])
  expect(found.returns[0]?.from).toBe(found.orders[0]?.buyer.id)
  expect(found.returns[0]?.from).toMatch(/^[A-Z]{3}-\d{5}$/)
  for (const [name, value] of Object.entries(buyer)) {
    expect(found.orders[0]?.buyer[name as keyof typeof buyer]).not.toEqual(value)
  }
})

test('nobody can try values: a stand-in is drawn, not computed', () => {
  const first = scrubbed({ phone: '9876543210' })
  const second = scrubbed({ phone: '9123456780' })
  // the first telephone number of a recording has the same stand-in, whatever it was
  expect(second.phone).toBe(first.phone)
})

test('a state, a date, an id and a common word are left alone', () => {
  const body = {
    session: 'ACTIVE',
    status: 'INACTIVE',
    token_type: 'bearer',
    id: '9b2fd4a1-7c3e-4b5a-8f60-0a1b2c3d4e5f',
    awb: '1438211',
  }
  expect(scrubbed(body)).toMatchObject({ status: 'INACTIVE', token_type: 'bearer', id: body.id })
})

const writings: readonly ((text: string, random: Random) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => `Bearer ${text}`,
  (text) => encodeURIComponent(text),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => new URLSearchParams({ v: text, w: 'x' }).toString(),
  (text) => `https://api.example/v1/${encodeURIComponent(text)}/x?key=${encodeURIComponent(text)}`,
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
  (text, random) => Buffer.from(`${'x'.repeat(random.int(1, 5))}:${text}:end`).toString('base64'),
  (text) => `Basic ${Buffer.from(`app:${text}`).toString('base64')}`,
  (text) =>
    `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ sub: text })).toString('base64url')}.c2ln`,
  (text) => Buffer.from(text).toString('hex'),
  (text) => Buffer.from(text).toString('hex').toUpperCase(),
  (text) => JSON.stringify({ deep: [{ at: text }] }),
  (text) => JSON.stringify(JSON.stringify({ deep: text })),
  (text) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  (text) => [...text].map((c) => `&#${c.charCodeAt(0)};`).join(''),
  (text) => `id_${Buffer.from(`ab${text}`).toString('base64url')}`,
  (text) => `<a href="x?q=${encodeURIComponent(text)}">${text}</a>`,
  (text) => encodeURIComponent(Buffer.from(`u:${text}`).toString('base64')),
]

/** A JSON value with the text somewhere in it: as a value, a key, or below other things. */
const bodyWith = (text: string, random: Random): unknown => {
  const filler = () => random.pick([1, 'PUNE', null, true, 'SKU-112', 12.5, '2026-01-10', 'a b c'])
  const wrap = (value: unknown, depth: number): unknown => {
    if (depth === 0) return value
    const inside = wrap(value, depth - 1)
    return random.chance(0.4)
      ? [filler(), inside, filler()]
      : { [random.pick(['id', 'note', 'ref', 'meta', 'url'])]: inside, more: filler() }
  }
  return random.chance(0.15)
    ? wrap({ [text]: filler() }, random.int(0, 3))
    : wrap(text, random.int(0, 5))
}

test('500 bodies with secrets in every place and writing: none survives', () => {
  const seed = 20_260_110
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.|/+=: é'
  const seen = new Set<number>()
  for (let round = 0; round < 500; round++) {
    const random = randomFor(seed, `body ${round}`)
    const secret = `z${
      Array.from({ length: random.int(8, 40) }, () => alphabet.charAt(random.int(0, 71))).join('')
        .trim()
    }q7`
    const buyer = `Zq ${randomFor(seed, `b${round}`).int(1e6, 9e6)} Rao`
    const way = round % writings.length
    seen.add(way)
    const write = writings[way] ?? String
    const body = {
      credentials: bodyWith(write(secret, random), random),
      buyer: { name: buyer },
      elsewhere: bodyWith(write(buyer, random), random),
    }
    const scrubber = createScrubber({ pii: ['buyer'], secrets: [secret], seed: round })
    scrubber.learn(body, true)
    const found = scrubber.scrub(body, true)
    const text = JSON.stringify(found)
    const where = `seed ${seed}, round ${round}, writing ${way}`
    for (const planted of [secret, buyer]) {
      for (const one of plainWritings(planted)) expect(text.includes(one), where).toBe(false)
      // a look of another making
      expect(createFinder([planted])(Buffer.from(text)), where).toEqual([])
    }
    const leaks = leaksIn(cassetteOf(found, scrubber.invented()), {
      pii: ['buyer'],
      canaries: [secret, buyer],
    })
    expect(leaks, where).toEqual([])
    // and the look is not blind
    const raw = leaksIn(cassetteOf(body, []), { pii: [], canaries: [secret, buyer] })
    expect(raw.map(({ what }) => what), where).toContain('a canary')
  }
  expect(seen.size).toBe(writings.length)
})

const plainWritings = (text: string): readonly string[] => [
  ...[text, text.toUpperCase(), encodeURIComponent(text), JSON.stringify(text).slice(1, -1)],
  ...[Buffer.from(text).toString('base64'), Buffer.from(text).toString('hex')],
]

test.each([
  ['an e-mail address', { note: 'asha@gmail.com' }, 'an unknown e-mail address'],
  ['a telephone number', { note: 'ring 98765 43210' }, 'an unknown telephone number'],
  ['a GSTIN', { tax: '27ABCPE1234F1Z5' }, 'an unknown GSTIN'],
  ['a PAN', { tax: 'ABCPE1234F' }, 'an unknown PAN'],
  ['a card', { paid: '4111111111111111' }, 'an unknown card number'],
  ['a name', { buyer_name: 'Asha Rao' }, 'an unknown name'],
  ['a PIN', { postalCode: '411001' }, 'an unknown pin'],
  ['a token by its key', { access_token: 'abcdef' }, 'an unknown secret'],
  ['a token by its looks', { x: 'q8Zr2Lx0Wm5Tn7Yb1Vc4Ks9D' }, 'a text that looks like a secret'],
  ['a canary in base64', { x: Buffer.from('a canary').toString('base64') }, 'a canary'],
  ['a declared path', { orders: [{ buyer: { note: 'tall' } }] }, 'a value below a declared path'],
  ['a key of an object', { 'asha@gmail.com': 1 }, 'an unknown e-mail address'],
])('the look finds %s', (_, body, what) => {
  const leaks = leaksIn(cassetteOf(body, []), { pii: ['orders[].buyer'] })
  expect(leaks.map((leak) => leak.what)).toContain(what)
  expect(JSON.stringify(leaks)).not.toMatch(/9876|411001|Asha Rao|4111/)
})
