import process from 'node:process'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withOperations } from '../../core/db/operations.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { startSweeps, type Sweeps, type SweepsOptions } from '../../core/queues/sweeps.ts'
import { migrateSweeps } from '../../core/queues/sweeps-migrate.ts'
import { startRedis } from '../../scripts/local/redis.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { collectLog, until } from './support.ts'

const redis = await startRedis()
if (!redis) process.stdout.write('No redis-server on PATH: sweeps are tested on PostgreSQL alone\n')

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
  await migrateSweeps({ ownerUrl: fresh.urls.owner })
})
afterAll(async () => {
  await Promise.all([fresh.close(), redis?.stop()])
})

const stores = [
  ['PostgreSQL', () => ({ postgresUrl: fresh.urls.platform, schema: 'bullmq' })],
  ...redis ? [['Redis', () => ({ redisUrl: redis.url })]] as const : [],
] as const
const ownId = () => `test-${newId().slice(-8)}`
const never = '0 0 29 2 *'

describe.each(stores)('on %s', (_store, connection) => {
  const start = (
    sweep: Partial<SweepsOptions['sweeps'][number]> & Pick<SweepsOptions['sweeps'][number], 'id'>,
    log = silentLog,
  ): Promise<Sweeps> =>
    startSweeps({
      connection: connection(),
      log,
      sweeps: [{ cron: never, run: () => Promise.resolve(), ...sweep }],
    })

  test('processes that start together make one immediate run', async () => {
    const id = ownId()
    let runs = 0
    const run = async () => {
      runs++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const processes = await Promise.all([1, 2, 3, 4].map(() => start({ id, run })))
    await until('it has run', () => runs > 0)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await Promise.all(processes.map((one) => one.close()))
    expect(runs).toBe(1)
  })

  test('processes that set one schedule at the same moment all start', async () => {
    for (let round = 0; round < 5; round++) {
      const id = ownId()
      const processes = await Promise.all(Array.from({ length: 8 }, () => start({ id })))
      await Promise.all(processes.map((one) => one.close()))
      expect(processes).toHaveLength(8)
    }
  })

  test('the clock makes a run, once for all processes', async () => {
    const id = ownId()
    let runs = 0
    const run = async () => {
      runs++
      await Promise.resolve()
    }
    // six fields are no cron of ours; here they keep the test from waiting for a minute
    const processes = [await start({ id, run, cron: '*/2 * * * * *' })]
    processes.push(await start({ id, run, cron: '*/2 * * * * *' }))
    await until('it has run twice after the immediate run', () => runs >= 3)
    await Promise.all(processes.map((one) => one.close()))
    const whenClosed = runs
    expect(runs).toBeLessThanOrEqual(4)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(runs).toBe(whenClosed)
  })

  test('a run that fails is logged, and does not stop the next ones', async () => {
    const { log, events } = collectLog()
    const sweeps = await start({
      id: ownId(),
      cron: '*/1 * * * * *',
      run: () => Promise.reject(new Error('cannot')),
    }, log)
    await until('it has failed again', () => events().length >= 2)
    await sweeps.close()
    expect(new Set(events())).toEqual(new Set(['sweep.failed']))
  })

  test('a close waits for the run in hand', async () => {
    const begun = Promise.withResolvers<void>()
    let isDone = false
    const sweeps = await start({
      id: ownId(),
      run: async () => {
        begun.resolve()
        await new Promise((resolve) => setTimeout(resolve, 200))
        isDone = true
      },
    })
    await begun.promise
    await sweeps.close()
    expect(isDone).toBe(true)
  })

  test('a close has a limit: the run is aborted, and a deaf one left behind', async () => {
    const deaf = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let isAborted = false
    const id = ownId()
    const sweeps = await start({
      id,
      run: (signal) => {
        signal.addEventListener('abort', () => {
          isAborted = true
        })
        begun.resolve()
        return deaf.promise
      },
    })
    await begun.promise
    const began = performance.now()
    await sweeps.close(100)
    expect(performance.now() - began).toBeLessThan(6_000)
    expect(isAborted).toBe(true)
    deaf.resolve()
  })
})

test('serving needs the schema: without it the start says what is missing', async () => {
  const log = silentLog
  const sweeps = [{ id: 'x', cron: never, run: () => Promise.resolve() }]
  const connection = { postgresUrl: fresh.urls.platform, schema: 'nowhere' }
  await expect(startSweeps({ connection, sweeps, log })).rejects.toThrow('nowhere')
})

test('a store that does not answer stops the start, and nothing goes on trying', async () => {
  const { log, events } = collectLog()
  const connection = { redisUrl: 'redis://127.0.0.1:9' }
  const sweeps = [{ id: 'x', cron: never, run: () => Promise.resolve() }]
  const options = { connection, sweeps, log, readyLimitMs: 500 }
  await expect(startSweeps(options)).rejects.toThrow('does not answer')
  const before = events()
  expect(before).toEqual(['sweep.store.down'])
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect(events()).toEqual(before)
}, 30_000)

test.skipIf(!redis)('what Redis forgets is scheduled again', async () => {
  const client = new Redis(redis?.url ?? '')
  let runs = 0
  const run = async () => {
    runs++
    await Promise.resolve()
  }
  const sweeps = await startSweeps({
    connection: { redisUrl: redis?.url ?? '' },
    sweeps: [{ id: ownId(), cron: '*/1 * * * * *', run }],
    log: silentLog,
    guardMs: 200,
  })
  await until('it runs', () => runs > 1)
  await client.flushall()
  const before = runs
  await until('it runs again', () => runs > before + 1)
  await sweeps.close()
  client.disconnect()
})

test('what the database forgets of the sweeps is scheduled again', async () => {
  let runs = 0
  const sweeps = await startSweeps({
    connection: { postgresUrl: fresh.urls.platform, schema: 'bullmq' },
    log: silentLog,
    guardMs: 200,
    sweeps: [{
      id: ownId(),
      cron: '*/1 * * * * *',
      run: async () => {
        runs++
        await Promise.resolve()
      },
    }],
  })
  await until('it runs by the clock', () => runs > 1)
  await fresh.asSuperuser(async (admin) => {
    const tables = await admin<{ name: string }[]>`
      select format('bullmq.%I', tablename) as name from pg_tables
      where schemaname = 'bullmq' and tablename <> 'migration'`
    expect(tables.length).toBeGreaterThan(2)
    await admin.unsafe(`truncate ${tables.map(({ name }) => name).join(', ')} cascade`)
  })
  const before = runs
  await until('it runs again', () => runs > before + 1, 15_000)
  await sweeps.close()
}, 30_000)

test('a sweep that is asked for runs at once, and once for all who ask together', async () => {
  let runs = 0
  const id = ownId()
  const options = {
    connection: { postgresUrl: fresh.urls.platform, schema: 'bullmq' },
    log: silentLog,
    sweeps: [{ id, cron: '0 0 1 1 *', run: () => Promise.resolve(void runs++) }],
  }
  const both = await Promise.all([startSweeps(options), startSweeps(options)])
  await until('it has run at the start', () => runs === 1)
  // what was asked for together counts for ten seconds
  await fresh.asSuperuser(async (admin) => {
    const [table] = await admin<{ name: string }[]>`
      select format('bullmq.%I', tablename) as name from pg_tables
      where schemaname = 'bullmq' and tablename like '%dedup%'`
    if (table) await admin.unsafe(`truncate ${table.name} cascade`)
  })
  await Promise.all(both.map(({ runNow }) => runNow(id)))
  await until('it has run once more', () => runs === 2)
  await both[0]?.runNow('no-such-sweep')
  await Promise.all(both.map(({ close }) => close()))
  expect(runs).toBe(2)
}, 30_000)

test.skipIf(!redis)('when Redis is gone it is said once, and the close ends in time', async () => {
  const own = await startRedis()
  const { log, events } = collectLog()
  const sweeps = await startSweeps({
    connection: { redisUrl: own?.url ?? '' },
    sweeps: [{ id: ownId(), cron: never, run: () => Promise.resolve() }],
    log,
  })
  await own?.stop()
  await until('it is said', () => events().length > 0)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const began = performance.now()
  await sweeps.close(100)
  expect(performance.now() - began).toBeLessThan(8_000)
  expect(events()).toEqual(['sweep.store.down'])
})

test('the schema is made once, and the platform login may only use it', async () => {
  await migrateSweeps({ ownerUrl: fresh.urls.owner })
  const refused = ['create table bullmq.mine (a int)', 'delete from bullmq.migration']
  for (const statement of refused) {
    await expect(withOperations(fresh.urls.platform, (sql) => sql.unsafe(statement)))
      .rejects.toThrow('permission denied')
  }
  await expect(withOperations(fresh.urls.app, (sql) => sql`select * from bullmq.job`))
    .rejects.toThrow('permission denied')
})

test('while the database restarts nothing is logged twice, and the runs come back', async () => {
  const { log, events } = collectLog()
  let runs = 0
  const sweeps = await startSweeps({
    connection: { postgresUrl: fresh.urls.platform, schema: 'bullmq' },
    log,
    sweeps: [{
      id: ownId(),
      cron: '*/1 * * * * *',
      run: async () => {
        runs++
        await Promise.resolve()
      },
    }],
  })
  await until('it runs', () => runs > 1)
  for (let i = 0; i < 3; i++) {
    await fresh.asSuperuser((admin) =>
      admin`
        select pg_terminate_backend(pid) from pg_stat_activity
        where usename = 'robnu_platform' and datname = current_database()`
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  const before = runs
  await until('it runs again', () => runs > before + 1, 15_000)
  await until('it says so', () => events().at(-1) === 'sweep.store.up', 5_000)
  await sweeps.close()
  const downs = events().filter((event) => event === 'sweep.store.down')
  expect(downs.length).toBeLessThanOrEqual(3)
  expect(events().every((event) => event.startsWith('sweep.store'))).toBe(true)
}, 40_000)
