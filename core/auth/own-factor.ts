/** A person's own second factor, and the proof of who they are while signed in. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import { bytesArray } from '../db/arrays.ts'
import type { Database } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Post } from '../mail/post.ts'
import { type Account, findAccount } from './identities.ts'
import { noticeMail } from './mails.ts'
import type { PasswordHasher } from './passwords.ts'
import { openTrail } from './person-trail.ts'
import { entryOf, type UserPrincipal } from './principal.ts'
import type { Codes, Prover } from './prove.ts'
import { newRecoveryCodes, recoveryCodeDigest } from './recovery-codes.ts'
import type { Throttle } from './throttle.ts'
import type { TotpVault } from './totp-vault.ts'
import { base32, newTotpSecret, totpStepOf, totpUri } from './totp.ts'

interface StepUpAsk extends Codes {
  readonly password?: string | undefined
}
export interface OwnFactor {
  /** When the person last proved who they are; null when not since the sign-in, or it is over. */
  readonly steppedUpAt: (principal: UserPrincipal) => Promise<Date | null>
  /**
   * By a code where there is a second factor, by the password where there is none. Throws
   * `step-up-refused`, `sign-in-throttled`, `session-over`.
   */
  readonly stepUp: (principal: UserPrincipal, ask: StepUpAsk) => Promise<Date>
  readonly status: (
    principal: UserPrincipal,
  ) => Promise<{ readonly isOn: boolean; readonly recoveryCodesLeft: number }>
  /** Makes a secret that is good once it is confirmed. Throws `mfa-on`. */
  readonly enrol: (
    principal: UserPrincipal,
  ) => Promise<{ readonly secret: string; readonly uri: string }>
  /** The recovery codes, told here and never again. Throws `mfa-on`, `mfa-off`, `mfa-refused`. */
  readonly confirm: (principal: UserPrincipal, code: string) => Promise<readonly string[]>
  /** Throws `mfa-off`. */
  readonly disable: (principal: UserPrincipal) => Promise<void>
}

export const createOwnFactor = (
  { db, hasher, prover, throttle, vault, post, now }: {
    readonly db: Pick<Database, 'gate' | 'withPlatformScope' | 'withSellerScope'>
    readonly hasher: PasswordHasher
    readonly prover: Pick<Prover, 'checkCodes'>
    readonly throttle: Throttle
    readonly vault: TotpVault
    readonly post: Post
    readonly now: () => Date
  },
): OwnFactor => {
  const accountOf = async (principal: UserPrincipal): Promise<Account> => {
    const account = await findAccount(db, principal)
    if (account === null) throw fault('session-over')
    return account
  }
  const isProved = async (
    principal: UserPrincipal,
    account: Account,
    ask: StepUpAsk,
  ): Promise<boolean> => {
    if (!account.hasTotp) {
      return ask.password !== undefined && await hasher.verify(ask.password, account.passwordHash)
    }
    const factor = await prover.checkCodes(account, ask)
    const left = factor?.left
    if (left !== undefined) {
      await db.withSellerScope(entryOf(principal), ({ sellerId, ...scope }) => {
        const target = `user:${principal.userId}` as const
        recordAudit(scope, sellerId, 'mfa.recovery-used', target, { left })
        return Promise.resolve()
      })
    }
    return factor !== null
  }

  return {
    steppedUpAt: async (principal) => (await findAccount(db, principal))?.steppedUpAt ?? null,
    stepUp: async (principal, ask) => {
      const account = await accountOf(principal)
      const letIn = await throttle.takeAgain(account.id)
      if (!await isProved(principal, account, ask)) throw fault('step-up-refused')
      await letIn()
      const at = now()
      const { is_alive } = await db.gate.one(sql.type(Alive)`
        select auth_step_up(${principal.sellerId}, ${principal.sessionId}, ${at.toISOString()})
          as is_alive`)
      if (!is_alive) throw fault('session-over')
      return at
    },
    status: async (principal) => {
      const { id, hasTotp } = await accountOf(principal)
      const { left } = await db.withPlatformScope('mfa-status', (tx) =>
        tx.one(sql.type(Left)`
          select count(*)::int as left from recovery_codes
          where identity_id = ${id} and used_at is null`))
      return { isOn: hasTotp, recoveryCodesLeft: left }
    },
    enrol: async (principal) => {
      const { id, email } = await accountOf(principal)
      const secret = newTotpSecret()
      const isSet = await db.withPlatformScope('mfa-enrol', (tx) =>
        tx.run(command`
          update identities set totp_secret_enc = ${bytes(vault.seal(id, secret))},
            totp_last_step = null
          where id = ${id} and totp_enabled_at is null`))
      if (isSet === 0) throw fault('mfa-on')
      return { secret: base32(secret), uri: totpUri(secret, { issuer: 'Robnu', account: email }) }
    },
    confirm: async (principal, code) => {
      const { id, email, hasTotp, totpSecret } = await accountOf(principal)
      if (hasTotp) throw fault('mfa-on')
      if (totpSecret === null) throw fault('mfa-off')
      const letIn = await throttle.takeAgain(id)
      const secret = vault.open(id, totpSecret)
      const step = secret === undefined ? undefined : totpStepOf(secret, code, now())
      if (step === undefined) throw fault('mfa-refused')
      const codes = newRecoveryCodes()
      const digests = bytesArray(codes.map((one) => recoveryCodeDigest(id, one)))
      await db.withPlatformScope('mfa-confirm', async (tx) => {
        // the secret that the code was made with, and not one that has taken its place
        const isOn = await tx.run(command`
          update identities set totp_enabled_at = ${now().toISOString()}, totp_last_step = ${step}
          where id = ${id} and totp_enabled_at is null and totp_secret_enc = ${bytes(totpSecret)}`)
        if (isOn === 0) throw fault('mfa-off')
        await tx.run(command`delete from recovery_codes where identity_id = ${id}`)
        await tx.run(command`
          insert into recovery_codes (identity_id, code_hash)
          select ${id}, digest from unnest(${digests}::bytea[]) digest`)
        const trail = openTrail(tx, now())
        await trail.person(id, 'mfa.enabled')
        trail.close()
      })
      await letIn()
      post.sendLater(noticeMail(email, 'mfa-on'))
      return codes
    },
    disable: async (principal) => {
      const { id, email } = await accountOf(principal)
      await db.withPlatformScope('mfa-disable', async (tx) => {
        const isOff = await tx.run(command`
          update identities set totp_secret_enc = null, totp_enabled_at = null, totp_last_step = null
          where id = ${id} and totp_enabled_at is not null`)
        if (isOff === 0) throw fault('mfa-off')
        await tx.run(command`delete from recovery_codes where identity_id = ${id}`)
        const trail = openTrail(tx, now())
        await trail.person(id, 'mfa.disabled')
        trail.close()
      })
      post.sendLater(noticeMail(email, 'mfa-off'))
    },
  }
}

const Alive = z.object({ is_alive: z.boolean() })
const Left = z.object({ left: z.int() })
