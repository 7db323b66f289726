/** A seller with stock, two shops and a marketplace in memory; workers are driven by hand. */
import { z } from 'zod'
import { int4Array, textArray, uuidArray } from '../../../core/db/arrays.ts'
import type { SellerScope } from '../../../core/db/database.ts'
import { command, sql } from '../../../core/db/sql.ts'
import { idOf } from '../../../core/ids.ts'
import { noteStock } from '../../../core/ledger/inventory/note.ts'
import { pushStock } from '../../../core/ledger/inventory/run-push.ts'
import { runStock } from '../../../core/ledger/inventory/run-stock.ts'
import { createRegistry } from '../../../core/ledger/registry.ts'
import {
  type Adapter,
  type OrderState,
  orderStateRank,
  type StockChange,
  type StockResult,
} from '../../../core/plugin.ts'
import { claimWork, type LeasedWork } from '../../../core/queues/work.ts'
import { makeSeller, type TestSeller } from '../../support/database.ts'
import type { World } from '../../support/bazaar/world.ts'

export interface Line {
  readonly sku: string | null
  readonly quantity: number
  readonly cancelled?: number
  readonly listingId?: string
}
export interface TestOrder {
  readonly externalId: string
  readonly status: OrderState
  readonly lines: readonly Line[]
  readonly orderedAt?: Date
  readonly fulfilledBy?: 'SELLER' | 'MARKETPLACE'
}
/** What one shop of the marketplace believes, and everything that it was sent. */
export interface Shop {
  readonly stock: Map<string, number>
  readonly pushes: StockChange[]
}

export const openShelf = async (world: World) => {
  const seller = await makeSeller(world.fresh.db)
  const accounts = [await world.connectShop(seller, 0), await world.connectShop(seller, 1)] as const
  const shops = new Map<string, Shop>(
    accounts.map((id) => [id, { stock: new Map(), pushes: [] }]),
  )
  const shopOf = (accountId: string): Shop => {
    const shop = shops.get(accountId)
    if (!shop) throw new Error('There is no such shop')
    return shop
  }
  const own: Pick<Adapter, 'pushInventory' | 'readInventory'> = {
    pushInventory: (account, changes) => Promise.resolve(take(shopOf(account.id), changes)),
    readInventory: (account, items) =>
      Promise.resolve(items.flatMap(({ sku }) => {
        const quantity = shopOf(account.id).stock.get(sku)
        return quantity === undefined ? [] : [{ sku, quantity }]
      })),
  }
  const shelf = {
    ...{ world, seller, accounts, shopOf },
    deps: depsWith(world, own),
    own,
  }
  return shelf
}
export type Shelf = Awaited<ReturnType<typeof openShelf>>

/** Accepts everything. */
export const take = (shop: Shop, changes: readonly StockChange[]): readonly StockResult[] =>
  changes.map((change) => {
    shop.pushes.push(change)
    shop.stock.set(change.sku, change.quantity)
    return { sku: change.sku, outcome: 'accepted' }
  })

/** What the ledger's functions are given, with these members of Bazaar's adapter. */
export const depsWith = (world: World, members: Partial<Adapter>) => ({
  ...world.deps,
  registry: createRegistry([{
    ...world.marketplace,
    adapter: { ...world.marketplace.adapter, ...members },
  }]),
})

/** Stores the order as a sync does, and tells stock. */
export const placeOrder = async (
  { world, seller }: Pick<Shelf, 'world' | 'seller'>,
  accountId: string,
  order: TestOrder,
): Promise<string> =>
  await world.fresh.db.withSellerScope(seller.entry, async (scope) => {
    const id = await writeOrder(scope, accountId, order)
    await noteStock(scope, accountId)
    return id
  })

