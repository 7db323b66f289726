/** Migrations are applied once, whole, in order, by whoever may, and never differently later. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { readCatalog } from '../../core/db/catalog.ts'
import { migrate, type MigrationLine } from '../../core/db/migrate.ts'
import { coreLine, type EmptyDatabase, emptyDatabase, pluginLine } from './empty-database.ts'

let database: EmptyDatabase
beforeEach(async () => {
  database = await emptyDatabase()
  return database.close
})

/** A short line of core's: the owner runs it. */
const short = (...texts: readonly string[]): MigrationLine => pluginLine('core', ...texts)
const ledger = () =>
  database.asOwner((sql) =>
    sql`select line, number, name, checksum, applied_at from schema_migrations order by 1, 2`
  )
const tables = async (): Promise<readonly string[]> =>
  (await database.asOwner(readCatalog)).relations.map(({ name }) => name)

describe('starting', () => {
  it('eight at once applies every file once', async () => {
    const core = await coreLine()
    expect(core.files.length).toBeGreaterThanOrEqual(9)
    const logged: string[] = []
    const results = await Promise.all(Array.from({ length: 8 }, () =>
      migrate({
        ownerUrl: database.ownerUrl,
        lines: [core],
        log: (event, { file }) => logged.push(`${event} ${file}`),
      })))
    const names = core.files.map(({ name }) => name)
    expect(results.flatMap(({ applied }) => applied)).toEqual(names.map((name) => `core/${name}`))
    expect(results.map(({ known }) => known).toSorted((a, b) => a - b))
      .toEqual([0, ...Array(7).fill(names.length)])
    expect(logged).toEqual(names.map((name) => `migrate.applied ${name}`))
    expect((await ledger()).map(({ name }) => name)).toEqual(names)
  })

  it('again changes nothing', async () => {
    const lines = [await coreLine(), pluginLine('bazaar', 'create table bazaar_x (id uuid)')]
    expect((await database.migrate(...lines)).applied).toHaveLength(
      (await coreLine()).files.length + 1,
    )
    const before = [await ledger(), await database.asOwner(readCatalog)]
    expect(await database.migrate(...lines)).toEqual({
      applied: [],
      known: (await ledger()).length,
    })
    expect([await ledger(), await database.asOwner(readCatalog)]).toEqual(before)
  })

  it('applies a line that comes later, and leaves one alone that is gone', async () => {
    await database.migrate(short('create table one (id int)'))
    const plugin = pluginLine('bazaar', 'create table bazaar_x (id int)')
    await database.migrate(short('create table one (id int)'))
    await database.asOwner((sql) => sql`grant create on schema public to robnu_plugins`)
    expect((await database.migrate(short('create table one (id int)'), plugin)).applied)
      .toEqual(['bazaar/0001_step.sql'])
    expect((await database.migrate(short('create table one (id int)'))).applied).toEqual([])
    expect(await tables()).toEqual(['bazaar_x', 'one', 'schema_migrations'])
  })
})

