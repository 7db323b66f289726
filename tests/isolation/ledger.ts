/** Two workers, each with a pool and a keyring of its own, and one account that both sync. */
import { createKeyring } from '../../core/crypto/keyring.ts'
import type { Database, Entry, SellerScope } from '../../core/db/database.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { idOf } from '../../core/ids.ts'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { type OrderDetail } from '../../core/ledger/order-views.ts'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { sealsPerOrder, type StoredCounts, storeOrders } from '../../core/ledger/store-orders.ts'
import { noCounts, type RunCounts, storePage } from '../../core/ledger/store-page.ts'
import { silentLog } from '../../core/log.ts'
import type { OrderItemRow, OrderRow, Page } from '../../core/plugin.ts'
import { fakeKms } from '../crypto/fakes.ts'
import { type FreshDatabase, makeAccount, makeSeller } from '../support/database.ts'
import { type Connection, leaseWork } from './attempts.ts'
import { testScopeKey as scopeKey } from '../support/scope-key.ts'

interface Worker {
  /** `meanwhile` runs behind the statement and before COMMIT. */
  readonly store: (
    rows: readonly OrderRow[],
    meanwhile?: (scope: SellerScope) => Promise<unknown>,
  ) => Promise<StoredCounts>
  readonly storePage: (
    page: Page<OrderRow, unknown>,
    before?: RunCounts,
    cursorSeq?: number | null,
  ) => Promise<RunCounts>
  readonly read: (externalId: string) => Promise<OrderDetail | null>
}
export interface Ledger {
  readonly sellerId: string
  readonly accountId: string
  readonly runId: string
  readonly entry: Entry
  readonly one: Worker
  readonly two: Worker
  readonly close: () => Promise<void>
}

export const openLedger = async (fresh: FreshDatabase): Promise<Ledger> => {
  const seller = await makeSeller(fresh.db)
  const accountId = await makeAccount(fresh, seller)
  const { runId, entry } = await leaseWork(fresh, seller, accountId)
  const place = { accountId, target: 'ORDERS', runId } as const
  // what makes two keyrings of two processes one: the database and KMS
  const vault = new Map<string, Uint8Array>()
  const closing: (() => Promise<void>)[] = []

  const worker = async (): Promise<Worker> => {
    const db: Database = await openDatabase({ url: fresh.urls.app, scopeKey, maxConnections: 2 })
    const keyring = createKeyring({
      ...{ db, kms: fakeKms(vault), aliasOf: () => 'alias/test', createMissingAlias: false },
      ...{ log: silentLog, now: () => performance.now() },
    })
    closing.push(async () => {
      keyring.close()
      await db.close()
    })
    const orders = createOrders({ db, keyring })
    return {
      store: async (rows, meanwhile) => {
        const keys = await keyring.forSeller(entry, { willSeal: rows.length * sealsPerOrder })
        const prepared = prepareOrders(keys, accountId, rows)
        return await db.withSellerScope(entry, async (scope) => {
          const counts = await storeOrders(scope, keys, place, prepared.orders)
          await meanwhile?.(scope)
          return counts
        })
      },
      storePage: async (page, before = noCounts, cursorSeq: number | null = 0) => {
        const willSeal = page.rows.length * sealsPerOrder + page.received
        const keys = await keyring.forSeller(entry, { willSeal })
        const prepared = prepareOrders(keys, accountId, page.rows)
        return await db.withSellerScope(
          entry,
          (scope) => storePage(scope, keys, { ...place, cursorSeq }, page, prepared, before),
        )
      },
      read: (externalId) =>
        orders.get(seller.entry, idOf(seller.sellerId, accountId, 'order', externalId)),
    }
  }
  return {
    ...{ sellerId: seller.sellerId, accountId, runId, entry },
    one: await worker(),
    two: await worker(),
    close: async () => {
      for (const close of closing) await close()
    },
  }
}

const noon = Date.UTC(2026, 6, 1, 12)
export const minutes = (count: number): Date => new Date(noon + count * 60_000)

export const item = (externalId: string, more: Partial<OrderItemRow> = {}): OrderItemRow => ({
  externalId,
  sku: `sku-${externalId}`,
  listingId: null,
  title: `Thing ${externalId}`,
  quantity: 1,
  totalPaise: 49_900,
  ...more,
})
/** Changed at `atMinutes`. */
export const order = (
  externalId: string,
  atMinutes: number,
  more: Partial<OrderRow> = {},
): OrderRow => ({
  externalId,
  status: 'NEW',
  rawStatus: 'New',
  onHold: false,
  orderedAt: minutes(0),
  updatedAt: minutes(atMinutes),
  shipBy: null,
  currency: 'INR',
  totalPaise: 99_800,
  fulfilledBy: 'SELLER',
  stateCode: '27',
  customer: {
    name: `Buyer of ${externalId}`,
    phone: '9800000000',
    email: null,
    address: { line1: '1 Road', line2: null, city: 'Pune', state: 'MH', postalCode: '411001' },
  },
  items: [item('1'), item('2')],
  ...more,
})

export const page = (
  rows: readonly OrderRow[],
  more: Partial<Page<OrderRow, unknown>> = {},
): Page<OrderRow, unknown> => ({
  rows,
  rejected: [],
  received: rows.length + (more.rejected?.length ?? 0),
  cursor: { at: rows.length },
  ...more,
})

/** Resolves when so many sessions of the database wait for a lock. */
export const waitingForLock = async ({ sql }: Connection, count: number): Promise<void> => {
  for (;;) {
    const waiting = await sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    if (waiting.length >= count) return
  }
}

export const linesOf = (detail: OrderDetail | null): readonly string[] =>
  (detail?.items ?? []).map((line) => line.external_item_id)
