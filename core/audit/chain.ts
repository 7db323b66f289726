/** Reads audit chains as they were hashed: that of a seller, or that of the org. */
import { z } from 'zod'
import type { Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** An event, its time as the text that was hashed: microseconds, which a Date does not have. */
export const AuditRow = z.object({
  /** The seller; in the chain of the org, the org. */
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

export interface ChainRange {
  /** The events begin behind this number. */
  readonly after?: number
  /** Read the head first and pass its `seq`: what is appended meanwhile is for the next time. */
  readonly lastSeq?: number | undefined
  readonly pageSize?: number
}

/** Null: nothing was ever recorded for this seller. */
export const readHead = (queries: Queries, sellerId: string): Promise<AuditHead | null> =>
  queries.maybeOne(sql.type(AuditHead)`
    select seq, hash from audit_heads where seller_id = ${sellerId}`)

/** Of the platform login alone. */
export const readOrgHead = (queries: Queries, orgId: string): Promise<AuditHead | null> =>
  queries.maybeOne(sql.type(AuditHead)`
    select seq, hash from org_audit_heads where org_id = ${orgId}`)

/** The events of a seller in their order. */
export const readChain = (
  queries: Queries,
  sellerId: string,
  range: ChainRange = {},
): AsyncGenerator<AuditRow> =>
  pages(range, (after, lastSeq, limit) =>
    queries.any(sql.type(AuditRow)`
      select seller_id as "sellerId", ${hashedColumns} from audit_events
      where seller_id = ${sellerId} and seq > ${after} and seq <= ${lastSeq}
      order by seq limit ${limit}`))

/** The events of the org in their order, of the platform login alone. */
export const readOrgChain = (
  queries: Queries,
  orgId: string,
  range: ChainRange = {},
): AsyncGenerator<AuditRow> =>
  pages(range, (after, lastSeq, limit) =>
    queries.any(sql.type(AuditRow)`
      select org_id as "sellerId", ${hashedColumns} from org_audit_events
      where org_id = ${orgId} and seq > ${after} and seq <= ${lastSeq}
      order by seq limit ${limit}`))

/** All but the seller: what a row of `AuditRow` is made of. */
export const hashedColumns = sql.fragment`
  seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
  actor_kind as "actorKind", actor_user_id as "actorUserId",
  actor_super_admin_id as "actorSuperAdminId",
  impersonation_session_id as "impersonationSessionId",
  api_key_id as "apiKeyId", job_run_id as "jobRunId",
  action, target, data, prev_hash as "prevHash", hash`

const pages = async function* (
  { after = 0, lastSeq = Number.MAX_SAFE_INTEGER, pageSize = 1_000 }: ChainRange,
  read: (after: number, lastSeq: number, limit: number) => Promise<readonly AuditRow[]>,
): AsyncGenerator<AuditRow> {
  for (let last = after;;) {
    const page = await read(last, lastSeq, pageSize)
    yield* page
    const end = page.at(-1)
    if (end === undefined || page.length < pageSize) return
    last = end.seq
  }
}