describe('a file that fails', () => {
  const broken = 'create table two (id int); select 1 / 0; create table three (id int)'

  it('is named and leaves nothing, and the next run goes on with it', async () => {
    const first = 'create table one (id int)'
    const last = 'create table four (id int)'
    await expect(database.migrate(short(first, broken, last)))
      .rejects.toThrow('Cannot apply migration core/0002_step.sql: division by zero')
    expect(await tables()).toEqual(['one', 'schema_migrations'])
    expect((await ledger()).map(({ number }) => number)).toEqual([1])
    const mended = short(first, broken.replace('/ 0', '/ 1'), last)
    expect((await database.migrate(mended)).applied)
      .toEqual(['core/0002_step.sql', 'core/0003_step.sql'])
    expect(await tables()).toEqual(['four', 'one', 'schema_migrations', 'three', 'two'])
  })

  it('of a killed process leaves nothing, and the next run goes on with it', async () => {
    const texts = ['create table one (id int)', 'create table two (id int); select pg_sleep(1.5)']
    const starter = spawn(process.execPath, [
      ...'Deno' in globalThis ? ['run', '-A'] : [],
      fileURLToPath(new URL('./starter.ts', import.meta.url)),
      ...[database.ownerUrl, ...texts],
    ], { stdio: 'ignore' })
    const ended = new Promise((resolve) => starter.once('exit', (_code, signal) => resolve(signal)))
    await database.asSuperuser(async (sql) => {
      const inTheMiddle = () =>
        sql`select from pg_stat_activity
          where datname = current_database() and query ~ 'pg_sleep' and pid <> pg_backend_pid()`
      while ((await inTheMiddle()).length === 0) expect(starter.exitCode).toBe(null)
    })
    starter.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    // its session ends by itself, and with it the lock that this one waits for
    const resumed = await database.migrate(short(...texts))
    expect(resumed).toEqual({ applied: ['core/0002_step.sql'], known: 1 })
    expect(await tables()).toEqual(['one', 'schema_migrations', 'two'])
  })

  it('because others hold its table gives up after five seconds', async () => {
    await database.migrate(short('create table one (id int)'))
    await database.asSuperuser((sql) =>
      sql.begin(async (tx) => {
        await tx`lock table one in access share mode`
        const startedAt = performance.now()
        await expect(
          database.migrate(short('create table one (id int)', 'alter table one add column n int')),
        ).rejects.toThrow('Cannot apply migration core/0002_step.sql: canceling statement')
        expect(performance.now() - startedAt).toBeLessThan(10_000)
      })
    )
  })
})

describe('a file that was applied', () => {
  const text = 'create table one (id int);\n-- the end\n'

  it('and then edited is refused by its name, before anything else is applied', async () => {
    await database.migrate(short(text))
    const edited = short(text.replace('int', 'bigint'), 'create table two (id int)')
    await expect(database.migrate(edited))
      .rejects.toThrow('Cannot migrate: core/0001_step.sql was changed after it had been applied')
    expect(await tables()).toEqual(['one', 'schema_migrations'])
  })

  it('is the same with the line ends of another system', async () => {
    await database.migrate(short(text))
    expect(await database.migrate(short(text.replaceAll('\n', '\r\n'))))
      .toEqual({ applied: [], known: 1 })
    await expect(database.migrate(short(text.replaceAll('\n', ' ')))).rejects.toThrow('was changed')
  })

  it('may have another name, since its number is what counts', async () => {
    await database.migrate(short(text))
    const renamed = {
      line: 'core',
      files: short(text).files.map((f) => ({ ...f, name: '0001_x' })),
    }
    expect((await database.migrate(renamed)).applied).toEqual([])
  })
})

describe('a database that is newer than the code', () => {
  const older = short('create table one (id int)')
  const newer = (breaking: boolean): MigrationLine => ({
    line: 'core',
    files: short('create table one (id int)', 'create table two (id int)').files
      .map((file) => ({ ...file, breaking: breaking && file.number === 2 })),
  })

  it('is tolerated', async () => {
    await database.migrate(newer(false))
    expect(await database.migrate(older)).toEqual({ applied: [], known: 2 })
  })

  it('is refused, by the name of the file, when that file is breaking', async () => {
    await database.migrate(newer(true))
    await expect(database.migrate(older)).rejects
      .toThrow('Cannot migrate: the database holds core/0002_step.sql, which needs newer code')
    expect((await database.migrate(newer(true))).applied).toEqual([])
  })

  it('is tolerated when the plugin of a breaking file is not enabled', async () => {
    const [file] = pluginLine('bazaar', 'select 1').files
    if (!file) throw new Error('unreachable')
    const open = short('grant create on schema public to robnu_plugins')
    await database.migrate(open, { line: 'bazaar', files: [{ ...file, breaking: true }] })
    expect((await database.migrate(open)).applied).toEqual([])
    await expect(database.migrate(open, { line: 'bazaar', files: [] })).rejects.toThrow('bazaar/')
  })
})

describe('what runs after the files', () => {
  // migrate.ts says that it runs in a transaction
  it('leaves nothing when it fails', async () => {
    const lines = [short('create table one (id int)')]
    const options = { ownerUrl: database.ownerUrl, lines, log: () => {} }
    await expect(migrate({
      ...options,
      after: async (sql) => {
        await sql`insert into one values (1)`
        throw new Error('no')
      },
    })).rejects.toThrow('no')
    expect(await database.asOwner((sql) => sql`select from one`)).toHaveLength(0)
  })
})
