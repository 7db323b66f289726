/**
 * One broken plugin for every rule of the contract: what is changed in a sound one, and where the fault
 * is told. The keys are those of the checks of the kit.
 */
import { API, defineMarketplace, definePlugin, type Marketplace, type Plugin } from 'robnu/plugin'
import { z } from 'zod'
import bazaar from './bazaar/mod.ts'

type Changes = Readonly<Record<string, unknown>>
export interface Broken {
  readonly of: 'plugin' | 'marketplace'
  /** Where the fault is. */
  readonly path: string
  readonly change: (id: string) => Changes
}

const later = () => Promise.resolve()
const file = new URL('file:///0001.sql')
const queue = (id: string) => ({ name: `${id}-later`, kind: 'fifo' })
const consumer = (id: string) => ({ queue: `${id}-later`, body: z.object({}), handle: later })
const sweep = (id: string) => ({ id: `${id}-nightly`, cron: '0 2 * * *', run: later })
const route = (id: string) => ({
  ...{ method: 'get', path: `/${id}`, permission: `${id.replaceAll('_', '-')}:read` },
  ...{ summary: 'Reads', answer: z.object({}), handle: later },
})
const limit = { operation: 'list', ratePerSecond: 1, burst: 1 }
const headings = ['Order', 'Item', 'Day', 'Sum']
const report = {
  ...{ id: 'orders', name: 'Orders', target: 'ORDERS', signature: headings, rows: later },
}
const host = 'api.broken.example.com'

const plugin = (path: string, change: Broken['change']): Broken => ({ of: 'plugin', path, change })
const market = (path: string, change: Broken['change']): Broken => ({
  ...{ of: 'marketplace', path, change },
})

