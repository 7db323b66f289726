/** What of an answer reaches the archive as it is, what sealed, and what not at all. */
import { describe, expect, it } from 'vitest'
import { pathsOf, redact } from '../../../core/ledger/archive/redact.ts'
import { randomFor } from '../../../core/testing/sandbox/random.ts'

const paths = pathsOf(['orders[].buyer', 'shipTo', 'labels[].url'])
/** Readable, so that one sees what would be sealed under which path. */
const seal = (path: string, json: string): string => `${path}|${encodeURIComponent(json)}`
const redacted = (value: unknown): unknown => JSON.parse(redact(JSON.stringify(value), paths, seal))
const sealed = (path: string, value: unknown) => ({ $sealed: seal(path, JSON.stringify(value)) })

describe('an answer', () => {
  it('keeps its amounts and dates to the letter, on one line', () => {
    const text =
      '{ "amount": 1234.50,\r\n\t"no": 12345678901234567890,\n"e": 1e2, "t": [true, null] }'
    const line = redact(text, paths, seal)
    expect(line).toBe(
      '{ "amount": 1234.50, \t"no": 12345678901234567890, "e": 1e2, "t": [true, null] }',
    )
  })

  it('has what a path names sealed, each at its own place', () => {
    const [one, two] = [{ name: 'Asha "A" Rao', tags: [1, { x: null }] }, { name: 'नाम' }]
    expect(redacted({ orders: [{ id: 1, buyer: one }, { id: 2, buyer: two }], buyer: 'shop' }))
      .toEqual({
        orders: [
          { id: 1, buyer: sealed('orders[0].buyer', one) },
          { id: 2, buyer: sealed('orders[1].buyer', two) },
        ],
        buyer: 'shop',
      })
    expect(redacted({ shipTo: 'Pune', labels: [{ url: 'https://x/?sig=1' }] })).toEqual({
      shipTo: sealed('shipTo', 'Pune'),
      labels: [{ url: sealed('labels[0].url', 'https://x/?sig=1') }],
    })
  })

  it('has telephone numbers and mail addresses sealed, declared or not, and JSON within a text', () => {
    const text = '{"name":"x"}'
    expect(redacted({ a: [{ alternatePhone: 9812345678, 'e-mail': 'a@b.in' }], payload: text }))
      .toEqual({
        a: [{
          alternatePhone: sealed('a[0].alternatePhone', 9812345678),
          'e-mail': sealed('a[0].e-mail', 'a@b.in'),
        }],
        payload: sealed('payload', text),
      })
  })

  it('has no secret in it, below a path neither, and keeps what is only said about one', () => {
    const secrets = { access_token: 'abc', token_type: 'bearer', expires_in: 3600, sessionId: 12 }
    const clean = { ...secrets, access_token: '[removed]', sessionId: '[removed]' }
    expect(redacted(secrets)).toEqual(clean)
    expect(redacted({ shipTo: { otp: '1234', city: 'Pune' } }))
      .toEqual({ shipTo: sealed('shipTo', { otp: '[removed]', city: 'Pune' }) })
    expect(redacted({ credentials: { any: ['thing'] }, $sealed: 'forged' }))
      .toEqual({ credentials: '[removed]', $sealed: '[removed]' })
    expect(redacted({ 'access\u005ftoken': 'abc', '\\"token': 'x' }))
      .toEqual({ access_token: '[removed]', '\\"token': '[removed]' })
    expect(redact('{"access\\u005ftoken":"abc"}', paths, seal)).not.toContain('abc')
  })

  it('that says nothing of a buyer is left as it is', () => {
    const nothing = { shipTo: null, orders: [{ buyer: {} }, { buyer: '' }], phone: '', token: null }
    expect(redacted(nothing)).toEqual(nothing)
  })

  it('is refused when it is no JSON, and never half of it is kept', () => {
    const whole = '{"shipTo":{"name":"Asha"},"a":[1,{"b":"c\\\\"}]}'
    for (let end = 0; end < whole.length; end++) {
      expect(() => redact(whole.slice(0, end), paths, seal), whole.slice(0, end)).toThrow(/no JSON/)
    }
    for (
      const text of ['{"a":1}x', '[1,]', '{"a":1,}', '{,}', '[,1]', '{"a" 1}', '[1 2]', '{1:2}']
    ) {
      expect(() => redact(text, paths, seal), text).toThrow(/no JSON/)
    }
    expect(() => redact('['.repeat(1e5), paths, seal)).toThrow(/no JSON/)
  })

  it('of any form is the same JSON but for what is sealed', () => {
    const random = randomFor(3, 'redact')
    const words = ['a', 'orders', 'buyer', 'shipTo', 'phone', 'token', 'labels', 'url', 'q"\\', '']
    const value = (depth: number): unknown => {
      const kind = random.int(0, depth > 4 ? 3 : 5)
      if (kind === 0) return random.int(-9, 9) / 4
      if (kind === 1) return [null, true, false][random.int(0, 2)]
      if (kind < 4) return `v ${words[random.int(0, words.length - 1)]} {\\"`
      if (kind === 4) return Array.from({ length: random.int(0, 3) }, () => value(depth + 1))
      return Object.fromEntries(
        Array.from({ length: random.int(0, 4) }, () => [
          words[random.int(0, words.length - 1)],
          value(depth + 1),
        ]),
      )
    }
    /** The rules once more, over the parsed value. */
    const expected = (at: unknown, path: string, declared: string): unknown => {
      const key = declared.split('.').at(-1) ?? ''
      const isEmpty = at === null || typeof at === 'boolean' || at === '' ||
        (typeof at === 'object' && Object.keys(at).length === 0)
      if (!isEmpty && key === 'token') return '[removed]'
      const isNamed = ['orders.[].buyer', 'shipTo', 'labels.[].url'].includes(declared)
      if (!isEmpty && (isNamed || key === 'phone')) {
        return { $sealed: seal(path, JSON.stringify(expected(at, '', 'x.inside'))) }
      }
      const isInside = declared.startsWith('x.inside')
      const below = (name: string, one: unknown, next: string) =>
        expected(one, next, isInside ? `x.inside${name === 'token' ? '.token' : ''}` : name)
      if (Array.isArray(at)) {
        return at.map((one, i) => below(`${declared}.[]`, one, `${path}[${i}]`))
      }
      if (!at || typeof at !== 'object') return at
      return Object.fromEntries(
        Object.entries(at).map(([name, one]) => [
          name,
          below(
            isInside ? name : declared === '' ? name : `${declared}.${name}`,
            one,
            path === '' ? name : `${path}.${name}`,
          ),
        ]),
      )
    }
    for (let turn = 0; turn < 500; turn++) {
      const one = { a: value(0), orders: value(0), shipTo: value(1) }
      expect(redacted(one)).toEqual(expected(one, '', ''))
    }
  })
})
