/** What a person does to their own account, written down with every seller that it concerns. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'

/** One thing to write down; `record` is called in the order of the sellers. */
interface Note {
  readonly sellerId: string
  readonly userId: string
  readonly record: () => void
}
/** What concerns everybody whom the person works for. */
type PersonAction = 'password.changed' | 'password.reset' | 'mfa.enabled' | 'mfa.disabled'

export interface Trail {
  /** In each of the person's sellers. */
  readonly person: (identityId: string, action: PersonAction) => Promise<void>
  /**
   * Ends sessions of the person with whatever seller, at once and on every node; how many there were.
   * Without `which` all of them.
   */
  readonly end: (identityId: string, reason: EndReason, which?: Which) => Promise<number>
  /** Ends one, whoever it belongs to. */
  readonly endOne: (sellerId: string, sessionId: string, reason: EndReason) => Promise<void>
  /** Anything else that somebody did with a seller. */
  readonly note: (note: Note) => void
  /** Sends what was noted with COMMIT, in the order of the sellers, in the name of the person. */
  readonly close: () => void
}
export type Which = { readonly only: string } | { readonly except: string }
/** Stored with the session, and told in the trail. */
export type EndReason =
  | 'SIGNED_OUT'
  | 'REVOKED'
  | 'SWITCHED'
  | 'PASSWORD_CHANGED'
  | 'PASSWORD_RESET'

const Member = z.object({ seller_id: z.string(), id: z.string() })
const Ended = z.object({ seller_id: z.string(), id: z.string(), user_id: z.string() })

/** In a platform scope: a person's sellers and sessions are those of several sellers. */
export const openTrail = (tx: Tx, now: Date): Trail => {
  const at = now.toISOString()
  const notes: Note[] = []
  const noteEnd = (
    { seller_id: sellerId, id, user_id: userId }: z.infer<typeof Ended>,
    reason: EndReason,
  ): void => {
    const record = () => recordAudit(tx, sellerId, 'session.revoked', `session:${id}`, { reason })
    notes.push({ sellerId, userId, record })
  }
  return {
    person: async (identityId, action) => {
      const members = await tx.any(sql.type(Member)`
        select seller_id, id from seller_users
        where identity_id = ${identityId} and removed_at is null`)
      for (const { seller_id: sellerId, id: userId } of members) {
        notes.push({
          sellerId,
          userId,
          record: () => recordAudit(tx, sellerId, action, `user:${userId}`, {}),
        })
      }
    },
    end: async (identityId, reason, which) => {
      const condition = which === undefined
        ? sql.fragment``
        : 'only' in which
        ? sql.fragment`and id = ${which.only}`
        : sql.fragment`and id <> ${which.except}`
      const ended = await tx.any(sql.type(Ended)`
        update sessions set revoked_at = ${at}, revoked_reason = ${reason}
        where identity_id = ${identityId} and revoked_at is null and expires_at > ${at} ${condition}
        returning seller_id, id, user_id`)
      for (const session of ended) noteEnd(session, reason)
      return ended.length
    },
    endOne: async (sellerId, sessionId, reason) => {
      const ended = await tx.maybeOne(sql.type(Ended)`
        update sessions set revoked_at = ${at}, revoked_reason = ${reason}
        where seller_id = ${sellerId} and id = ${sessionId} and revoked_at is null
          and expires_at > ${at}
        returning seller_id, id, user_id`)
      if (ended !== null) noteEnd(ended, reason)
    },
    note: (note) => void notes.push(note),
    close: () => {
      const inOrder = notes.toSorted((a, b) => a.sellerId < b.sellerId ? -1 : 1)
      for (const { userId, record } of inOrder) {
        tx.atCommit(command`select set_config('app.actor', ${`user:${userId}`}, true)`)
        record()
      }
    },
  }
}
