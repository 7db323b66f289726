/** How the stock of an account stands, for its health. */
import { z } from 'zod'
import type { Queries } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'

export interface StockHealth {
  readonly listings: number
  /** Listings whose newest quantity the marketplace has not answered to. */
  readonly waiting: number
  /** Since when the oldest of them waits. */
  readonly waiting_since: Date | null
  readonly rejected: number
  /** Listings of which the marketplace says something else than it was told, twice. */
  readonly drifting: number
  /** SKUs of open lines that lead to no product. */
  readonly unmapped: number
}

/** Of one account of the scope's seller. */
export const stockHealth = async (queries: Queries, accountId: string): Promise<StockHealth> =>
  await queries.one(sql.type(healthRow)`
    select count(*)::int4 as listings,
      count(*) filter (where version > settled_version)::int4 as waiting,
      min(changed_at) filter (where version > settled_version) as waiting_since,
      count(*) filter (where rejection is not null)::int4 as rejected,
      count(*) filter (where differences > 1)::int4 as drifting,
      (
        select count(distinct (sku, external_listing_id))::int4 from inventory_holds
        where seller_id = app_current_seller_id() and marketplace_account_id = ${accountId}
          and product_id is null and state = 'HELD'
      ) as unmapped
    from catalog_listings
    where seller_id = app_current_seller_id() and marketplace_account_id = ${accountId}`)

const healthRow = z.object({
  listings: z.number(),
  waiting: z.number(),
  waiting_since: z.date().nullable(),
  rejected: z.number(),
  drifting: z.number(),
  unmapped: z.number(),
})
