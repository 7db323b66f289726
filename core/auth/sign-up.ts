/** A new seller: by a link to the address of its OWNER, or by somebody who is signed in. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Database, Entry, Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { idOf, newId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Post } from '../mail/post.ts'
import { signUpMail } from '../tenancy/mails.ts'
import { foundSeller, type Membership } from '../tenancy/provision.ts'
import { type ComerAsk, type ComersDeps, meetComer, settleComer, signComerIn } from './comers.ts'
import { findAccount } from './identities.ts'
import { findMailToken, makeMailToken, takeMailToken, voidMailTokens } from './mail-tokens.ts'
import { openTrail } from './person-trail.ts'
import type { UserPrincipal } from './principal.ts'
import type { SignedIn, SignIn } from './sign-in.ts'
import type { Throttle } from './throttle.ts'

export interface SignUp {
  /** Sends a link, whoever has the address already. Returns before anything is looked up. */
  readonly ask: (ask: {
    /** As `normalEmail` writes it. */
    readonly email: string
    readonly sellerName: string
    readonly clientIp: string
  }) => void
  /**
   * Makes the seller, and the person where nobody has the address. Throws `link-refused`,
   * `limit-reached` and what `meetComer` throws; then the link stays good.
   */
  readonly confirm: (ask: ComerAsk) => Promise<SignedIn>
  /**
   * One more seller for a person who is signed in; with the key of the entry it is made once. The id.
   * Throws `session-over`, `limit-reached`.
   */
  readonly found: (principal: UserPrincipal, entry: Entry, name: string) => Promise<string>
}

const linkMs = 24 * 60 * 60_000
/** Nobody needs more, and each costs keys and room. */
const mostSellers = 20
/** What a link of a sign-up carries. */
const Asked = z.object({ seller_name: z.string() })

export const createSignUp = (
  deps: ComersDeps & {
    readonly db: Pick<Database, 'gate' | 'withPlatformScope' | 'makeInSellerScope'>
    readonly throttle: Pick<Throttle, 'mayMail'>
    readonly signInByLink: SignIn['signInByLink']
    readonly post: Post
    readonly log: Log
    readonly now: () => Date
    /** Where people work, for links in mails. */
    readonly appUrl?: string | undefined
  },
): SignUp => {
  const { db, throttle, post, log, now, appUrl } = deps

  const sendLink = async (
    { email, sellerName, clientIp }: Parameters<SignUp['ask']>[0],
  ): Promise<void> => {
    if (!await throttle.mayMail({ clientIp, account: email })) {
      return log.warn('auth.too-many-mails', { clientIp })
    }
    const data: z.infer<typeof Asked> = { seller_name: sellerName }
    const token = await db.withPlatformScope(
      'sign-up',
      (tx) => makeMailToken(tx, { purpose: 'SIGN_UP', email, data, lifeMs: linkMs }, { now }),
    )
    post.sendLater(signUpMail({ to: email, token, appUrl }))
  }

  return {
    ask: (ask) => post.later(() => sendLink(ask)),

    confirm: async (ask) => {
      const found = await db.withPlatformScope(
        'sign-up',
        (tx) => findMailToken(tx, 'SIGN_UP', ask.token, now),
      )
      if (found === null) throw fault('link-refused')
      const { email, data } = found
      const name = Asked.parse(data).seller_name
      const comer = await meetComer(deps, { email, sellerName: name }, ask)
      const made = await db.withPlatformScope('sign-up', async (tx) => {
        if (await takeMailToken(tx, 'SIGN_UP', ask.token, now) === null) throw fault('link-refused')
        // who has asked twice has one seller
        await voidMailTokens(tx, 'SIGN_UP', email)
        const identityId = await settleComer(tx, comer, now())
        const membership = await makeSeller(tx, { id: newId(), name, identityId }, now())
        if (membership === null) throw new Error('unreachable: the id is new')
        return { identityId, ...membership }
      })
      log.info('auth.signed-up', { sellerId: made.sellerId, userId: made.userId })
      return await signComerIn(deps.signInByLink, comer, { ...made, client: ask.client })
    },

    found: async (principal, entry, name) => {
      const account = await findAccount(db, principal)
      if (account === null) throw fault('session-over')
      const { once } = entry
      const id = once === undefined
        ? newId()
        : idOf(entry.sellerId, principal.userId, 'seller', once.key)
      await db.withPlatformScope(
        'found-seller',
        (tx) => makeSeller(tx, { id, name, identityId: account.id }, now()),
      )
      // the seller stands on its own: a request that failed behind it finds it again by its id
      await db.makeInSellerScope(entry, (scope) => {
        scope.made(id)
        return Promise.resolve(id)
      })
      return id
    },
  }
}

/** Null when it has been made before. */
const makeSeller = async (
  tx: Tx,
  seller: { readonly id: string; readonly name: string; readonly identityId: string },
  now: Date,
): Promise<Membership | null> => {
  const { sellers } = await tx.one(sql.type(z.object({ sellers: z.number() }))`
    with person as (select id from identities where id = ${seller.identityId} for no key update)
    select count(u.id)::int as sellers
    from person p left join seller_users u
      on u.identity_id = p.id and u.role = 'OWNER' and u.removed_at is null
        and u.seller_id <> ${seller.id}`)
  if (sellers >= mostSellers) throw fault('limit-reached')
  const membership = await foundSeller(tx, seller)
  if (membership === null) return null
  const { sellerId, userId } = membership
  const trail = openTrail(tx, now)
  trail.note({
    sellerId,
    userId,
    record: () => {
      recordAudit(tx, sellerId, 'seller.created', `seller:${sellerId}`, { name: seller.name })
      recordAudit(tx, sellerId, 'user.added', `user:${userId}`, { role: 'OWNER' })
    },
  })
  trail.close()
  return membership
}
