/** Rate limits: exact over processes, cheap, and fair to neighbours. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressKey } from '../../core/auth/limits/address.ts'
import { createLimiter, type Standing } from '../../core/auth/limits/limiter.ts'
import { createLimits } from '../../core/auth/limits/limits.ts'
import { redisStore } from '../../core/auth/limits/redis-store.ts'
import {
  databaseStore,
  forgetWindows,
  insuredStore,
  type LimitStore,
  memoryStore,
} from '../../core/auth/limits/store.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { newId } from '../../core/ids.ts'
import { createLog } from '../../core/log.ts'
import { defaultPolicies, type Policy, readPolicies } from '../../core/rate-limits.ts'
import { type Redis, startRedis } from '../../scripts/local/redis.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const policy: Policy = { name: 'burst', quota: 600, windowSeconds: 60 }
const start = Date.parse('2026-02-01T00:00:00Z')

// before the tests are named: without one, those that need it say so
const redis: Redis | undefined = await startRedis()
let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 4 })
})
afterAll(async () => {
  await redis?.stop()
  await fresh.close()
})
const counting = (store: LimitStore) => {
  let calls = 0
  const counted: LimitStore = {
    ...store,
    take: (...asked) => {
      calls++
      return store.take(...asked)
    },
  }
  return { store: counted, calls: () => calls }
}

describe('one process', () => {
  const clock = { now: start }
  const inMemory = (one: Policy) =>
    createLimiter({ policy: one, store: memoryStore(() => clock.now), now: () => clock.now })

  it('gives the quota of a window, no more, and the next one after it', async () => {
    const limiter = inMemory({ ...policy, quota: 50 })
    for (let window = 0; window < 3; window++) {
      const standings: Standing[] = []
      for (let n = 0; n < 60; n++) standings.push(await limiter.take('seller:a'))
      expect(standings.map((one) => one.isAllowed)).toEqual([
        ...Array<boolean>(50).fill(true),
        ...Array<boolean>(10).fill(false),
      ])
      // alone it knows exactly what is left
      expect(standings.map((one) => one.remaining)).toEqual([
        ...Array.from({ length: 50 }, (_, n) => 49 - n),
        ...Array<number>(10).fill(0),
      ])
      expect(new Set(standings.map((one) => one.resetSeconds))).toEqual(new Set([60]))
      clock.now += 59_999
      expect(await limiter.take('seller:a')).toMatchObject({ isAllowed: false, resetSeconds: 1 })
      clock.now += 1
    }
  })

  it('does not let a busy key touch the quota of another', async () => {
    const limiter = inMemory({ ...policy, quota: 100 })
    for (let n = 0; n < 100; n++) {
      for (let noise = 0; noise < 50; noise++) await limiter.take('seller:noisy')
      expect(await limiter.take('seller:quiet')).toMatchObject({ isAllowed: true })
    }
    expect(await limiter.take('seller:noisy')).toMatchObject({ isAllowed: false })
  })

  it('asks the store once for many requests, and not at all when nothing is left', async () => {
    const busy = counting(memoryStore(() => clock.now))
    const limiter = createLimiter({
      policy: { ...policy, quota: 1_000 },
      store: busy.store,
      now: () => clock.now,
    })
    for (let n = 0; n < 600; n++) await limiter.take('seller:a')
    expect(busy.calls()).toBeLessThanOrEqual(600 / 6)
    for (let n = 0; n < 400; n++) await limiter.take('seller:a')
    const whenEmpty = busy.calls()
    for (let n = 0; n < 5_000; n++) {
      expect((await limiter.take('seller:a')).isAllowed).toBe(false)
    }
    expect(busy.calls()).toBe(whenEmpty)
  })

  it('keeps no more of a lease than it has used', async () => {
    const store = memoryStore(() => clock.now)
    for (let used = 1; used <= 40; used++) {
      const key = `seller:${newId()}`
      const idle = createLimiter({ policy, store, now: () => clock.now })
      for (let n = 0; n < used; n++) await idle.take(key)
      const { consumed } = await store.take(policy, key, 0)
      expect(consumed - used).toBeLessThanOrEqual(used)
    }
  })
})

it('a process leaves the last permits to whoever needs them', async () => {
  const quota = 64
  const store = memoryStore(() => start)
  const small = { ...policy, quota }
  for (let used = 1; used <= quota; used++) {
    const key = `seller:${newId()}`
    const limiter = createLimiter({ policy: small, store, now: () => start })
    for (let n = 0; n < used; n++) await limiter.take(key)
    const { consumed } = await store.take(small, key, 0)
    expect(consumed - used).toBeLessThanOrEqual(Math.ceil((quota - used) / 8) + 1)
  }
})

describe('eight processes on one count', () => {
  /** How many of the requests pass, sent by all of them at once, as fast as they can. */
  const race = async (stores: readonly LimitStore[], one: Policy, each: number) => {
    const key = `seller:${newId()}`
    const limiters = stores.map((store) => createLimiter({ policy: one, store, now: Date.now }))
    const passed = await Promise.all(limiters.map(async (limiter) => {
      const standings = await Promise.all(
        Array.from({ length: each }, () => Promise.resolve(limiter.take(key))),
      )
      return standings.filter(({ isAllowed }) => isAllowed).length
    }))
    return passed.reduce((sum, count) => sum + count, 0)
  }
  // a window that ends in the middle would give a second quota
  const long: Policy = { ...policy, windowSeconds: 3_600 }

  it('give the quota together: nothing over it in the database', async () => {
    const databases = await Promise.all(
      Array.from({ length: 8 }, () =>
        openDatabase({
          url: fresh.urls.app,
          platformUrl: fresh.urls.platform,
          maxConnections: 1,
        })),
    )
    try {
      for (let round = 0; round < 5; round++) {
        const passed = await race(databases.map(databaseStore), long, 200)
        expect(passed).toBeLessThanOrEqual(600)
        // whoever has asked for more than there was has wasted nothing
        expect(passed).toBeGreaterThan(590)
      }
      // half of what there is passes whole
      expect(await race(databases.map(databaseStore), long, 37)).toBe(8 * 37)
    } finally {
      await Promise.all(databases.map((db) => db.close()))
    }
  })

  it.skipIf(redis === undefined)(
    'give the quota together: nothing over it in Redis (needs redis-server)',
    async () => {
      const stores = Array.from({ length: 8 }, () => redisStore(redis?.url ?? ''))
      try {
        await expect.poll(() => stores[7]?.take(long, 'ready', 1).then(() => true, () => false))
          .toBe(true)
        for (let round = 0; round < 5; round++) {
          const passed = await race(stores, long, 200)
          expect(passed).toBeLessThanOrEqual(600)
          expect(passed).toBeGreaterThan(590)
        }
      } finally {
        await Promise.all(stores.map((store) => store.close()))
      }
    },
  )
})

