/** Everything that the API asks about who is there, in one object. */
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PasswordHasher } from './passwords.ts'
import { entryOf, type Principal, type SellerStatus, sellerStatuses } from './principal.ts'
import * as sessions from './sessions.ts'
import type { Throttle } from './throttle.ts'
import type { Tokens, VerifiedToken } from './tokens.ts'

interface SellerView {
  readonly id: string
  readonly name: string
  readonly status: SellerStatus
}
export interface Auth {
  /** Throws `sign-in-refused`, `sign-in-throttled`. */
  readonly signIn: (ask: {
    readonly email: string
    readonly password: string
    /** The client's address, as far as the network tells it. */
    readonly clientIp: string
  }) => Promise<sessions.SignedIn>
  readonly signOut: (principal: Principal) => Promise<void>
  /** What the session may do now; null when it is over. */
  readonly reload: (principal: Principal) => Promise<Principal | null>
  readonly issue: (principal: Principal) => Promise<string>
  readonly verify: (token: string) => Promise<VerifiedToken | undefined>
  /** The principal's seller, read inside its scope: so this checks the session as well. */
  readonly seller: (principal: Principal) => Promise<SellerView>
}

const Seller = z.object({ id: z.string(), name: z.string(), status: z.enum(sellerStatuses) })

export const createAuth = ({ db, hasher, tokens, throttle, log, now, newId }: {
  readonly db: Pick<Database, 'gate' | 'inSellerScope'>
  readonly hasher: PasswordHasher
  readonly tokens: Tokens
  readonly throttle: Throttle
  readonly log: Log
  readonly now: () => Date
  readonly newId: () => string
}): Auth => ({
  signIn: async ({ email, password, clientIp }) => {
    const source = `${clientIp} ${sessions.normalEmail(email)}`
    throttle.take(source)
    const signedIn = await sessions.signIn(db, hasher, { email, password }, { now, newId })
    if (signedIn === null) {
      log.warn('auth.refused', { clientIp })
      throw fault('sign-in-refused')
    }
    throttle.clear(source)
    const { sellerId, userId, sessionId } = signedIn.principal
    log.info('auth.signed-in', { sellerId, userId, sessionId, clientIp })
    return signedIn
  },
  signOut: async (principal) => {
    await sessions.signOut(db, principal)
    const { sellerId, userId, sessionId } = principal
    log.info('auth.signed-out', { sellerId, userId, sessionId })
  },
  reload: (principal) => sessions.reload(db, principal),
  issue: tokens.issue,
  verify: tokens.verify,
  seller: (principal) =>
    db.inSellerScope(entryOf(principal)).one(sql.type(Seller)`
      select id, name, status from sellers where id = ${principal.sellerId}`),
})
