/** A plugin's line makes tables of its own, as a role that may change none of core's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../core/db/catalog.ts'
import { readCoreLine } from '../../core/db/migrate.ts'
import { plugin } from '../support/catalog-fixtures.ts'
import { coreLine, type EmptyDatabase, emptyDatabase, pluginLine } from './empty-database.ts'

let database: EmptyDatabase
beforeAll(async () => {
  database = await emptyDatabase()
  await database.migrate(await coreLine())
})
afterAll(() => database.close())

let lines = 0
/** The files as a plugin that nobody has seen before. */
const run = async (...texts: readonly string[]) => {
  const line = pluginLine(`bazaar${++lines}`, ...texts)
  return await database.migrate(await coreLine(), line)
}

describe('a plugin', () => {
  it('owns what its files make', async () => {
    await database.migrate(await coreLine(), pluginLine('bazaar', plugin))
    const { relations } = await database.asOwner(readCatalog)
    expect(relations.filter(({ name }) => name.startsWith('bazaar_')).map(({ owner }) => owner))
      .toEqual(['robnu_plugins', 'robnu_plugins'])
  })

  const forbidden: Readonly<Record<string, string>> = {
    'changes a table of core': 'alter table orders add column bazaar_note text',
    'reads a table of core': 'create table x as select * from sellers',
    'writes into a table of core': `insert into marketplaces values (null, 'x', 'x', 'x')`,
    'drops a table of core': 'drop table orders',
    'switches row security off': 'alter table orders disable row level security',
    'opens a policy': 'create policy mine on orders to robnu_tenant using (true)',
    'listens at a table of core':
      `create trigger mine after insert on orders execute function audit_is_append_only()`,
    'replaces a function of core': `create or replace function app_current_seller_id() returns uuid
       language sql return null`,
    'edits the ledger of migrations': 'delete from schema_migrations',
    'makes a role': 'create role bazaar',
    'makes a schema': 'create schema bazaar',
  }
  for (const [deed, text] of Object.entries(forbidden)) {
    it(`that ${deed} fails, names its file, and leaves nothing`, async () => {
      const before = await database.asOwner(readCatalog)
      const name = `bazaar${lines + 1}/0002_step.sql`
      const making = run('select 1', `create table bazaar_made (id uuid); ${text}`)
      await expect(making).rejects.toThrow(`Cannot apply migration ${name}: `)
      expect(await database.asOwner(readCatalog)).toEqual(before)
    })
  }

  // the session is the owner's: whatever the file says last decides who it is
  for (
    const [way, front] of Object.entries({
      'RESET ROLE': 'reset role',
      'SET ROLE': 'set role robnu_owner',
      'COMMIT': 'commit; begin',
    })
  ) {
    it(`that leaves its role by ${way} changes no table of core`, async () => {
      const column = `escaped_${way.toLowerCase().replace(' ', '_')}`
      await run(`${front}; alter table orders add column ${column} text`).catch(() => {})
      const { relations } = await database.asOwner(readCatalog)
      const columns = relations.find(({ name }) => name === 'orders')?.columns
      expect(columns?.map(({ name }) => name)).not.toContain(column)
    })
  }

  it('that leaves its role changes no row of core', async () => {
    const text = `reset role; insert into orgs values (gen_random_uuid(), 'of a plugin')`
    await run(text).catch(() => {})
    expect(await database.asOwner((sql) => sql`select from orgs`)).toHaveLength(0)
  })

  it('that leaves its role changes no default of core', async () => {
    await run('reset role; alter table orders alter column on_hold set default true').catch(
      () => {},
    )
    const { relations } = await database.asOwner(readCatalog)
    const column = relations.find(({ name }) => name === 'orders')?.columns
      .find(({ name }) => name === 'on_hold')
    expect(column).toMatchObject({ default: null })
  })
})

describe('the folder of core', () => {
  it('is read in the order of its numbers, and without what is no step', async () => {
    const { files } = await coreLine()
    expect(files.map(({ number }) => number)).toEqual(files.map((_, i) => i + 1))
    expect(files.map(({ name }) => name)).not.toContain('roles.sql')
    expect(files.map(({ name }) => name)).not.toContain('schema.sql')
  })

  it('that is empty is not taken for one without migrations', async () => {
    await expect(readCoreLine(new URL('./nowhere/', import.meta.url))).rejects.toThrow('ENOENT')
  })
})
