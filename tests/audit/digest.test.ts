/** Digests by themselves: their text, and what a check of them finds; no database. */
import { describe, expect, it } from 'vitest'
import {
  checkDigests,
  readDigest,
  type SignedDigest,
  writeDigest,
} from '../../core/audit/digest.ts'
import { chainOf, digestsOf, newSigner } from './chains.ts'

const signer = newSigner()
const digests = digestsOf(chainOf(40), signer, 10)
const check = (some: readonly SignedDigest[], kept: readonly SignedDigest[] = []) => {
  const report = checkDigests(some, { verifier: signer, sellerId: 's', kept })
  return report.ok ? 'ok' : [report.seq, report.reason]
}
/** The digest with other members, signed with the real key. */
const signedAnew = (at: number, members: object): SignedDigest => {
  const body = writeDigest({ ...JSON.parse(digests[at]?.body ?? ''), ...members })
  return { body, signature: signer.sign(body) }
}

describe('a digest', () => {
  it('is canonical text that is read as it was written, and nothing else is read', () => {
    const [{ body } = { body: '' }] = digests
    const told = readDigest(body)
    if (!told) throw new Error('unreachable')
    expect(writeDigest(told)).toBe(body)
    expect(Object.keys(JSON.parse(body))).toEqual(Object.keys(JSON.parse(body)).toSorted())
    for (
      const other of [
        '',
        '{}',
        '[]',
        body.slice(1),
        body.replace('digest/1', 'digest/2'),
        body.replace('"from":1', '"from":0'),
        body.replace('"from":1', '"from":1.5'),
        body.replace('}', ',"more":1}'),
        body.replace(/"head":"./, '"head":"'),
        body.replace('"previous":""', '"previous":"x"'),
        body.replace(/"signedAt":"[^"]*"/, '"signedAt":"yesterday"'),
      ]
    ) expect(readDigest(other), other).toBe(null)
  })
})

describe('the digests of a seller', () => {
  it('are a chain of their own, from the first event on', () => {
    expect(checkDigests(digests, { verifier: signer, sellerId: 's' }))
      .toMatchObject({ ok: true, last: { from: 31, to: 40 }, known: [{ to: 10 }, {}, {}, {}] })
    expect(checkDigests([], { verifier: signer, sellerId: 's' }))
      .toEqual({ ok: true, known: [], last: null })
    expect(check(digests.slice(1))).toEqual([1, 'digest-missing'])
    expect(check(digests.toSpliced(1, 1))).toEqual([11, 'digest-missing'])
    expect(check(digests.toSpliced(2, 0, ...digests.slice(1, 2)))).toEqual([21, 'digest-missing'])
    expect(check(digests.with(2, signedAnew(2, { to: 29 })))).toEqual([21, 'digest-missing'])
  })

  it('name the one before them, whatever else fits', () => {
    const previous = 'ab'.repeat(32)
    expect(check(digests.with(1, signedAnew(1, { previous })))).toEqual([11, 'digest-unlinked'])
    expect(check(digests.with(0, signedAnew(0, { previous })))).toEqual([1, 'digest-unlinked'])
    // another one in its place, that names what it should: the next one tells
    expect(check(digests.with(1, signedAnew(1, { head: 'cd'.repeat(32) }))))
      .toEqual([21, 'digest-unlinked'])
  })

  it('are of this seller, and signed by a key of the set', () => {
    expect(check(digests.with(1, signedAnew(1, { seller: 'other' })))).toEqual([
      ...[11, 'digest-foreign'],
    ])
    const [, second] = digests
    if (!second) throw new Error('unreachable')
    const stranger = newSigner()
    for (
      const forged of [
        { ...second, signature: stranger.sign(second.body) },
        { ...second, signature: new Uint8Array(64) },
        { ...second, body: second.body.replace('"to":20', '"to":19') },
        { ...second, body: 'x' },
        signedAnew(1, { key: 'unknown' }),
      ]
    ) expect(check(digests.with(1, forged))).toEqual([11, 'digest-forged'])
  })

  it('are those that were kept', () => {
    expect(check(digests, digests)).toBe('ok')
    expect(check(digests, digests.slice(2, 3))).toBe('ok')
    expect(check(digests.slice(0, 3), digests)).toEqual([31, 'digest-missing'])
    // with the real key, and a time that nobody would notice
    const other = signedAnew(3, { signedAt: '2026-01-01T09:00:00.000Z' })
    expect(check(digests.with(3, other))).toBe('ok')
    expect(check(digests.with(3, other), digests)).toEqual([31, 'digest-differs'])
  })
})
