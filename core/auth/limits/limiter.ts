/**
 * One rate limit over all processes: each takes permits by leases from the shared count and spends
 * them by itself, so that most requests ask nobody.
 */
import { createLru } from '../lru.ts'
import type { Policy } from '../../rate-limits.ts'
import type { LimitStore } from './store.ts'

/** How a key stands after a request. */
export interface Standing {
  readonly policy: Policy
  readonly isAllowed: boolean
  /** As far as this process knows: others may hold leases. */
  readonly remaining: number
  /** Until the window ends. */
  readonly resetSeconds: number
}
export interface Limiter {
  /** Counts one request. Resolves at once while the lease lasts. */
  readonly take: (key: string) => Standing | Promise<Standing>
}

interface Holding {
  endsAt: number
  /** Permits in our hands. */
  left: number
  /** What the store had left when we last asked. */
  stored: number
  lease: number
  waiting: number
  asking: Promise<void> | undefined
}

/** Of what is left in the store, so that the last permits are not kept by one who needs them not. */
const share = 1 / 8

/**
 * The store counts what is taken, so every process knows which permits of its take were below the
 * quota: no window gives more than its quota, however many processes there are. Leases grow while
 * they are used up, and shrink towards the end of the quota; what a process has leased and does not
 * spend is lost, at most as much as it has spent.
 */
export const createLimiter = (
  { policy, store, now, maxLease = 20, maxKeys = 50_000 }: {
    readonly policy: Policy
    readonly store: LimitStore
    /** Milliseconds. */
    readonly now: () => number
    readonly maxLease?: number
    readonly maxKeys?: number
  },
): Limiter => {
  const holdings = createLru<Holding>(maxKeys)

  const standing = (held: Holding, isAllowed: boolean, at: number): Standing => ({
    policy,
    isAllowed,
    remaining: held.left + held.stored,
    resetSeconds: Math.max(1, Math.ceil((held.endsAt - at) / 1000)),
  })
  /** Undefined: the store has to be asked. */
  const spend = (held: Holding): Standing | undefined => {
    const at = now()
    if (at >= held.endsAt) return undefined
    if (held.left > 0) {
      held.left--
      return standing(held, true, at)
    }
    // nobody has to ask again before the window ends, however often a busy client comes
    return held.stored > 0 ? undefined : standing(held, false, at)
  }
  const ask = async (key: string, held: Holding): Promise<void> => {
    const isNew = now() >= held.endsAt
    const wanted = Math.max(isNew ? 1 : held.lease * 2, held.waiting)
    const fair = isNew ? maxLease : Math.ceil(held.stored * share)
    const permits = Math.max(1, Math.min(wanted, fair, maxLease))
    // before the question, so that our window never ends after the store's
    const at = now()
    const { consumed, endsInMs } = await store.take(policy, key, permits)
    held.left = Math.min(permits, Math.max(0, policy.quota - (consumed - permits)))
    held.stored = Math.max(0, policy.quota - consumed)
    held.endsAt = at + endsInMs
    held.lease = permits
  }
  const wait = async (key: string, held: Holding): Promise<Standing> => {
    held.waiting++
    try {
      for (;;) {
        held.asking ??= ask(key, held).finally(() => {
          held.asking = undefined
        })
        await held.asking
        const found = spend(held)
        if (found !== undefined) return found
      }
    } finally {
      held.waiting--
    }
  }
  return {
    take: (key) => {
      let held = holdings.get(key)
      if (held === undefined) {
        held = { endsAt: 0, left: 0, stored: 0, lease: 0, waiting: 0, asking: undefined }
        holdings.set(key, held)
      }
      return spend(held) ?? wait(key, held)
    },
  }
}
