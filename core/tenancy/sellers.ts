/** The seller as its own people see it: plan, orders of the days, and what they may change. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'

export const plans = ['EARLY_ACCESS', 'FREE', 'PAID'] as const
export type Plan = typeof plans[number]
export const consentModes = ['REQUIRED', 'NOTIFY'] as const
/** What staff need before they look in: the seller's yes, or to tell it. */
type ConsentMode = typeof consentModes[number]

export interface SellerView {
  readonly id: string
  readonly name: string
  readonly plan: Plan
  readonly status: 'ACTIVE' | 'SUSPENDED'
  /** Null unless the seller is suspended. */
  readonly suspension: { readonly since: Date; readonly reason: string | null } | null
  readonly support_consent: ConsentMode
  readonly created_at: Date
  readonly usage: {
    /** Orders of a day that are too many for the plan; null: it has no limit. */
    readonly limit: number | null
    readonly today: number
    /** The last 30 days of India, today first, by the day on which the buyer ordered. */
    readonly days: readonly {
      readonly day: string
      readonly orders: number
      readonly is_over_limit: boolean
    }[]
  }
  /** Days over the limit; nothing is held back because of them. */
  readonly warning: {
    readonly code: 'plan-limit-reached'
    readonly last_day: string
    readonly days: number
  } | null
}
interface SellerChange {
  readonly name?: string
  readonly support_consent?: ConsentMode
}
export interface Sellers {
  readonly get: (entry: Entry) => Promise<SellerView>
  /** Throws `stale-authz` for who is no OWNER any more. */
  readonly change: (entry: Entry, change: SellerChange) => Promise<SellerView>
}

const daysShown = 30

export const createSellers = ({ db, now }: {
  readonly db: Pick<Database, 'inSellerScope' | 'withSellerScope'>
  readonly now: () => Date
}): Sellers => {
  const get = async (entry: Entry): Promise<SellerView> =>
    viewOf(
      await db.inSellerScope(entry).one(sql.type(Row)`
        select s.id, s.name, s.plan, s.status, s.suspended_at, s.suspension_reason,
          s.support_consent, s.created_at, plan_limit(s.plan) as limit,
          (
            select jsonb_agg(jsonb_build_object('day', d.day, 'orders', coalesce(u.orders, 0))
              order by d.day desc)
            from (
              select (${now().toISOString()}::timestamptz at time zone 'Asia/Kolkata')::date - n as day
              from generate_series(0, ${daysShown - 1}::int4) n
            ) d
            left join plan_usage u on u.seller_id = s.id and u.day = d.day
          ) as days
        from sellers s where s.id = ${entry.sellerId}`),
    )
  return {
    get,
    change: async (entry, { name, support_consent }) => {
      await db.withSellerScope(entry, async (scope) => {
        const before = await scope.one(sql.type(Before)`
          select name_before, consent_before
          from change_seller(${name ?? null}, ${support_consent ?? null})`)
        const target = `seller:${scope.sellerId}` as const
        if (name !== undefined && name !== before.name_before) {
          const change = { from: before.name_before, to: name }
          recordAudit(scope, scope.sellerId, 'seller.renamed', target, change)
        }
        if (support_consent !== undefined && support_consent !== before.consent_before) {
          const change = { from: before.consent_before, to: support_consent }
          recordAudit(scope, scope.sellerId, 'seller.consent-changed', target, change)
        }
      })
      return await get(entry)
    },
  }
}

const Before = z.object({ name_before: z.string(), consent_before: z.string() })
const Row = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.enum(plans),
  status: z.enum(['ACTIVE', 'SUSPENDED']),
  suspended_at: z.date().nullable(),
  suspension_reason: z.string().nullable(),
  support_consent: z.enum(consentModes),
  created_at: z.date(),
  limit: z.number().nullable(),
  days: z.array(z.object({ day: z.string(), orders: z.number() })),
})

const viewOf = (row: z.infer<typeof Row>): SellerView => {
  const { suspended_at, suspension_reason, limit, days, ...seller } = row
  const judged = days.map(({ day, orders }) => ({
    day,
    orders,
    is_over_limit: limit !== null && orders >= limit,
  }))
  const over = judged.filter(({ is_over_limit }) => is_over_limit)
  return {
    ...seller,
    suspension: suspended_at && { since: suspended_at, reason: suspension_reason },
    usage: { limit, today: judged[0]?.orders ?? 0, days: judged },
    warning: over[0] === undefined
      ? null
      : { code: 'plan-limit-reached', last_day: over[0].day, days: over.length },
  }
}