describe('a store that does not answer', () => {
  it('turns nobody away: each process gives the quota by itself, and comes back', async () => {
    const clock = { now: start }
    const lines: string[] = []
    let isDown = true
    const memory = memoryStore(() => clock.now)
    const shared: LimitStore = {
      ...memory,
      take: (...asked) => isDown ? Promise.reject(new Error('Down')) : memory.take(...asked),
    }
    const asked = counting(shared)
    const log = createLog((line) => void lines.push(line), () => new Date(clock.now))
    const store = insuredStore(asked.store, { now: () => clock.now, log })
    const small: Policy = { ...policy, quota: 10 }
    const limiter = createLimiter({ policy: small, store, now: () => clock.now })
    for (let n = 0; n < 10; n++) expect((await limiter.take('k')).isAllowed).toBe(true)
    expect((await limiter.take('k')).isAllowed).toBe(false)
    // asked once and then left alone for a while
    expect(asked.calls()).toBe(1)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('limits.store-down')
    clock.now += 60_000
    isDown = false
    expect((await limiter.take('k')).isAllowed).toBe(true)
    expect(asked.calls()).toBe(2)
  })

  it('is waited for no longer than a moment', async () => {
    const log = createLog(() => {}, () => new Date())
    const silent: LimitStore = { ...memoryStore(Date.now), take: () => new Promise(() => {}) }
    const store = insuredStore(silent, { now: Date.now, log })
    expect(await store.take(policy, 'k', 1)).toMatchObject({ consumed: 1 })
  })
})

