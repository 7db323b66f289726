/** Expected errors keep the connection, and nothing half done is committed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Queries } from '../../core/db/database.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { command, sql } from '../../core/db/sql.ts'
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

const idRow = z.object({ id: z.string() })
const write = (queries: Queries, group: string) =>
  queries.run(command`
    insert into outbox (seller_id, id, queue, group_key, body)
    values (${a.sellerId}, ${newId()}, 'q', ${group}, '{}')`)
const written = (group: string) => countRows(admin, 'outbox', `group_key = '${group}'`)

const backends = () => backendsOf(fresh.db, a.entry, 2)

describe('an expected error', () => {
  it('keeps the connection: 1,000 of them use the same backends', async () => {
    const before = await backends()
    expect(new Set(before).size).toBe(2)
    const one = fresh.db.inSellerScope(a.entry)
    const stale = { ...a.entry, ref: `${a.sessionId}/9.9` }
    const twice = newId()
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      'accepted': () =>
        one.maybeOne(sql.type(idRow)`select id from orders where id = ${newId()}`).then((row) =>
          expect(row).toBe(null)
        ),
      'Error: Expected exactly one row': () =>
        one.one(sql.type(idRow)`select id from orders where id = ${newId()}`),
      '22P02': () => one.maybeOne(sql.type(idRow)`select id from orders where id = ${'nothing'}`),
      '23505': () =>
        fresh.db.withSellerScope(a.entry, async (scope) => {
          const insert = command`insert into outbox (seller_id, id, queue, group_key, body)
            values (${a.sellerId}, ${twice}, 'q', 'twice', '{}')`
          await scope.run(insert)
          await scope.run(insert)
        }),
      'stale-authz': () =>
        fresh.db.inSellerScope(stale).any(sql.type(idRow)`select id from orders`),
      '42501': () => one.any(sql.type(idRow)`select id from identities`),
      'Error: thrown by the caller': () =>
        fresh.db.withSellerScope(a.entry, async (scope) => {
          await pidOf(scope)
          throw new Error('thrown by the caller')
        }),
    }
    const names = Object.keys(ways)
    for (let done = 0; done < 1_000; done += 4) {
      await Promise.all([0, 1, 2, 3].map(async (i) => {
        const name = names[(done + i) % names.length] ?? ''
        expect(await outcomeOf(ways[name] ?? (() => Promise.resolve()))).toBe(name)
      }))
    }
    expect(await backends()).toEqual(before)
    expect(await written('twice')).toBe(0)
  })

  it('that is swallowed commits nothing', async () => {
    const group = newId()
    const outcome = await outcomeOf(() =>
      fresh.db.withSellerScope(a.entry, async (scope) => {
        await write(scope, group)
        await rowsOf(scope, 'select 1 / 0').catch(() => {})
      })
    )
    expect(outcome).toMatch(/rolled back|25P02/)
    expect(await written(group)).toBe(0)
  })

  it('of a statement that goes with COMMIT commits nothing', async () => {
    const group = newId()
    const outcome = await outcomeOf(() =>
      fresh.db.withSellerScope(a.entry, async (scope) => {
        await write(scope, group)
        scope.atCommit(command`select 1 / 0`)
      })
    )
    expect(outcome).toBe('22012')
    expect(await written(group)).toBe(0)
  })

  it('of a caller that gave up while a statement was under way commits nothing', async () => {
    const group = newId()
    const outcome = await outcomeOf(() =>
      fresh.db.withSellerScope(a.entry, (scope) => {
        void write(scope, group)
        throw new Error('gave up')
      })
    )
    expect(outcome).toBe('Error: gave up')
    await backends()
    expect(await written(group)).toBe(0)
  })

  it('of code that has nothing to do with the database is thrown as it is', async () => {
    const before = await backends()
    for (const code of ['ERR_INVALID_ARG_TYPE', 'EACCES', 'ERR_CRYPTO_INVALID_STATE']) {
      const error = Object.assign(new Error('of the caller'), { code })
      const caught = await fresh.db.withSellerScope(a.entry, async (scope) => {
        await pidOf(scope)
        throw error
      }).catch((caught: unknown) => caught)
      expect(caught).toBe(error)
    }
    expect(await backends()).toEqual(before)
  })

  // what a request to KMS or to a marketplace throws may look like a lost connection of ours
  it('of another network is thrown as it is', async () => {
    const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const caught = await fresh.db.withSellerScope(a.entry, async (scope) => {
      await pidOf(scope)
      throw error
    }).catch((caught: unknown) => caught)
    expect(caught).toBe(error)
  })
})

describe('a statement that takes too long', () => {
  it('is ended, commits nothing and keeps the connection', async () => {
    const slow = await openDatabase({
      url: fresh.urls.app,
      scopeKey,
      maxConnections: 1,
      statementTimeoutMs: 100,
    })
    const pid = await pidOf(slow.bare)
    const group = newId()
    const sleep = sql.type(z.unknown())`select pg_sleep(20)`
    expect(await outcomeOf(() => slow.inSellerScope(a.entry).any(sleep)))
      .toBe('database-unavailable')
    const outcome = await outcomeOf(() =>
      slow.withSellerScope(a.entry, async (scope) => {
        await write(scope, group)
        await scope.any(sleep)
      })
    )
    expect(outcome).toBe('database-unavailable')
    expect(await written(group)).toBe(0)
    expect(await pidOf(slow.bare)).toBe(pid)
    await slow.close()
  })
})

describe('what a statement leaves behind', () => {
  it('a changed table costs each connection one call at most', async () => {
    const name = `things_${newId().slice(-12)}`
    await admin.sql.unsafe(`
      create table ${name} (seller_id uuid not null, id uuid not null, primary key (seller_id, id));
      select app_protect('${name}')`)
    const db = await openDatabase({ url: fresh.urls.app, scopeKey, maxConnections: 1 })
    const pid = await pidOf(db.bare)
    const read = () => outcomeOf(() => rowsOf(db.inSellerScope(a.entry), `select * from ${name}`))
    expect(await read()).toBe('accepted')
    await admin.sql.unsafe(`alter table ${name} add column more text`)
    expect(['accepted', '0A000']).toContain(await read())
    expect([await read(), await read()]).toEqual(['accepted', 'accepted'])
    expect(await pidOf(db.bare)).toBe(pid)
    await db.close()
    await admin.sql.unsafe(`drop table ${name}`)
  })

  // a plugin's statement may say SET without LOCAL, and the next seller has the same connection
  it('a setting of the session ends with the transaction', async () => {
    const db = await openDatabase({ url: fresh.urls.app, scopeKey, maxConnections: 1 })
    const seen = async () =>
      (await rowsOf(db.inSellerScope(a.entry), `select current_setting('timezone') as zone`))[0]
    const before = await seen()
    await db.withSellerScope(a.entry, (scope) => rowsOf(scope, `set timezone = 'Asia/Kolkata'`))
    const after = await seen()
    await db.close()
    expect(after).toEqual(before)
  })

  it('a role of the session ends with the transaction', async () => {
    const db = await openDatabase({ url: fresh.urls.app, scopeKey, maxConnections: 1 })
    await db.withSellerScope(a.entry, (scope) => rowsOf(scope, 'set role robnu_tenant'))
    const [after] = await rowsOf(db.bare, 'select current_user as me')
    await db.close()
    expect(after).toEqual({ me: 'robnu_app' })
  })
})
