/** Invitations: each bound to an address, taken once, and good for a week from its last mail. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { systemRandom } from '../crypto/random.ts'
import { toHex } from '../crypto/text.ts'
import type { Database, Entry, SellerScope } from '../db/database.ts'
import { constraintOf, sqlState } from '../db/scope.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { newId, type Random } from '../ids.ts'
import { invitationMail, type SendLater } from './mails.ts'

/** OWNERs are made of people who are there already. */
export const invitedRoles = ['ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] as const
export type InvitedRole = typeof invitedRoles[number]

export interface InvitationView {
  readonly id: string
  readonly email: string
  readonly role: InvitedRole
  readonly state: 'OPEN' | 'EXPIRED' | 'ACCEPTED' | 'REVOKED'
  readonly invited_by_user_id: string
  readonly created_at: Date
  /** Of the last mail. */
  readonly sent_at: Date
  readonly expires_at: Date
  readonly accepted_user_id: string | null
}
export interface Invitations {
  /** Newest first. */
  readonly list: (entry: Entry) => Promise<readonly InvitationView[]>
  readonly get: (entry: Entry, id: string) => Promise<InvitationView | null>
  /**
   * `email`: as sign-in normalises it. Whether anybody is known by it elsewhere changes nothing.
   * Throws `user-exists`, `invitation-exists`, `mail-throttled`.
   */
  readonly make: (entry: Entry, ask: {
    readonly email: string
    readonly role: InvitedRole
    readonly invitedBy: string
  }) => Promise<InvitationView>
  /** A new mail, after which the one before is good no more. Throws `invitation-closed`, `mail-throttled`. */
  readonly resend: (entry: Entry, id: string) => Promise<InvitationView | null>
  /** False: there is none. May be repeated. Throws `invitation-closed` when it has been taken. */
  readonly revoke: (entry: Entry, id: string) => Promise<boolean>
}

const dayMs = 24 * 60 * 60_000
const lifeMs = 7 * dayMs
const resendAfterMs = 60_000
const mostMails = 10 // for one invitation
const mostToAddress = 3 // an hour, whatever becomes of the invitations
const mostOfSeller = 200 // a day

const tokenBytes = 32

/** What the database keeps of a token, in hex. */
export const invitationDigest = (token: string): string => sha256Hex(token)

export const createInvitations = ({ db, sendLater, appUrl, now, random = systemRandom }: {
  readonly db: Pick<Database, 'inSellerScope' | 'withSellerScope' | 'makeInSellerScope'>
  readonly sendLater: SendLater
  /** Where the links of the mails lead; undefined: the mails hold the token itself. */
  readonly appUrl?: string | undefined
  readonly now: () => Date
  readonly random?: Random
}): Invitations => {
  const makeToken = () => {
    const token = toHex(random(new Uint8Array(tokenBytes)))
    return { token, digest: invitationDigest(token) }
  }
  const ahead = (at: Date, ms: number): string => new Date(at.getTime() + ms).toISOString()
  const read = (queries: Queries, at: Date, id: string | null) =>
    queries.any(sql.type(View)`
      select id, email, role, invited_by_user_id, created_at, sent_at, expires_at, accepted_user_id,
        case when accepted_at is not null then 'ACCEPTED' when revoked_at is not null then 'REVOKED'
          when expires_at <= ${at.toISOString()} then 'EXPIRED' else 'OPEN' end as state
      from invitations where ${id}::uuid is null or id = ${id}::uuid
      order by created_at desc, id desc`)
  const readOne = async (queries: Queries, id: string) =>
    (await read(queries, now(), id))[0] ?? null

  return {
    list: (entry) => read(db.inSellerScope(entry), now(), null),
    get: (entry, id) => readOne(db.inSellerScope(entry), id),

    make: async (entry, { email, role, invitedBy }) => {
      const [at, id, { token, digest }] = [now(), newId(), makeToken()]
      const made = await db.makeInSellerScope(entry, async (scope) => {
        scope.made(id)
        const { is_there, seller_name } = await scope.one(sql.type(Before)`
          select s.name as seller_name, exists (
            select from seller_people() p where p.email = ${email} and p.removed_at is null
          ) as is_there
          from sellers s where s.id = ${scope.sellerId}`)
        if (is_there) throw fault('user-exists')
        await checkMails(scope, email, at)
        // what nobody took in time makes room
        await scope.run(command`
          update invitations set revoked_at = ${at.toISOString()}
          where seller_id = ${scope.sellerId} and email = ${email} and accepted_at is null
            and revoked_at is null and expires_at <= ${at.toISOString()}`)
        try {
          await scope.run(command`
            insert into invitations (seller_id, id, email, role, token_hash, invited_by_user_id,
              created_at, sent_at, expires_at)
            values (${scope.sellerId}, ${id}, ${email}, ${role}, decode(${digest}, 'hex'),
              ${invitedBy}, ${at.toISOString()}, ${at.toISOString()}, ${ahead(at, lifeMs)})`)
        } catch (error) {
          const isOpen = sqlState(error) === '23505' &&
            constraintOf(error) === 'invitations__open'
          throw isOpen ? fault('invitation-exists', { cause: error }) : error
        }
        recordAudit(scope, scope.sellerId, 'user.invited', `invitation:${id}`, { role })
        const view = await readOne(scope, id)
        return view && { view, seller_name }
      })
      if (made === null) throw new Error('The invitation that was just made is not there')
      sendLater(invitationMail({ to: email, sellerName: made.seller_name, role, token, appUrl }))
      return made.view
    },

    resend: async (entry, id) => {
      const [at, { token, digest }] = [now(), makeToken()]
      const sent = await db.withSellerScope(entry, async (scope) => {
        const before = await scope.maybeOne(sql.type(Standing)`
          select i.accepted_at is null and i.revoked_at is null as is_open, i.mails, i.sent_at,
            s.name as seller_name
          from invitations i join sellers s on s.id = i.seller_id
          where i.seller_id = ${scope.sellerId} and i.id = ${id}
          for update of i`)
        if (before === null) return null
        if (!before.is_open) throw fault('invitation-closed')
        const waitMs = before.sent_at.getTime() + resendAfterMs - at.getTime()
        if (waitMs > 0) throw throttled(waitMs)
        if (before.mails >= mostMails) throw throttled(dayMs)
        await scope.run(command`
          update invitations set token_hash = decode(${digest}, 'hex'), mails = mails + 1,
            sent_at = ${at.toISOString()}, expires_at = ${ahead(at, lifeMs)}
          where seller_id = ${scope.sellerId} and id = ${id}`)
        recordAudit(scope, scope.sellerId, 'user.invitation-resent', `invitation:${id}`)
        const view = await readOne(scope, id)
        return view && { view, seller_name: before.seller_name }
      })
      if (sent === null) return null
      const { view, seller_name } = sent
      const { email: to, role } = view
      sendLater(invitationMail({ to, sellerName: seller_name, role, token, appUrl }))
      return view
    },

    revoke: (entry, id) =>
      db.withSellerScope(entry, async (scope) => {
        const revoked = await scope.run(command`
          update invitations set revoked_at = ${now().toISOString()}
          where seller_id = ${scope.sellerId} and id = ${id}
            and accepted_at is null and revoked_at is null`)
        if (revoked === 1) {
          recordAudit(scope, scope.sellerId, 'user.invitation-revoked', `invitation:${id}`)
          return true
        }
        const there = await readOne(scope, id)
        if (there?.state === 'ACCEPTED') throw fault('invitation-closed')
        return there !== null
      }),
  }
}

/** Nobody's mailbox is filled by inviting, revoking and inviting again. */
const checkMails = async (scope: SellerScope, email: string, at: Date): Promise<void> => {
  const { to_address, of_seller } = await scope.one(sql.type(Mails)`
    select count(*) filter (
        where email = ${email} and sent_at > ${at.toISOString()}::timestamptz - interval '1 hour'
      )::int as to_address,
      count(*)::int as of_seller
    from invitations
    where seller_id = ${scope.sellerId}
      and sent_at > ${at.toISOString()}::timestamptz - interval '1 day'`)
  if (to_address >= mostToAddress) throw throttled(dayMs / 24)
  if (of_seller >= mostOfSeller) throw throttled(dayMs)
}

const throttled = (waitMs: number) =>
  fault('mail-throttled', { retryAfterSeconds: Math.ceil(waitMs / 1000) })

type Queries = Pick<SellerScope, 'any'>
const Before = z.object({ seller_name: z.string(), is_there: z.boolean() })
const Mails = z.object({ to_address: z.number(), of_seller: z.number() })
const Standing = z.object({
  is_open: z.boolean(),
  mails: z.number(),
  sent_at: z.date(),
  seller_name: z.string(),
})
const View = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(invitedRoles),
  state: z.enum(['OPEN', 'EXPIRED', 'ACCEPTED', 'REVOKED']),
  invited_by_user_id: z.string(),
  created_at: z.date(),
  sent_at: z.date(),
  expires_at: z.date(),
  accepted_user_id: z.string().nullable(),
})
