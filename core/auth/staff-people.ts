/** The people of the platform: made, renewed and removed by whoever runs it, never by the API. */
import { z } from 'zod'
import { recordOrgAudit } from '../audit/record.ts'
import type { Database, Tx } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { recordingEnds } from '../tenancy/impersonation-ends.ts'
import { ensureOrg } from '../tenancy/provision.ts'

export interface NewSuperAdmin {
  /** The second factor is sealed for it. */
  readonly id: string
  /** As `normalEmail` writes it. */
  readonly email: string
  /** Sellers read it. */
  readonly name: string
  readonly passwordHash: string
  readonly totpSecretEnc: Uint8Array
  /** The operator who calls, for the trail. */
  readonly by?: string | undefined
}
type Platform = Pick<Database, 'withPlatformScope'>

/** Makes the person, or finds the one of this address: may be called again. */
export const ensureSuperAdmin = (
  db: Platform,
  { id, email, name, passwordHash, totpSecretEnc, by }: NewSuperAdmin,
): Promise<{ readonly superAdminId: string; readonly created: boolean }> =>
  db.withPlatformScope('staff', async (tx) => {
    // two that start at once must not both find nothing
    await tx.run(command`select pg_advisory_xact_lock(hashtext('robnu.provision'))`)
    const found = await findByEmail(tx, email)
    if (found !== null) return { superAdminId: found.id, created: false }
    await tx.run(command`
      insert into super_admins (id, email, name, password_hash, totp_secret_enc)
      values (${id}, ${email}, ${name}, ${passwordHash}, ${bytes(totpSecretEnc)})`)
    recordOrgAudit(tx, await ensureOrg(tx), 'staff.added', `super-admin:${id}`, { by })
    return { superAdminId: id, created: true }
  })

/** A new password and a new second factor: what was signed in is out. */
export const renewSuperAdmin = (
  db: Platform,
  { id, passwordHash, totpSecretEnc, by }: Omit<NewSuperAdmin, 'email' | 'name'>,
): Promise<void> =>
  db.withPlatformScope('staff', async (tx) => {
    await tx.run(command`
      update super_admins
      set password_hash = ${passwordHash}, password_changed_at = now(),
        totp_secret_enc = ${bytes(totpSecretEnc)}, totp_last_step = null
      where id = ${id} and removed_at is null`)
    await endStaffSessions(tx, id)
    recordOrgAudit(tx, await ensureOrg(tx), 'staff.renewed', `super-admin:${id}`, { by })
  })

/** Ends all that the person has open, at once. False: there is nobody of this address. */
export const removeSuperAdmin = (db: Platform, email: string, by?: string): Promise<boolean> =>
  db.withPlatformScope('staff', async (tx) => {
    const found = await findByEmail(tx, email)
    if (found === null) return false
    // a trigger ends the sessions
    await recordingEnds(
      tx,
      found.id,
      () => tx.run(command`update super_admins set removed_at = now() where id = ${found.id}`),
    )
    recordOrgAudit(tx, await ensureOrg(tx), 'staff.removed', `super-admin:${found.id}`, { by })
    return true
  })

/** In a platform scope: ends the sessions of the person, and the impersonations that hang on them. */
export const endStaffSessions = (tx: Tx, superAdminId: string): Promise<void> =>
  recordingEnds(tx, superAdminId, () =>
    tx.run(command`
      update staff_sessions set revoked_at = now()
      where super_admin_id = ${superAdminId} and revoked_at is null`))

export const listSuperAdmins = (
  db: Platform,
): Promise<readonly { readonly id: string; readonly email: string; readonly name: string }[]> =>
  db.withPlatformScope(
    'staff',
    (tx) =>
      tx.any(sql.type(z.object({ id: z.string(), email: z.string(), name: z.string() }))`
      select id, email, name from super_admins where removed_at is null order by email`),
  )

const findByEmail = (tx: Tx, email: string): Promise<{ readonly id: string } | null> =>
  tx.maybeOne(sql.type(z.object({ id: z.string() }))`
    select id from super_admins where email = ${email} and removed_at is null for update`)
