import { describe, expect, it } from 'vitest'
import type { UserPrincipal } from '../../core/auth/principal.ts'
import { createTokens } from '../../core/auth/tokens.ts'
import { forgeries, goodClaims, signedToken } from './forgeries.ts'
import { keyFor } from './keys.ts'

const start = Date.parse('2026-02-01T00:00:00Z')
const principal: UserPrincipal = {
  kind: 'user',
  hasOverrides: false,
  sellerId: '01998f6c-0a1b-7c2d-9e3f-7d8e9f0a1b2c',
  userId: '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1b',
  role: 'FINANCE',
  sessionId: '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1c',
  authzVersion: '3.14',
  sellerStatus: 'SUSPENDED',
}
const make = async (names: readonly string[] = ['one'], cacheSize?: number) => {
  const clock = { now: start }
  const tokens = await createTokens({
    keys: { keys: await Promise.all(names.map(keyFor)) },
    now: () => new Date(clock.now),
    ...(cacheSize === undefined ? {} : { cacheSize }),
  })
  return { tokens, clock }
}

describe('an access token', () => {
  it('brings its principal back, again and again', async () => {
    const { tokens } = await make()
    const token = await tokens.issue(principal)
    const first = await tokens.verify(token)
    expect(first?.principal).toEqual(principal)
    expect(await tokens.verify(token)).toBe(first)
  })

  it('lives for 15 minutes to the second, also in the cache', async () => {
    const { tokens, clock } = await make()
    const token = await tokens.issue(principal)
    expect(await tokens.verify(token)).toBeDefined()
    clock.now = start + 15 * 60_000 - 1
    expect(await tokens.verify(token)).toBeDefined()
    clock.now = start + 15 * 60_000
    expect(await tokens.verify(token)).toBeUndefined()
    // and not by the signature alone either, once the cache has dropped it
    expect(await tokens.verify(token)).toBeUndefined()
  })

  it('is verified anew when the cache had no room for it', async () => {
    const { tokens } = await make(['one'], 1)
    const a = await tokens.issue(principal)
    const b = await tokens.issue({ ...principal, role: 'VIEWER' })
    for (const token of [a, b, a, b]) expect(await tokens.verify(token)).toBeDefined()
  })

  it('stays good while its key is anywhere in the set, and no longer', async () => {
    const old = await make(['one'])
    const token = await old.tokens.issue(principal)
    const rotated = await make(['two', 'one'])
    expect((await rotated.tokens.verify(token))?.principal).toEqual(principal)
    const dropped = await make(['two'])
    expect(await dropped.tokens.verify(token)).toBeUndefined()
    expect(await old.tokens.verify(await rotated.tokens.issue(principal))).toBeUndefined()
  })

  it('fits into a cookie', async () => {
    const { tokens } = await make()
    expect((await tokens.issue(principal)).length).toBeLessThan(1000)
  })

  it('is made by this suite as the server makes it', async () => {
    const { tokens } = await make()
    expect(await tokens.verify(await signedToken(goodClaims(start)))).toBeDefined()
  })

  it('cannot be forged', async () => {
    const { tokens } = await make()
    const corpus = Object.entries(await forgeries(start))
    expect(corpus.length).toBeGreaterThanOrEqual(60)
    for (const [name, token] of corpus) {
      expect(await tokens.verify(token), name).toBeUndefined()
    }
  })

  it('breaks with any changed character', async () => {
    const { tokens } = await make()
    const token = await tokens.issue(principal)
    for (let at = 0; at < token.length; at += 3) {
      const changed = token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1)
      expect(await tokens.verify(changed), `at ${at}`).toBeUndefined()
    }
  })
})

describe('the key set', () => {
  const now = () => new Date(start)
  const load = (keys: readonly object[]) => createTokens({ keys: { keys: keys as never }, now })

  it('is refused with a sentence that tells which key, and nothing of it', async () => {
    const good = await keyFor('one')
    const { d, ...open } = good
    await expect(load([])).rejects.toThrow('the key set is empty')
    await expect(load([open])).rejects.toThrow('has no private part')
    await expect(load([good, good])).rejects.toThrow('token key 2: its kid stands twice')
    await expect(load([{ kty: 'oct', k: 'c2VjcmV0' }])).rejects.toThrow('no Ed25519 key')
    const broken = load([{ ...good, d: `${d?.slice(2)}!!` }])
    await expect(broken).rejects.toThrow('token key 1: its members do not make a key')
    await expect(broken).rejects.not.toThrow(String(d?.slice(2)))
  })

  it('gives a key without a name its thumbprint', async () => {
    const { kid: _kid, ...nameless } = await keyFor('one')
    const tokens = await load([nameless])
    expect(await tokens.verify(await tokens.issue(principal))).toBeDefined()
  })
})
