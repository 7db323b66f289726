/** Everything that happened to one order, and who told of it: its own words, parcels and returns. */
import { z } from 'zod'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { theRow } from './account-limit.ts'

export interface TimelineEntry {
  /** When the source says that it happened. */
  readonly at: Date
  /** `order.status`, `shipment.status`, `return.status`, `order.conflict`, `processing.step` … */
  readonly kind: string
  readonly state: string | null
  /** The word of the marketplace. */
  readonly raw: string | null
  readonly shipment_id: string | null
  readonly return_id: string | null
  readonly data: Readonly<Record<string, unknown>> | null
  readonly source: {
    /** A run of a sync, somebody (a person, a key, staff), or the platform itself. */
    readonly kind: 'run' | 'actor' | 'system'
    /** Whose adapter understood it. */
    readonly marketplace: string
    readonly run_id: string | null
    readonly actor: string | null
  }
}

export interface Timelines {
  /** The oldest first. Null: no such order, or of an account outside of the limit. */
  readonly get: (
    entry: Entry,
    orderId: string,
    accounts: AccountLimit | null,
  ) => Promise<readonly TimelineEntry[] | null>
}

export const createTimelines = (db: Database): Timelines => ({
  get: (entry, orderId, accounts) =>
    db.withSellerScope(entry, async (scope) => {
      const { sellerId } = scope
      const order = await scope.maybeOne(sql.type(orderRow)`
        select m.code as marketplace
        from (
          select marketplace_account_id from orders where ${theRow(sellerId, orderId, accounts)}
        ) o
        join marketplace_accounts a on a.seller_id = ${sellerId} and a.id = o.marketplace_account_id
        join marketplaces m on m.id = a.marketplace_id`)
      if (!order) return null
      const rows = await scope.any(sql.type(eventRow)`
        select * from (
        select id::text, at, kind, state, raw, null::uuid as shipment_id, null::uuid as return_id,
          data, job_run_id, actor
        from order_events where seller_id = ${sellerId} and order_id = ${orderId}
        union all
        select 'told', source_updated_at,
          case when told_status is null then 'order.unknown-status' else 'order.status' end,
          told_status, raw_status, null, null,
          case when on_hold then jsonb_build_object('on_hold', true) end, job_run_id, null
        from orders where seller_id = ${sellerId} and id = ${orderId}
        union all
        select e.id::text, e.at,
          case when e.status is null then 'shipment.unknown-status' else 'shipment.status' end,
          e.status, e.raw_status, s.id, null, null, e.job_run_id, null
        from shipments s
        join shipment_events e on e.seller_id = s.seller_id and e.shipment_id = s.id
        where s.seller_id = ${sellerId} and s.order_id = ${orderId}
        union all
        select e.id::text, e.at,
          case when e.status is null then 'return.unknown-status' else 'return.status' end,
          e.status, e.raw_status, null, r.id, null, e.job_run_id, null
        from order_returns r
        join order_return_events e on e.seller_id = r.seller_id and e.order_return_id = r.id
        where r.seller_id = ${sellerId} and r.order_id = ${orderId}
        ) told order by at, kind, raw, state, data::text, id`)
      return withoutEchoes(rows).map((row) => entryOf(row, order.marketplace))
    }),
})

const orderRow = z.object({ marketplace: z.string() })
const eventRow = z.object({
  id: z.string(),
  at: z.date(),
  kind: z.string(),
  state: z.string().nullable(),
  raw: z.string().nullable(),
  shipment_id: z.string().nullable(),
  return_id: z.string().nullable(),
  data: z.record(z.string(), z.unknown()).nullable(),
  job_run_id: z.string().nullable(),
  actor: z.string().nullable(),
})
type Event = z.infer<typeof eventRow>

/** A thing that says the same word again tells nothing new. */
const withoutEchoes = (events: readonly Event[]): readonly Event[] => {
  const lastWords = new Map<string, string>()
  return events.filter(({ kind, state, raw, shipment_id, return_id, data }) => {
    if (!kind.endsWith('status')) return true
    const thing = shipment_id ?? return_id ?? 'order'
    const word = JSON.stringify([kind, state, raw, data])
    if (lastWords.get(thing) === word) return false
    lastWords.set(thing, word)
    return true
  })
}

const entryOf = (
  { at, kind, state, raw, shipment_id, return_id, data, job_run_id, actor }: Event,
  marketplace: string,
): TimelineEntry => ({
  ...{ at, kind, state, raw, shipment_id, return_id, data },
  source: {
    kind: job_run_id ? 'run' : actor && !actor.startsWith('system:') ? 'actor' : 'system',
    marketplace,
    run_id: job_run_id,
    // which of the staff looked in is in the audit trail, for those who may read it
    actor: actor?.startsWith('staff:') ? 'staff' : actor,
  },
})
