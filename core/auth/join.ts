/** Taking an invitation: by who reads its address, and is or becomes the person of that address. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Log } from '../log.ts'
import { invitationDigest, type InvitedRole, invitedRoles } from '../tenancy/invitations.ts'
import { insertUser, type Membership } from '../tenancy/provision.ts'
import { type Comer, type ComerAsk, type ComersDeps, meetComer } from './comers.ts'
import { settleComer, signComerIn } from './comers.ts'
import { findAccount } from './identities.ts'
import { openTrail } from './person-trail.ts'
import { sellerStatuses, type UserPrincipal } from './principal.ts'
import type { SignedIn, SignIn } from './sign-in.ts'

interface Joined {
  readonly user: { readonly id: string; readonly role: InvitedRole }
  readonly seller: { readonly id: string; readonly name: string }
  /** Null for who was signed in already: their session stays where it is. */
  readonly session: SignedIn | null
}
export interface Join {
  /**
   * Throws `link-refused` for a token that is unknown, used, revoked or too old, and for whoever is
   * signed in with another address and gives no password; `seller-suspended`, `user-exists`, and what
   * `meetComer` throws.
   */
  readonly accept: (
    ask: Omit<ComerAsk, 'password'> & {
      readonly password?: string | undefined
      /** Who asks, if somebody is signed in. */
      readonly principal: UserPrincipal | null
    },
  ) => Promise<Joined>
}

const Open = z.object({
  seller_id: z.string(),
  id: z.string(),
  email: z.string(),
  role: z.enum(invitedRoles),
  seller_name: z.string(),
  seller_status: z.enum(sellerStatuses),
})
type OpenInvitation = z.infer<typeof Open>

export const createJoin = (
  deps: ComersDeps & {
    readonly signInByLink: SignIn['signInByLink']
    readonly log: Log
    readonly now: () => Date
  },
): Join => {
  const { db, log, now } = deps
  return {
    accept: async ({ principal, password, ...ask }) => {
      const digest = invitationDigest(ask.token)
      const invitation = await db.withPlatformScope('join', (tx) => findOpen(tx, digest, now()))
      if (invitation === null) throw fault('link-refused')
      const { email, role, seller_name: sellerName } = invitation

      const account = principal === null ? null : await findAccount(db, principal)
      const isSelf = account !== null && account.email === email
      const comer: Comer = isSelf
        ? { kind: 'known', identity: account, secondFactor: null, letIn: () => Promise.resolve() }
        : await meetComer(deps, { email, sellerName }, { ...ask, password: needed(password) })

      const made = await db.withPlatformScope('join', async (tx) => {
        // of all who bring it at once, one finds it open
        const still = await findOpen(tx, digest, now())
        if (still === null) throw fault('link-refused')
        if (still.seller_status !== 'ACTIVE') throw fault('seller-suspended')
        const identityId = await settleComer(tx, comer, now())
        return { identityId, ...await join(tx, still, identityId, now()) }
      })
      const { sellerId, userId } = made
      log.info('auth.joined', { sellerId, userId })
      const session = isSelf
        ? null
        : await signComerIn(deps.signInByLink, comer, { ...made, client: ask.client })
      return { user: { id: userId, role }, seller: { id: sellerId, name: sellerName }, session }
    },
  }
}

/** Who is signed in as somebody else learns no more than from a token that nobody has. */
const needed = (password: string | undefined): string => {
  if (password === undefined) throw fault('link-refused')
  return password
}

const findOpen = (tx: Tx, digest: string, now: Date): Promise<OpenInvitation | null> =>
  tx.maybeOne(sql.type(Open)`
    select i.seller_id, i.id, i.email, i.role, s.name as seller_name, s.status as seller_status
    from invitations i join sellers s on s.id = i.seller_id
    where i.token_hash = decode(${digest}, 'hex') and i.accepted_at is null
      and i.revoked_at is null and i.expires_at > ${now.toISOString()}
    for update of i`)

const join = async (
  tx: Tx,
  { seller_id: sellerId, id, role }: OpenInvitation,
  identityId: string,
  now: Date,
): Promise<Membership> => {
  const userId = await insertUser(tx, { sellerId, identityId, role })
  if (userId === null) throw fault('user-exists')
  await tx.run(command`
    update invitations set accepted_at = ${now.toISOString()}, accepted_user_id = ${userId}
    where seller_id = ${sellerId} and id = ${id}`)
  const trail = openTrail(tx, now)
  trail.note({
    sellerId,
    userId,
    record: () =>
      recordAudit(tx, sellerId, 'user.joined', `user:${userId}`, { role, invitation: id }),
  })
  trail.close()
  return { sellerId, userId }
}
