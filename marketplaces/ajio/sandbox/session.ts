/** Token pairs: each refresh kills the pair before, and using a dead pair kills the living one too. */
import { hashOf } from 'robnu/testing'
import { countDone, type Pob } from './model.ts'
import { dayMs, minuteMs } from './words.ts'

interface Session {
  /** Another one for each time the seller connects anew. */
  number: number
  pair: number
  alive: boolean
  /** False: this pair's access token was withdrawn; the pair can still be refreshed. */
  accessAlive: boolean
  expiresAt: number
  /** So many requests are still answered, and then it is revoked. */
  doom: { readonly kind: 'access' | 'session'; left: number } | undefined
}
interface Pair {
  readonly access_token: string
  readonly refresh_token: string
  readonly session_context: string
  readonly user_context: string
}
type Access =
  | { readonly pob: Pob }
  | { readonly code: 'TOKEN_EXPIRED' | 'TOKEN_INVALID' }

export interface Sessions {
  readonly pairOf: (pob: Pob) => Pair & { readonly expiresAt: number }
  /** Whose access token it is, or why it opens nothing. */
  readonly open: (token: string, now: number) => Access
  /** Whose refresh token it is, living or dead. */
  readonly holderOf: (refreshToken: string) => Pob | undefined
  /** The next pair; undefined when the session is dead, now if not before. */
  readonly refresh: (
    asked: { readonly refresh_token: string; readonly session_context: string },
    now: number,
  ) => (Pair & { readonly expires_in: number }) | undefined
  readonly revoke: (pob: Pob, kind: 'access' | 'session', afterRequests?: number) => void
  /** A new session, as if the seller had signed in at AJIO again. */
  readonly begin: (pob: Pob, now: number) => void
}

export interface Lives {
  /** Of an access token that a refresh gave. */
  readonly nextMs: number
  /** Of the first one of a session. */
  readonly firstMs: number
}
/**
 * Half an hour; where the clock runs fast, longer, or nobody could use a token before it is dead:
 * two real minutes, a day at most, and ten real minutes for a seller to connect.
 */
export const livesAt = (speed: number): Lives => {
  const nextMs = Math.min(dayMs, Math.max(30 * minuteMs, speed * 2 * minuteMs))
  return { nextMs, firstMs: Math.max(nextMs, speed * 10 * minuteMs) }
}

export const createSessions = (
  seed: number,
  pobs: ReadonlyMap<string, Pob>,
  lives: Lives,
  now: number,
): Sessions => {
  const sessions = new Map<Pob, Session>()
  const begin = (pob: Pob, at: number): void => {
    const number = (sessions.get(pob)?.number ?? 0) + 1
    sessions.set(pob, {
      ...{ number, pair: 1, alive: true, accessAlive: true },
      expiresAt: at + lives.firstMs,
      doom: undefined,
    })
  }
  for (const pob of pobs.values()) begin(pob, now)
  const sessionOf = (pob: Pob): Session => {
    const session = sessions.get(pob)
    if (!session) throw new Error(`POB "${pob.id}" has no session`)
    return session
  }

  const tokenOf = (kind: string, pob: Pob, number: number, pair: number): string => {
    const body = `${kind}.${pob.id}.${number}.${pair}`
    const mac = [1, 2].map((part) => hashOf(seed + part, body).toString(36)).join('')
    return `${body}.${mac}`
  }
  const opened = (
    token: string,
    kind: string,
  ): { pob: Pob; number: number; pair: number } | undefined => {
    const [, id = '', number, pair] = token.split('.')
    const pob = pobs.get(id)
    if (!pob || token !== tokenOf(kind, pob, Number(number), Number(pair))) return undefined
    return { pob, number: Number(number), pair: Number(pair) }
  }
  const pairOf = (pob: Pob): Pair & { expiresAt: number } => {
    const { number, pair, expiresAt } = sessionOf(pob)
    return {
      access_token: tokenOf('at', pob, number, pair),
      refresh_token: tokenOf('rt', pob, number, pair),
      session_context: tokenOf('sc', pob, number, pair),
      user_context: tokenOf('uc', pob, number, 0),
      expiresAt,
    }
  }

  const open = (token: string, at: number): Access => {
    const found = opened(token, 'at')
    if (!found) return { code: 'TOKEN_INVALID' }
    const session = sessionOf(found.pob)
    if (session.doom && session.doom.left-- === 0) revoke(found.pob, session.doom.kind)
    const isCurrent = found.number === session.number && found.pair === session.pair
    if (!isCurrent || !session.alive || !session.accessAlive) return { code: 'TOKEN_INVALID' }
    return session.expiresAt > at ? { pob: found.pob } : { code: 'TOKEN_EXPIRED' }
  }
  const refresh: Sessions['refresh'] = ({ refresh_token, session_context }, at) => {
    const found = opened(refresh_token, 'rt')
    if (!found) return undefined
    const { pob } = found
    const session = sessionOf(pob)
    if (found.number !== session.number || !session.alive) return undefined
    if (found.pair !== session.pair) {
      // somebody has a copy of an old pair: nobody may go on
      session.alive = false
      return undefined
    }
    if (session_context !== pairOf(pob).session_context) return undefined
    session.pair += 1
    session.accessAlive = true
    session.expiresAt = at + lives.nextMs
    countDone(pob, 'refresh')
    const { expiresAt: _, ...pair } = pairOf(pob)
    return { ...pair, expires_in: lives.nextMs / 1000 }
  }
  const revoke: Sessions['revoke'] = (pob, kind, afterRequests = 0) => {
    const session = sessionOf(pob)
    session.doom = afterRequests > 0 ? { kind, left: afterRequests } : undefined
    if (session.doom) return
    session.accessAlive = false
    if (kind === 'session') session.alive = false
  }
  return { pairOf, open, holderOf: (token) => opened(token, 'rt')?.pob, refresh, revoke, begin }
}
