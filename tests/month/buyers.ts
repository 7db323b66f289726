/** Buyers of every marketplace as time goes on: what of them is there, and what may not be any more. */
import { createOrders } from '#core/ledger/read-orders.ts'
import type { Upstream } from '#core/ledger/upstream.ts'
import { dayMs, runJob } from '../ledger/retention/support.ts'
import type { House, Shop } from './house.ts'

export interface Held {
  /** Orders of which something of the buyer lies there. */
  readonly held: number
  /** Of these, such that their time is over. */
  readonly expired: number
}

/** The clocks of all marketplaces, so many days on. */
const shifted = (house: House, days: number) => (id: string): Upstream => {
  const upstream = house.deps.upstreamOf(id)
  return { ...upstream, now: () => new Date(upstream.now().getTime() + days * dayMs) }
}

/** Erases what is due of the sellers, as if it were so many days later by every clock. */
export const eraseLater = async (
  house: House,
  days: number,
  sellers: ReadonlySet<Shop['seller']>,
): Promise<void> => {
  for (const { sellerId } of sellers) {
    const now = () => house.deps.now() + days * dayMs
    const deps = { ...house.deps, upstreamOf: shifted(house, days), now, config: {} }
    // small batches, so that there are many
    await runJob(house.fresh, sellerId, deps, 50)
  }
}

/**
 * By marketplace, over the real tables and by other words than the job's: an order that has ended, and
 * of which and of whose parcels nothing was told for so many days, one on its way that has not moved on
 * for as many, an open one for sixty, and whatever came here so many days and ninety ago.
 */
export const heldLater = async (
  house: House,
  days: number,
  limitOf: (id: string) => number,
): Promise<Readonly<Record<string, Held>>> => {
  const all: Record<string, Held> = {}
  for (const id of new Set(house.shops.map(({ marketplace }) => marketplace.id))) {
    const now = shifted(house, days)(id).now()
    const before = (span: number) => new Date(now.getTime() - span * dayMs)
    const [ended, silent] = [before(limitOf(id)), before(Math.max(60, limitOf(id)))]
    const came = new Date(house.deps.now() + (days - limitOf(id) - 90) * dayMs)
    const [row] = await house.fresh.asSuperuser((sql) =>
      sql<Held[]>`
        select count(*)::int as held, count(*) filter (where o.created_at <= ${came} or case
            when o.status in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST')
            then greatest(o.source_updated_at, o.own_at, o.parcel_at) <= ${ended}
            when o.status in ('SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_IN_TRANSIT')
            then greatest(o.own_at, o.parcel_at) <= ${ended}
            else greatest(o.source_updated_at, o.ship_by, o.own_at, o.parcel_at) <= ${silent}
          end)::int as expired
        from orders o
        join marketplace_accounts a on a.seller_id = o.seller_id
          and a.id = o.marketplace_account_id
        join marketplaces m on m.id = a.marketplace_id and m.plugin_id = ${id}
        where coalesce(o.customer_name_enc, o.customer_phone_enc, o.customer_email_enc,
          o.address_enc, o.customer_phone_idx, o.customer_email_idx) is not null`
    )
    all[id] = { held: row?.held ?? 0, expired: row?.expired ?? 0 }
  }
  return all
}

/** Papers that show a buyer, and lie in storage for somebody. */
export const papersOf = async ({ fresh }: House): Promise<number> => {
  const rows = await fresh.asSuperuser((sql) =>
    sql`select from order_documents d join storage_objects s on s.id = d.storage_object_id
      where d.type in ('LABEL', 'PACKING_SLIP', 'POB') and s.kept_at is not null`
  )
  return rows.length
}

/** What buyers are known by, in clear: long enough to be found in nothing else. */
export const wordsOfBuyers = async (house: House): Promise<readonly string[]> => {
  const { list } = createOrders(house.deps)
  const words = new Set<string>()
  for (const { entry } of new Set(house.shops.map(({ seller }) => seller))) {
    const { orders } = await list(entry, { filter: {}, limit: 200, customer: true })
    for (const { customer } of orders) {
      const told = [
        ...[customer?.name, customer?.phone, customer?.email],
        ...[customer?.address?.line1, customer?.address?.line2],
      ]
      for (const word of told) if (word && word.length > 7) words.add(word)
    }
  }
  return [...words]
}

/** All that is kept in clear of a run: its log, its work and messages, its trail. */
export const keptOfRuns = async ({ fresh, lines }: House): Promise<string> => {
  const tables = [
    ...['work_items', 'outbox', 'job_runs', 'audit_events', 'order_events', 'shipment_events'],
    ...['order_return_events', 'processing_steps', 'batches', 'batch_orders', 'dead_letters'],
    ...['marketplace_credential_events', 'document_asks', 'push_events', 'imports', 'erasures'],
    ...['quarantined_rows', 'decrypt_ledger'],
  ]
  const rows = await fresh.asSuperuser(async (sql) => {
    const all: string[] = []
    for (const table of tables) {
      const found = await sql<{ row: string }[]>`select to_jsonb(t)::text as row from ${
        sql(table)
      } t`
      all.push(...found.map(({ row }) => row))
    }
    return all
  })
  return [...lines, ...rows].join('\n')
}
