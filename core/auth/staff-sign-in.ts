/** How staff sign in: password and code, every time, for twelve hours at most. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { recordOrgAudit } from '../audit/record.ts'
import type { Database, Tx } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Random } from '../ids.ts'
import type { Log } from '../log.ts'
import { recordingEnds } from '../tenancy/impersonation-ends.ts'
import { ensureOrg } from '../tenancy/provision.ts'
import { normalEmail } from './emails.ts'
import { requirePassword } from './password-rules.ts'
import { nobodysPhc, type PasswordHasher } from './passwords.ts'
import type { StaffPrincipal } from './principal.ts'
import { endStaffSessions } from './staff-people.ts'
import type { Throttle } from './throttle.ts'
import type { TotpVault } from './totp-vault.ts'
import { totpStepOf } from './totp.ts'

interface StaffProof {
  readonly email: string
  readonly password: string
  /** Of the authenticator app. */
  readonly code: string
  readonly clientIp: string
}
interface StaffSignedIn {
  /** Shown to nobody but its owner; only its digest is stored. */
  readonly token: string
  readonly staff: { readonly id: string; readonly name: string }
  readonly expiresAt: Date
}
export interface StaffSignIn {
  /** Throws `sign-in-refused` whatever was wrong, `sign-in-throttled`, `password-expired`. */
  readonly signIn: (proof: StaffProof) => Promise<StaffSignedIn>
  /** Ends all their sessions. Throws what `signIn` throws, and `password-refused`. */
  readonly changePassword: (proof: StaffProof, next: string) => Promise<void>
  /** Undefined for whatever is no token of a living session. */
  readonly verify: (token: string) => Promise<StaffPrincipal | undefined>
  /** Throws `step-up-refused`, `sign-in-throttled`. */
  readonly stepUp: (staff: StaffPrincipal, code: string) => Promise<void>
  /** Ends the session at once, and what was started from it. May be repeated. */
  readonly signOut: (staff: StaffPrincipal) => Promise<void>
}

/** What a token of staff begins with, so that nobody takes it for another one. */
const staffTokenPrefix = 'rs_'
/** For how long a session lives at most, whatever is done in it. */
export const staffSeconds = 12 * 60 * 60
const tokenBytes = 32
/** By the data protection policy of marketplaces. */
const passwordDays = 365
const dayMs = 24 * 60 * 60_000

