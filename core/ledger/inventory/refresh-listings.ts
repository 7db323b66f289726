/** What each listing may offer, worked out anew, and the pushes that follow from it. */
import { z } from 'zod'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { QueueOf } from '../../queues/layout.ts'
import { requestWork } from '../../queues/work.ts'
import type { Registry } from '../registry.ts'
import { stockLocks } from './note.ts'

export interface PushDeps {
  readonly registry: Registry
  readonly queueOf: QueueOf
}

/**
 * Works out what the listings of these products may offer, and asks for a push of what has changed.
 * The products are locked. A listing offers what is on hand, less everything that open orders of any
 * account hold, less the safety stock, less what is reserved for other accounts, and never less than
 * nothing. Of a product that nobody has counted nothing is said.
 */
export const refreshListings = async (
  scope: SellerScope,
  deps: PushDeps,
  productIds: readonly string[],
): Promise<void> => {
  if (productIds.length === 0) return
  const products = uuidArray([...new Set(productIds)])
  const changed = await scope.any(sql.type(changedRow)`
    with stock as (
      select p.id, l.on_hand - p.safety_stock
        - coalesce((
          select sum(h.quantity) from inventory_holds h
          where h.seller_id = p.seller_id and h.product_id = p.id and h.state = 'HELD'), 0)
        - coalesce((
          select sum(r.quantity) from inventory_reserves r
          where r.seller_id = p.seller_id and r.product_id = p.id), 0) as free
      from catalog_products p
      cross join lateral (
        select sum(on_hand) as on_hand from inventory_levels
        where seller_id = p.seller_id and product_id = p.id
      ) l
      where p.seller_id = ${scope.sellerId} and p.id = any(${products}::uuid[])
        and l.on_hand is not null
    ), locked as (
      select l.id,
        greatest(0, least(${mostPieces}, s.free + coalesce(own.quantity, 0)))::int4 as quantity
      from catalog_listings l
      join stock s on s.id = l.product_id
      left join inventory_reserves own on own.seller_id = l.seller_id
        and own.product_id = l.product_id
        and own.marketplace_account_id = l.marketplace_account_id
      where l.seller_id = ${scope.sellerId} and l.product_id = any(${products}::uuid[])
      order by l.id for no key update of l
    )
    update catalog_listings l
    set quantity = k.quantity, version = l.version + 1, changed_at = now()
    from locked k
    where l.seller_id = ${scope.sellerId} and l.id = k.id
      and l.quantity is distinct from k.quantity
    returning l.marketplace_account_id`)
  await askForPushes(scope, deps, changed.map((row) => row.marketplace_account_id))
}
/** What an integer of PostgreSQL holds. */
const mostPieces = 2_147_483_647
const changedRow = z.object({ marketplace_account_id: z.string() })

/**
 * Asks for pushes of these accounts, where the marketplace takes any. The lock is taken by the worker
 * as well, before it comes to its end: what commits meanwhile is never left behind.
 */
export const askForPushes = async (
  scope: SellerScope,
  { registry, queueOf }: PushDeps,
  accountIds: readonly string[],
): Promise<void> => {
  if (accountIds.length === 0) return
  const accounts = await scope.any(sql.type(accountRow)`
    select a.id, m.code from marketplace_accounts a
    join marketplaces m on m.id = a.marketplace_id
    where a.seller_id = ${scope.sellerId} and a.id = any(${
    uuidArray([...new Set(accountIds)])
  }::uuid[])
    order by a.id`)
  for (const { id: accountId, code } of accounts) {
    const marketplace = registry.find(code)
    if (marketplace?.adapter.pushInventory === undefined) continue
    await lockPushes(scope, accountId)
    await requestWork(scope, {
      sellerId: scope.sellerId,
      accountId,
      target: 'INVENTORY',
      reason: 'push',
      queue: queueOf('INVENTORY', marketplace.id),
    })
  }
}
const accountRow = z.object({ id: z.string(), code: z.string() })

export const lockPushes = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(command`
    select pg_advisory_xact_lock(hashtextextended(${accountId}, ${stockLocks.pushes}))`)
}
