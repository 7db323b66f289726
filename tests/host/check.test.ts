/** One broken plugin for each rule of the contract, and the sentence that it gets. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkPlugins } from '../../core/host/check.ts'
import type { Plugin } from '../../core/plugin.ts'
import { type Changes, loaded, marketplace, surface } from './support/plugins.ts'

const check = (...plugins: readonly Plugin[]) => checkPlugins(plugins.map((one) => loaded(one)))
const somewhere = new URL('file:///0001.sql')
const route = {
  ...{
    method: 'get',
    path: '/tally',
    permission: 'tally:read',
    summary: 'x',
    answer: z.object({}),
  },
  handle: () => Promise.resolve({}),
}

const consumer = { queue: 'tally-later', body: z.object({}), handle: () => Promise.resolve() }

describe('a sound plugin', () => {
  it('has no fault: a surface', () => {
    const plugin = surface({
      migrations: [{ id: 1, sql: somewhere }, { id: 3, sql: somewhere }],
      tables: ['tally_counts'],
      permissions: { 'tally:read': ['OWNER'] },
      queues: [{ name: 'tally-later', kind: 'standard' }],
      consumers: [consumer],
      sweeps: [{ id: 'tally-nightly', cron: '0 2 * * *', run: () => Promise.resolve() }],
      routes: [route],
    })
    expect(check(plugin)).toEqual([])
  })

  it('has no fault: a marketplace, and its queue for pushes', () => {
    const queues = [{ name: 'marketplace-push-bazaar', kind: 'fifo' }]
    expect(check(marketplace({ queues }), surface({ needs: ['bazaar'] }))).toEqual([])
  })
})

const sweep = { id: 'tally-nightly', cron: '0 2 * * *', run: () => Promise.resolve() }
const ofAnyPlugin: readonly (readonly [what: string, changes: Changes, path: string])[] = [
  ['without an id', { id: undefined }, 'id'],
  ['with an id in capitals', { id: 'Tally' }, 'id'],
  ['with an id that no table could have', { id: 'tally-up' }, 'id'],
  ['with an endless id', { id: 'a'.repeat(32) }, 'id'],
  ['with the name of the core, and its rights', { id: 'core' }, 'id'],
  ['of another contract', { api: 2 }, 'api'],
  ['of no contract', { api: undefined }, 'api'],
  ['without a version', { version: undefined }, 'version'],
  ['with half a version', { version: '1.0' }, 'version'],
  ['with a configuration that is no schema', { config: { type: 'object' } }, 'config'],
  [
    'with a migration of no number',
    { migrations: [{ id: 0, sql: somewhere }] },
    'migrations[0].id',
  ],
  ['with half a number', { migrations: [{ id: 1.5, sql: somewhere }] }, 'migrations[0].id'],
  [
    'with migrations in disorder',
    { migrations: [{ id: 2, sql: somewhere }, { id: 1, sql: somewhere }] },
    'migrations[1].id',
  ],
  [
    'with a number twice',
    { migrations: [{ id: 1, sql: somewhere }, { id: 1, sql: somewhere }] },
    'migrations[1].id',
  ],
  [
    'with SQL in place of a file',
    { migrations: [{ id: 1, sql: 'select 1' }] },
    'migrations[0].sql',
  ],
  ["with another's table", { tables: ['tally_a', 'orders'] }, 'tables[1]'],
  [
    'with a permission for nobody',
    { permissions: { 'tally:read': ['BOSS'] } },
    'permissions.tally:read[0]',
  ],
  ['with a permission for nothing', { permissions: { tally: ['OWNER'] } }, 'permissions["tally"]'],
  ["with another's queue", { queues: [{ name: 'account-sync', kind: 'fifo' }] }, 'queues[0].name'],
  [
    'with a consumer of a queue that it does not have',
    { consumers: [consumer] },
    'consumers[0].queue',
  ],
  [
    'with two consumers of one queue',
    { queues: [{ name: 'tally-later', kind: 'fifo' }], consumers: [consumer, consumer] },
    'consumers[1].queue',
  ],
  [
    'with a consumer that takes anything',
    { queues: [{ name: 'tally-later', kind: 'fifo' }], consumers: [{ ...consumer, body: {} }] },
    'consumers[0].body',
  ],
  [
    'with a consumer that does nothing',
    { queues: [{ name: 'tally-later', kind: 'fifo' }], consumers: [{ ...consumer, handle: 1 }] },
    'consumers[0].handle',
  ],
  [
    'with a sweep that never comes',
    { sweeps: [{ ...sweep, cron: '0 0 31 2 *' }] },
    'sweeps[0].cron',
  ],
  ['with a sweep of six fields', { sweeps: [{ ...sweep, cron: '0 0 2 * * *' }] }, 'sweeps[0].cron'],
  ["with another's sweep", { sweeps: [{ ...sweep, id: 'nightly' }] }, 'sweeps[0].id'],
  [
    'with a route for everybody',
    { routes: [{ ...route, permission: '' }] },
    'routes[0].permission',
  ],
  ['with a route beside the others', { routes: [{ ...route, path: 'tally' }] }, 'routes[0].path'],
  ['with a route of the core', { routes: [{ ...route, path: '/orders' }] }, 'routes[0].path'],
  [
    'with a name for one order of the core',
    { routes: [{ ...route, path: '/orders/{which}' }] },
    'routes[0].path',
  ],
  ['that needs what is not there', { needs: ['bazaar', 'moon'] }, 'needs'],
]
const ofMarketplaces: typeof ofAnyPlugin = [
  ['without a code', { code: undefined }, 'code'],
  ['with a code in small letters', { code: 'bazaar' }, 'code'],
  ['without a name', { name: '' }, 'name'],
  ['that does not name the API', { upstream: undefined }, 'upstream'],
  ['without hosts', { hosts: [] }, 'hosts'],
  ['with an address for a host', { hosts: ['https://a.example/'] }, 'hosts[0]'],
  ['with any host', { hosts: ['a.example', '*.example'] }, 'hosts[1]'],
  ['with this machine for a host', { hosts: ['127.0.0.1:8443'] }, 'hosts[0]'],
  ['with a number for a host', { hosts: ['a.example', '2130706433'] }, 'hosts[1]'],
  ['with the metadata of a cloud', { hosts: ['169.254.169.254'] }, 'hosts[0]'],
  ['with a name of its own network', { hosts: ['redis.internal:6379'] }, 'hosts[0]'],
  ['with a name without a dot', { hosts: ['localhost'] }, 'hosts[0]'],
  ['with a port of another service', { hosts: ['a.example:22'] }, 'hosts[0]'],
  ['with a port that no request spells', { hosts: ['a.example:443'] }, 'hosts[0]'],
  ["with another's satellite", { detailsTable: 'sellers' }, 'detailsTable'],
  ['without migrations', { migrations: [] }, 'migrations'],
  ['with details that are no schema', { details: {} }, 'details'],
  ['without credentials', { credentials: undefined }, 'credentials'],
  ['without a cursor', { cursor: undefined }, 'cursor'],
  ['with the column for the secret', { secrets: ['api_key', 'Token'] }, 'secrets[1]'],
  ['without secrets', { secrets: undefined }, 'secrets'],
  ["without the paths of buyers' data", { pii: undefined }, 'pii'],
  ['that cannot verify', { adapter: {}, schedule: {} }, 'adapter.verify'],
  [
    'with a schedule for what it cannot do',
    { schedule: { PAYOUTS: '0 2 * * *' }, adapter: { verify: () => Promise.resolve() } },
    'schedule.PAYOUTS',
  ],
  ['with a schedule for what nobody knows', { schedule: { ORDER: '0 2 * * *' } }, 'schedule'],
  ['with a schedule that is none', { schedule: { ORDERS: 'hourly' } }, 'schedule.ORDERS'],
  [
    'without a rate',
    { limits: [{ operation: 'a', ratePerSecond: 0, burst: 1 }] },
    'limits[0]',
  ],
  [
    'with an empty bucket',
    { limits: [{ operation: 'a', ratePerSecond: 1, burst: 0 }] },
    'limits[0]',
  ],
]

describe('a plugin', () => {
  it.each(ofAnyPlugin)('%s is told so', (_what, changes, path) => {
    const sound = marketplace()
    const faults = check(surface(changes), sound)
    expect(faults.map((fault) => fault.path)).toContain(path)
    for (const { plugin, message } of faults) {
      expect(plugin).toBe(changes['id'] ?? ('id' in changes ? './undefined/mod.ts' : 'tally'))
      expect(message).toMatch(/\w+ \w+/)
    }
    if (!('id' in changes)) expect(faults.map((fault) => fault.path)).toEqual([path])
  })

  it('is told every fault at once', () => {
    const faults = check(surface({ api: 0, version: 'new', needs: ['moon'], tables: ['x'] }))
    expect(faults.map(({ path }) => path).toSorted()).toEqual([
      'api',
      'needs',
      'tables[0]',
      'version',
    ])
  })

  it('whose id another one has is refused, and so is the other', () => {
    expect(check(surface(), surface({ version: '2.0.0' }))).toMatchObject([
      ...[{ plugin: 'tally', path: 'id' }, { plugin: 'tally', path: 'id' }],
    ])
  })
})

describe('a marketplace', () => {
  it.each(ofMarketplaces)('%s is told so', (_what, changes, path) => {
    const faults = check(marketplace(changes))
    expect(faults.map((fault) => fault.path)).toEqual([path])
    expect(faults[0]?.plugin).toBe('bazaar')
  })

  it('whose code another one has is refused, and so is the other', () => {
    const detailsTable = 'copy_account_details'
    const copy = marketplace({ id: 'copy', detailsTable, tables: [] })
    expect(check(marketplace(), copy)).toMatchObject([
      ...[{ plugin: 'bazaar', path: 'code' }, { plugin: 'copy', path: 'code' }],
    ])
  })
})

describe('a plugin in plain JavaScript', () => {
  it.each<[path: string, changes: Changes]>([
    ['needs', { needs: null }],
    ['tables[0]', { tables: [7] }],
    ['queues[0].name', { queues: [{}] }],
    ['sweeps[0].id', { sweeps: [{ cron: '0 2 * * *' }] }],
    ['migrations[0]', { migrations: [null] }],
    ['routes[0].path', { routes: [{ permission: 'tally:read', path: 7 }] }],
    ['version', { version: 1 }],
  ])('is told that %s is not of the form, and every other fault', (path, changes) => {
    const found = check(surface({ ...changes, api: 0 })).map((fault) => fault.path)
    expect(found).toContain(path)
    expect(found).toContain('api')
  })

  it.each<[path: string, changes: Changes]>([
    ['secrets', { secrets: 'api_key' }],
    ['hosts', { hosts: 'api.bazaar.example' }],
    ['limits[0]', { limits: [null] }],
    ['adapter', { adapter: null }],
  ])('of a marketplace is told that %s is not of the form', (path, changes) => {
    const found = check(marketplace({ ...changes, code: 'x' })).map((fault) => fault.path)
    expect(found).toContain(path)
    expect(found).toContain('code')
  })

  it('is there for those that need it, whatever is wrong with it', () => {
    const faults = check(marketplace({ hosts: 7 }), surface({ needs: ['bazaar'] }))
    expect(faults.map(({ plugin }) => plugin)).toEqual(['bazaar'])
  })
})
