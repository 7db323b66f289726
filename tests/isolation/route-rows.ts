/** One row for each route: what its ids are ids of, and a body that it takes. A route without one fails. */
import { readableTables } from '#core/rules/plugin-sql-names.ts'
import { peopleRows } from './people-rows.ts'
import { account, documents, type Maker, type RouteRow, text, user } from './route-row.ts'
import { phoneOf } from './marks.ts'
import { importRows } from './import-rows.ts'
import { signInRows } from './sign-in-rows.ts'
import { processingRows } from './processing-rows.ts'
import { queueRows } from './queue-rows.ts'
import { stockRows } from './stock-rows.ts'
import { staffRows } from './staff-rows.ts'

const time = ({ draw }: Maker): string => `2026-01-${String(1 + draw.below(9)).padStart(2, '0')}`
/** Couriers have counted for each seller alike: all of them have these. */
const awb = ({ draw }: Maker): string => `${draw.pick([1, 9])}000${10 + draw.below(20)}`
const auditWords = {
  'query action': ({ draw }: Maker) => draw.pick(['sync.page', 'user.invited', 'api-key.made']),
  'query from': time,
  'query to': () => '2027-02-01',
}
const auditIds = { 'query actor': user, 'query target': 'sellers.id' }
const auditForms = { 'query target': 'seller:' }

const buyersPhone = ({ draw, mark }: Maker): string =>
  phoneOf(Number(mark.slice(2, 6)), 1 + draw.below(30))
const buyersMail = ({ draw, mark }: Maker): string =>
  `B${1 + draw.below(30)}.${mark}@Buyers.invalid`
const ownAccount = ({ id }: Maker): string => id(account)

/** Orders, accounts and runs, the audit trail, documents. */
const otherRows: Readonly<Record<string, RouteRow>> = {
  'GET /v1/orders': {
    ids: { 'query account': account },
    words: { 'query ordered_from': time, 'query ordered_to': () => '2026-02-01' },
    weight: 30,
  },
  'GET /v1/orders/{id}': { ids: { 'path id': 'orders.id' }, weight: 30 },
  'GET /v1/marketplaces': { sees: 'nobody' },
  'GET /v1/marketplace-accounts': {},
  'POST /v1/marketplace-accounts': {
    body: ({ shop, draw }) => ({
      ...shop(draw.pick([0, 1])),
      credentials: { api_key: 'nobody has this key' },
    }),
    makes: account,
    weight: 2,
  },
  'GET /v1/marketplace-accounts/{id}': { ids: { 'path id': account } },
  'POST /v1/marketplace-accounts/{id}/sync': {
    ids: { 'path id': account },
    body: () => ({ target: 'ORDERS' }),
    weight: 3,
  },
  'GET /v1/orders/{id}/timeline': { ids: { 'path id': 'orders.id' } },
  'GET /v1/shipments': {
    ids: { 'query account': account, 'query order': 'shipments.order_id' },
    words: { 'query awb': awb },
    weight: 20,
  },
  'GET /v1/shipments/{id}': { ids: { 'path id': 'shipments.id' } },
  'GET /v1/returns': {
    ids: { 'query account': account, 'query order': 'order_returns.order_id' },
    words: {
      'query awb': awb,
      'query initiated_from': time,
      'query initiated_to': () => '2026-02-01',
    },
    weight: 20,
  },
  'GET /v1/returns/{id}': { ids: { 'path id': 'order_returns.id' } },
  'GET /v1/payouts': {
    ids: { 'query account': account },
    words: { 'query from': time, 'query to': () => '2026-02-01' },
    weight: 20,
  },
  'GET /v1/payouts/{id}': { ids: { 'path id': 'marketplace_payouts.id' } },
  'GET /v1/payouts/{id}/lines': { ids: { 'path id': 'marketplace_payouts.id' }, weight: 20 },
  'GET /v1/erasures': { ids: { 'query account': account } },
  'GET /v1/runs': { ids: { 'query account': account }, weight: 20 },
  'GET /v1/runs/{id}': { ids: { 'path id': 'job_runs.id' } },
  'POST /v1/orders/{id}/reveal': {
    ids: { 'path id': 'orders.id' },
    body: (make) => ({ fields: ['name', 'address'], reason: text('The courier asks')(make) }),
  },
  'GET /v1/search': {
    words: {
      // numbers of orders begin alike for all sellers
      'query q': (make) =>
        make.draw.pick([
          'BZ-',
          '770',
          '100',
          buyersPhone(make),
          buyersMail(make),
          text('No')(make),
        ]),
      'query kinds': ({ draw }) => draw.pick(['order', 'shipment,return', 'payout']),
    },
    weight: 20,
  },
  'POST /v1/search': {
    body: (make) => ({ q: make.draw.pick([buyersPhone(make), buyersMail(make), 'BZ-', '770']) }),
    weight: 10,
  },
  'POST /v1/data-principals/find': {
    body: (make) => ({ phone: buyersPhone(make), reason: text('A buyer asks')(make) }),
  },
  'POST /v1/data-principals/export': {
    body: (make) => ({ email: buyersMail(make), reason: text('A buyer asks')(make) }),
  },
  // of a buyer whom nobody has: the orders are what the other walks are about
  'POST /v1/data-principals/erase': {
    body: (make) => ({ phone: '+911111111111', orders: 1, reason: text('A buyer asks')(make) }),
  },
  'GET /v1/audit': { ids: auditIds, forms: auditForms, words: auditWords, weight: 20 },
  'GET /v1/audit/export': { ids: auditIds, forms: auditForms, words: auditWords, weight: 2 },
  'GET /v1/audit/digests': {},
  'GET /v1/openings': {
    ids: { 'query actor': user, 'query order': 'orders.id' },
    words: {
      'query purpose': ({ draw }) => draw.pick(['orders.list', 'orders.reveal', 'sync']),
      'query table': () => 'orders',
      'query from': time,
      'query to': () => '2027-02-01',
    },
    weight: 10,
  },
  'GET /v1/openings/openers': {},
  'GET /v1/openings/daily': { words: { 'query from': time, 'query to': () => '2026-03-01' } },
  'GET /v1/audit/keys': documents,
  'GET /v1/keys': {},
  'POST /v1/keys/rotate': {
    body: (make) => ({ reason: text('A laptop was lost')(make) }),
    makes: 'key_walks.id',
    weight: 2,
  },
  'GET /v1/keys/rotations': {},
  'GET /v1/keys/rotations/{id}': { ids: { 'path id': 'key_walks.id' } },
  'GET /v1/audit/anchors': {},
  'POST /v1/audit/anchors': {
    body: ({ mark, serial }) => ({
      kind: 'hook',
      url: `https://hooks.example.in/${mark}/${serial}`,
    }),
    makes: 'audit_anchors.id',
    weight: 4,
  },
  'DELETE /v1/audit/anchors/{id}': { ids: { 'path id': 'audit_anchors.id' }, weight: 4 },
  'GET /v1/tally': {},
  // no row security but the tables' own: whatever it answers, it is the seller's
  'GET /v1/forgetful/{table}': {
    words: {
      'path table': ({ draw }) => draw.pick(openTables.filter((name) => readableTables.has(name))),
    },
    weight: 20,
  },
  // nobody's signature is good: whose account it is is not told
  'POST /webhooks/{plugin}/{marketplace_account}': {
    words: { 'path plugin': () => 'bazaar', 'path marketplace_account': ownAccount },
    file: () => new TextEncoder().encode('{}'),
    sees: 'nobody',
    weight: 2,
  },
  'POST /webhooks/{plugin}/{marketplace_account}/{path}': {
    words: {
      'path plugin': () => 'bazaar',
      'path marketplace_account': ownAccount,
      'path path': () => 'orders',
    },
    file: () => new TextEncoder().encode('{}'),
    sees: 'nobody',
    weight: 1,
  },
  'GET /healthz': documents,
  'GET /readyz': documents,
  'GET /openapi.json': documents,
  'GET /security': documents,
  'GET /security/proofs/{proof}': documents,
  'GET /problems/{code}': documents,
  'GET /': documents,
  'GET /docs': documents,
  'GET /docs/assets/{file}': documents,
}

