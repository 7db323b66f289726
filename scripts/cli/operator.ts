/** Who calls: what the audit trail says of a command that changes something. */
import type { Environment } from '#core/config.ts'
import type { Database } from '#core/db/database.ts'
import { wrongCall } from './wrong-call.ts'

/** What the system says of its user, the one behind `sudo` first. */
const names = ['SUDO_USER', 'USER', 'LOGNAME', 'USERNAME'] as const
const form = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/

/**
 * `--by`, else the login of this machine. It is what the caller says and proves nothing: whoever holds
 * the platform's login could do the same without us.
 */
export const operatorOf = (env: Environment, by: string | undefined): string => {
  const name = by ?? names.map((one) => env[one]).find(Boolean)
  if (name === undefined) throw wrongCall('Say who does it: --by <name>')
  if (form.test(name)) return name
  throw wrongCall('--by takes 1 to 64 letters, digits and . _ @ + -, such as --by meera')
}

/** What services do for staff, done by whoever calls, in the name of the platform. */
export const asOperator = (
  db: Pick<Database, 'withPlatformScope'>,
  operator: string,
): Pick<Database, 'withStaffScope'> => ({
  withStaffScope: (_entry, work) => db.withPlatformScope(`cli:${operator}`, work),
})

/** Stands where a session of staff would; `asOperator` does not look at it. */
export const nobodysSession = { staffSessionId: '' }
export const nobodysActor = { ...nobodysSession, superAdminId: '' }

const reasonForm = /^[^\p{C}\p{Zl}\p{Zp}]{3,500}$/u

/** `--reason`: for whoever reads the trail. */
export const reasonOf = (reason: string | undefined): string => {
  if (reason === undefined) throw wrongCall('Say why: --reason "…"')
  const text = reason.trim()
  if (reasonForm.test(text)) return text
  throw wrongCall('--reason takes 3 to 500 characters of one line')
}
