/** Staff: who they are, how they get into a seller, and what is written down of it. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../audit/record.ts'
import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { type ImpersonationView, readImpersonations } from '../tenancy/impersonation-rows.ts'
import type { StaffImpersonations } from '../tenancy/impersonation-staff.ts'
import { ensureOrg } from '../tenancy/provision.ts'
import { entryOf, type ImpersonatorPrincipal, type StaffPrincipal } from './principal.ts'
import type { StaffSignIn } from './staff-sign-in.ts'

interface StaffView {
  readonly staff: { readonly id: string; readonly name: string; readonly email: string }
  readonly expires_at: Date
  readonly stepped_up_at: Date
  /** The session inside a seller that they have open. */
  readonly impersonation: ImpersonationView | null
}
export interface StaffDesk extends Pick<StaffSignIn, 'verify'> {
  readonly me: (staff: StaffPrincipal) => Promise<StaffView>
  /** Null when the impersonation session is not live, or was not started from this session. */
  readonly enter: (
    staff: StaffPrincipal,
    impersonationId: string,
  ) => Promise<ImpersonatorPrincipal | null>
  /**
   * Writes down a request of staff before it is answered: one inside a seller in the seller's own
   * trail, any other in that of the org. Throws what a scope throws for a session that is over.
   */
  readonly record: (
    who: StaffPrincipal | ImpersonatorPrincipal,
    request: { readonly method: string; readonly route: string },
  ) => Promise<void>
}

export const createStaffDesk = ({ db, signIn, impersonations }: {
  readonly db: Pick<Database, 'withSellerScope' | 'withStaffScope'>
  readonly signIn: Pick<StaffSignIn, 'verify'>
  readonly impersonations: Pick<StaffImpersonations, 'enter'>
}): StaffDesk => ({
  verify: signIn.verify,
  me: (staff) =>
    db.withStaffScope(staff, async (tx) => {
      const { id, name, email, ...session } = await tx.one(sql.type(Me)`
        select a.id, a.name, a.email, t.expires_at, t.stepped_up_at
        from staff_sessions t join super_admins a on a.id = t.super_admin_id
        where t.id = ${staff.staffSessionId}`)
      const { impersonations: [live] } = await readImpersonations(
        tx,
        sql.fragment`i.super_admin_id = ${id}::uuid and i.state = 'LIVE'
          and i.expires_at > clock_timestamp()`,
        { limit: 1 },
      )
      return { staff: { id, name, email }, ...session, impersonation: live ?? null }
    }),
  enter: async (staff, impersonationId) => {
    const live = isId.test(impersonationId)
      ? await impersonations.enter(staff, impersonationId)
      : null
    if (live === null) return null
    const { superAdminId } = staff
    return { kind: 'impersonator', superAdminId, impersonationId, ...live }
  },
  record: async (who, { method, route }) => {
    const request = { method: method.toUpperCase(), route }
    if (who.kind === 'staff') {
      await db.withStaffScope(who, async (tx) => {
        const orgId = await ensureOrg(tx)
        recordOrgAudit(tx, orgId, 'staff.read', `staff-session:${who.staffSessionId}`, request)
      })
      return
    }
    const action = request.method === 'GET' ? 'impersonation.read' : 'impersonation.acted'
    await db.withSellerScope(entryOf(who), (scope) => {
      recordAudit(scope, scope.sellerId, action, `impersonation:${who.impersonationId}`, request)
      return Promise.resolve()
    })
  },
})

/** From a header, so it may be anything. */
const isId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const Me = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  expires_at: z.date(),
  stepped_up_at: z.date(),
})
