/** Ends months of the archive of raw answers: what was sealed in them opens nowhere any more. */
import { z } from 'zod'
import { int4Array } from '../db/arrays.ts'
import type { Queries, SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'

export interface ArchiveMonth {
  readonly sellerId: string
  /** 202611 is November 2026, in UTC. */
  readonly month: number
}

/** Months up to this one that still have their keys: of all sellers in platform scope, else of the one. */
export const listArchiveMonths = async (
  queries: Pick<Queries, 'any'>,
  { upTo, sellerId }: { readonly upTo: number; readonly sellerId?: string },
): Promise<readonly ArchiveMonth[]> => {
  const rows = await queries.any(sql.type(monthRow)`
    select seller_id, version from seller_keys
    where purpose = 'archive' and state <> 'DESTROYED' and version <= ${upTo}
      and (${sellerId ?? null}::uuid is null or seller_id = ${sellerId ?? null}::uuid)
    order by seller_id, version`)
  return rows.map((row) => ({ sellerId: row.seller_id, month: row.version }))
}
const monthRow = z.object({ seller_id: z.string(), version: z.int() })

/**
 * How many were destroyed. A key that a process holds goes with its cache: within minutes, and nothing
 * is sealed under a month that is over.
 */
export const destroyArchiveMonths = async (
  scope: SellerScope,
  months: readonly number[],
): Promise<number> =>
  months.length === 0 ? 0 : await scope.run(command`
    update seller_keys set state = 'DESTROYED'
    where seller_id = ${scope.sellerId} and purpose = 'archive' and state <> 'DESTROYED'
      and version = any(${int4Array(months)}::int4[])`)
