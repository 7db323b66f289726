/** The counts in Redis, where there is one. */
import { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { Policy } from '../../rate-limits.ts'
import type { LimitStore } from './store.ts'

/** Connects by itself, and again after a loss; while it is away, `take` rejects at once. */
export const redisStore = (url: string): LimitStore => {
  const client = new Redis(url, {
    // who waits for a limit waits for an answer: there is memory in place of it
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 200, 2_000),
  })
  // every failed take is told by whoever asked
  client.on('error', () => {})
  const limiters = new Map<string, RateLimiterRedis>()
  const limiterOf = ({ name, quota, windowSeconds }: Policy): RateLimiterRedis => {
    const known = limiters.get(name)
    if (known !== undefined) return known
    const made = new RateLimiterRedis({
      storeClient: client,
      keyPrefix: `robnu:limit:${name}`,
      points: quota,
      duration: windowSeconds,
      rejectIfRedisNotReady: true,
    })
    limiters.set(name, made)
    return made
  }
  return {
    take: async (policy, key, permits) => {
      // it counts beyond the limit as well, and never rejects for that
      const { consumedPoints, msBeforeNext } = await limiterOf(policy).penalty(key, permits)
      return { consumed: consumedPoints, endsInMs: msBeforeNext }
    },
    close: () => {
      client.disconnect()
      return Promise.resolve()
    },
  }
}
