/** The proof by the catalog: the real schema has no fault, and every rule can find one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Catalog, readCatalog } from '../../core/db/catalog.ts'
import { type CatalogAllow, coreAllow } from '../../core/db/catalog-allow.ts'
import { catalogFaults, catalogRules } from '../../core/db/catalog-rules.ts'
import { sellersTables } from '../../core/db/catalog-table-rules.ts'
import {
  coreLine,
  type EmptyDatabase,
  emptyDatabase,
  pluginLine,
} from '../migrations/empty-database.ts'
import { type Connection, keepOpen } from './attempts.ts'
import { broken, plugin } from '../support/catalog-fixtures.ts'

let database: EmptyDatabase
let allow: CatalogAllow
let core: Catalog
let withPlugin: Catalog
// one connection for all fixtures
let admin: Connection
beforeAll(async () => {
  database = await emptyDatabase()
  allow = coreAllow([database.administrator])
  await database.migrate(await coreLine())
  core = await database.asOwner(readCatalog)
  await database.migrate(await coreLine(), pluginLine('bazaar', plugin))
  withPlugin = await database.asOwner(readCatalog)
  admin = await keepOpen(database.superuserUrl)
})
afterAll(async () => {
  await admin.close()
  await database.close()
})

const undo = new Error('undone')
/** The catalog as it would be after the SQL; roles are the whole server's, so nothing is kept. */
const after = async (sql: string): Promise<Catalog> => {
  let catalog: Catalog | undefined
  await admin.sql.begin(async (tx) => {
    await tx.unsafe(`set local role robnu_owner; ${sql}`)
    await tx.unsafe('reset role')
    catalog = await readCatalog(tx)
    throw undo
  }).catch((error) => {
    if (error !== undo) throw error
  })
  if (!catalog) throw new Error('unreachable: nothing was read')
  return catalog
}
const rulesOf = (catalog: Catalog): string[] => [
  ...new Set(catalogFaults(catalog, allow).map(({ rule }) => rule)),
]

describe('the migrated database', () => {
  it('is seen whole', () => {
    const ofKind = (kind: string) => core.relations.filter((one) => one.kind === kind)
    const tables = ofKind('table')
    expect(sellersTables(core, allow).length).toBeGreaterThanOrEqual(18)
    expect(tables).toHaveLength(
      sellersTables(core, allow).length + Object.keys(allow.tables).length,
    )
    expect(ofKind('view')).toEqual([])
    expect(tables.flatMap(({ columns }) => columns).length).toBeGreaterThan(150)
    expect(tables.flatMap(({ policies }) => policies).length).toBeGreaterThan(60)
    expect(tables.flatMap(({ constraints }) => constraints).length).toBeGreaterThan(60)
    expect(tables.flatMap(({ indexes }) => indexes).length).toBeGreaterThan(30)
    expect(tables.flatMap(({ grants }) => grants).length).toBeGreaterThan(50)
    expect(core.functions.length).toBeGreaterThan(20)
    expect(core.roles.length).toBeGreaterThanOrEqual(7)
    expect(core.memberships.length).toBeGreaterThanOrEqual(3)
  })

  it('has no fault', () => {
    expect(catalogFaults(core, allow)).toEqual([])
  })

  it('has no fault with the tables of a plugin', () => {
    const added = sellersTables(withPlugin, allow).filter(({ owner }) => owner === 'robnu_plugins')
    expect(added.map(({ name }) => name)).toEqual(['bazaar_account_details', 'bazaar_returns'])
    expect(catalogFaults(withPlugin, allow)).toEqual([])
  })

  it('looks the same to every login', async () => {
    expect(await database.asSuperuser(readCatalog)).toEqual(withPlugin)
  })

  it('names a reason for every exception', () => {
    for (const { reason } of Object.values(allow.tables)) expect(reason).toMatch(/\w+ \w+/)
    for (const reason of Object.values(allow.indexes)) expect(reason).toMatch(/\w+ \w+/)
  })
})

describe('a broken schema', () => {
  it('is there for every rule', () => {
    expect(Object.keys(broken).toSorted()).toEqual(Object.keys(catalogRules).toSorted())
    expect(Object.keys(catalogRules).length).toBeGreaterThanOrEqual(40)
    expect(Object.values(broken).filter((fixtures) => fixtures.length === 0)).toEqual([])
  })

  const cases = Object.entries(broken).flatMap(([rule, fixtures]) =>
    fixtures.map((sql, i) => ({ rule, sql, number: i + 1 }))
  )
  it.each(cases)('trips the rule $rule alone ($number)', async ({ rule, sql }) => {
    const catalog = await after(sql)
    expect(catalogFaults(catalog, allow).map((fault) => fault.rule)).toContain(rule)
    expect(rulesOf(catalog)).toEqual([rule])
  })

  it('leaves the database as it was', async () => {
    expect(await database.asOwner(readCatalog)).toEqual(withPlugin)
  })

  it('is refused though nobody thought of it', async () => {
    const forgotten = await after('create table notes (id uuid primary key, text text)')
    expect(rulesOf(forgotten)).toEqual([
      ...['row-security-off', 'row-security-not-forced', 'policy-missing', 'primary-key'],
    ])
    const plugins = await after(`set local role robnu_plugins;
      create table bazaar_notes (seller_id uuid, id uuid primary key)`)
    expect(catalogFaults(plugins, allow).map(({ object }) => object)).toContain('bazaar_notes')
  })
})
