/** Who acts inside a seller: found by the credential, and found again when something has changed. */
import type { Principal, StaffPrincipal, UserPrincipal } from '../auth/principal.ts'
import { fault } from '../errors.ts'
import type { Judged } from '../rbac/guard.ts'
import type { Credential } from './credential.ts'
import type { Services } from './services.ts'

/** What sessions are made of. */
export type Doors = Pick<Services, 'auth' | 'keys' | 'overrides' | 'staff'>

export interface Actor {
  readonly principal: Principal
  /** The same actor as the database knows it now. Throws when it is over. */
  readonly reload: () => Promise<Actor>
}

/** Throws `not-signed-in`, `impersonation-over`. */
export const findActor = async (
  doors: Doors,
  credential: Credential,
  clientIp: string,
): Promise<Actor> => {
  if (credential.impersonation !== undefined) {
    const staff = await findStaff(doors, credential)
    return await impersonator(doors, staff, credential.impersonation)
  }
  if (credential.key !== undefined) return await key(doors, credential.key, clientIp)
  const verified = credential.token === undefined
    ? undefined
    : await doors.auth.verify(credential.token)
  if (verified === undefined) throw fault('not-signed-in')
  return user(doors, verified.principal)
}

/** Throws `not-signed-in`. */
export const findStaff = async (
  { staff }: Pick<Doors, 'staff'>,
  credential: Credential,
): Promise<StaffPrincipal> => {
  const found = credential.staff === undefined ? undefined : await staff.verify(credential.staff)
  if (found === undefined) throw fault('not-signed-in')
  return found
}

const user = (doors: Doors, principal: UserPrincipal): Actor => ({
  principal,
  reload: async () => {
    const fresh = await doors.auth.reload(principal)
    if (fresh === null) throw fault('session-over')
    return user(doors, fresh)
  },
})
const key = async (
  doors: Doors,
  secret: string,
  clientIp: string,
  fresh = false,
): Promise<Actor> => {
  const principal = await doors.keys.verify(secret, clientIp, { fresh })
  if (principal === undefined) throw fault('not-signed-in')
  return { principal, reload: () => key(doors, secret, clientIp, true) }
}
const impersonator = async (doors: Doors, staff: StaffPrincipal, id: string): Promise<Actor> => {
  const principal = await doors.staff.enter(staff, id)
  if (principal === null) throw fault('impersonation-over')
  return { principal, reload: () => impersonator(doors, staff, id) }
}

/** What the guard judges. */
export const judgedOf = async (
  { overrides }: Pick<Doors, 'overrides'>,
  principal: Principal,
): Promise<Judged> => {
  const { sellerStatus } = principal
  switch (principal.kind) {
    case 'user': {
      const { role } = principal
      const own = principal.hasOverrides ? await overrides.of(principal) : []
      return { sellerStatus, readOnly: false, subject: { kind: 'user', role, overrides: own } }
    }
    case 'key':
      return { sellerStatus, readOnly: false, subject: { kind: 'key', scopes: principal.scopes } }
    case 'impersonator':
      return {
        sellerStatus,
        readOnly: principal.mode === 'READ_ONLY',
        subject: { kind: 'impersonator' },
      }
  }
}
