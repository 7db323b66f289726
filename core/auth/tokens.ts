/** Access tokens: JWTs that carry a principal for 15 minutes, signed with Ed25519. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { createLru } from './lru.ts'
import { roles, sellerStatuses, type UserPrincipal } from './principal.ts'
import { loadTokenKeys, type TokenKeySet } from './token-keys.ts'

export interface VerifiedToken {
  readonly principal: UserPrincipal
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}
export interface Tokens {
  readonly issue: (principal: UserPrincipal) => Promise<string>
  /** Undefined for whatever is not a living token of ours; never throws. */
  readonly verify: (token: string) => Promise<VerifiedToken | undefined>
}

/** For how long role and status are believed at most; the scope's gate asks the database anyway. */
export const tokenSeconds = 15 * 60
const issuer = 'robnu'
const audience = 'robnu-api'
const maxLength = 2048 // ours have about 600 characters
const shape = /^[\w-]+\.[\w-]+\.[\w-]+$/

const Claims = z.object({
  sub: z.guid(),
  sid: z.guid(),
  sel: z.guid(),
  role: z.enum(roles),
  av: z.string().regex(/^\d+\.\d+$/),
  st: z.enum(sellerStatuses),
  ov: z.boolean(),
  iat: z.number(),
  exp: z.number(),
})

/** Rejects with one sentence when the keys are of no use. */
export const createTokens = async ({ keys, now, cacheSize = 10_000 }: {
  readonly keys: TokenKeySet
  readonly now: () => Date
  readonly cacheSize?: number
}): Promise<Tokens> => {
  const { signing, verifying } = await loadTokenKeys(keys)
  // checking a signature costs 0.2 ms, asking here 1 µs; the tokens themselves are not kept
  const known = createLru<VerifiedToken>(cacheSize)

  const check = async (token: string): Promise<VerifiedToken | undefined> => {
    if (!isCanonical(token)) return undefined
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => {
        const key = kid === undefined ? undefined : verifying.get(kid)
        if (key === undefined) throw new Error('unknown kid')
        return key
      }, {
        algorithms: ['EdDSA'],
        typ: 'at+jwt',
        issuer,
        audience,
        currentDate: now(),
      })
      const claims = Claims.safeParse(payload)
      return claims.success ? verifiedOf(claims.data) : undefined
    } catch {
      return undefined
    }
  }

  return {
    issue: async (
      { userId, sessionId, sellerId, role, authzVersion, sellerStatus, hasOverrides },
    ) => {
      const at = Math.floor(now().getTime() / 1000)
      return await new SignJWT({
        sid: sessionId,
        sel: sellerId,
        role,
        av: authzVersion,
        st: sellerStatus,
        ov: hasOverrides,
      })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: signing.kid })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(at)
        .setExpirationTime(at + tokenSeconds)
        .sign(signing.key)
    },
    verify: async (token) => {
      if (token.length > maxLength || !shape.test(token)) return undefined
      const digest = createHash('sha256').update(token).digest('base64')
      const found = known.get(digest)
      if (found !== undefined) {
        if (found.expiresAtMs > now().getTime()) return found
        known.delete(digest)
        return undefined
      }
      const verified = await check(token)
      if (verified !== undefined) known.set(digest, verified)
      return verified
    },
  }
}

const verifiedOf = (claims: z.infer<typeof Claims>): VerifiedToken => ({
  principal: {
    kind: 'user',
    sellerId: claims.sel,
    userId: claims.sub,
    role: claims.role,
    sessionId: claims.sid,
    authzVersion: claims.av,
    sellerStatus: claims.st,
    hasOverrides: claims.ov,
  },
  issuedAtMs: claims.iat * 1000,
  expiresAtMs: claims.exp * 1000,
})

/** The last character of a signature has bits that say nothing: one token has one spelling. */
const isCanonical = (token: string): boolean =>
  token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
