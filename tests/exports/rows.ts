/** Rows of the ledger, made by the database itself: as many as a test wants, in a moment. */
import type { FreshDatabase, TestSeller } from '../support/database.ts'

interface Many {
  readonly seller: TestSeller
  readonly accountId: string
  /** Of the first one. */
  readonly from?: number
  readonly count: number
  /** Characters of the marketplace's own word for the state: what makes a row long. */
  readonly wide?: number
  /** Each with an item. */
  readonly items?: boolean
}

/** Orders, one a second; their ids are in no order. */
export const makeOrders = async (
  fresh: FreshDatabase,
  { seller, accountId, from = 1, count, wide = 4, items = false }: Many,
): Promise<void> => {
  await fresh.asSuperuser(async (admin) => {
    // what a stock would make of them is not looked at here
    await admin`set session_replication_role = replica`
    await admin`
      with run as (
        insert into job_runs (seller_id, id, marketplace_account_id, target, reason, state)
        select ${seller.sellerId}, gen_random_uuid(), ${accountId}, 'ORDERS', 'manual', 'SUCCEEDED'
        returning id),
      made as (
        insert into orders (seller_id, id, marketplace_account_id, external_order_id, status,
          status_rank, raw_status, on_hold, ordered_at, source_updated_at, currency, total_paise,
          state_code, item_count, content_hash, job_run_id, created_at, updated_at)
        select ${seller.sellerId}, md5(${seller.sellerId}::text || n)::uuid, ${accountId}, 'OD-' || n,
          case n % 3 when 0 then 'DELIVERED' when 1 then 'SHIPPED' else 'NEW' end, 1,
          repeat('w', ${wide}), false, timestamptz '2026-01-01 00:00+00' + n * interval '1 second',
          now(), 'INR', n, '29', 1, '\\x00', run.id, now(), now()
        from run, generate_series(${from}::int, ${from + count - 1}::int) n
        returning id, total_paise)
      insert into order_items (seller_id, id, order_id, line, external_item_id, sku, title, quantity,
        total_paise)
      select ${seller.sellerId}, gen_random_uuid(), id, 1, 'I-1', 'SKU', '=HYPERLINK("x")', 1,
        total_paise from made where ${items}`
    await admin`analyze orders`
  })
}

/** A settlement of so many lines, on a day of January. */
export const makePayout = async (
  fresh: FreshDatabase,
  { seller, accountId, day, lines }: {
    readonly seller: TestSeller
    readonly accountId: string
    readonly day: number
    readonly lines: number
  },
): Promise<void> => {
  await fresh.asSuperuser(async (admin) => {
    await admin`set session_replication_role = replica`
    await admin`
      with made as (
        insert into marketplace_payouts (seller_id, id, marketplace_account_id, external_payout_id,
          settlement_state, state_rank, raw_status, currency, settles_on, source_updated_at,
          content_hash, job_run_id, amount)
        values (${seller.sellerId}, gen_random_uuid(), ${accountId}, ${`P-${day}`}, 'PAID', 3, 'paid',
          'INR', make_date(2026, 1, ${day}::int), now(), '\\x00', gen_random_uuid(), 1234.5)
        returning id)
      insert into payout_line_items (seller_id, id, marketplace_payout_id, external_line_id, kind,
        gross_amount, deductions, fees, taxes, net_amount, content_hash)
      select ${seller.sellerId}, gen_random_uuid(), made.id, 'L-' || n / 2, 'sale', n, -1, -0.25,
        -0.045, n - 1.295, '\\x00' from made, generate_series(1, ${lines}::int) n`
  })
}
