/** Values between processes: what the contract uses comes through as it was, and nothing else does. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLines } from '../../../core/host/isolated/frames.ts'
import { decode, encode } from '../../../core/host/isolated/values.ts'

const through = (value: unknown): unknown => decode(JSON.parse(JSON.stringify(encode(value))))

const leaf = fc.oneof(
  ...[fc.string(), fc.double().filter((n) => !Object.is(n, -0)), fc.boolean(), fc.bigInt()],
  ...[fc.constant(null), fc.constant(undefined), fc.date({ noInvalidDate: false })],
  fc.uint8Array({ maxLength: 50 }),
  fc.webUrl().map((url) => new URL(url)),
)
const name = fc.oneof(fc.string(), fc.constantFrom('$', 'v', 'constructor', 'toString', 'then'))
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(name.filter((one) => one !== 'then'), tie('value'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(fc.string(), { maxLength: 3 }).map((some) => new Set(some)),
  ),
}))

describe('a value', () => {
  it('comes through as it was', () => {
    fc.assert(
      fc.property(value.filter((one) => !hasName(one, '__proto__')), (one) => {
        expect(through(one)).toEqual(one)
      }),
      { numRuns: 500 },
    )
  })

  it('whatever it is, it is decoded or refused, and changes no prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (one) => {
        try {
          decode(one)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 500 },
    )
    decode(JSON.parse('{"__proto__": {"spoilt": true}, "a": {"__proto__": {"spoilt": true}}}'))
    decode(JSON.parse('{"$": "o", "v": {"__proto__": {"spoilt": true}}}'))
    expect(({} as { spoilt?: boolean }).spoilt).toBeUndefined()
  })

  it.each([
    ['a function', () => {}],
    ['a symbol', Symbol('s')],
    ['a promise', Promise.resolve()],
  ])('that is %s does not cross', (_what, one) => {
    expect(() => encode({ inside: [one] })).toThrow('cannot cross')
  })

  it('that holds itself does not cross', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(() => encode(circle)).toThrow('more than 200 levels')
  })
})

const hasName = (one: unknown, wanted: string): boolean =>
  typeof one === 'object' && one !== null &&
  (Object.hasOwn(one, wanted) || Object.values(one).some((member) => hasName(member, wanted)) ||
    one instanceof Map && [...one.values()].some((member) => hasName(member, wanted)))

describe('lines', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  it('are the same however they are cut', () => {
    fc.assert(fc.property(
      fc.array(fc.string().map((text) => text.replaceAll('\n', ' '))),
      fc.integer({ min: 1, max: 7 }),
      (lines, step) => {
        const seen: string[] = []
        const feed = createLines((line) => void seen.push(line), () => {
          throw new Error('too long')
        })
        const all = bytes(lines.map((line) => `${line}\n`).join(''))
        for (let at = 0; at < all.length; at += step) feed(all.subarray(at, at + step))
        expect(seen).toEqual(lines.filter((line) => line !== ''))
      },
    ))
  })

  it('that are too long are told once, and nothing behind them is read', () => {
    const seen: string[] = []
    let told = 0
    const feed = createLines((line) => void seen.push(line), () => void told++, 10)
    for (const text of ['short\n', 'eleven chars', ' and more', '\nlater\n']) feed(bytes(text))
    expect([seen, told]).toEqual([['short'], 1])
  })
})
