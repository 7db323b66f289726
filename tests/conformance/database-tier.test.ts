/** The database tier of the kit: a good plugin passes, and each broken one fails what it breaks. */
import { randomBytes } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { withOperations } from '../../core/db/operations.ts'
import type { Adapter, Marketplace, OrderRow, Page } from '../../core/plugin.ts'
import { rowChecks } from '../../core/testing/conformance/database/rows.ts'
import { tableChecks } from '../../core/testing/conformance/database/tables.ts'
import type { DatabaseBench } from '../../core/testing/conformance/bench.ts'
import type { Check } from '../../core/testing/conformance/check.ts'
import { runCheck } from '../../core/testing/conformance/run.ts'
import type { Sample } from '../../core/testing/conformance/sample.ts'
import { openDatabaseBench } from '../../scripts/conformance/database.ts'
import { type BenchServer, givenServer } from '../../scripts/conformance/server.ts'
import bazaar from '../support/bazaar/mod.ts'
import startSandbox from '../support/bazaar/sandbox.ts'
import { opensWithoutLedger } from '../support/opens.ts'
import { fileOf, notes, protect, withFirst, withSecond } from './spoiled.ts'

opensWithoutLedger('the kit drops its own databases, and each has its ledger')

const allRowChecks = rowChecks as unknown as readonly Check[]
const checks: readonly Check[] = [...tableChecks, ...allRowChecks]

const sample: Sample = {
  ...{ startSandbox, seed: 7, account: 3, badCredentials: {}, operations: {} },
  env: { ROBNU_SANDBOX_BAZAAR_MORE_SHOPS: '2' },
  config: { pageSize: 5 },
  expected: new URL('file:///none'),
  prepare: [{
    verb: 'change',
    body: { shop: 'SHOP-0004', number: 'BZ-0004-00003', members: { channel: 'elsewhere' } },
  }],
}

const at = (database: string, url: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}
/** Copies of the suite's template: core's tables are there already. */
const server: BenchServer = {
  create: async () => {
    const name = `kit_${randomBytes(6).toString('hex')}`
    const admin = at('postgres', inject('superuserUrl'))
    await withOperations(admin, async (sql) => {
      await sql.unsafe(`create database ${name} template robnu_template owner robnu_owner`)
    })
    const { owner, app, platform } = inject('urls')
    return {
      urls: { owner: at(name, owner), app: at(name, app), platform: at(name, platform) },
      drop: () =>
        withOperations(admin, async (sql) => {
          await sql.unsafe(`drop database ${name} with (force)`)
        }),
    }
  },
  close: () => Promise.resolve(),
}

/** What failed, with its message. */
const failing = async (
  plugin: Marketplace,
  only = checks,
  change: Spoiled['bench'] = (bench) => bench,
): Promise<Record<string, string>> => {
  const needsDatabase = only.some(({ tier }) => tier === 'database')
  const database = needsDatabase ? await openDatabaseBench({ plugin, sample, server }) : undefined
  const spoiled = database && change(database)
  try {
    const failed: Record<string, string> = {}
    for (const check of only) {
      const bench = database ? { database: spoiled ?? database } : {}
      const result = await runCheck(check, { plugin, sample, ...bench })
      if (result.outcome === 'failed') failed[check.id] = result.message ?? ''
    }
    return failed
  } finally {
    await database?.close()
  }
}

/** Orders alone, which is quicker. */
const { syncReturns: _returns, syncPayouts: _payouts, ...ordersAlone } = bazaar.adapter
const withAdapter = (change: Partial<Adapter>): Marketplace => ({
  ...bazaar,
  adapter: { ...ordersAlone, ...change },
})
type Orders = AsyncIterable<Page<OrderRow, unknown>>
type OrdersPage = Page<OrderRow, unknown>
const withPages = (change: (page: OrdersPage) => OrdersPage): Marketplace =>
  withAdapter({
    async *syncOrders(...asked): Orders {
      const own = bazaar.adapter.syncOrders
      if (!own) throw new Error('Bazaar has lost its ability')
      for await (const page of own(...asked as Parameters<typeof own>)) yield change(page)
    },
  })
const withRows = (change: (row: OrderRow) => OrderRow): Marketplace =>
  withPages((page) => ({ ...page, rows: page.rows.map(change) }))

test('a good plugin passes all of it', async () => {
  expect(await failing(bazaar)).toEqual({})
  expect(await failing(withSecond(`${notes}${protect}`, ['bazaar_notes']), tableChecks)).toEqual({})
}, 30_000)

test('a plugin without migrations or database is told what was left out', async () => {
  const { migrations: _, ...bare } = bazaar
  for (const check of checks) {
    const result = await runCheck(check, { plugin: bare as Marketplace })
    expect([check.id, result.outcome]).toEqual([check.id, 'left-out'])
    expect(result.message).toBeTruthy()
  }
})

interface Spoiled {
  /** The check that has to fail; `also`: others that cannot but fail with it. */
  readonly check: string
  readonly also?: readonly string[]
  readonly plugin: () => Marketplace
  readonly bench?: (bench: DatabaseBench) => DatabaseBench
  readonly message: RegExp
}
let read = 0
const refused = (row: OrderRow): OrderRow => ({ ...row, currency: 'rupees' })

