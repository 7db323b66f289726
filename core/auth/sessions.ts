/** Sessions, by the functions of the gate: the only SQL of sign-in. */
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { nobodysPhc, type PasswordHasher } from './passwords.ts'
import { type Principal, roles, sellerStatuses } from './principal.ts'

export interface SignedIn {
  readonly principal: Principal
  readonly sellerName: string
}

const sessionMs = 30 * 24 * 60 * 60_000

const Identity = z.object({ identity_id: z.string(), password_hash: z.string() })
const Standing = z.object({
  user_id: z.string(),
  role: z.enum(roles),
  seller_status: z.enum(sellerStatuses),
  authz_version: z.string(),
})
const Opened = Standing.extend({ seller_id: z.string(), seller_name: z.string() })

/** One address has one spelling: compatibility forms, case and blanks around it do not matter. */
export const normalEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase()

/**
 * Opens a session of 30 days with the seller that the person joined first. Null when address and
 * password do not belong together, or belong to nobody's teammate any more: which of them is not
 * told, neither in time, because an unknown address pays for a hash as well.
 */
export const signIn = async (
  db: Pick<Database, 'gate'>,
  hasher: PasswordHasher,
  ask: { readonly email: string; readonly password: string },
  { now, newId }: { readonly now: () => Date; readonly newId: () => string },
): Promise<SignedIn | null> => {
  const identity = await db.gate.maybeOne(sql.type(Identity)`
    select identity_id, password_hash from auth_identity(${normalEmail(ask.email)})`)
  const isRight = await hasher.verify(ask.password, identity?.password_hash ?? nobodysPhc)
  if (identity === null || !isRight) return null

  const sessionId = newId()
  const expires = new Date(now().getTime() + sessionMs).toISOString()
  const opened = await db.gate.maybeOne(sql.type(Opened)`
    select seller_id, seller_name, seller_status, user_id, role, authz_version
    from auth_open_session(${identity.identity_id}, ${null}, ${sessionId}, ${expires})`)
  if (opened === null) return null
  return {
    principal: { sellerId: opened.seller_id, sessionId, ...standingOf(opened) },
    sellerName: opened.seller_name,
  }
}

/** What the session may do now; null when it is over. */
export const reload = async (
  db: Pick<Database, 'gate'>,
  { sellerId, sessionId }: Principal,
): Promise<Principal | null> => {
  const standing = await db.gate.maybeOne(sql.type(Standing)`
    select user_id, role, seller_status, authz_version
    from auth_reload(${sellerId}, ${sessionId})`)
  return standing === null ? null : { sellerId, sessionId, ...standingOf(standing) }
}

/** Ends the session at once and for every token of it. May be repeated. */
export const signOut = async (
  db: Pick<Database, 'gate'>,
  { sellerId, sessionId }: Principal,
): Promise<void> => {
  await db.gate.run(command`select auth_close_session(${sellerId}, ${sessionId})`)
}

const standingOf = (row: z.infer<typeof Standing>) => ({
  userId: row.user_id,
  role: row.role,
  sellerStatus: row.seller_status,
  authzVersion: row.authz_version,
})
