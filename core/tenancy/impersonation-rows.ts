/** Impersonation sessions as rows and as views: what staff asked for, and what came of it. */
import { z } from 'zod'
import type { Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'

export const impersonationModes = ['READ_ONLY', 'READ_WRITE'] as const
export type ImpersonationMode = (typeof impersonationModes)[number]
export const impersonationStates = ['REQUESTED', 'APPROVED', 'DENIED', 'LIVE', 'ENDED'] as const

export interface ImpersonationView {
  readonly id: string
  readonly seller: { readonly id: string; readonly name: string }
  /** `REQUESTED` → `APPROVED` → `LIVE` → `ENDED`, or `DENIED`. */
  readonly state: (typeof impersonationStates)[number]
  readonly mode: ImpersonationMode
  /** What it needs: the seller's yes, to tell the seller, or a second one of staff. */
  readonly consent: 'REQUIRED' | 'NOTIFY' | 'EMERGENCY'
  readonly reason: string
  readonly ticket: string
  /** How long it may be live. */
  readonly minutes: number
  readonly staff: { readonly id: string; readonly name: string }
  readonly requested_at: Date
  readonly decided_at: Date | null
  readonly decided_by_user_id: string | null
  readonly decided_by_super_admin_id: string | null
  readonly started_at: Date | null
  /** Until then it can be decided and started, and once it is live, used. */
  readonly expires_at: Date
  readonly ended_at: Date | null
  /** `seller:<user id>`, `staff:<super admin id>`, `expired`, `staff-session`, `staff-removed`. */
  readonly ended_by: string | null
  /** How many requests read something, and how many changed something. */
  readonly reads: number
  readonly acts: number
}
/** Of a list, newest first: pages end with an id. */
export interface ImpersonationPage {
  readonly impersonations: readonly ImpersonationView[]
  readonly next: string | null
}

/** Past its time, whether or not the sweep has come by. */
const isOver = sql.fragment`(i.state in ('REQUESTED', 'APPROVED', 'LIVE')
  and i.expires_at <= clock_timestamp())`

/** Inside a seller's scope, or across sellers in a platform scope; the condition is about `i`. */
export const readImpersonations = async (
  queries: Queries,
  condition: ReturnType<typeof sql.fragment>,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<ImpersonationPage> => {
  const before = after === undefined ? sql.fragment`` : sql.fragment`and i.id < ${after}::uuid`
  const rows = await queries.any(sql.type(Row)`
    select i.id, i.seller_id, s.name as seller_name,
      case when ${isOver} then 'ENDED' else i.state end as state,
      i.mode, i.consent, i.reason, i.ticket, i.minutes, i.super_admin_id, i.staff_name,
      i.requested_at, i.decided_at, i.decided_by_user_id, i.decided_by_super_admin_id,
      i.started_at, i.expires_at,
      case when ${isOver} then i.expires_at else i.ended_at end as ended_at,
      case when ${isOver} then 'expired' else i.ended_by end as ended_by,
      e.reads, e.acts
    from impersonation_sessions i
    join sellers s on s.id = i.seller_id
    cross join lateral (
      select count(*) filter (where e.action = 'impersonation.read')::int4 as reads,
        count(*) filter (where e.action = 'impersonation.acted')::int4 as acts
      from audit_events e
      where e.seller_id = i.seller_id and e.impersonation_session_id = i.id
    ) e
    where ${condition} ${before}
    order by i.id desc limit ${limit + 1}`)
  const shown = rows.slice(0, limit).map(viewOf)
  return { impersonations: shown, next: rows.length > limit ? shown.at(-1)?.id ?? null : null }
}

/** Null when there is none, or in another seller's scope. */
export const readImpersonation = async (
  queries: Queries,
  id: string,
): Promise<ImpersonationView | null> => {
  const { impersonations: [one] } = await readImpersonations(
    queries,
    sql.fragment`i.id = ${id}::uuid`,
    { limit: 1 },
  )
  return one ?? null
}

const Row = z.object({
  id: z.string(),
  seller_id: z.string(),
  seller_name: z.string(),
  state: z.enum(impersonationStates),
  mode: z.enum(impersonationModes),
  consent: z.enum(['REQUIRED', 'NOTIFY', 'EMERGENCY']),
  reason: z.string(),
  ticket: z.string(),
  minutes: z.int(),
  super_admin_id: z.string(),
  staff_name: z.string(),
  requested_at: z.date(),
  decided_at: z.date().nullable(),
  decided_by_user_id: z.string().nullable(),
  decided_by_super_admin_id: z.string().nullable(),
  started_at: z.date().nullable(),
  expires_at: z.date(),
  ended_at: z.date().nullable(),
  ended_by: z.string().nullable(),
  reads: z.int(),
  acts: z.int(),
})

const viewOf = (row: z.infer<typeof Row>): ImpersonationView => {
  const { seller_id, seller_name, super_admin_id, staff_name, ...rest } = row
  return {
    ...rest,
    seller: { id: seller_id, name: seller_name },
    staff: { id: super_admin_id, name: staff_name },
  }
}
