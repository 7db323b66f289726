/** A connection that is lost says so, commits nothing, and is replaced. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Queries } from '../../core/db/database.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import {
  asSuperuser,
  backendsOf,
  type Connection,
  countRows,
  outcomeOf,
  pidOf,
  rowsOf,
} from './attempts.ts'
import { testScopeKey as scopeKey } from '../support/scope-key.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

const write = (queries: Queries, group: string) =>
  queries.run(command`
    insert into outbox (seller_id, id, queue, group_key, body)
    values (${a.sellerId}, ${newId()}, 'q', ${group}, '{}')`)
const written = (group: string) => countRows(admin, 'outbox', `group_key = '${group}'`)
const backends = () => backendsOf(fresh.db, a.entry, 2)

describe('a lost connection', () => {
  const kill = async (pid: number): Promise<void> => {
    await admin.sql`select pg_terminate_backend(${pid}, 5000)`
  }

  it('in a transaction answers database-unavailable, and the next call works', async () => {
    const group = newId()
    const outcome = await outcomeOf(() =>
      fresh.db.withSellerScope(a.entry, async (scope) => {
        await write(scope, group)
        await kill(await pidOf(scope))
        await write(scope, group)
      })
    )
    expect(outcome).toBe('database-unavailable')
    expect(await written(group)).toBe(0)
    await fresh.db.withSellerScope(a.entry, (scope) => write(scope, group))
    expect(await written(group)).toBe(1)
  })

  it('before COMMIT answers database-unavailable and commits nothing', async () => {
    const group = newId()
    const outcome = await outcomeOf(() =>
      fresh.db.withSellerScope(a.entry, async (scope) => {
        await write(scope, group)
        await kill(await pidOf(scope))
      })
    )
    expect(outcome).toBe('database-unavailable')
    expect(await written(group)).toBe(0)
  })

  it('under a statement answers database-unavailable, and the next call works', async () => {
    const running = outcomeOf(() => rowsOf(fresh.db.inSellerScope(a.entry), 'select pg_sleep(20)'))
    const find = async () =>
      (await admin.sql<{ pid: number }[]>`
        select pid from pg_stat_activity
        where datname = current_database() and query = 'select pg_sleep(20)' and state = 'active'`)[
        0
      ]
    let found = await find()
    while (!found) found = await find()
    await kill(found.pid)
    expect(await running).toBe('database-unavailable')
    expect(await rowsOf(fresh.db.inSellerScope(a.entry), 'select id from sellers'))
      .toEqual([{ id: a.sellerId }])
  })

  it('of every idle connection is met without an error', async () => {
    for (const pid of await backends()) await kill(pid)
    // the pool learns of it by the end of the socket, which comes after the answer to the killer
    let left = await outcomeOf(() => pidOf(fresh.db.bare))
    for (let tries = 0; left !== 'accepted' && tries < 2; tries++) {
      expect(left).toBe('database-unavailable')
      left = await outcomeOf(() => pidOf(fresh.db.bare))
    }
    expect(left).toBe('accepted')
    expect(new Set(await backends()).size).toBe(2)
  })
})

describe('a database that is not there', () => {
  it('answers database-unavailable to every kind of call', async () => {
    const url = new URL(fresh.urls.app)
    url.pathname = '/nowhere'
    const db = await openDatabase({
      url: url.href,
      platformUrl: url.href,
      scopeKey,
      maxConnections: 1,
    })
    const calls = [
      () => db.ping(),
      () => pidOf(db.bare),
      () => pidOf(db.inSellerScope(a.entry)),
      () => db.withSellerScope(a.entry, pidOf),
      () => db.withPlatformScope('test', pidOf),
    ]
    for (const call of calls) expect(await outcomeOf(call)).toBe('database-unavailable')
    await db.close()
  })
})
