/** Where the counts of all processes meet; and what stands in while it does not answer. */
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { Log } from '../../log.ts'
import { createLru } from '../lru.ts'
import type { Policy } from '../../rate-limits.ts'

/** The window of a key after a take. */
interface Window {
  /** All permits that were taken in it, ours last; beyond the quota as well. */
  readonly consumed: number
  /** How long it lasts from now on. */
  readonly endsInMs: number
}
export interface LimitStore {
  /** Takes permits, whether or not there are so many: the first take of a window begins it. */
  readonly take: (policy: Policy, key: string, permits: number) => Promise<Window>
  readonly close: () => Promise<void>
}

/** In the database, by a function of the gate. */
export const databaseStore = (db: Pick<Database, 'gate'>): LimitStore => ({
  take: async ({ name, windowSeconds }, key, permits) => {
    const { consumed, ends_in_ms } = await db.gate.one(sql.type(taken)`
      select consumed, ends_in_ms
      from limit_take(${`${name}:${key}`}, ${permits}, ${windowSeconds * 1000})`)
    return { consumed, endsInMs: ends_in_ms }
  },
  close: () => Promise.resolve(),
})
const taken = z.object({ consumed: z.number(), ends_in_ms: z.number() })

/** Forgets windows that are over; how many they were. */
export const forgetWindows = (db: Pick<Database, 'withPlatformScope'>): Promise<number> =>
  db.withPlatformScope(
    'limits-sweep',
    (tx) => tx.run(command`delete from limit_windows where ends_at < now() - interval '1 hour'`),
  )

/** In this process alone. */
export const memoryStore = (now: () => number, maxKeys = 50_000): LimitStore => {
  const windows = createLru<{ readonly consumed: number; readonly endsAt: number }>(maxKeys)
  return {
    take: ({ name, windowSeconds }, key, permits) => {
      const at = now()
      const id = `${name}:${key}`
      const before = windows.get(id)
      const isOpen = before !== undefined && before.endsAt > at
      const endsAt = isOpen ? before.endsAt : at + windowSeconds * 1000
      const consumed = (isOpen ? before.consumed : 0) + permits
      windows.set(id, { consumed, endsAt })
      return Promise.resolve({ consumed, endsInMs: endsAt - at })
    },
    close: () => Promise.resolve(),
  }
}

/** How long a request may wait for the store, and how long the store is left alone after that. */
const patienceMs = 250
const restMs = 1_000

/**
 * The shared store, and memory while it does not answer: then every process gives the whole quota by
 * itself, and nobody is turned away because our store is down.
 */
export const insuredStore = (
  shared: LimitStore,
  { now, log }: { readonly now: () => number; readonly log: Log },
): LimitStore => {
  const memory = memoryStore(now)
  let restsUntil = 0
  return {
    take: async (policy, key, permits) => {
      if (now() < restsUntil) return await memory.take(policy, key, permits)
      try {
        return await withinPatience(shared.take(policy, key, permits))
      } catch (error) {
        if (now() >= restsUntil) log.warn('limits.store-down', { error })
        restsUntil = now() + restMs
        return await memory.take(policy, key, permits)
      }
    },
    close: shared.close,
  }
}

const withinPatience = async <T>(work: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${patienceMs} ms`)), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
