/** The same ingest without batches: every order and every line is a statement that is waited for. */
import { bytes, command } from '#core/db/sql.ts'
import { idOf } from '#core/ids.ts'
import { type PreparedOrder, prepareOrders } from '#core/ledger/order-rows.ts'
import { sealsPerOrder } from '#core/ledger/store-orders.ts'
import type { SellerKeys } from '#core/crypto/keys.ts'
import type { SellerScope } from '#core/db/database.ts'
import { digestOf, recordAudit } from '#core/audit/record.ts'
import type { OrderRow } from '#core/plugin.ts'
import { sendLater } from '#core/queues/outbox.ts'
import type { BenchSeller, LeasedRun } from './sellers.ts'
import type { House } from './sync.ts'

/** Hashed, sealed and held back by row security as well; all in one transaction. */
export const storeOneByOne = async (
  house: House,
  seller: BenchSeller,
  { runId, entry }: LeasedRun,
  rows: readonly OrderRow[],
): Promise<void> => {
  const { accountId, sellerId } = seller
  const keys = await house.keyring.forSeller(entry, { willSeal: rows.length * sealsPerOrder })
  await house.db.withSellerScope(entry, async (scope) => {
    for (const row of rows) {
      for (const order of prepareOrders(keys, accountId, [row]).orders) {
        await insertOrder(scope, keys, { accountId, runId }, order)
        await insertLines(scope, accountId, order)
      }
    }
    await sendLater(scope, { queue: 'bench', group: accountId, body: { runId } })
    recordAudit(scope, sellerId, 'orders.synced', `marketplace-account:${accountId}`, {
      created: rows.length,
      changed: 0,
      orders: digestOf([]),
    })
  })
}

const insertOrder = (
  scope: SellerScope,
  keys: SellerKeys,
  { accountId, runId }: { readonly accountId: string; readonly runId: string },
  { id, row, rank, hash }: PreparedOrder,
): Promise<number> => {
  const { customer } = row
  const seal = (column: string, value: string | null | undefined) =>
    value ? bytes(keys.seal('orders', column, id, value)) : null
  return scope.run(command`
    insert into orders (
      seller_id, marketplace_account_id, job_run_id, id, external_order_id, status, status_rank,
      raw_status, on_hold, ordered_at, source_updated_at, ship_by, currency, total_paise,
      fulfilled_by, state_code, item_count, content_hash, customer_name_enc, customer_phone_enc,
      customer_email_enc, address_enc
    ) values (
      ${scope.sellerId}, ${accountId}, ${runId}, ${id}, ${row.externalId}, ${row.status ?? 'NEW'},
      ${rank}, ${row.rawStatus}, ${row.onHold}, ${row.orderedAt.toISOString()},
      ${row.updatedAt.toISOString()}, ${row.shipBy?.toISOString() ?? null}, ${row.currency},
      ${row.totalPaise}, ${row.fulfilledBy}, ${row.stateCode}, ${row.items.length}, ${bytes(hash)},
      ${seal('customer_name_enc', customer?.name)}, ${seal('customer_phone_enc', customer?.phone)},
      ${seal('customer_email_enc', customer?.email)},
      ${seal('address_enc', customer?.address ? JSON.stringify(customer.address) : null)}
    )`)
}

const insertLines = async (
  scope: SellerScope,
  accountId: string,
  { id, row }: PreparedOrder,
): Promise<void> => {
  for (const [at, item] of row.items.entries()) {
    const itemId = idOf(scope.sellerId, accountId, 'order-item', row.externalId, item.externalId)
    await scope.run(command`
      insert into order_items (
        seller_id, id, order_id, line, external_item_id, sku, listing_id, title, quantity,
        total_paise
      ) values (
        ${scope.sellerId}, ${itemId}, ${id}, ${at + 1}, ${item.externalId}, ${item.sku},
        ${item.listingId}, ${item.title}, ${item.quantity}, ${item.totalPaise}
      )`)
  }
}
