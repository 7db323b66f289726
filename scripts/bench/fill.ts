/** Sellers of very different sizes with their orders, and the same orders as a plain table. */
import type { OrderRow } from '#core/plugin.ts'
import { randomFor } from '#core/testing/sandbox/random.ts'
import { idOf } from '#core/ids.ts'
import type { LabDatabase } from './lab.ts'
import { makeOrders } from './orders.ts'
import { type BenchSeller, leaseRun, makeSeller } from './sellers.ts'
import { atTheBeginning, batchSize, type House, syncOrders } from './sync.ts'

export interface FillSize {
  readonly sellers: number
  readonly orders: number
}
export interface Filled {
  readonly sellers: readonly BenchSeller[]
  readonly orders: number
  /** A seller for every operation, the large ones as much more often as they are larger. */
  readonly pick: () => BenchSeller
}

/** The largest seller has n orders, the second n/2, the third n/3 (Zipf). */
const shareOf = (rank: number): number => 1 / (rank + 1)

/**
 * Orders by the ingest of the house, batch by batch from all sellers in turn; `plain_orders` by SQL:
 * the same rows in the same places, with the buyers in clear and without row security.
 */
export const fill = async (
  house: House,
  lab: LabDatabase,
  size: FillSize,
  progress: (done: number) => void,
): Promise<Filled> => {
  const whole = Array.from({ length: size.sellers }, (_, rank) => shareOf(rank))
    .reduce((sum, share) => sum + share, 0)
  const shops = []
  for (let rank = 0; rank < size.sellers; rank++) {
    const seller = await makeSeller(house.db, lab)
    const orders = Math.max(60, Math.round(size.orders * shareOf(rank) / whole))
    const run = await leaseRun(house.db, lab, seller)
    shops.push({ seller, run, orders, stored: 0, at: atTheBeginning })
  }
  await lab.asSuperuser((sql) => sql.unsafe(plainTable))
  let done = 0
  for (let left = shops; left.length > 0; left = left.filter((shop) => shop.stored < shop.orders)) {
    for (const shop of left) {
      const to = Math.min(shop.orders, shop.stored + batchSize)
      const rows = makeOrders(shop.seller.accountId.slice(-6), shop.stored, to)
      shop.at = await syncOrders(house, shop.seller, shop.run, rows, shop.at)
      await lab.asSuperuser((sql) => sql.unsafe(insertBuyers, [buyersOf(shop.seller, rows)]))
      done += to - shop.stored
      shop.stored = to
      progress(done)
    }
  }
  await lab.asSuperuser(async (sql) => {
    await sql.unsafe(fillPlainTable)
    await sql.unsafe('vacuum (analyze) orders')
    await sql.unsafe('vacuum (analyze) plain_orders')
    // what was written is on disk before anything is measured
    await sql.unsafe('checkpoint')
  })
  return { sellers: shops.map((shop) => shop.seller), orders: done, pick: picker(shops) }
}

const picker = (shops: readonly { readonly seller: BenchSeller }[]): () => BenchSeller => {
  const random = randomFor(1, 'who asks')
  const often = shops.flatMap((shop, rank) => {
    const times = Math.ceil(shareOf(rank) * shops.length)
    return Array.from({ length: times }, () => shop.seller)
  })
  return () => random.pick(often)
}

const plainTable = `
  create table plain_orders
    (like orders including defaults including constraints including indexes);
  alter table plain_orders
    drop column customer_name_enc, drop column customer_phone_enc,
    drop column customer_email_enc, drop column address_enc,
    add column customer_name text, add column customer_phone text,
    add column customer_email text, add column address json;
  create table buyers (id uuid primary key, name text, phone text, email text, address json);
  grant select on plain_orders to bench_free`

const insertBuyers = `
  insert into buyers select * from json_to_recordset($1::json)
    as b (id uuid, name text, phone text, email text, address json)`

const sameColumns = `seller_id, id, marketplace_account_id, external_order_id, status, status_rank,
  raw_status, on_hold, ordered_at, source_updated_at, ship_by, currency, total_paise, fulfilled_by,
  state_code, item_count, content_hash, job_run_id, created_at, updated_at`
const fillPlainTable = `
  insert into plain_orders
    (${sameColumns}, customer_name, customer_phone, customer_email, address)
  select ${sameColumns.replaceAll(/(\w+)/g, 'o.$1')}, b.name, b.phone, b.email, b.address
  from orders o join buyers b on b.id = o.id
  order by o.ctid`

const buyersOf = (seller: BenchSeller, rows: readonly OrderRow[]) =>
  rows.map(({ externalId, customer }) => {
    const { postalCode, ...rest } = customer?.address ??
      { line1: null, line2: null, city: null, state: null, postalCode: null }
    return {
      id: idOf(seller.sellerId, seller.accountId, 'order', externalId),
      name: customer?.name ?? null,
      phone: customer?.phone ?? null,
      email: customer?.email ?? null,
      address: { ...rest, postal_code: postalCode },
    }
  })
