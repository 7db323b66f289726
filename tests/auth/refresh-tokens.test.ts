/** Refresh tokens as text: what is ours, and what is not. */
import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { createRefreshTokens } from '../../core/auth/refresh-tokens.ts'
import { newId } from '../../core/ids.ts'
import { forgedRefreshTokens } from './refresh-forgeries.ts'

const tokens = createRefreshTokens(new Uint8Array(32).fill(5))
const session = { sellerId: newId(), sessionId: newId(), generation: 0 }

describe('a refresh token', () => {
  it('brings back what it is for, and the digest of its secret', () => {
    for (const generation of [0, 1, 255, 65_536, 2 ** 32 - 1]) {
      const fresh = tokens.make()
      const token = fresh.forSession({ ...session, generation })
      expect(tokens.open(token)).toEqual({ ...session, generation, hash: fresh.hash })
      expect(token).toMatch(/^[\w-]{112}$/)
    }
  })

  it('has 256 random bits of its own', () => {
    const made = Array.from({ length: 100 }, () => tokens.make())
    expect(new Set(made.map(({ hash }) => Buffer.from(hash).toString('hex'))).size).toBe(100)
    expect(new Set(made.map((one) => one.forSession(session))).size).toBe(100)
  })

  it('breaks with any changed bit', () => {
    const token = tokens.make().forSession(session)
    const bytes = Buffer.from(token, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(tokens.open(changed.toString('base64url')), `bit ${bit}`).toBeUndefined()
    }
  })

  it('has one spelling', () => {
    const token = tokens.make().forSession(session)
    const others = [`${token}=`, `${token} `, ` ${token}`, `${token}\n`, `${token}!`, `${token}.x`]
    const spaced = `${token.slice(0, 50)} ${token.slice(50)}`
    const padded = Buffer.from(token, 'base64url').toString('base64')
    for (const one of [...others, spaced, `${padded}==`]) {
      // the decoder itself takes them all
      expect(Buffer.from(one, 'base64url').toString('base64url').startsWith(token)).toBe(true)
      expect(tokens.open(one), JSON.stringify(one)).toBeUndefined()
    }
  })

  it('cannot be forged', () => {
    const corpus = Object.entries(forgedRefreshTokens(session))
    expect(corpus.length).toBeGreaterThanOrEqual(20)
    for (const [name, token] of corpus) expect(tokens.open(token), name).toBeUndefined()
  })
})