export const createStaffSignIn = (
  { db, hasher, vault, throttle, log, now, newId, random }: {
    readonly db: Pick<Database, 'withPlatformScope'>
    readonly hasher: PasswordHasher
    readonly vault: TotpVault
    readonly throttle: Throttle
    readonly log: Log
    readonly now: () => Date
    readonly newId: () => string
    readonly random: Random
  },
): StaffSignIn => {
  /** Unknown address, wrong password, wrong code: one answer, and the time of one hash. */
  const prove = async ({ email, password, code, clientIp }: StaffProof) => {
    // a seller's person of the same address has lanes of their own
    const letIn = await throttle.take({ clientIp, account: `staff ${normalEmail(email)}` })
    const person = await db.withPlatformScope('staff-sign-in', (tx) =>
      tx.maybeOne(sql.type(Person)`
        select id, email, name, password_hash as "passwordHash",
          password_changed_at as "passwordChangedAt", totp_secret_enc as "totpSecretEnc"
        from super_admins where email = ${normalEmail(email)} and removed_at is null`))
    const isRight = await hasher.verify(password, person?.passwordHash ?? nobodysPhc)
    const step = person === null || !isRight ? undefined : stepOf(person, code)
    if (person === null || step === undefined) {
      log.warn('staff.refused', { clientIp })
      throw fault('sign-in-refused')
    }
    return { person, step, letIn }
  }
  const stepOf = (
    { id, totpSecretEnc }: { readonly id: string; readonly totpSecretEnc: Uint8Array },
    code: string,
  ): number | undefined => {
    const secret = vault.open(id, totpSecretEnc)
    return secret && totpStepOf(secret, code, now())
  }

  return {
    signIn: async (proof) => {
      const { person, step, letIn } = await prove(proof)
      if (person.passwordChangedAt.getTime() + passwordDays * dayMs <= now().getTime()) {
        throw fault('password-expired')
      }
      const token = staffTokenPrefix +
        Buffer.from(random(new Uint8Array(tokenBytes))).toString('base64url')
      const sessionId = newId()
      const { expiresAt } = await db.withPlatformScope('staff-sign-in', async (tx) => {
        if (!await takeStep(tx, person, step)) throw fault('sign-in-refused')
        const opened = await tx.one(sql.type(Opened)`
          insert into staff_sessions
            (id, super_admin_id, token_hash, expires_at, stepped_up_at, client_ip)
          values (${sessionId}, ${person.id}, ${bytes(digestOf(token))},
            now() + ${staffSeconds} * interval '1 second', ${now().toISOString()},
            ${proof.clientIp})
          returning expires_at as "expiresAt"`)
        // from here on it is they who act
        await tx.run(command`select staff_enter(${sessionId}, null)`)
        recordOrgAudit(tx, await ensureOrg(tx), 'staff.signed-in', `super-admin:${person.id}`)
        return opened
      })
      await letIn()
      log.info('staff.signed-in', { superAdminId: person.id, staffSessionId: sessionId })
      return { token, staff: { id: person.id, name: person.name }, expiresAt }
    },

    changePassword: async (proof, next) => {
      const { person, step, letIn } = await prove(proof)
      requirePassword(next, { email: person.email, isStaff: true }, '/new_password')
      if (await hasher.verify(next, person.passwordHash)) {
        const errors = [{ pointer: '/new_password', message: 'must not be the old password' }]
        throw fault('password-refused', { errors })
      }
      const passwordHash = await hasher.hash(next)
      await db.withPlatformScope('staff-password', async (tx) => {
        if (!await takeStep(tx, person, step)) throw fault('sign-in-refused')
        await tx.run(command`
          update super_admins
          set password_hash = ${passwordHash}, password_changed_at = ${now().toISOString()}
          where id = ${person.id}`)
        await endStaffSessions(tx, person.id)
        const orgId = await ensureOrg(tx)
        recordOrgAudit(tx, orgId, 'staff.password-changed', `super-admin:${person.id}`)
      })
      await letIn()
      log.info('staff.password-changed', { superAdminId: person.id })
    },

    verify: async (token) => {
      if (!token.startsWith(staffTokenPrefix)) return undefined
      const found = await db.withPlatformScope('staff', (tx) =>
        tx.maybeOne(sql.type(Session)`
          select t.id as "staffSessionId", t.super_admin_id as "superAdminId",
            t.stepped_up_at as "steppedUpAt"
          from staff_sessions t join super_admins a on a.id = t.super_admin_id
          where t.token_hash = ${bytes(digestOf(token))} and t.revoked_at is null
            and t.expires_at > clock_timestamp() and a.removed_at is null`))
      return found === null ? undefined : { kind: 'staff', ...found }
    },

    stepUp: async ({ superAdminId, staffSessionId }, code) => {
      const letIn = await throttle.takeAgain(superAdminId)
      const isProven = await db.withPlatformScope('staff-step-up', async (tx) => {
        const person = await tx.one(sql.type(Factor)`
          select id, password_hash as "passwordHash", totp_secret_enc as "totpSecretEnc"
          from super_admins where id = ${superAdminId}`)
        const step = stepOf(person, code)
        if (step === undefined || !await takeStep(tx, person, step)) return false
        const marked = await tx.run(command`
          update staff_sessions set stepped_up_at = ${now().toISOString()}
          where id = ${staffSessionId} and revoked_at is null and expires_at > clock_timestamp()`)
        if (marked === 0) throw fault('session-over')
        return true
      })
      if (!isProven) {
        log.warn('staff.step-up-refused', { superAdminId })
        throw fault('step-up-refused')
      }
      await letIn()
    },

    signOut: ({ superAdminId, staffSessionId }) =>
      db.withPlatformScope('staff-sign-out', async (tx) => {
        const session = await tx.maybeOne(sql.type(z.object({ id: z.string() }))`
          select id from staff_sessions
          where id = ${staffSessionId} and revoked_at is null and expires_at > clock_timestamp()
          for update`)
        if (session === null) return
        // what ends with it names it: there is one at most
        await tx.run(command`
          select staff_enter(${staffSessionId}, (
            select i.id from impersonation_sessions i
            where i.super_admin_id = ${superAdminId} and i.staff_session_id = ${staffSessionId}
              and i.state = 'LIVE' and i.expires_at > clock_timestamp()))`)
        await recordingEnds(tx, superAdminId, () =>
          tx.run(command`
            update staff_sessions set revoked_at = clock_timestamp() where id = ${staffSessionId}`))
        recordOrgAudit(tx, await ensureOrg(tx), 'staff.signed-out', `super-admin:${superAdminId}`)
      }),
  }
}

/** True for one of all who bring this code; false also when the password has changed meanwhile. */
const takeStep = async (
  tx: Tx,
  { id, passwordHash }: { readonly id: string; readonly passwordHash: string },
  step: number,
): Promise<boolean> =>
  await tx.run(command`
    update super_admins set totp_last_step = ${step}
    where id = ${id} and removed_at is null and password_hash = ${passwordHash}
      and (totp_last_step is null or totp_last_step < ${step})`) === 1

const digestOf = (token: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(token).digest())

const Factor = z.object({
  id: z.string(),
  passwordHash: z.string(),
  totpSecretEnc: z.instanceof(Uint8Array),
})
const Person = Factor.extend({
  email: z.string(),
  name: z.string(),
  passwordChangedAt: z.date(),
})
const Opened = z.object({ expiresAt: z.date() })
const Session = z.object({
  staffSessionId: z.string(),
  superAdminId: z.string(),
  steppedUpAt: z.date(),
})
