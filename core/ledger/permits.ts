/** Permits of the marketplaces' token buckets, kept in the database so that all workers share them. */
import { z } from 'zod'
import type { Database, Entry } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { failure, type RateLimit } from '../plugin.ts'
import type { Upstream } from './upstream.ts'

export interface Permits {
  /** Resolves when the request may be made; throws `rate-limit` when that would take too long. */
  readonly take: (operation: string, signal: AbortSignal) => Promise<void>
  /**
   * What an answer told: the live rate per second, or that the bucket is empty (429), and for how many
   * milliseconds of the upstream's clock.
   */
  readonly learn: (
    operation: string,
    told: {
      readonly rate?: number
      readonly empty?: boolean
      readonly waitMs?: number | undefined
    },
  ) => Promise<void>
}
export interface PermitsOptions {
  readonly db: Database
  readonly entry: Entry
  readonly accountId: string
  readonly limits: readonly RateLimit[]
  readonly upstream: Upstream
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * A longer wait gives the work item back instead of holding a worker: in real time, and in the
 * upstream's, where a token could run out in the meantime.
 */
const longestWaitMs = 1_500
const longestUpstreamWaitMs = 10 * 60_000
/** However long a marketplace says. */
const longestRetryAfterMs = 24 * 3_600_000

export const createPermits = (options: PermitsOptions): Permits => {
  const { db, entry, accountId, upstream } = options
  const limits = new Map(options.limits.map((limit) => [limit.operation, limit]))
  const toldRates = new Map<string, number>()

  const ask = async (limit: RateLimit): Promise<number> => {
    const { wait_ms } = await db.inSellerScope(entry).one(sql.type(wait)`
      select take_permit(${accountId}::uuid, ${limit.operation}, ${limit.ratePerSecond}::float8,
        ${limit.burst}::float8, ${upstream.now().getTime()}::int8) as wait_ms`)
    return wait_ms
  }

  return {
    take: async (operation, signal) => {
      const limit = limits.get(operation)
      if (!limit) throw new Error(`No rate limit is declared for operation "${operation}"`)
      let waitedMs = 0
      for (let waitMs = await ask(limit); waitMs > 0; waitMs = await ask(limit)) {
        const realMs = upstream.realMs(waitMs)
        waitedMs += realMs
        if (waitedMs > longestWaitMs || waitMs > longestUpstreamWaitMs) {
          throw failure('rate-limit', 'The rate limit of the marketplace is used up', {
            retryAfterMs: waitMs,
          })
        }
        await options.sleep(Math.max(1, realMs), signal)
        signal.throwIfAborted()
      }
    },
    learn: async (operation, { rate, empty = false, waitMs }) => {
      if (!empty && (rate === undefined || rate === toldRates.get(operation))) return
      if (rate !== undefined) toldRates.set(operation, rate)
      await db.inSellerScope(entry).run(command`
        select correct_bucket(${accountId}::uuid, ${operation}, ${rate ?? null}::float8,
          ${empty}::boolean, ${upstream.now().getTime()}::int8, ${
        waitMs === undefined ? null : Math.min(waitMs, longestRetryAfterMs)
      }::float8)`)
    },
  }
}

const wait = z.object({ wait_ms: z.number() })
