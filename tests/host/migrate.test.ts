/** Plugins' tables: made on their own lines, and held against what the plugins declare. */
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Host } from '../../core/host/host.ts'
import { migrateHost } from '../../core/host/migrate.ts'
import { idOf } from '../../core/ids.ts'
import type { Plugin } from '../../core/plugin.ts'
import { isMarketplace } from '../../core/plugin.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { errorFrom, faultsFrom, folderOf, loaded, marketplace } from './support/plugins.ts'
import { surface } from './support/plugins.ts'
import { testScopeKey } from '../support/scope-key.ts'

const coreFolder = new URL('../../migrations/', import.meta.url)
const database = async (): Promise<FreshDatabase> => {
  const fresh = await freshDatabase()
  onTestFinished(() => fresh.close())
  return fresh
}
const hostOf = (...plugins: readonly Plugin[]): Host => ({
  plugins: plugins.map((plugin) => loaded(plugin)),
  marketplaces: plugins.filter(isMarketplace),
  configOf: () => undefined,
})
const migrate = ({ urls }: FreshDatabase, host: Host) =>
  migrateHost({ ownerUrl: urls.owner, coreFolder, scopeKey: testScopeKey, host, log: () => {} })
/** Bazaar with this satellite, and these secrets. */
const withSatellite = async (sql: string, secrets = ['api_key']) => {
  const folder = await folderOf({ '0001_details.sql': sql })
  const url = pathToFileURL(`${folder}/0001_details.sql`)
  return marketplace({ secrets, migrations: [{ id: 1, sql: url }] })
}
const keys = 'seller_id uuid, marketplace_account_id uuid'
const table = (columns: string) => `create table bazaar_account_details (${columns})`
const protect = `select app_protect('bazaar_account_details')`
/** The same with what every table of a plugin must have. */
const kept = (columns: string) =>
  `${table(`${keys}, ${columns} primary key (seller_id, marketplace_account_id)`)};
    ${protect}`

