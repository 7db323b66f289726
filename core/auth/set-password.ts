/** Stores a new password, and ends what was opened with the old one. */
import { z } from 'zod'
import type { Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { voidMailTokens } from './mail-tokens.ts'
import type { PasswordOwner } from './password-rules.ts'
import { openTrail } from './person-trail.ts'

/** In a platform scope. What the rules for passwords ask of the person. Null: there is no such one. */
export const passwordOwner = async (
  tx: Tx,
  identityId: string,
): Promise<PasswordOwner | null> => {
  const row = await tx.maybeOne(sql.type(Owner)`
    select i.email,
      array(select s.name from seller_users u join sellers s on s.id = u.seller_id
        where u.identity_id = i.id and u.removed_at is null) as seller_names
    from identities i where i.id = ${identityId}`)
  return row === null ? null : { email: row.email, sellerNames: row.seller_names }
}
const Owner = z.object({
  email: z.string(),
  seller_names: z.array(z.string()),
})

/**
 * In a platform scope. Ends every session of the person but `keep`, with all sellers, and every link
 * that would set the password once more. False: it has changed since `old` was read.
 */
export const setPassword = async (
  tx: Tx,
  { identityId, email, old, next, reason, keep }: {
    readonly identityId: string
    readonly email: string
    /** The stored text that is replaced; undefined: whatever is there. */
    readonly old?: string
    readonly next: string
    readonly reason: 'PASSWORD_CHANGED' | 'PASSWORD_RESET'
    /** A session. */
    readonly keep?: string
  },
  now: Date,
): Promise<boolean> => {
  const changed = await tx.run(command`
    update identities set password_hash = ${next}, password_changed_at = ${now.toISOString()},
      email_verified_at = case when ${reason === 'PASSWORD_RESET'}
        then coalesce(email_verified_at, ${now.toISOString()}) else email_verified_at end
    where id = ${identityId} and (${old ?? null}::text is null or password_hash = ${old ?? null})`)
  if (changed === 0) return false
  const trail = openTrail(tx, now)
  await trail.end(identityId, reason, keep === undefined ? undefined : { except: keep })
  await voidMailTokens(tx, 'PASSWORD_RESET', email)
  await trail.person(
    identityId,
    reason === 'PASSWORD_RESET' ? 'password.reset' : 'password.changed',
  )
  trail.close()
  return true
}
