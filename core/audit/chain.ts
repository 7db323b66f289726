/** Reads a seller's audit chain as it was hashed. */
import { z } from 'zod'
import type { Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** An event, its time as the text that was hashed: microseconds, which a Date does not have. */
const AuditRow = z.object({
  sellerId: z.string(),
  seq: z.int(),
  at: z.string(),
  actorKind: z.string(),
  actorUserId: z.string().nullable(),
  actorSuperAdminId: z.string().nullable(),
  impersonationSessionId: z.string().nullable(),
  apiKeyId: z.string().nullable(),
  jobRunId: z.string().nullable(),
  action: z.string(),
  target: z.string(),
  data: z.string(),
  prevHash: bytes,
  hash: bytes,
})
export type AuditRow = Readonly<z.infer<typeof AuditRow>>

/** The last event of a chain: its number and hash. */
const AuditHead = z.object({ seq: z.int(), hash: bytes })
export type AuditHead = Readonly<z.infer<typeof AuditHead>>

/** Null: nothing was ever recorded for this seller. */
export const readHead = (queries: Queries, sellerId: string): Promise<AuditHead | null> =>
  queries.maybeOne(sql.type(AuditHead)`
    select seq, hash from audit_heads where seller_id = ${sellerId}`)

/**
 * The events in their order, up to and including `lastSeq`: read the head first and pass its `seq`,
 * so that events which are appended meanwhile are left for the next time.
 */
export async function* readChain(
  queries: Queries,
  sellerId: string,
  { lastSeq = Number.MAX_SAFE_INTEGER, pageSize = 1_000 } = {},
): AsyncGenerator<AuditRow> {
  let after = 0
  for (;;) {
    const page = await queries.any(sql.type(AuditRow)`
      select seller_id as "sellerId", seq,
        to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
        actor_kind as "actorKind", actor_user_id as "actorUserId",
        actor_super_admin_id as "actorSuperAdminId",
        impersonation_session_id as "impersonationSessionId",
        api_key_id as "apiKeyId", job_run_id as "jobRunId",
        action, target, data, prev_hash as "prevHash", hash
      from audit_events
      where seller_id = ${sellerId} and seq > ${after} and seq <= ${lastSeq}
      order by seq limit ${pageSize}`)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = last.seq
  }
}