describe('a plugin with migrations', () => {
  it('has them applied once, behind those of core, and is registered by its code', async () => {
    const fresh = await database()
    const first = await migrate(fresh, hostOf(marketplace()))
    expect(first.applied).toEqual(['bazaar/0001_account_details.sql'])
    expect(await migrate(fresh, hostOf(marketplace()))).toMatchObject({ applied: [] })
    const rows = await fresh.asSuperuser((admin) =>
      admin`select id, code, name, plugin_id from marketplaces`
    )
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { id: idOf('marketplace', 'BAZAAR'), code: 'BAZAAR', name: 'Bazaar', plugin_id: 'bazaar' },
    ])
  })

  it('has its new name taken over, without a new row', async () => {
    const fresh = await database()
    await migrate(fresh, hostOf(marketplace()))
    await migrate(fresh, hostOf(marketplace({ name: 'Grand Bazaar' })))
    const rows = await fresh.asSuperuser((admin) => admin`select name from marketplaces`)
    expect(rows.map(({ name }) => name)).toEqual(['Grand Bazaar'])
  })

  it('owns its tables, and nothing of core', async () => {
    const fresh = await database()
    await migrate(fresh, hostOf(marketplace()))
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select tableowner from pg_tables where tablename = 'bazaar_account_details'`
    )
    expect(row?.['tableowner']).toBe('robnu_plugins')
    for (
      const sql of ['drop table orders', 'alter table sellers add x int', 'select * from orders']
    ) {
      const folder = await folderOf({ '0001_bad.sql': sql })
      const url = pathToFileURL(`${folder}/0001_bad.sql`)
      const plugin = surface({ migrations: [{ id: 1, sql: url }] })
      const error = await errorFrom(migrate(fresh, hostOf(marketplace(), plugin)))
      expect(error.message).toMatch(/^Cannot apply migration tally\/0001_bad\.sql: /)
    }
  })

  it('never has its files run with the rights of the owner, whatever it is called', async () => {
    const fresh = await database()
    const folder = await folderOf({ '0099_mine.sql': 'alter table orders add column mine text' })
    const migrations = [{ id: 99, sql: pathToFileURL(`${folder}/0099_mine.sql`) }]
    const error = await errorFrom(migrate(fresh, hostOf(surface({ id: 'core', migrations }))))
    expect(error.message).toContain('must be owner')
  })

  it('whose file was edited afterwards is refused by the name of the file', async () => {
    const fresh = await database()
    const before = await withSatellite(kept('api_key_enc bytea,'))
    await migrate(fresh, hostOf(before))
    const after = await withSatellite(kept('api_key_enc bytea, more text,'))
    const error = await errorFrom(migrate(fresh, hostOf(after)))
    expect(error.message).toContain('bazaar/0001_details.sql was changed')
  })
})

describe('what a plugin makes beside its tables', () => {
  const withMore = (sql: string) => withSatellite(`${kept('api_key_enc bytea,')}; ${sql}`)
  const body = 'returns int language sql'

  it.each([
    [
      'a function that everybody may call',
      `create function bazaar_one() ${body} return 1`,
      'bazaar_one()',
      'revoke all from public',
    ],
    [
      'a view that reads as its owner',
      'create view bazaar_keys as select api_key_enc from bazaar_account_details',
      'bazaar_keys',
      'security_invoker',
    ],
    [
      'a table that keeps rows of all sellers',
      'create materialized view bazaar_copy as select 1 as one',
      'bazaar_copy',
      'without a policy',
    ],
  ])('%s is told, at every migrate', async (_what, sql, path, message) => {
    const fresh = await database()
    const host = hostOf(await withMore(sql))
    const [fault, ...more] = await faultsFrom(migrate(fresh, host))
    expect([fault?.path, more]).toEqual([path, []])
    expect(fault?.message).toContain(message)
    // its files are there by now, and it is refused all the same
    expect(await faultsFrom(migrate(fresh, host))).toEqual([fault])
  })

  it('a function with the rights of its owner is refused with its file', async () => {
    const fresh = await database()
    const plugin = await withMore(`create function bazaar_one() ${body} security definer return 1`)
    const error = await errorFrom(migrate(fresh, hostOf(plugin)))
    expect(error.message).toContain('function "bazaar_one()"')
  })

  it('a function of its own, and a view of who asks, are fine', async () => {
    const fresh = await database()
    const plugin = await withMore(`create function bazaar_one() ${body} return 1;
      revoke all on function bazaar_one() from public;
      create view bazaar_seen with (security_invoker = true)
        as select marketplace_account_id from bazaar_account_details`)
    expect(await migrate(fresh, hostOf(plugin))).toMatchObject({
      applied: ['bazaar/0001_details.sql'],
    })
  })
})

describe('a satellite', () => {
  it.each([
    ['that no migration makes', 'select 1', ['detailsTable'], 'bazaar_account_details'],
    ['without the column of a secret', kept(''), ['secrets'], '"api_key_enc"'],
    [
      'with a secret in clear',
      kept('api_key_enc text,'),
      ['secrets'],
      'must be bytea, not text',
    ],
    [
      'with a sealed column that is no secret',
      kept('api_key_enc bytea, pin_enc bytea,'),
      ['secrets'],
      '"pin_enc" is not listed',
    ],
    [
      'without its seller',
      table('marketplace_account_id uuid, api_key_enc bytea'),
      ['detailsTable'],
      'needs seller_id uuid',
    ],
    [
      'whose account is text',
      table('seller_id uuid, marketplace_account_id text, api_key_enc bytea'),
      ['detailsTable'],
      'needs marketplace_account_id uuid',
    ],
    ['with nothing right', table('x int'), ['secrets', 'detailsTable', 'detailsTable'], 'uuid'],
  ])('%s is told so', async (_what, sql, paths, message) => {
    const fresh = await database()
    const faults = await faultsFrom(migrate(fresh, hostOf(await withSatellite(sql))))
    const own = faults.filter(({ plugin }) => plugin === 'bazaar')
    expect(own.map(({ path }) => path)).toEqual(paths)
    expect(faults.map((fault) => fault.message).join()).toContain(message)
  })

  it.each([
    ['without protection', `${keys}, api_key_enc bytea, primary key (seller_id)`, ''],
    [
      'whose key does not begin with the seller',
      `${keys}, api_key_enc bytea, x int primary key`,
      protect,
    ],
  ])('%s is refused by the rules of every table', async (_what, columns, after) => {
    const fresh = await database()
    const plugin = await withSatellite(`${table(columns)}; ${after}`)
    const faults = await faultsFrom(migrate(fresh, hostOf(plugin)))
    expect(faults.map(({ path }) => path).join()).toContain('bazaar_account_details')
  })

  it('that is wrong leaves its marketplace unregistered', async () => {
    const fresh = await database()
    await errorFrom(migrate(fresh, hostOf(await withSatellite('select 1'))))
    expect(await fresh.asSuperuser((admin) => admin`select code from marketplaces`)).toHaveLength(0)
  })

  it('may have columns that it once had in its past', async () => {
    const fresh = await database()
    const sql = `${kept('api_key_enc bytea, old_enc bytea,')};
      alter table bazaar_account_details drop column old_enc`
    expect(await migrate(fresh, hostOf(await withSatellite(sql)))).toMatchObject({
      applied: ['bazaar/0001_details.sql'],
    })
  })
})