describe('the table of windows', () => {
  it('is seen and changed by the functions of the gate alone', async () => {
    const store = databaseStore(fresh.db)
    await store.take(policy, 'seller:x', 3)
    expect(await store.take(policy, 'seller:x', 2)).toMatchObject({ consumed: 5 })
    const rows = await fresh.asSuperuser((sql) =>
      sql`
      select has_table_privilege(r, 'limit_windows', 'select') as sees
      from unnest(array['robnu_app', 'robnu_tenant']) r`
    )
    expect(rows.map(({ sees }) => sees)).toEqual([false, false])
  })

  it('forgets windows that are long over, and begins them anew', async () => {
    const store = databaseStore(fresh.db)
    await store.take(policy, 'seller:old', 600)
    await fresh.asSuperuser((sql) =>
      sql`update limit_windows set ends_at = now() - interval '1 second'
          where key = 'burst:seller:old'`
    )
    expect(await store.take(policy, 'seller:old', 1)).toMatchObject({ consumed: 1 })
    await fresh.asSuperuser((sql) =>
      sql`update limit_windows set ends_at = now() - interval '2 hours'
          where key = 'burst:seller:old'`
    )
    expect(await forgetWindows(fresh.db)).toBe(1)
    expect(await forgetWindows(fresh.db)).toBe(0)
  })
})

describe('who counts as one', () => {
  it('is a seller, one of the staff, or an address: and none of them another', async () => {
    const keys: string[] = []
    const store: LimitStore = {
      ...memoryStore(Date.now),
      take: (one, key) => {
        keys.push(`${one.name}:${key}`)
        return Promise.resolve({ consumed: 1, endsInMs: 60_000 })
      },
    }
    const limits = createLimits({ policies: defaultPolicies, store, now: Date.now })
    expect(await limits.take({ kind: 'seller', id: 'one' }, false)).toHaveLength(1)
    expect(await limits.take({ kind: 'seller', id: 'one' }, true)).toHaveLength(2)
    await limits.take({ kind: 'staff', id: 'one' }, true)
    await limits.take({ kind: 'address', ip: '192.0.2.7' }, true)
    expect(keys).toEqual([
      'burst:seller:one',
      'burst:seller:one',
      'write:seller:one',
      'burst:staff:one',
      'write:staff:one',
      'address:ip:192.0.2.7',
    ])
  })

  it('does not depend on how an address is spelt', () => {
    const same = [
      ['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:c000:0207', '0:0:0:0:0:ffff:192.0.2.7'],
      ['2001:db8::1', '2001:DB8:0:0::1', '2001:0db8:0000:0000:ffff::', '2001:db8::%eth0'],
      ['::1', '0:0:0:0:0:0:0:1', '::0.0.0.1'],
      ['unknown', '', 'not an address', '300.1.1.1', '1.2.3', '2001:db8::1::2', '::ffff:1.2.3'],
    ]
    for (const spellings of same) expect(new Set(spellings.map(addressKey)).size).toBe(1)
    const others = ['2001:db8::1', '2001:db8:0:1::1', '192.0.2.7', '192.0.2.8', 'unknown']
    expect(new Set(others.map(addressKey)).size).toBe(others.length)
  })
})

describe('the policies', () => {
  it('are data, and one text changes them', () => {
    expect(readPolicies('')).toEqual(defaultPolicies)
    expect(readPolicies('burst=10/1, address=5/3600')).toEqual({
      ...defaultPolicies,
      burst: { name: 'burst', quota: 10, windowSeconds: 1 },
      address: { name: 'address', quota: 5, windowSeconds: 3_600 },
    })
    for (const text of ['burst', 'burst=0/60', 'burst=1/0', 'other=1/1', 'burst=1.5/60', '=1/1']) {
      expect(readPolicies(text), text).toBeUndefined()
    }
  })
})
