/** Jobs of the core for a whole seller: asked for in a scope, handled like a plugin's job. */
import { z } from 'zod'
import type { SellerScope, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'

/** The queue that carries them. */
export const sellerCare = 'seller-care'

const sellerJobs = [
  /** Seals a seller's values anew under the newest key. */
  'rotate-keys',
  /** Destroys a seller's keys, and proves it. */
  'shred',
  /** Writes all that a seller has into files. */
  'tenant-export',
  /** Makes the blind indexes that orders lack. */
  'index-orders',
  /** Erases buyers' fields whose time is over. */
  'retention',
  /** Joins the parts of a past hour of the raw archive. */
  'compact-archive',
] as const
export type SellerJobKind = (typeof sellerJobs)[number]

/** The body of such a job; what it is about stands in tables. */
export const sellerJobBody = z.object({ job: z.enum(sellerJobs) })

/**
 * Asks for a job, in the transaction that stores what it is about. An open one of the kind is joined, with
 * the time that it waits for: `created` is false. Works in a seller's scope and in platform scope, also
 * for a suspended seller.
 */
export const requestSellerJob = async (
  tx: Pick<Tx, 'one'>,
  asked: {
    readonly sellerId: string
    readonly job: SellerJobKind
    readonly delayMs?: number
  },
): Promise<{ readonly created: boolean }> => {
  const { sellerId, job, delayMs = 0 } = asked
  return await tx.one(sql.type(requested)`
    select request_seller_job(${sellerId}, ${job}, ${newId()}, ${newId()},
      ${delayMs}::double precision) as created`)
}
const requested = z.object({ created: z.boolean() })

/**
 * Taken by a handler before it looks for the last time whether there is more to do, in the transaction
 * that ends its item: nobody can join the job in between.
 */
export const holdSellerJob = async (scope: SellerScope, job: SellerJobKind): Promise<void> => {
  // the lock of request_seller_job
  await scope.run(command`
    select pg_advisory_xact_lock(
      hashtextextended(${scope.sellerId}::uuid::text || 'seller-care' || ${job}::text, 0))`)
}
