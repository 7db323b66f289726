/** P10: rate limits by leases against one question to the shared store for each request. */
import { createLimiter } from '#core/auth/limits/limiter.ts'
import { redisStore } from '#core/auth/limits/redis-store.ts'
import { databaseStore, type LimitStore } from '#core/auth/limits/store.ts'
import { openDatabase } from '#core/db/scope.ts'
import { newId } from '#core/ids.ts'
import type { Policy } from '#core/rate-limits.ts'
import { startRedis } from '../local/redis.ts'
import { describe, type Finding, say, speedFinding } from './findings.ts'
import type { LabDatabase, LabUrls } from './lab.ts'
import { measure } from './slices.ts'
import type { House } from './sync.ts'

export interface LimitsSize {
  readonly rounds: number
  readonly sliceMs: number
}

const sellers = 50
const loops = 32
const processes = 8
/** So much that nobody comes near its end: there, leases become small. */
const roomy: Policy = { name: 'bench', quota: 1_000_000_000, windowSeconds: 3_600 }
const tight: Policy = { name: 'tight', quota: 600, windowSeconds: 3_600 }

/** One operation is a request of one of the sellers, in turn. */
export const benchLimits = async (
  house: House,
  { urls }: LabDatabase,
  size: LimitsSize,
): Promise<readonly Finding[]> => {
  const redis = await startRedis()
  const inRedis = redis === undefined ? undefined : redisStore(redis.url)
  try {
    const findings = [...await benchStore('PostgreSQL', databaseStore(house.db), size)]
    if (inRedis === undefined) say('  there is no redis-server here')
    else {
      await untilReady(inRedis)
      findings.push(...await benchStore('Redis', inRedis, size))
    }
    return [...findings, await countOver(urls)]
  } finally {
    await inRedis?.close()
    await redis?.stop()
  }
}

const benchStore = async (
  name: string,
  store: LimitStore,
  size: LimitsSize,
): Promise<readonly Finding[]> => {
  const keys = Array.from({ length: sellers }, () => `seller:${newId()}`)
  const variant = (what: string, maxLease: number) => {
    const limiter = createLimiter({ policy: roomy, store, now: Date.now, maxLease })
    let next = 0
    return {
      name: `${name}, ${what}`,
      run: async () => await limiter.take(keys[next++ % sellers] ?? ''),
    }
  }
  const found = await measure(
    [variant('leases of 20', 20), variant('one call each', 1)],
    { ...size, loops },
  )
  for (const one of found) say(`  ${describe(one)}`)
  const [leased, each] = found
  if (!leased || !each) throw new Error('unreachable')
  const what = `rate limit by leases / one call to ${name} for each request`
  return [speedFinding('P10', what, 6, leased, each)]
}

const untilReady = async (store: LimitStore): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    if (await store.take(tight, 'ready', 1).then(() => true, () => false)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('Redis does not answer')
}

/** Eight processes, each with a pool of its own, ask for far more than one seller's quota. */
const countOver = async ({ app, platform }: LabUrls): Promise<Finding> => {
  const databases = await Promise.all(
    Array.from(
      { length: processes },
      () => openDatabase({ url: app, platformUrl: platform, maxConnections: 1 }),
    ),
  )
  const key = `seller:${newId()}`
  const passed = await Promise.all(databases.map(async (db) => {
    const limiter = createLimiter({ policy: tight, store: databaseStore(db), now: Date.now })
    const standings = await Promise.all(
      Array.from({ length: tight.quota }, () => Promise.resolve(limiter.take(key))),
    )
    return standings.filter(({ isAllowed }) => isAllowed).length
  }))
  await Promise.all(databases.map((db) => db.close()))
  const given = passed.reduce((sum, count) => sum + count, 0)
  const percent = Math.max(0, (given - tight.quota) / tight.quota * 100)
  return {
    target: 'P10',
    what: `permits of ${processes} processes over one quota, in percent`,
    wanted: '≤ 1',
    reached: percent.toFixed(2),
    spread: '',
    isMet: percent <= 1,
    figures: `${given} of ${tight.quota} given, ${processes * tight.quota} asked for`,
  }
}