export const routeRows: Readonly<Record<string, RouteRow>> = {
  ...signInRows,
  ...peopleRows,
  ...staffRows,
  ...stockRows,
  ...processingRows,
  ...importRows,
  ...queueRows,
  ...otherRows,
}

/** Tables of sellers that a tenant may read whole; a plugin's SQL reads those of the ledger. */
export const openTables = [
  'audit_digests',
  'audit_events',
  'audit_heads',
  'bazaar_account_details',
  'batch_lines',
  'batch_orders',
  'batches',
  'catalog_listings',
  'catalog_products',
  'dead_letters',
  'decrypt_ledger',
  'document_asks',
  'erasures',
  'idempotency_keys',
  'impersonation_sessions',
  'import_lines',
  'imports',
  'inbox',
  'inventory_holds',
  'inventory_levels',
  'inventory_movements',
  'inventory_reserves',
  'inventory_tasks',
  'invoice_series',
  'job_runs',
  'key_walks',
  'listing_aliases',
  'manifests',
  'marketplace_accounts',
  'marketplace_credential_events',
  'marketplace_payouts',
  'order_documents',
  'order_events',
  'order_index_walks',
  'order_invoices',
  'order_items',
  'order_return_events',
  'order_return_items',
  'order_returns',
  'orders',
  'payout_line_items',
  'permission_overrides',
  'plan_usage',
  'plugin_file_parts',
  'plugin_files',
  'processing_steps',
  'push_events',
  'quarantined_rows',
  'rate_buckets',
  'raw_payloads',
  'return_awbs',
  'schedules',
  'seller_keys',
  'seller_offboardings',
  'seller_registrations',
  'seller_users',
  'sellers',
  'shipment_events',
  'shipment_items',
  'shipments',
  'shred_samples',
  'shred_trials',
  'storage_objects',
  'sync_cursors',
  'uploads',
  'tenant_export_parts',
  'tenant_exports',
  'warehouses',
] as const