export const brokenPlugins: Readonly<Record<string, Broken>> = {
  'form-id': plugin('id', () => ({ id: 7 })),
  'form-version': plugin('version', () => ({ version: 1 })),
  'form-config': plugin('config', () => ({ config: { type: 'object' } })),
  'form-needs': plugin('needs', () => ({ needs: 'moon' })),
  'form-migrations': plugin('migrations[0].sql', () => ({ migrations: [{ id: 1, sql: 'x' }] })),
  'form-tables': plugin('tables[0]', () => ({ tables: [7] })),
  'form-permissions': plugin('permissions', () => ({ permissions: ['read'] })),
  'form-queues': plugin('queues[0].kind', (id) => ({ queues: [{ ...queue(id), kind: 'lifo' }] })),
  'form-consumers': plugin(
    'consumers[0].handle',
    (id) => ({ queues: [queue(id)], consumers: [{ ...consumer(id), handle: 1 }] }),
  ),
  'form-sweeps': plugin('sweeps[0].run', (id) => ({ sweeps: [{ ...sweep(id), run: 'daily' }] })),
  'form-routes': plugin('routes[0].path', (id) => ({ routes: [{ ...route(id), path: 'here' }] })),
  'form-start': plugin('start', () => ({ start: true })),
  'declared-id-form': plugin('id', (id) => ({ id: id.toUpperCase() })),
  'declared-id-not-core': plugin('id', () => ({ id: 'core' })),
  'declared-api-known': plugin('api', () => ({ api: 2 })),
  'declared-version-form': plugin('version', () => ({ version: '1.0' })),
  'declared-migrations-numbered': plugin(
    'migrations[0].id',
    () => ({ migrations: [{ id: 1.5, sql: file }] }),
  ),
  'declared-migrations-in-order': plugin(
    'migrations[1].id',
    () => ({ migrations: [{ id: 2, sql: file }, { id: 1, sql: file }] }),
  ),
  'declared-tables-named': plugin('tables[0]', () => ({ tables: ['orders'] })),
  'declared-permissions-named': plugin(
    'permissions["read"]',
    () => ({ permissions: { read: ['OWNER'] } }),
  ),
  'declared-queues-named': plugin(
    'queues[0].name',
    () => ({ queues: [{ name: 'account-sync', kind: 'fifo' }] }),
  ),
  'declared-queues-once': plugin('queues[1].name', (id) => ({ queues: [queue(id), queue(id)] })),
  'declared-consumers-of-own-queues': plugin(
    'consumers[0].queue',
    (id) => ({ consumers: [consumer(id)] }),
  ),
  'declared-consumers-once': plugin(
    'consumers[1].queue',
    (id) => ({ queues: [queue(id)], consumers: [consumer(id), consumer(id)] }),
  ),
  'declared-sweeps-cron': plugin(
    'sweeps[0].cron',
    (id) => ({ sweeps: [{ ...sweep(id), cron: '0 0 31 2 *' }] }),
  ),
  'declared-sweeps-named': plugin(
    'sweeps[0].id',
    (id) => ({ sweeps: [{ ...sweep(id), id: 'nightly' }] }),
  ),
  'declared-sweeps-once': plugin('sweeps[1].id', (id) => ({ sweeps: [sweep(id), sweep(id)] })),
  'declared-routes-permitted': plugin(
    'routes[0].permission',
    (id) => ({ routes: [{ ...route(id), permission: '' }] }),
  ),
  'declared-routes-replay': plugin(
    'routes[0].replay',
    (id) => ({
      permissions: { [route(id).permission]: ['OWNER'] },
      routes: [{ ...route(id), replay: later }],
    }),
  ),
  'declared-routes-not-core': plugin(
    'routes[0].path',
    (id) => ({
      permissions: { [route(id).permission]: ['OWNER'] },
      routes: [{ ...route(id), path: '/orders/mine' }],
    }),
  ),

  'form-webhooks': market('webhooks', () => ({ webhooks: {} })),
  'form-notifications': market('notifications.queue', () => ({
    notifications: { read: later, queue: 'orders' },
  })),
  'declared-webhooks-path': market('webhooks[0].path', () => ({
    webhooks: [{ path: 'orders', verify: later, read: later }],
  })),
  'declared-webhooks-once': market('webhooks[1].path', () => ({
    webhooks: [1, 2].map(() => ({ path: '/orders', verify: later, read: later })),
  })),
  'form-code': market('code', () => ({ code: 7 })),
  'form-name': market('name', () => ({ name: null })),
  'form-upstream': market('upstream', () => ({ upstream: 3 })),
  'form-hosts': market('hosts', () => ({ hosts: host })),
  'form-details-table': market('detailsTable', () => ({ detailsTable: undefined })),
  'form-details': market('details', () => ({ details: {} })),
  'form-credentials': market('credentials', () => ({ credentials: undefined })),
  'form-cursor': market('cursor', () => ({ cursor: 'text' })),
  'form-secrets': market('secrets', () => ({ secrets: 'api_key' })),
  'form-pii': market('pii', () => ({ pii: undefined })),
  'form-schedule': market('schedule', () => ({ schedule: { ORDER: '0 2 * * *' } })),
  'form-limits': market('limits[0]', () => ({ limits: [null] })),
  'form-claim-window-days': market('claimWindowDays', () => ({ claimWindowDays: 0 })),
  'form-retention': market(
    'retention.piiDaysAfterDelivery',
    () => ({ retention: { piiDaysAfterDelivery: 'long' } }),
  ),
  'form-imports': market(
    'imports[0].target',
    () => ({ imports: [{ ...report, target: 'STOCK' }] }),
  ),
  'form-adapter': market('adapter.verify', () => ({ adapter: {}, schedule: {} })),
  'declared-code-form': market('code', () => ({ code: 'small' })),
  'declared-name-given': market('name', () => ({ name: '' })),
  'declared-upstream-given': market('upstream', () => ({ upstream: '' })),
  'declared-hosts-given': market('hosts', () => ({ hosts: [] })),
  'declared-hosts-form': market('hosts[0]', () => ({ hosts: [`https://${host}/`] })),
  'declared-hosts-public': market('hosts[0]', () => ({ hosts: ['10.0.0.7'] })),
  'declared-hosts-once': market('hosts[1]', () => ({ hosts: [host, host] })),
  'declared-satellite-named': market('detailsTable', () => ({ detailsTable: 'sellers' })),
  'declared-satellite-made': market('migrations', () => ({ migrations: [] })),
  'declared-secrets-columns': market('secrets[0]', () => ({ secrets: ['Token'] })),
  'declared-secrets-once': market('secrets[1]', () => ({ secrets: ['api_key', 'api_key'] })),
  'declared-schedule-cron': market('schedule.ORDERS', () => ({ schedule: { ORDERS: 'hourly' } })),
  'declared-schedule-able': market(
    'schedule.PAYOUTS',
    () => ({ schedule: { PAYOUTS: '0 2 * * *' }, adapter: { verify: later } }),
  ),
  'declared-limits-numbers': market('limits[0]', () => ({ limits: [{ ...limit, burst: 0 }] })),
  'declared-limits-once': market('limits[1].operation', () => ({ limits: [limit, limit] })),
  'declared-pii-paths': market('pii[0]', () => ({ pii: ['orders.*.buyer'] })),
  'declared-imports-once': market('imports[1].id', () => ({ imports: [report, report] })),
  'declared-imports-signature': market(
    'imports[0].signature',
    () => ({ imports: [{ ...report, signature: ['Order'] }] }),
  ),
}

/** Sound, but for what the key says; whatever its id is changed to, it is told by that. */
export const brokenPlugin = (key: string, id: string): Plugin => {
  const broken = brokenPlugins[key]
  if (!broken) throw new Error(`There is no broken plugin "${key}"`)
  const changes = broken.change(id)
  if (broken.of === 'plugin') return definePlugin({ id, api: API, version: '1.0.0', ...changes })
  return defineMarketplace({
    ...bazaar,
    ...{ id, code: id.toUpperCase(), detailsTable: `${id}_account_details`, tables: [] },
    ...{ hosts: [host], imports: [], ...changes },
  } as Marketplace)
}
