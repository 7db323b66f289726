/** What a signed-in person may ask about their sessions: which there are, to end them, to switch. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { findAccount } from './identities.ts'
import { type EndReason, openTrail, type Which } from './person-trail.ts'
import { roles, sellerStatuses, type UserPrincipal } from './principal.ts'
import type { OpenedSession, Sessions } from './sessions.ts'

interface OwnSession {
  readonly id: string
  readonly seller: { readonly id: string; readonly name: string }
  readonly isCurrent: boolean
  readonly createdAt: Date
  readonly refreshedAt: Date | null
  readonly expiresAt: Date
  readonly clientIp: string | null
  readonly device: string | null
}
interface OwnSeller {
  readonly id: string
  readonly name: string
  readonly status: 'ACTIVE' | 'SUSPENDED'
  readonly role: UserPrincipal['role']
  readonly isCurrent: boolean
}
export interface OwnSessions {
  /** Live ones with whatever seller, newest first. Empty when the own one is over. */
  readonly list: (principal: UserPrincipal) => Promise<readonly OwnSession[]>
  /** False: the person has no such session. */
  readonly end: (principal: UserPrincipal, sessionId: string) => Promise<boolean>
  /** All but the own one; how many there were. */
  readonly endOthers: (principal: UserPrincipal) => Promise<number>
  /** In the order in which the person joined. Empty when the session is over. */
  readonly sellers: (principal: UserPrincipal) => Promise<readonly OwnSeller[]>
  /**
   * Ends the session and opens one with another seller of the person, as strong and as old as it was.
   * Null when the person has nothing to do with that seller.
   */
  readonly switchTo: (principal: UserPrincipal, sellerId: string) => Promise<OpenedSession | null>
}

const SessionRow = z.object({
  id: z.string(),
  seller_id: z.string(),
  seller_name: z.string(),
  created_at: z.date(),
  refreshed_at: z.date().nullable(),
  expires_at: z.date(),
  client_ip: z.string().nullable(),
  device: z.string().nullable(),
})
const SellerRow = z.object({
  seller_id: z.string(),
  seller_name: z.string(),
  seller_status: z.enum(sellerStatuses),
  role: z.enum(roles),
})

export const createOwnSessions = ({ db, sessions, now }: {
  readonly db: Pick<Database, 'gate' | 'withPlatformScope'>
  readonly sessions: Pick<Sessions, 'switchTo'>
  readonly now: () => Date
}): OwnSessions => {
  const end = async (principal: UserPrincipal, which: Which): Promise<number> => {
    const account = await findAccount(db, principal)
    if (account === null) throw fault('session-over')
    return await db.withPlatformScope('own-sessions', async (tx) => {
      const trail = openTrail(tx, now())
      const ended = await trail.end(account.id, 'REVOKED', which)
      trail.close()
      return ended
    })
  }
  return {
    list: async ({ sellerId, sessionId }) =>
      (await db.gate.any(sql.type(SessionRow)`
        select id, seller_id, seller_name, created_at, refreshed_at, expires_at, client_ip, device
        from auth_sessions(${sellerId}, ${sessionId})`)).map((row) => ({
        id: row.id,
        seller: { id: row.seller_id, name: row.seller_name },
        isCurrent: row.id === sessionId,
        createdAt: row.created_at,
        refreshedAt: row.refreshed_at,
        expiresAt: row.expires_at,
        clientIp: row.client_ip,
        device: row.device,
      })),
    end: async (principal, sessionId) => await end(principal, { only: sessionId }) > 0,
    endOthers: (principal) => end(principal, { except: principal.sessionId }),
    sellers: async ({ sellerId, sessionId }) =>
      (await db.gate.any(sql.type(SellerRow)`
        select seller_id, seller_name, seller_status, role
        from auth_sellers(${sellerId}, ${sessionId})`)).map((row) => ({
        id: row.seller_id,
        name: row.seller_name,
        status: row.seller_status,
        role: row.role,
        isCurrent: row.seller_id === sellerId,
      })),
    switchTo: async (principal, to) => {
      const opened = await sessions.switchTo(principal, to)
      if (opened === null) return null
      await db.withPlatformScope('switch', (tx) => {
        const trail = openTrail(tx, now())
        const [from, into] = [principal, opened.principal]
        const reason = 'SWITCHED' satisfies EndReason
        trail.note({
          ...from,
          record: () =>
            recordAudit(tx, from.sellerId, 'session.revoked', `session:${from.sessionId}`, {
              reason,
            }),
        })
        trail.note({
          ...into,
          record: () =>
            recordAudit(tx, into.sellerId, 'session.opened', `session:${into.sessionId}`, {
              method: 'switch',
            }),
        })
        trail.close()
        return Promise.resolve()
      })
      return opened
    },
  }
}
