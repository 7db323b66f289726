/**
 * Staff, by whoever runs the platform: `npm run staff -- add <email> <name>`, `renew <email>`,
 * `remove <email>`, `list`. A new password and authenticator are shown once, and kept nowhere.
 */
import process from 'node:process'
import { normalEmail } from '#core/auth/emails.ts'
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { createStaffEnrolment, type Enrolment } from '#core/auth/staff-enrolment.ts'
import { listSuperAdmins, removeSuperAdmin } from '#core/auth/staff-people.ts'
import { createTotpVault } from '#core/auth/totp-vault.ts'
import { secretsOf } from '#core/boot/sign-in.ts'
import { environment, readConfig } from '#core/config.ts'
import { systemRandom } from '#core/crypto/random.ts'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { openDatabase } from '#core/db/scope.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const usage = 'Usage: npm run staff -- add <email> <name> | renew <email> | remove <email> | list'

const main = async ([verb, email = '', ...words]: readonly string[]): Promise<void> => {
  const config = readConfig(environment)
  const secrets = secretsOf(config)
  const hasher = createPasswordHasher({ secrets })
  const db = await openDatabase({
    url: config.DATABASE_URL,
    platformUrl: config.DATABASE_PLATFORM_URL,
    scopeKey: scopeKeyFrom(config.ROBNU_SECRET),
    maxConnections: 1,
  })
  const vault = createTotpVault(secrets)
  const enrolment = createStaffEnrolment({ db, hasher, vault, random: systemRandom })
  try {
    switch (verb) {
      case 'add':
        return show(
          await enrolment.add({ email, name: words.join(' ') }),
          'Cannot add staff: there is somebody of this address; `renew` gives a new password',
        )
      case 'renew':
        return show(await enrolment.renew(email), nobody)
      case 'remove':
        if (!await removeSuperAdmin(db, normalEmail(email))) throw new Error(nobody)
        return say(`Removed ${email}: all that was open is over`)
      case 'list':
        for (const person of await listSuperAdmins(db)) say(`${person.email}  ${person.name}`)
        return
      default:
        throw new Error(usage)
    }
  } finally {
    await hasher.close()
    await db.close()
  }
}

const nobody = 'There is no member of staff of this address'

const show = (made: Enrolment | null, otherwise: string): void => {
  if (made === null) throw new Error(otherwise)
  say('Shown this once, and kept nowhere:')
  say(`  e-mail        ${made.email}`)
  say(`  password      ${made.password}`)
  say(`  authenticator ${made.secret}`)
  say(`  as a QR code  ${made.uri}`)
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  },
)
