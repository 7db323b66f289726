/** Tells stock that orders have changed: asked for in the transaction that changes them. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { requestWork } from '../../queues/work.ts'

/**
 * Asks for the work that looks at changed orders of an account, if there are any. To be called behind
 * the writing of orders and before anything is recorded at commit: it takes a lock that the worker
 * takes as well before it comes to its end, so that what commits meanwhile is never left behind.
 */
export const noteStock = async (scope: SellerScope, accountId: string): Promise<void> => {
  const waiting = await scope.maybeOne(sql.type(locked)`
    select pg_advisory_xact_lock(hashtextextended(${accountId}, ${stockLocks.tasks}))::text as locked
    from (
      select from inventory_tasks
      where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId} limit 1
    ) as task`)
  if (waiting === null) return
  await requestWork(scope, {
    sellerId: scope.sellerId,
    accountId,
    target: 'STOCK',
    reason: 'push',
    queue: stockQueue,
  })
}

/** In order for each account, apart from its syncs and pushes. */
const stockQueue = 'inventory-deduct'

/** Seeds of advisory locks of an account. 0 is of its work, 1 of the storing of its orders. */
export const stockLocks = {
  /** Held from the asking for STOCK work, or by its end. */
  tasks: 2,
  /** Held while lines are given to products, or a sku gets its product. */
  mapping: 3,
  /** Held from the asking for INVENTORY work, or by its end. */
  pushes: 4,
} as const

const locked = z.object({ locked: z.unknown() })