const tables: readonly Spoiled[] = [
  {
    check: 'database-migrations-apply',
    also: tableChecks.map(({ id }) => id),
    plugin: () => withSecond('alter table orders add column bazaar_note text'),
    message: /must be owner of table orders/,
  },
  {
    check: 'database-migrations-once',
    also: ['database-migrations-apply'],
    // another list at each look
    plugin: () => ({
      ...bazaar,
      get migrations() {
        read++
        return [...bazaar.migrations ?? [], { id: read + 1, sql: fileOf('select 1') }]
      },
    }),
    message: /applied again: bazaar\//,
  },
  {
    check: 'database-core-untouched',
    // `migrate` itself refuses whatever would change it
    plugin: () => bazaar,
    bench: (bench) => ({
      ...bench,
      coreCatalog: async (when) => (await bench.coreCatalog(when)).replace('"orders"', `"${when}"`),
    }),
    message: /the catalog has changed: .*now/,
  },
  {
    check: 'database-tables-declared',
    plugin: () => withSecond(`${notes}${protect}`),
    message: /not declared: bazaar_notes/,
  },
  {
    check: 'database-row-security',
    plugin: () => withSecond(notes, ['bazaar_notes']),
    message: /row security is off/,
  },
  {
    check: 'database-composite-keys',
    plugin: () =>
      withSecond(`${notes.replace('(seller_id, id)', '(id)')}${protect}`, ['bazaar_notes']),
    message: /bazaar_notes/,
  },
  {
    check: 'database-grants',
    plugin: () =>
      withSecond('create view bazaar_all as select seller_id from bazaar_account_details'),
    message: /bazaar_all/,
  },
  {
    check: 'database-functions',
    plugin: () =>
      withSecond('create function bazaar_f() returns int language sql as $$ select 1 $$'),
    message: /may be called by everybody/,
  },
  {
    check: 'database-secret-columns',
    plugin: () =>
      withFirst((sql) => sql.replace('session_token_enc bytea', 'session_token_enc text')),
    message: /must be bytea/,
  },
]
const rows: readonly Spoiled[] = [
  {
    check: 'database-stores-what-is-accepted',
    also: ['database-keeps-what-is-rejected'],
    plugin: () => withRows((row) => row.externalId.endsWith('4') ? refused(row) : row),
    message: /ORDERS: \d+ stored of \d+/,
  },
  {
    check: 'database-keeps-what-is-rejected',
    // the same order twice in a page, once in a form that the house refuses
    plugin: () =>
      withPages((page) => {
        const [row] = page.rows
        return row
          ? { ...page, rows: [refused(row), ...page.rows], received: page.received + 1 }
          : page
      }),
    message: /kept aside of/,
  },
  {
    check: 'database-second-sync-is-quiet',
    plugin: () => withRows((row) => ({ ...row, updatedAt: new Date(Date.now() + ++read * 1000) })),
    message: /ORDERS: 0 new and \d+ changed rows/,
  },
  {
    check: 'database-sellers-apart',
    plugin: () =>
      withFirst(
        (sql) =>
          `${sql}; create policy everybody on bazaar_account_details for select using (true);`,
        ordersAlone,
      ),
    message: /1 rows of bazaar_account_details/,
  },
  {
    check: 'database-secrets-sealed',
    plugin: () => ({
      ...withFirst((sql) => sql.replace('api_key_enc bytea', 'api_key text'), ordersAlone),
      secrets: ['session_token'],
    }),
    message: /1 of 2 secrets stand in clear/,
  },
  {
    check: 'database-buyers-sealed',
    plugin: () =>
      withRows((row) => ({
        ...row,
        items: row.items.map((item) => ({ ...item, title: row.customer?.name ?? item.title })),
      })),
    message: /fields of buyers stand in clear/,
  },
]

const judged = async (
  { check, also = [], plugin, bench, message }: Spoiled,
  of: readonly Check[],
) => {
  const failed = await failing(plugin(), of, bench)
  expect(failed[check]).toMatch(message)
  expect(Object.keys(failed).filter((id) => id !== check && !also.includes(id))).toEqual([])
}
test.each(tables)('$check is tripped by its fixture', async (one) => {
  await judged(one, tableChecks)
})
test.each(rows)('$check is tripped by its fixture', async (one) => {
  await judged(one, allRowChecks)
}, 30_000)

test('a database that holds a seller is no place for checks, and an empty one is', async () => {
  const { urls, drop } = await server.create()
  onTestFinished(drop)
  const given = givenServer(urls)
  expect((await given.create()).urls).toEqual(urls)
  await withOperations(urls.owner, async (sql) => {
    await sql`insert into orgs (id, name) values (gen_random_uuid(), 'Somebody')`
    await sql`insert into sellers (id, org_id, name) select gen_random_uuid(), id, 'Shop' from orgs`
  })
  await expect(openDatabaseBench({ plugin: bazaar, sample, server: given })).rejects.toThrow(
    'it holds sellers',
  )
})

test('every check has a fixture', () => {
  const fixtures = [...tables, ...rows].map((one) => one.check)
  expect(fixtures.toSorted()).toEqual(checks.map(({ id }) => id).toSorted())
})
