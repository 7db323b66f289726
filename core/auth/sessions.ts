/** Sessions, by the functions of the gate: families of refresh tokens, of which the newest is good. */
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { bytes, sql } from '../db/sql.ts'
import type { Identity } from './identities.ts'
import { roles, sellerStatuses, type UserPrincipal } from './principal.ts'
import type { NewRefreshToken, RefreshToken, RefreshTokens } from './refresh-tokens.ts'

/** A session of 90 days ends; one that nobody refreshes for 30 days ends as well. */
const sessionLife = { absoluteMs: 90 * 86_400_000, idleMs: 30 * 86_400_000 } as const
/** Two tabs that refresh at once are no theft. */
const raceGraceMs = 10_000

export interface OpenedSession {
  readonly principal: UserPrincipal
  readonly sellerName: string
  readonly refresh: { readonly token: string; readonly expiresAt: Date }
}
/** Where a session is, for its person to recognise. */
interface ClientView {
  readonly ip: string
  readonly device: string
}
type Refreshed =
  | { readonly outcome: 'REFRESHED'; readonly session: OpenedSession }
  | { readonly outcome: 'RACED' | 'OVER' }
  | { readonly outcome: 'REPLAYED'; readonly identityId: string }

export interface Sessions {
  /**
   * With the seller that the person joined first, or with the one that is named. Null when there is
   * none (any more).
   */
  readonly open: (ask: {
    readonly identity: Pick<Identity, 'id'>
    readonly hasSecondFactor: boolean
    readonly sellerId?: string
    readonly client: ClientView
  }) => Promise<OpenedSession | null>
  readonly refresh: (token: RefreshToken) => Promise<Refreshed>
  /** Null when the session is over, or the person has nothing to do with the seller. */
  readonly switchTo: (
    principal: UserPrincipal,
    sellerId: string,
  ) => Promise<OpenedSession | null>
  /** What the session may do now; null when it is over. */
  readonly reload: (principal: UserPrincipal) => Promise<UserPrincipal | null>
}

const Standing = z.object({
  user_id: z.string(),
  role: z.enum(roles),
  seller_status: z.enum(sellerStatuses),
  authz_version: z.string(),
  has_overrides: z.boolean(),
})
const Opened = Standing.extend({ seller_id: z.string(), seller_name: z.string() })
const Switched = Opened.extend({ expires_at: z.date() })
const Attempt = z.discriminatedUnion('outcome', [
  Switched.extend({ outcome: z.literal('REFRESHED') }),
  z.object({ outcome: z.enum(['RACED', 'OVER']) }),
  z.object({ outcome: z.literal('REPLAYED'), identity_id: z.string() }),
])

export const createSessions = ({ db, tokens, now, newId }: {
  readonly db: Pick<Database, 'gate'>
  readonly tokens: RefreshTokens
  readonly now: () => Date
  readonly newId: () => string
}): Sessions => {
  const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms)
  const openedOf = (
    row: z.infer<typeof Opened>,
    sessionId: string,
    fresh: NewRefreshToken,
    generation: number,
    expiresAt: Date,
  ): OpenedSession => {
    const sellerId = row.seller_id
    return {
      principal: { sellerId, sessionId, ...standingOf(row) },
      sellerName: row.seller_name,
      refresh: { token: fresh.forSession({ sellerId, sessionId, generation }), expiresAt },
    }
  }

  return {
    open: async ({ identity, hasSecondFactor, sellerId, client }) => {
      const [at, sessionId, fresh] = [now(), newId(), tokens.make()]
      const expiresAt = later(at, sessionLife.idleMs)
      const row = await db.gate.maybeOne(sql.type(Opened)`
        select seller_id, seller_name, seller_status, user_id, role, authz_version, has_overrides
        from auth_open_session(${identity.id}, ${sellerId ?? null}, ${sessionId},
          ${expiresAt.toISOString()}, ${bytes(fresh.hash)},
          ${later(at, sessionLife.absoluteMs).toISOString()}, ${hasSecondFactor},
          ${at.toISOString()}, ${client.ip}, ${client.device})`)
      return row === null ? null : openedOf(row, sessionId, fresh, 0, expiresAt)
    },
    refresh: async ({ sellerId, sessionId, generation, hash }) => {
      const next = tokens.make()
      const row = await db.gate.one(sql.type(Attempt)`
        select * from auth_refresh(${sellerId}, ${sessionId}, ${generation}, ${bytes(hash)},
          ${bytes(next.hash)}, ${now().toISOString()},
          ${sessionLife.idleMs} * interval '1 millisecond',
          ${raceGraceMs} * interval '1 millisecond')`)
      switch (row.outcome) {
        case 'REFRESHED':
          return {
            outcome: 'REFRESHED',
            session: openedOf(row, sessionId, next, generation + 1, row.expires_at),
          }
        case 'REPLAYED':
          return { outcome: 'REPLAYED', identityId: row.identity_id }
        default:
          return { outcome: row.outcome }
      }
    },
    switchTo: async ({ sellerId, sessionId }, to) => {
      const [newSessionId, fresh] = [newId(), tokens.make()]
      const row = await db.gate.maybeOne(sql.type(Switched)`
        select expires_at, seller_id, seller_name, seller_status, user_id, role, authz_version,
          has_overrides
        from auth_switch(${sellerId}, ${sessionId}, ${to}, ${newSessionId}, ${bytes(fresh.hash)},
          ${now().toISOString()}, ${sessionLife.idleMs} * interval '1 millisecond')`)
      return row === null ? null : openedOf(row, newSessionId, fresh, 0, row.expires_at)
    },
    reload: async ({ sellerId, sessionId }) => {
      const standing = await db.gate.maybeOne(sql.type(Standing)`
        select user_id, role, seller_status, authz_version, has_overrides
        from auth_reload(${sellerId}, ${sessionId})`)
      return standing === null ? null : { sellerId, sessionId, ...standingOf(standing) }
    },
  }
}

const standingOf = (row: z.infer<typeof Standing>) => ({
  kind: 'user' as const,
  userId: row.user_id,
  role: row.role,
  sellerStatus: row.seller_status,
  authzVersion: row.authz_version,
  hasOverrides: row.has_overrides,
})
