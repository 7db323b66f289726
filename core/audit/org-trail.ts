/** The trail of the org as staff read it: what staff and the platform did, whichever seller it is about. */
import type { Database, StaffEntry } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { orgSentenceOf } from './actions.ts'
import { type AuditEventView, EventRow, viewOf } from './trail.ts'

export interface OrgTrail {
  /** Newest first. `sellerId`: what was done to this seller, or in a session inside it. */
  readonly list: (entry: StaffEntry, ask: {
    readonly sellerId?: string
    readonly superAdminId?: string
    /** The `seq` that the page before ended with. */
    readonly after?: number
    readonly limit: number
  }) => Promise<{ readonly events: readonly AuditEventView[]; readonly next: number | null }>
}

export const createOrgTrail = (db: Pick<Database, 'withStaffScope'>): OrgTrail => ({
  list: async (entry, { sellerId, superAdminId, after, limit }) => {
    const conditions = [
      // there is one org
      sql.fragment`org_id = (select id from orgs order by created_at limit 1)`,
      ...after === undefined ? [] : [sql.fragment`seq < ${after}`],
      ...superAdminId === undefined
        ? []
        : [sql.fragment`actor_super_admin_id = ${superAdminId}::uuid`],
      ...sellerId === undefined ? [] : [
        sql.fragment`(target = ${`seller:${sellerId}`} or data::jsonb ->> 'seller' = ${sellerId})`,
      ],
    ]
    const rows = await db.withStaffScope(entry, (tx) =>
      tx.any(sql.type(EventRow)`
        select seq, at, action, target, data, actor_kind, actor_user_id, actor_super_admin_id,
          impersonation_session_id, api_key_id, job_run_id, hash
        from org_audit_events where ${sql.join(conditions, sql.fragment` and `)}
        order by seq desc limit ${limit + 1}`))
    const shown = rows.slice(0, limit)
    return {
      events: shown.map((row) => viewOf(row, orgSentenceOf(row.action))),
      next: rows.length > limit ? shown.at(-1)?.seq ?? null : null,
    }
  },
})
