/** Orders, accounts and runs of one account for every seller, made up on the spot. */
import type { Entry } from '../../core/db/database.ts'
import { fault } from '../../core/errors.ts'
import type {
  AccountView,
  OrderDetail,
  OrderSummary,
  RunView,
  Services,
} from '../../core/http/services.ts'
import { fakeAccess } from './fake-access.ts'
import { fakeAudit } from './fake-audit.ts'
import { fakeExports } from './fake-exports.ts'
import { fakeLeaves } from './fake-leaves.ts'
import { fakeProcessing } from './fake-processing.ts'
import { fakeImports } from './fake-imports.ts'
import { fakeKeys } from './fake-keys.ts'
import { fakeSearch } from './fake-search.ts'
import { fakeStock } from './fake-stock.ts'
import { fakeQueues } from './fake-queues.ts'
import { fakeOffboardings, fakeTenancy } from './fake-tenancy.ts'

export const orderId = '8f1c2a64-7d0e-8a3b-9c55-1e2f3a4b5c6d'
export const accountId = '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f'
export const runId = '01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0a'

export const buyer = {
  name: 'Asha Rao',
  phone: '+91 98765 43212',
  email: 'asha.rao@example.in',
  address: {
    line1: '12 Laxmi Road',
    line2: 'Near the well',
    city: 'Pune',
    state: 'Maharashtra',
    postal_code: '411014',
  },
}
const at = new Date('2026-01-31T10:15:00Z')

const order: OrderSummary = {
  id: orderId,
  marketplace_account_id: accountId,
  marketplace: 'BAZAAR',
  external_order_id: 'S-1001',
  status: 'PACKED',
  raw_status: 'Packed',
  on_hold: false,
  ordered_at: at,
  source_updated_at: at,
  ship_by: null,
  currency: 'INR',
  total_paise: 64_700,
  fulfilled_by: 'SELLER',
  state_code: '27',
  item_count: 1,
  customer_erased_at: null,
}
const detail: OrderDetail = {
  ...order,
  customer: buyer,
  items: [],
  created_at: at,
  updated_at: at,
  job_run_id: runId,
}
const account: AccountView = {
  id: accountId,
  marketplace: 'BAZAAR',
  external_account_id: 'SELLER-42',
  name: 'Main shop',
  needs_reconnect: false,
  reconnect_reason: null,
  paused_at: null,
  pause_reason: null,
  last_validated_at: at,
  last_validation_status: 'OK',
  targets: ['ORDERS'],
  created_at: at,
  schedules: [],
}
const run: RunView = {
  id: runId,
  marketplace_account_id: accountId,
  target: 'ORDERS',
  reason: 'manual',
  state: 'QUEUED',
  window_from: null,
  window_to: null,
  pages: 0,
  received: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  rejected: 0,
  rejected_reasons: {},
  unknown_words: {},
  failure: null,
  created_at: at,
  started_at: null,
  finished_at: null,
}

/** `enter` throws what the gate of the database would throw. */
export const fakeServices = (
  enter: (entry: Entry) => unknown,
): Omit<Services, 'auth' | keyof typeof nobodyElse> => {
  const inside = <T>(entry: Entry, value: T): Promise<T> =>
    Promise.try(() => {
      enter(entry)
      return value
    })
  return {
    orders: {
      list: (entry, { customer, after }) =>
        inside(entry, {
          orders: [customer ? { ...order, customer: buyer } : order],
          next: after === undefined ? { orderedAt: at, id: orderId } : null,
        }),
      get: (entry, id) => inside(entry, id === orderId ? detail : null),
    },
    accounts: {
      // from memory, as the real one
      marketplaces: () =>
        Promise.resolve([{ code: 'BAZAAR', name: 'Bazaar', targets: ['ORDERS'] as const }]),
      list: (entry) => inside(entry, [account]),
      get: (entry, id) => inside(entry, id === accountId ? account : null),
      connect: async (entry, { marketplace }) => {
        await inside(entry, null)
        if (marketplace !== 'BAZAAR') throw fault('marketplace-unknown')
        entry.once?.onMade()
        return account
      },
      requestSync: async (entry, id) => {
        const asked = await inside(entry, id === accountId ? { run, created: true } : null)
        if (asked !== null) entry.once?.onMade()
        return asked
      },
    },
    runs: {
      get: (entry, id) => inside(entry, id === runId ? run : null),
      list: (entry) => inside(entry, { runs: [run], next: { createdAt: at, id: runId } }),
    },
    ...fakeAccess(inside),
    impersonations: {
      live: () => Promise.resolve([]),
      list: (entry) => inside(entry, { impersonations: [], next: null }),
      get: (entry) => inside(entry, null),
      approve: (entry) => inside(entry, null),
      deny: (entry) => inside(entry, null),
      end: (entry) => inside(entry, null),
    },
    audit: fakeAudit(inside),
    tenantExports: fakeExports(inside),
    tenancy: fakeTenancy(inside),
    offboardings: fakeOffboardings(inside),
    ...fakeQueues(inside),
    ...fakeStock(inside),
    ...fakeImports(inside),
    ...fakeKeys(inside),
    webhooks: { take: () => Promise.reject(fault('push-refused')) },
    ...fakeSearch(inside, { id: orderId, account: accountId, at, buyer }),
    ...fakeLeaves(inside, orderId),
    ...fakeProcessing(inside, { id: orderId, account: accountId, at }),
  }
}

const nobody = () => Promise.reject(new Error('There is no staff here'))

/** No keys, no overrides, no staff, no limits, and no request that came before. */
export const nobodyElse: Pick<
  Services,
  | 'keys'
  | 'overrides'
  | 'staff'
  | 'staffWork'
  | 'staffQueues'
  | 'staffPlugins'
  | 'limits'
  | 'idempotency'
> = {
  limits: { take: () => Promise.resolve([]) },
  idempotency: { find: () => Promise.resolve(null), fingerprint: () => new Uint8Array(32) },
  keys: { verify: () => Promise.resolve(undefined), close: () => Promise.resolve() },
  overrides: { of: () => Promise.resolve([]) },
  staff: {
    verify: () => Promise.resolve(undefined),
    enter: () => Promise.resolve(null),
    me: nobody,
    record: () => Promise.resolve(),
  },
  staffWork: {
    signIn: {
      ...{ signIn: nobody, signOut: nobody, stepUp: nobody, changePassword: nobody },
      verify: () => Promise.resolve(undefined),
    },
    me: nobody,
    impersonations: {
      ...{ list: nobody, request: nobody, approve: nobody, start: nobody, end: nobody },
      enter: () => Promise.resolve(null),
    },
    sellers: { list: nobody, suspend: nobody, resume: nobody },
    trail: { list: nobody },
  },
  staffQueues: {
    letters: { list: nobody, decide: nobody, strays: nobody },
    switches: { list: nobody, set: nobody },
  },
  staffPlugins: { read: nobody },
}
