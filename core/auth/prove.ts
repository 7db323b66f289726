/** Proves who somebody is: a password, and a second factor where there is one. */
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { normalEmail } from './emails.ts'
import { findIdentity, type Identity } from './identities.ts'
import { nobodysPhc, type PasswordHasher } from './passwords.ts'
import { recoveryCodeDigest } from './recovery-codes.ts'
import type { Throttle } from './throttle.ts'
import type { TotpVault } from './totp-vault.ts'
import { totpStepOf } from './totp.ts'

export interface Codes {
  /** Of the authenticator app. */
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
}
interface ProofAsk extends Codes {
  readonly email: string
  readonly password: string
  readonly clientIp: string
  /** The device that has signed in to this account before. */
  readonly deviceId?: string | undefined
}
export interface SecondFactor {
  readonly by: 'totp' | 'recovery-code'
  /** Recovery codes that are left, when one was used. */
  readonly left?: number
}
interface Proven {
  readonly identity: Identity
  /** Null: the person has none, and the password was enough. */
  readonly secondFactor: SecondFactor | null
  /** To be called when the person is let in: takes the try out of the counts. */
  readonly letIn: () => Promise<void>
}
export interface Prover {
  /**
   * Throws `sign-in-throttled`; `sign-in-refused` for a wrong password and an unknown address, which
   * cost the same time; and only behind the right password `mfa-required` and `mfa-refused`.
   */
  readonly prove: (ask: ProofAsk) => Promise<Proven>
  /** Null for a wrong or used code, and where there is no second factor. */
  readonly checkCodes: (identity: Identity, codes: Codes) => Promise<SecondFactor | null>
}

export const createProver = ({ db, hasher, vault, throttle, now }: {
  readonly db: Pick<Database, 'gate'>
  readonly hasher: PasswordHasher
  readonly vault: TotpVault
  readonly throttle: Throttle
  readonly now: () => Date
}): Prover => {
  const checkCode = async (identity: Identity, code: string): Promise<SecondFactor | null> => {
    const secret = identity.totpSecret === null
      ? undefined
      : vault.open(identity.id, identity.totpSecret)
    const step = secret === undefined ? undefined : totpStepOf(secret, code, now())
    if (step === undefined) return null
    const { taken } = await db.gate.one(sql.type(Taken)`
      select auth_take_totp_step(${identity.id}, ${step}) as taken`)
    return taken ? { by: 'totp' } : null
  }
  const useRecoveryCode = async ({ id }: Identity, code: string): Promise<SecondFactor | null> => {
    const { left } = await db.gate.one(sql.type(Left)`
      select auth_use_recovery_code(${id}, ${bytes(recoveryCodeDigest(id, code))},
        ${now().toISOString()}) as left`)
    return left === null ? null : { by: 'recovery-code', left }
  }
  const checkCodes: Prover['checkCodes'] = async (identity, { code, recoveryCode }) => {
    if (!identity.hasTotp) return null
    if (code !== undefined) return await checkCode(identity, code)
    return recoveryCode === undefined ? null : await useRecoveryCode(identity, recoveryCode)
  }
  /** The parameters have risen since the password was stored: now it is here in clear. */
  const rehash = async ({ id, passwordHash }: Identity, password: string): Promise<void> => {
    if (!hasher.needsRehash(passwordHash)) return
    const next = await hasher.hash(password)
    await db.gate.run(command`select auth_rehash(${id}, ${passwordHash}, ${next})`)
  }

  return {
    checkCodes,
    prove: async ({ email, password, clientIp, deviceId, ...codes }) => {
      const account = normalEmail(email)
      const letIn = await throttle.take({ clientIp, account, deviceId })
      const identity = await findIdentity(db, account)
      const isRight = await hasher.verify(password, identity?.passwordHash ?? nobodysPhc)
      if (identity === null || !isRight) throw fault('sign-in-refused')
      await rehash(identity, password)
      if (!identity.hasTotp) return { identity, secondFactor: null, letIn }
      if (codes.code === undefined && codes.recoveryCode === undefined) throw fault('mfa-required')
      const secondFactor = await checkCodes(identity, codes)
      if (secondFactor === null) throw fault('mfa-refused')
      return { identity, secondFactor, letIn }
    },
  }
}

const Taken = z.object({ taken: z.boolean() })
const Left = z.object({ left: z.int().nullable() })
