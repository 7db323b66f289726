/**
 * Sentences that should be true and are not yet: each fails today. When one is mended its test turns
 * red here; it then moves, without `.fails`, to the file of what it is about.
 */
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../../core/config.ts'
import { checkPlugins } from '../../core/host/check.ts'
import { openHost } from '../../core/host/host.ts'
import { loadPlugins } from '../../core/host/load.ts'
import { migrateHost } from '../../core/host/migrate.ts'
import { freshDatabase } from '../support/database.ts'
import { type Changes, errorFrom, faultsFrom, folderOf } from './support/plugins.ts'
import { loaded, marketplace, source, surface } from './support/plugins.ts'

const paths = (changes: Changes, of = surface) =>
  checkPlugins([loaded(of(changes))]).map(({ path }) => path)

describe('a plugin in plain JavaScript', () => {
  it('whose configuration is no schema is told so with all other faults', async () => {
    const folder = await folderOf({ 'mod.mjs': source(`id: 'odd', config: {}`) })
    const start = openHost([{ use: './mod.mjs', config: {} }], folder)
    expect((await faultsFrom(start)).map(({ path }) => path)).toEqual(['config'])
  })

  it('that needs a word in place of a list is told so with all other faults', async () => {
    const folder = await folderOf({ 'mod.mjs': source(`id: 'odd', needs: null, api: 0`) })
    const start = openHost([{ use: './mod.mjs', config: {} }], folder)
    expect((await faultsFrom(start)).map(({ path }) => path)).toContain('api')
  })

  it.each<[string, Changes]>([
    ['tables[0]', { tables: [7] }],
    ['queues[0].name', { queues: [{}] }],
    ['sweeps[0].id', { sweeps: [{ cron: '0 2 * * *' }] }],
    ['migrations[0]', { migrations: [null] }],
    ['routes[0].path', { routes: [{ permission: 'tally:read', path: 7 }] }],
  ])('is told that %s is not of the form', (path, changes) => {
    expect(paths(changes)).toContain(path)
  })

  it.each<[string, Changes]>([
    ['secrets', { secrets: 'api_key' }],
    ['hosts', { hosts: 'api.bazaar.example' }],
    ['limits[0]', { limits: [null] }],
  ])('of a marketplace is told that %s is not of the form', (path, changes) => {
    expect(paths(changes, marketplace)).toContain(path)
  })
})

describe('a plugin', () => {
  it('may not be called core: its SQL would run as the owner', () => {
    expect(paths({ id: 'core' })).toContain('id')
  })

  it('may not give a permission to a role that there is not', () => {
    expect(paths({ permissions: { 'tally:read': ['BOSS'] } })).toHaveLength(1)
  })

  it.each<[string, Changes]>([
    ['what it cannot do', { schedule: { ORDERS: '0 * * * *', PAYOUTS: '0 2 * * *' } }],
    ['what nobody knows', { schedule: { ORDER: '0 * * * *' } }],
  ])('may not schedule %s', (_what, changes) => {
    expect(paths(changes, marketplace)).toHaveLength(1)
  })

  it('in a folder is found by the folder', async () => {
    const folder = await folderOf({ 'stall/mod.js': source(`id: 'stall'`) })
    const { plugins } = await loadPlugins([{ use: './stall', config: undefined }], folder)
    expect(plugins).toMatchObject([{ plugin: { id: 'stall' } }])
  })
})

describe('migrating', () => {
  const coreFolder = new URL('../../migrations/', import.meta.url)
  const migrated = async (sql: string, id = 'bazaar') => {
    const fresh = await freshDatabase()
    onTestFinished(() => fresh.close())
    const folder = await folderOf({ '0099_details.sql': sql })
    const migrations = [{ id: 99, sql: pathToFileURL(`${folder}/0099_details.sql`) }]
    const plugin = id === 'bazaar' ? marketplace({ migrations }) : surface({ id, migrations })
    const marketplaces = id === 'bazaar' ? [marketplace({ migrations })] : []
    const host = { plugins: [loaded(plugin)], marketplaces, configOf: () => undefined }
    const options = { ownerUrl: fresh.urls.owner, coreFolder, host, log: () => {} }
    return { fresh, run: migrateHost(options) }
  }

  it("never runs a plugin's file with the rights of the owner", async () => {
    const { run } = await migrated('alter table orders add column mine text', 'core')
    expect(String(await errorFrom(run))).toContain('must be owner')
  })
})

describe('the configuration', () => {
  const sound = {
    ...{ DATABASE_URL: 'postgres://a@x/y', DATABASE_PLATFORM_URL: 'postgres://b@x/y' },
    ...{ ROBNU_JWT_KEYS: '{"keys":[{"kty":"OKP"}]}', ROBNU_SECRET: 'x'.repeat(32) },
    ROBNU_PLUGINS: '',
  }
  const faultsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
    try {
      readConfig({ ...sound, ...env })
    } catch (error) {
      return (error as { faults: readonly string[] }).faults
    }
    return []
  }

  it('says of an empty variable that it is not set', () => {
    expect(faultsOf({ DATABASE_URL: '' })).toEqual(['DATABASE_URL: is not set'])
  })

  it('says what is wrong with the content of a file', async () => {
    const folder = await folderOf({ secret: 'short' })
    const { ROBNU_SECRET: _secret, ...env } = sound
    let faults: readonly string[] = []
    try {
      readConfig({ ...env, ROBNU_SECRET_FILE: `${folder}/secret` })
    } catch (error) {
      faults = (error as { faults: readonly string[] }).faults
    }
    expect(faults).toEqual(['ROBNU_SECRET: must have at least 32 characters'])
  })

  it('tells a file that cannot be read once', () => {
    expect(faultsOf({ ROBNU_SECRET_FILE: 'nowhere' })).toEqual([
      'ROBNU_SECRET_FILE: cannot read "nowhere"',
    ])
  })

  it('takes an empty ROBNU_CONFIG for one that is not set', () => {
    expect(faultsOf({ ROBNU_CONFIG: '' })).toEqual([])
  })
})
