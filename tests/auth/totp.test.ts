/** Codes of authenticator apps, their secrets at rest, and what stands in for them. */
import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { newRecoveryCodes, recoveryCodeDigest } from '../../core/auth/recovery-codes.ts'
import { createTotpVault } from '../../core/auth/totp-vault.ts'
import { base32, newTotpSecret, totpCode, totpStepOf, totpUri } from '../../core/auth/totp.ts'
import { numberSecrets } from '../../core/crypto/numbered.ts'
import { newId } from '../../core/ids.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const rfcSecret = bytes('12345678901234567890')

describe('a code', () => {
  // RFC 6238, appendix B, SHA-1; the last six of the eight digits
  const vectors: readonly (readonly [number, string])[] = [
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ]
  it.each(vectors)('at %i s is that of the RFC', (seconds, code) => {
    expect(totpCode(rfcSecret, Math.floor(seconds / 30))).toBe(code)
    expect(totpStepOf(rfcSecret, code, new Date(seconds * 1000))).toBe(Math.floor(seconds / 30))
  })

  it('is good for its step and the one on either side, to the millisecond', () => {
    const step = 50_000_000
    const code = totpCode(rfcSecret, step)
    const at = (ms: number) => totpStepOf(rfcSecret, code, new Date(step * 30_000 + ms))
    expect(at(-30_000)).toBe(step)
    expect(at(59_999)).toBe(step)
    expect(at(-30_001)).toBeUndefined()
    expect(at(60_000)).toBeUndefined()
  })

  it('is six digits and nothing else', () => {
    const now = new Date(59_000)
    for (
      const text of [
        '',
        '28708',
        '2870820',
        '287 082',
        '２８７０８２',
        '-87082',
        '287082\n',
        '٢٨٧٠٨٢',
      ]
    ) {
      expect(totpStepOf(rfcSecret, text, now), JSON.stringify(text)).toBeUndefined()
    }
  })
})

describe('a secret', () => {
  it('has 160 bits, and is written for apps as RFC 4648 has it', () => {
    expect(newTotpSecret()).toHaveLength(20)
    expect(Buffer.from(newTotpSecret()).equals(Buffer.from(newTotpSecret()))).toBe(false)
    const vectors = {
      '': '',
      f: 'MY',
      fo: 'MZXQ',
      foo: 'MZXW6',
      foob: 'MZXW6YQ',
      foobar: 'MZXW6YTBOI',
    }
    for (const [text, encoded] of Object.entries(vectors)) expect(base32(bytes(text))).toBe(encoded)
    const uri = new URL(totpUri(rfcSecret, { issuer: 'Robnu', account: 'asha&co@example.in' }))
    expect(uri.protocol).toBe('otpauth:')
    expect(decodeURIComponent(uri.pathname)).toBe('/Robnu:asha&co@example.in')
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      issuer: 'Robnu',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
  })

  it('opens for its person alone, unchanged, and while its key is there', () => {
    const person = newId()
    const old = numberSecrets('the first secret, of 32 characters or more')
    const sealed = createTotpVault(old).seal(person, rfcSecret)
    expect(Buffer.from(sealed).includes(Buffer.from(rfcSecret))).toBe(false)
    expect(createTotpVault(old).open(person, sealed)).toEqual(rfcSecret)
    expect(createTotpVault(old).open(newId(), sealed)).toBeUndefined()
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed, (byte, place) => place === at ? byte ^ 1 : byte)
      expect(createTotpVault(old).open(person, changed), `byte ${at}`).toBeUndefined()
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(createTotpVault(old).open(person, sealed.subarray(0, length))).toBeUndefined()
    }
    // the secret of the process was changed: the old one lives on under its number
    const next = 'the second secret, of 32 characters or more'
    const kept = numberSecrets(next, { 0: 'the first secret, of 32 characters or more', 1: next })
    expect(createTotpVault(kept).open(person, sealed)).toEqual(rfcSecret)
    expect(createTotpVault(kept).seal(person, rfcSecret)[1]).toBe(1)
    expect(createTotpVault(numberSecrets(next)).open(person, sealed)).toBeUndefined()
  })
})

describe('recovery codes', () => {
  it('are ten, of 120 bits each, and match however they are typed', () => {
    const codes = newRecoveryCodes()
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^[a-z2-7]{4}(?:-[a-z2-7]{4}){5}$/)
    const [person, [code = '']] = [newId(), codes]
    const digest = recoveryCodeDigest(person, code)
    expect(digest).toHaveLength(32)
    expect(recoveryCodeDigest(person, ` ${code.toUpperCase().replaceAll('-', ' ')}`)).toEqual(
      digest,
    )
    expect(recoveryCodeDigest(newId(), code)).not.toEqual(digest)
    expect(recoveryCodeDigest(person, code.slice(0, -1))).not.toEqual(digest)
  })
})
