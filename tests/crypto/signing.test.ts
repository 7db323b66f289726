/** Ed25519 keys of the configuration, and the headers of webhooks. */
import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { createSigner, createVerifier } from '../../core/crypto/signing.ts'
import { fromHex, toHex } from '../../core/crypto/text.ts'
import { hookHeaders, newHookSecret } from '../../core/crypto/webhook.ts'

const newKey = (kid?: string) => ({
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  ...(kid === undefined ? {} : { kid }),
})

describe('a set of signing keys', () => {
  it('signs with the first and verifies with all, by their kid', () => {
    const [old, next] = [newKey('old'), newKey('next')]
    const before = createSigner({ keys: [old] })
    const after = createSigner({ keys: [next, old] })
    const [first, second] = [before.sign('text'), after.sign('text')]
    expect(first).toHaveLength(64)
    expect([before.keyId, after.keyId]).toEqual(['old', 'next'])
    expect(after.verify('old', 'text', first)).toBe(true)
    expect(after.verify('next', 'text', second)).toBe(true)
    expect(after.verify('next', 'text', first)).toBe(false)
    expect(after.verify('old', 'texT', first)).toBe(false)
    expect(before.verify('next', 'text', second)).toBe(false)
    expect(before.verify('old', 'text', first.subarray(1))).toBe(false)
    expect(before.verify('old', 'text', new Uint8Array(0))).toBe(false)
  })

  it('shows what everybody may have, and never the private part', async () => {
    const key = newKey()
    const { publicKeys } = createSigner({ keys: [{ ...key, d: String(key.d), extra: 'x' }] })
    expect(JSON.stringify(publicKeys)).not.toContain(String(key.d))
    expect(publicKeys).toEqual([{
      ...{ kty: 'OKP', crv: 'Ed25519', x: key.x, alg: 'EdDSA', use: 'sig' },
      kid: await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: String(key.x) }),
    }])
    const verifier = createVerifier({ keys: publicKeys.map((one) => ({ ...one })) })
    expect(verifier.publicKeys).toEqual(publicKeys)
    expect(Object.keys(verifier)).not.toContain('sign')
  })

  it('is refused with what is wrong, and without a word of the key', () => {
    const key = newKey('one')
    const { d: _private, ...open } = key
    const other = newKey('two')
    const cases: readonly [readonly object[], string | RegExp][] = [
      [[], 'the key set is empty'],
      [[open], 'the first key of the set has no private part'],
      [[key, { ...other, kid: 'one' }], 'key 2: its kid stands twice'],
      [[{ kty: 'RSA', n: 'x' }], 'key 1: it is no Ed25519 key'],
      [[key, { ...other, crv: 'X25519' }], 'key 2: it is no Ed25519 key'],
      [[{ ...key, x: 'AAAA' }], 'key 1: its members do not make a key'],
      // the runtimes notice it in different places
      [[{ ...key, d: other.d }], /do not (?:make a key|belong together)/],
    ]
    for (const [keys, why] of cases) {
      const make = () => createSigner({ keys: keys as Record<string, unknown>[] })
      expect(make).toThrow(why)
      try {
        make()
      } catch (error) {
        expect(String(error)).not.toContain(String(key.d))
      }
    }
    expect(createVerifier({ keys: [open] }).publicKeys).toHaveLength(1)
  })
})

describe('a webhook', () => {
  it('carries the signature of the specification', () => {
    // the example of https://github.com/standard-webhooks/standard-webhooks
    const headers = hookHeaders('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
    })
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('has a secret of 32 bytes', () => {
    const secret = newHookSecret((bytes) => bytes.fill(7))
    expect(secret).toBe(`whsec_${'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc='}`)
  })
})

describe('hex', () => {
  it('goes there and back, and is nothing else', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect(fromHex(toHex(bytes))).toEqual(bytes)
    expect(toHex(bytes.subarray(254))).toBe('feff')
    expect(fromHex('')).toEqual(new Uint8Array(0))
    for (const text of ['0', 'FF', 'zz', '0x00', ' 00']) {
      expect(() => fromHex(text)).toThrow('no hex')
    }
  })
})
