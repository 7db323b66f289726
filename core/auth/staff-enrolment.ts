/** How a member of staff gets a password and an authenticator: both made here, and shown once. */
import { Buffer } from 'node:buffer'
import type { Database } from '../db/database.ts'
import { newId, type Random } from '../ids.ts'
import { isEmail, normalEmail } from './emails.ts'
import { passwordFaults } from './password-rules.ts'
import type { PasswordHasher } from './passwords.ts'
import { ensureSuperAdmin, listSuperAdmins, renewSuperAdmin } from './staff-people.ts'
import type { TotpVault } from './totp-vault.ts'
import { base32, newTotpSecret, totpUri } from './totp.ts'

/** Kept nowhere: whoever reads it first is the one who has it. */
export interface Enrolment {
  readonly email: string
  readonly password: string
  /** For the authenticator app, as text and as what a QR code shows. */
  readonly secret: string
  readonly uri: string
}
export interface StaffEnrolment {
  /** Null when there is somebody of this address. Throws for an address or a name of no use. */
  readonly add: (person: {
    readonly email: string
    readonly name: string
    readonly by?: string
  }) => Promise<Enrolment | null>
  /** For who has lost either; ends their sessions. Null when there is nobody of this address. */
  readonly renew: (email: string, by?: string) => Promise<Enrolment | null>
}

export const createStaffEnrolment = ({ db, hasher, vault, random }: {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly hasher: PasswordHasher
  readonly vault: TotpVault
  readonly random: Random
}): StaffEnrolment => {
  const make = async (id: string, email: string) => {
    const password = newPassword(email, random)
    const secret = newTotpSecret(random)
    return {
      stored: {
        passwordHash: await hasher.hash(password),
        totpSecretEnc: vault.seal(id, secret),
      },
      shown: {
        ...{ email, password, secret: base32(secret) },
        uri: totpUri(secret, { issuer: 'Robnu staff', account: email }),
      },
    }
  }
  return {
    add: async ({ email: written, name, by }) => {
      const email = normalEmail(written)
      if (!isEmail(email)) {
        throw new Error('Cannot add staff: the e-mail address has the wrong form')
      }
      if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u.test(name)) {
        throw new Error('Cannot add staff: the name must be 1 to 100 characters of one line')
      }
      const id = newId()
      const { stored, shown } = await make(id, email)
      const { created } = await ensureSuperAdmin(db, { id, email, name, by, ...stored })
      return created ? shown : null
    },
    renew: async (written, by) => {
      const email = normalEmail(written)
      const person = (await listSuperAdmins(db)).find((one) => one.email === email)
      if (person === undefined) return null
      const { stored, shown } = await make(person.id, email)
      await renewSuperAdmin(db, { id: person.id, by, ...stored })
      return shown
    },
  }
}

const passwordBytes = 18

/** 144 bits; most have all kinds of characters, the others are thrown away. */
const newPassword = (email: string, random: Random): string => {
  for (;;) {
    const password = Buffer.from(random(new Uint8Array(passwordBytes))).toString('base64url')
    if (passwordFaults(password, { email, isStaff: true }).length === 0) return password
  }
}
