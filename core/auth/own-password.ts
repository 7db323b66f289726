/** A person's own password: changed by who knows it, reset by who reads the mailbox. */
import type { Database } from '../db/database.ts'
import { fault } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Post } from '../mail/post.ts'
import { isEmail, normalEmail } from './emails.ts'
import { findAccount, findIdentity } from './identities.ts'
import { findMailToken, makeMailToken, takeMailToken } from './mail-tokens.ts'
import { noticeMail, resetMail } from './mails.ts'
import { requirePassword } from './password-rules.ts'
import type { PasswordHasher } from './passwords.ts'
import type { UserPrincipal } from './principal.ts'
import { passwordOwner, setPassword } from './set-password.ts'
import type { Throttle } from './throttle.ts'

export interface OwnPassword {
  /**
   * Ends all other sessions of the person. Throws `step-up-refused`, `password-refused`,
   * `sign-in-throttled`, `session-over`.
   */
  readonly change: (
    principal: UserPrincipal,
    ask: { readonly current: string; readonly next: string },
  ) => Promise<void>
  /** Sends a link to the address, if somebody has it. Returns before it is known whether. */
  readonly forgot: (ask: { readonly email: string; readonly clientIp: string }) => void
  /** Ends all sessions of the person. Throws `link-refused`, `password-refused`. */
  readonly reset: (ask: { readonly token: string; readonly password: string }) => Promise<void>
}

const linkMs = 60 * 60_000

export const createOwnPassword = (
  { db, hasher, throttle, post, log, now, appUrl }: {
    readonly db: Pick<Database, 'gate' | 'withPlatformScope'>
    readonly hasher: PasswordHasher
    readonly throttle: Throttle
    readonly post: Post
    readonly log: Log
    readonly now: () => Date
    readonly appUrl?: string | undefined
  },
): OwnPassword => {
  const ownerOf = (identityId: string) =>
    db.withPlatformScope('password-rules', (tx) => passwordOwner(tx, identityId))

  const sendLink = async (ask: { readonly email: string; readonly clientIp: string }) => {
    const email = normalEmail(ask.email)
    if (!isEmail(email)) return
    const asked = { clientIp: ask.clientIp, account: email, kind: 'reset' }
    if (!await throttle.mayMail(asked)) {
      return log.warn('auth.too-many-mails', { clientIp: ask.clientIp })
    }
    const identity = await findIdentity(db, email)
    if (identity === null) return
    const token = await db.withPlatformScope('password-forgot', (tx) =>
      makeMailToken(
        tx,
        { purpose: 'PASSWORD_RESET', email, identityId: identity.id, lifeMs: linkMs },
        { now },
      ))
    post.sendLater(resetMail({ to: email, token, appUrl }))
  }

  return {
    change: async (principal, { current, next }) => {
      const account = await findAccount(db, principal)
      if (account === null) throw fault('session-over')
      const letIn = await throttle.takeAgain(account.id)
      if (!await hasher.verify(current, account.passwordHash)) throw fault('step-up-refused')
      await letIn()
      const owner = await ownerOf(account.id)
      if (owner === null) throw fault('session-over')
      requirePassword(next, owner, '/next')
      const hash = await hasher.hash(next)
      const isSet = await db.withPlatformScope('password-change', (tx) =>
        setPassword(tx, {
          identityId: account.id,
          email: account.email,
          old: account.passwordHash,
          next: hash,
          reason: 'PASSWORD_CHANGED',
          keep: principal.sessionId,
        }, now()))
      // somebody else has changed it at this moment, and has ended this session
      if (!isSet) throw fault('session-over')
      post.sendLater(noticeMail(account.email, 'password-changed'))
    },
    forgot: (ask) => post.later(() => sendLink(ask)),
    reset: async ({ token, password }) => {
      // looked at first: a password that may not be chosen does not use the link up
      const found = await db.withPlatformScope(
        'password-reset',
        (tx) => findMailToken(tx, 'PASSWORD_RESET', token, now),
      )
      const identityId = found?.identityId
      const owner = identityId === undefined || identityId === null
        ? null
        : await ownerOf(identityId)
      if (!identityId || owner === null) throw fault('link-refused')
      requirePassword(password, owner)
      const next = await hasher.hash(password)
      const isSet = await db.withPlatformScope('password-reset', async (tx) => {
        if (await takeMailToken(tx, 'PASSWORD_RESET', token, now) === null) return false
        const { email } = owner
        return await setPassword(
          tx,
          { identityId, email, next, reason: 'PASSWORD_RESET' },
          now(),
        )
      })
      if (!isSet) throw fault('link-refused')
      await throttle.forget(owner.email)
      post.sendLater(noticeMail(owner.email, 'password-reset'))
    },
  }
}
