/** The people of the platform, put together for a command. */
import { normalEmail } from '#core/auth/emails.ts'
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { createStaffEnrolment, type StaffEnrolment } from '#core/auth/staff-enrolment.ts'
import { listSuperAdmins, removeSuperAdmin } from '#core/auth/staff-people.ts'
import { createTotpVault } from '#core/auth/totp-vault.ts'
import { secretsOf } from '#core/boot/sign-in.ts'
import { systemRandom } from '#core/crypto/random.ts'
import type { CommandIo } from './command.ts'
import { withPlatform } from './platform.ts'

interface StaffDesk extends StaffEnrolment {
  readonly list: () => ReturnType<typeof listSuperAdmins>
  readonly find: (email: string) => Promise<boolean>
  /** False: there is nobody of this address. */
  readonly remove: (email: string, by: string) => Promise<boolean>
}

export const withStaff = <T>(io: CommandIo, work: (desk: StaffDesk) => Promise<T>): Promise<T> =>
  withPlatform(io, async ({ db, config }) => {
    const secrets = secretsOf(config)
    const hasher = createPasswordHasher({ secrets })
    const vault = createTotpVault(secrets)
    const enrolment = createStaffEnrolment({ db, hasher, vault, random: systemRandom })
    try {
      return await work({
        ...enrolment,
        list: () => listSuperAdmins(db),
        find: async (email) =>
          (await listSuperAdmins(db)).some((one) => one.email === normalEmail(email)),
        remove: (email, by) => removeSuperAdmin(db, normalEmail(email), by),
      })
    } finally {
      await hasher.close()
    }
  })
