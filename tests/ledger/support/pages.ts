/** An account whose rows are stored page by page, without a marketplace and without queues. */
import { createKeyring, type Keyring } from '../../../core/crypto/keyring.ts'
import type { SellerKeys } from '../../../core/crypto/keys.ts'
import type { KeyWrapping } from '../../../core/crypto/kms.ts'
import type { SellerScope } from '../../../core/db/database.ts'
import type { Place } from '../../../core/ledger/order-events.ts'
import {
  noCounts,
  preparePage,
  type RowTarget,
  type RunCounts,
  sealsOfPage,
  storePage,
} from '../../../core/ledger/store-page.ts'
import { silentLog } from '../../../core/log.ts'
import type { OrderRow, PayoutRow, ReturnRow } from '../../../core/plugin.ts'
import { requestWork } from '../../../core/queues/work.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../../support/database.ts'
import { memoryKms } from '../../support/bazaar/kms.ts'

interface Rows {
  readonly ORDERS: OrderRow
  readonly RETURNS: ReturnRow
  readonly PAYOUTS: PayoutRow
}
export interface Pages {
  readonly fresh: FreshDatabase
  readonly seller: TestSeller
  readonly accountId: string
  readonly keyring: Keyring
  /** Of a run; `place.runId` is the one that stores orders. */
  readonly place: Place
  /** What the page added to the counts of its run. */
  readonly store: <T extends RowTarget>(
    target: T,
    rows: readonly Rows[T][],
    more?: { readonly claimWindowDays?: number },
  ) => Promise<RunCounts>
  readonly inScope: <T>(work: (scope: SellerScope, keys: SellerKeys) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/** In a database of its own, or beside others in one that is there. */
export const openPages = async (
  shared?: FreshDatabase,
  kms: KeyWrapping = memoryKms(),
  aliasOf: (sellerId: string) => string = () => 'alias/test',
): Promise<Pages> => {
  const fresh = shared ?? await freshDatabase()
  const seller = await makeSeller(fresh.db)
  const accountId = await makeAccount(fresh, seller, { externalAccountId: 'SHOP-1' })
  const keyring = createKeyring({
    ...{ db: fresh.db, kms, log: silentLog, now: Date.now },
    ...{ aliasOf, createMissingAlias: false },
  })
  const { entry, sellerId } = seller
  const runOf = async (target: RowTarget): Promise<string> => {
    const asked = await fresh.db.withSellerScope(entry, (scope) =>
      requestWork(scope, {
        ...{ sellerId, accountId, target, reason: 'manual', queue: 'account-sync' },
      }))
    if (!asked) throw new Error('unreachable: there is such an account')
    return asked.runId
  }
  const runs = {
    ORDERS: await runOf('ORDERS'),
    RETURNS: await runOf('RETURNS'),
    PAYOUTS: await runOf('PAYOUTS'),
  }
  const counts = new Map<RowTarget, RunCounts>()
  return {
    ...{ fresh, seller, accountId, keyring, place: { accountId, runId: runs.ORDERS } },
    store: async (target, rows, more = {}) => {
      const page = { rows, rejected: [], received: rows.length, cursor: null }
      const keys = await keyring.forSeller(entry, { willSeal: sealsOfPage(target, page) })
      const prepared = preparePage(keys, { accountId, target }, rows)
      const before = counts.get(target) ?? noCounts
      const place = { accountId, target, runId: runs[target], cursorSeq: null, ...more }
      const after = await fresh.db.withSellerScope(
        entry,
        (scope) => storePage(scope, keys, place, page, prepared, before),
      )
      counts.set(target, after)
      return {
        ...after,
        received: after.received - before.received,
        created: after.created - before.created,
        changed: after.changed - before.changed,
        unchanged: after.unchanged - before.unchanged,
        rejected: after.rejected - before.rejected,
      }
    },
    inScope: async (work) => {
      const keys = await keyring.forSeller(entry, { willSeal: 100 })
      return await fresh.db.withSellerScope(entry, (scope) => work(scope, keys))
    },
    close: async () => {
      keyring.close()
      if (!shared) await fresh.close()
    },
  }
}

/** Every row version of the ledger: a write makes a new one. */
export const ledgerVersions = ({ fresh }: Pick<Pages, 'fresh'>): Promise<readonly string[]> =>
  fresh.asSuperuser(async (admin) => {
    const tables = [
      ...['orders', 'order_items', 'order_events', 'shipments', 'shipment_items'],
      ...['shipment_events', 'manifests', 'order_returns', 'order_return_items'],
      ...['order_return_events', 'return_awbs', 'marketplace_payouts', 'payout_line_items'],
      ...['audit_events', 'inventory_tasks', 'work_items'],
    ]
    const rows: string[] = []
    for (const table of tables) {
      const found = await admin`select ctid::text, xmin::text from ${admin(table)} order by ctid`
      rows.push(...found.map(({ ctid, xmin }) => `${table} ${ctid} ${xmin}`))
    }
    return rows
  })
