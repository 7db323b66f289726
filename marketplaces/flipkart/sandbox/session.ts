/** OAuth as Flipkart has it: tokens of sixty days, by the application's secret or by a browser's code. */
import { hashOf, type SandboxAnswer } from 'robnu/testing'
import type { Seller } from './model.ts'
import { ok } from './wire.ts'

/** Seconds, as Flipkart's examples have them. */
const accessLife = 5_183_999
const refreshLife = 10_703_805
const codeLife = 600

interface Session {
  /** Tokens up to this number are dead. */
  deadUpTo: number
  issued: number
  /** Another one for each time the seller allows the application anew. */
  grant: number
  /** False: the seller has taken the permission back. */
  alive: boolean
  /** So many requests are still answered, and then it is revoked. */
  doom: { readonly kind: 'access' | 'session'; left: number } | undefined
  readonly codes: Set<string>
}
type Kind = 'at' | 'rt' | 'code'

interface TokenAsk {
  readonly grantType: string
  readonly appId: string
  readonly appSecret: string
  readonly code: string
  readonly refreshToken: string
}
interface Credentials {
  readonly app_id: string
  readonly app_secret: string
  readonly access_token: string
  readonly access_token_expires_at: string
  readonly refresh_token: string | null
  readonly refresh_token_expires_at: string | null
}
export interface Sessions {
  readonly holderOf: (appId: string) => Seller | undefined
  readonly token: (seller: Seller, ask: TokenAsk, now: number) => SandboxAnswer
  /** Whose token it is; undefined when it opens nothing. Counts towards a doom. */
  readonly open: (token: string, now: number) => { seller: Seller; endsAt: number } | undefined
  readonly codeFor: (seller: Seller, now: number) => string
  readonly revoke: (seller: Seller, kind: 'access' | 'session', after: number) => void
  /** A new permission, as if the seller had gone through the browser again. */
  readonly begin: (seller: Seller, now: number) => Credentials
}

export const unauthorized = (words: string): SandboxAnswer => ({
  status: 401,
  body: { error: 'unauthorized', error_description: words },
})
const badGrant = (words: string): SandboxAnswer => ({
  status: 400,
  body: { error: 'invalid_grant', error_description: words },
})

export const createSessions = (seed: number, sellers: readonly Seller[]): Sessions => {
  const sessions = new Map<Seller, Session>(sellers.map((seller) => [seller, {
    ...{ deadUpTo: 0, issued: 0, grant: 1, alive: true, doom: undefined },
    codes: new Set<string>(),
  }]))
  const sessionOf = (seller: Seller): Session => {
    const session = sessions.get(seller)
    if (!session) throw new Error(`seller "${seller.id}" has no session`)
    return session
  }

  const textOf = (kind: Kind, seller: Seller, number: number, at: number): string => {
    const body = `${kind}.${seller.mark}.${number}.${Math.floor(at / 1000).toString(36)}`
    const mac = [1, 2].map((part) => hashOf(seed + part, body).toString(36)).join('')
    return `${body}.${mac}`
  }
  const opened = (text: string, kind: Kind) => {
    const [, mark, number, second = ''] = text.split('.')
    const seller = sellers.find((one) => String(one.mark) === mark)
    const at = parseInt(second, 36) * 1000
    if (!seller || text !== textOf(kind, seller, Number(number), at)) return undefined
    return { seller, number: Number(number), at }
  }
  const access = (seller: Seller, now: number): string =>
    textOf('at', seller, ++sessionOf(seller).issued, now)
  const granted = (seller: Seller, now: number, refreshToken?: string): SandboxAnswer => {
    const answer = {
      ...{ access_token: access(seller, now), token_type: 'bearer' },
      ...{ expires_in: accessLife, scope: 'Seller_Api' },
    }
    if (refreshToken === undefined) return ok(answer)
    const issuedAt = opened(refreshToken, 'rt')?.at ?? now
    const left = refreshLife - Math.floor((now - issuedAt) / 1000)
    return ok({ ...answer, refresh_token: refreshToken, refresh_token_expires_in: left })
  }

  const token: Sessions['token'] = (seller, ask, now) => {
    const session = sessionOf(seller)
    if (ask.appSecret !== seller.appSecret) return unauthorized('Bad credentials')
    if (ask.grantType === 'client_credentials') {
      if (seller.grant !== 'CLIENT_CREDENTIALS') return badGrant('Not a self-access application')
      return session.alive ? granted(seller, now) : unauthorized('Bad credentials')
    }
    if (seller.grant !== 'AUTHORIZATION_CODE') return badGrant('Not a third-party application')
    if (ask.grantType === 'authorization_code') {
      const found = opened(ask.code, 'code')
      const isFresh = found && found.seller === seller && now - found.at < codeLife * 1000 &&
        !session.codes.has(ask.code)
      if (!isFresh) return badGrant('Invalid authorization code')
      session.codes.add(ask.code)
      session.grant += session.alive ? 0 : 1
      session.alive = true
      return granted(seller, now, textOf('rt', seller, session.grant, now))
    }
    if (ask.grantType !== 'refresh_token') return badGrant(`Unsupported grant type`)
    const found = opened(ask.refreshToken, 'rt')
    const lives = found && found.seller === seller && session.alive &&
      found.number === session.grant && now - found.at < refreshLife * 1000
    return lives ? granted(seller, now, ask.refreshToken) : badGrant('Invalid refresh token')
  }
  const open: Sessions['open'] = (text, now) => {
    const found = opened(text, 'at')
    if (!found) return undefined
    const session = sessionOf(found.seller)
    if (session.doom && session.doom.left-- === 0) revoke(found.seller, session.doom.kind, 0)
    const endsAt = found.at + accessLife * 1000
    const isDead = found.number <= session.deadUpTo || !session.alive || endsAt <= now
    return isDead ? undefined : { seller: found.seller, endsAt }
  }
  const revoke: Sessions['revoke'] = (seller, kind, after) => {
    const session = sessionOf(seller)
    session.doom = after > 0 ? { kind, left: after } : undefined
    if (session.doom) return
    session.deadUpTo = session.issued
    if (kind === 'session') session.alive = false
  }
  const begin: Sessions['begin'] = (seller, now) => {
    const session = sessionOf(seller)
    if (!session.alive) session.grant += 1
    session.alive = true
    const byCode = seller.grant === 'AUTHORIZATION_CODE'
    const until = (seconds: number) => new Date(now + seconds * 1000).toISOString()
    return {
      app_id: seller.appId,
      app_secret: seller.appSecret,
      access_token: access(seller, now),
      access_token_expires_at: until(accessLife),
      refresh_token: byCode ? textOf('rt', seller, session.grant, now) : null,
      refresh_token_expires_at: byCode ? until(refreshLife) : null,
    }
  }
  return {
    holderOf: (appId) => sellers.find((one) => one.appId === appId),
    codeFor: (seller, now) => textOf('code', seller, ++sessionOf(seller).issued, now),
    ...{ token, open, revoke, begin },
  }
}