export const writeOrder = async (
  scope: SellerScope,
  accountId: string,
  order: TestOrder,
): Promise<string> => {
  const { externalId, status, lines, orderedAt = new Date(), fulfilledBy = 'SELLER' } = order
  const { sellerId } = scope
  const id = idOf(sellerId, accountId, 'order', externalId)
  const runId = idOf(sellerId, accountId, 'test-run')
  await scope.run(command`
    insert into job_runs (seller_id, id, marketplace_account_id, target, reason)
    values (${sellerId}, ${runId}, ${accountId}, 'ORDERS', 'manual') on conflict do nothing`)
  const content = JSON.stringify([status, lines, fulfilledBy])
  await scope.run(command`
    insert into orders (
      seller_id, marketplace_account_id, job_run_id, id, external_order_id, status, status_rank,
      raw_status, on_hold, ordered_at, source_updated_at, currency, fulfilled_by, item_count,
      content_hash
    ) values (
      ${sellerId}, ${accountId}, ${runId}, ${id}, ${externalId}, ${status},
      ${orderStateRank(status)}, ${status}, false, ${orderedAt.toISOString()}, now(), 'INR',
      ${fulfilledBy}, ${lines.length}, sha256(${content}::text::bytea)
    )
    on conflict (seller_id, id) do update set status = excluded.status,
      status_rank = excluded.status_rank, fulfilled_by = excluded.fulfilled_by,
      content_hash = excluded.content_hash`)
  await scope.run(command`
    delete from order_items where seller_id = ${sellerId} and order_id = ${id}`)
  await scope.run(command`
    insert into order_items (
      seller_id, id, order_id, line, external_item_id, sku, listing_id, quantity, cancelled_quantity
    )
    select ${sellerId}::uuid, u.id, ${id}::uuid, u.line, u.line::text, u.sku, u.listing_id,
      u.quantity, u.cancelled
    from unnest(
      ${uuidArray(lines.map((_, n) => idOf(sellerId, id, 'item', String(n))))}::uuid[],
      ${int4Array(lines.map((_, n) => n))}::int4[],
      ${textArray(lines.map((line) => line.sku))}::text[],
      ${textArray(lines.map((line) => line.listingId ?? null))}::text[],
      ${int4Array(lines.map((line) => line.quantity))}::int4[],
      ${int4Array(lines.map((line) => line.cancelled ?? 0))}::int4[]
    ) as u (id, line, sku, listing_id, quantity, cancelled)`)
  return id
}

const never = new AbortController().signal
type Target = 'STOCK' | 'INVENTORY'

/** The open items of a target, whenever they are due, and whoever died over them. */
export const openItems = async (
  { world, seller }: Pick<Shelf, 'world' | 'seller'>,
  target: Target,
  accountId?: string,
): Promise<readonly string[]> => {
  const rows = await world.fresh.asSuperuser(async (admin) => {
    // the marketplace may be asked again, too
    await admin`delete from breakers`
    return await admin<{ id: string }[]>`
      update work_items set not_before = now(), lease_until = now()
      where seller_id = ${seller.sellerId} and target = ${target}
        and state in ('WAITING', 'RUNNING')
        and marketplace_account_id = coalesce(${accountId ?? null}, marketplace_account_id)
      returning id`
  })
  return rows.map(({ id }) => id)
}

export const leaseItem = async (
  { world, seller }: Pick<Shelf, 'world' | 'seller'>,
  itemId: string,
): Promise<LeasedWork> => {
  const claim = await claimWork(world.fresh.db, {
    ...{ sellerId: seller.sellerId, itemId, leaseMs: 60_000 },
  })
  if (!claim?.claimed || claim.target === 'JOB') throw new Error('The item cannot be leased')
  return claim
}

/** One slice of every open item of the target; answers how many there were. */
export const work = async (
  shelf: Pick<Shelf, 'world' | 'seller' | 'deps'>,
  target: Target,
  accountId?: string,
): Promise<number> => {
  const items = await openItems(shelf, target, accountId)
  for (const itemId of items) {
    const leased = await leaseItem(shelf, itemId)
    const handle = target === 'STOCK' ? runStock : pushStock
    await handle(shelf.deps, leased, { signal: never, draining: never })
  }
  return items.length
}

/** Until nothing is asked for any more. */
export const settle = async (shelf: Pick<Shelf, 'world' | 'seller' | 'deps'>): Promise<void> => {
  for (let round = 0; round < 20; round++) {
    const done = await work(shelf, 'STOCK') + await work(shelf, 'INVENTORY')
    if (done === 0) return
  }
  throw new Error('Stock does not come to rest')
}

/** A row of a table as the superuser sees it. */
export const rowsOf = async <T extends object>(
  { world, seller }: { readonly world: World; readonly seller: TestSeller },
  table: string,
  order = '1',
): Promise<readonly T[]> => {
  const rows = await world.fresh.asSuperuser((admin) =>
    admin.unsafe<T[]>(
      `select * from ${table} where seller_id = '${seller.sellerId}' order by ${order}`,
    )
  )
  return rows.map((row) => ({ ...row }))
}

export const countOf = async (
  { world, seller }: Pick<Shelf, 'world' | 'seller'>,
  table: string,
): Promise<number> => {
  const scope = world.fresh.db.inSellerScope(seller.entry)
  const { n } = await scope.one(sql.type(z.object({ n: z.number() }))`
    select count(*)::int4 as n from ${sql.identifier([table])}`)
  return n
}
