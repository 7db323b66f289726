/**
 * Four connections, 32 clients, aborts, timeouts, cancels and cut sockets: nobody meets what another
 * left (S4). `ROBNU_CHECKOUTS` says how many checkouts, `ROBNU_SEED` which ones.
 */
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
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
  type Connection,
  countRows,
  outcomeOf,
  rowsOf,
  seededRandom,
} from './attempts.ts'
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts'
import { testScopeKey as scopeKey } from '../support/scope-key.ts'

const checkouts = Number(process.env['ROBNU_CHECKOUTS'] ?? 2_000)
const seed = Number(process.env['ROBNU_SEED'] ?? 20260714)
const connections = 4
const clients = 32
/** Each keeps a connection for a while, or costs one: one in a hundred is enough to meet the others. */
const rare = ['cut', 'socket', 'timeout', 'cancel']

let fresh: FreshDatabase
let proxy: CuttingProxy
let admin: Connection
let sellers: readonly TestSeller[]
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  proxy = await startCuttingProxy(fresh.urls.app)
  admin = await asSuperuser(fresh)
  sellers = await Promise.all(Array.from({ length: 8 }, () => makeSeller(fresh.db)))
})
afterAll(async () => {
  await admin.close()
  await proxy.close()
  await fresh.close()
})

const stateRow = z.object({
  role: z.string(),
  seller: z.string().nullable(),
  actor: z.string().nullable(),
})
const stateOf = (queries: Queries) =>
  queries.one(sql.type(stateRow)`
    select current_user::text as role, current_setting('app.current_seller_id', true) as seller,
      current_setting('app.actor', true) as actor`)
const seen = sql.type(z.object({ id: z.string() }))`select id from sellers`
const writeFor = (sellerId: string, group: string) =>
  command`insert into outbox (seller_id, id, queue, group_key, body)
    values (${sellerId}, ${newId()}, 'q', ${group}, '{}')`

it(`the first statement of ${checkouts} checkouts sees its own seller alone`, async () => {
  const random = seededRandom(seed)
  const stale: unknown[] = []
  const ways = new Map<string, number>()
  let committed = 0
  const db = await openDatabase({
    url: proxy.url,
    scopeKey,
    maxConnections: connections,
    waitMs: 60_000,
    statementTimeoutMs: 2_000,
  })

  /** What has to be seen by the first statement, and by the last before it ends. */
  const look = async (queries: Queries, { sellerId, userId }: TestSeller): Promise<void> => {
    const state = await stateOf(queries)
    const wanted = { role: 'robnu_tenant', seller: sellerId, actor: `user:${userId}` }
    if (JSON.stringify(state) !== JSON.stringify(wanted)) stale.push({ wanted, state })
    const rows = await queries.any(seen)
    if (rows.length !== 1 || rows[0]?.id !== sellerId) stale.push({ sellerId, rows })
  }
  const bad = { code: 0 }
  const kinds: Readonly<Record<string, (seller: TestSeller) => Promise<unknown>>> = {
    commit: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await scope.run(writeFor(seller.sellerId, 'kept'))
      }).then(() => committed++),
    single: (seller) => look(db.inSellerScope(seller.entry), seller),
    abort: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await scope.run(writeFor(seller.sellerId, 'lost'))
        throw bad
      }),
    error: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await scope.run(writeFor(seller.sellerId, 'lost'))
        await rowsOf(scope, 'select 1 / 0')
      }),
    dead: (seller) =>
      db.withSellerScope(
        { ...seller.entry, ref: `${newId()}/1.1` },
        (scope) => scope.run(writeFor(seller.sellerId, 'lost')),
      ),
    // a statement that would like to leave something behind
    leave: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await rowsOf(scope, `select set_config('app.actor', 'user:someone', true)`)
        await rowsOf(scope, 'reset role')
      }),
    cut: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await scope.run(writeFor(seller.sellerId, 'lost'))
        const [row] = await rowsOf(scope, 'select pg_backend_pid() as pid')
        await admin.sql`select pg_terminate_backend(${Number(row?.pid)}, 5000)`
        await look(scope, seller)
      }),
    socket: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await scope.run(writeFor(seller.sellerId, 'lost'))
        const [row] = await rowsOf(scope, 'select inet_client_port() as port')
        proxy.cutPort(Number(row?.port))
        await look(scope, seller)
      }),
    timeout: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await scope.run(writeFor(seller.sellerId, 'lost'))
        await rowsOf(scope, `select set_config('statement_timeout', '20', true)`)
        await rowsOf(scope, 'select pg_sleep(20)')
      }),
    // late as well: it may meet the statement of whoever has the connection then
    cancel: (seller) =>
      db.withSellerScope(seller.entry, async (scope) => {
        await look(scope, seller)
        await scope.run(writeFor(seller.sellerId, 'lost'))
        const [row] = await rowsOf(scope, 'select pg_backend_pid() as pid')
        void admin.sql`
          select pg_cancel_backend(${Number(row?.pid)}) from pg_sleep(${random() / 100})`.execute()
        await rowsOf(scope, `select pg_sleep(${random() / 100})`)
        throw bad
      }),
    bare: async () => {
      const state = await stateOf(db.bare)
      const isBare = state.role === 'robnu_app' && !state.seller && !state.actor
      if (!isBare) stale.push(state)
      if (await outcomeOf(() => rowsOf(db.bare, 'select from sellers')) !== '42501') {
        stale.push('the bare login reads')
      }
    },
  }
  const common = Object.keys(kinds).filter((kind) => !rare.includes(kind))
  let left = checkouts
  await Promise.all(Array.from({ length: clients }, async () => {
    while (left-- > 0) {
      const list = random() < 0.04 ? rare : common
      const kind = list[Math.floor(random() * list.length)] ?? ''
      const seller = sellers[Math.floor(random() * sellers.length)]
      if (!seller) throw new Error('unreachable')
      const outcome = await outcomeOf(() => kinds[kind]?.(seller) ?? Promise.reject(kind))
      const name = `${kind}: ${outcome}`
      ways.set(name, (ways.get(name) ?? 0) + 1)
    }
  }))
  await db.close()

  const outcomes = Object.fromEntries([...ways].toSorted(([x], [y]) => x < y ? -1 : 1))
  const figures = { seed, checkouts, clients, connections, stale: stale.length, outcomes }
  process.stdout.write(`Checked out: ${JSON.stringify(figures)}\n`)
  expect(stale).toEqual([])
  // a cancel that is late ends a statement of somebody else
  const met = [...ways.keys()].filter((way) => !way.endsWith(': database-unavailable')).toSorted()
  expect(met).toEqual([
    'abort: [object Object]',
    'bare: accepted',
    'cancel: [object Object]',
    'commit: accepted',
    'dead: session-over',
    'error: 22012',
    'leave: accepted',
    'single: accepted',
  ])
  for (const kind of rare) expect(ways.get(`${kind}: database-unavailable`)).toBeGreaterThan(0)
  expect([...ways.values()].reduce((sum, count) => sum + count)).toBe(checkouts)
  const ended = [...ways].filter(([way]) =>
    /^(?!cut|socket|timeout|cancel).*unavailable$/.test(way)
  )
  expect(ended.reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(checkouts / 50)
  expect(await countRows(admin, 'outbox', `group_key = 'kept'`)).toBe(committed)
  expect(await countRows(admin, 'outbox', `group_key = 'lost'`)).toBe(0)
}, 60_000 + checkouts * 20)
