import { describe, expect, it } from 'vitest'
import { createSigner } from '../../core/auth/signed.ts'

const signer = createSigner(new Uint8Array(32).fill(1))

describe('a signed text', () => {
  it('comes back in its own context only', () => {
    const signed = signer.sign('list of A', 'position ₹')
    expect(signed).toMatch(/^[\w-]+$/)
    expect(signer.open('list of A', signed)).toBe('position ₹')
    expect(signer.open('list of B', signed)).toBeUndefined()
    expect(createSigner(new Uint8Array(32).fill(2)).open('list of A', signed)).toBeUndefined()
  })

  it('does not lend characters to its context', () => {
    expect(signer.open('ab', signer.sign('a', 'bc'))).toBeUndefined()
  })

  it('breaks with any changed, missing or added character', () => {
    const signed = signer.sign('list', '[1,"x"]')
    for (let at = 0; at < signed.length; at++) {
      const other = signed[at] === 'A' ? 'B' : 'A'
      expect(signer.open('list', signed.slice(0, at) + other + signed.slice(at + 1)))
        .toBeUndefined()
      expect(signer.open('list', signed.slice(0, at) + signed.slice(at + 1))).toBeUndefined()
      expect(signer.open('list', signed.slice(0, at))).toBeUndefined()
    }
    for (const more of ['=', 'A', '\n', ' ', '%']) {
      expect(signer.open('list', signed + more)).toBeUndefined()
    }
    expect(signer.open('list', '')).toBeUndefined()
    expect(signer.open('list', 'A'.repeat(100_000))).toBeUndefined()
  })

  it('is not made with a short key', () => {
    expect(() => createSigner(new Uint8Array(31))).toThrow('fewer than 32 bytes')
  })
})
