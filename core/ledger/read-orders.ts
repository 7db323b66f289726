/** Orders as the API shows them: pages by position, sealed fields only when they are asked for. */
import { z } from 'zod'
import type { Keyring } from '../crypto/keyring.ts'
import type { Database, Entry, Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { OrderState } from '../plugin.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { allOf, firstOfEach, type Fragment, theRow, withinLimit } from './account-limit.ts'
import { limitTo } from './list-page.ts'
import {
  detailRow,
  itemRow,
  openCustomers,
  type OrderDetail,
  type OrderSummary,
  sealedColumns,
  sealedRow,
  shown,
  type Summary,
  summaryColumns,
  summaryRow,
  type WithCode,
} from './order-views.ts'

export interface OrderFilter {
  readonly accountId?: string
  readonly status?: OrderState
  /** Both by the time of the order; `to` is not included. */
  readonly from?: Date
  readonly to?: Date
}
/** Orders are listed newest first; a page goes on behind a position. */
export interface OrderPosition {
  readonly orderedAt: Date
  readonly id: string
}
export interface OrderDeps {
  readonly db: Database
  readonly keyring: Keyring
}

export const createOrders = (deps: OrderDeps) => {
  const { db, keyring } = deps
  const codes = createCodes()
  return {
    list: async (entry: Entry, ask: {
      readonly filter: OrderFilter
      readonly after?: OrderPosition
      readonly limit: number
      readonly customer: boolean
      /** Absent or null: orders of all accounts. */
      readonly accounts?: AccountLimit | null
    }): Promise<
      { readonly orders: readonly OrderSummary[]; readonly next: OrderPosition | null }
    > => {
      const page = <Row extends Summary>(rows: readonly Row[]) => ({
        rows: rows.slice(0, ask.limit),
        next: rows.length > ask.limit ? positionOf(rows[ask.limit - 1]) : null,
      })
      if (!ask.customer) {
        const scope = db.inSellerScope(entry)
        const { rows, next } = page(await selectSummaries(scope, entry.sellerId, ask))
        return { orders: await codes.add(scope, rows), next }
      }
      const keys = await keyring.toOpen(entry)
      return await db.withSellerScope(entry, async (scope) => {
        const { rows, next } = page(await selectSealed(scope, entry.sellerId, ask))
        const orders = await codes.add(scope, rows)
        const customers = await openCustomers(scope, keys, 'orders.list', rows)
        return {
          orders: orders.map((order, i) => ({ ...shown(order), customer: customers[i] ?? null })),
          next,
        }
      })
    },

    /** Null for an order of an account outside of the limit, as for one that is not there. */
    get: async (
      entry: Entry,
      id: string,
      accounts: AccountLimit | null = null,
    ): Promise<OrderDetail | null> => {
      const keys = await keyring.toOpen(entry)
      return await db.withSellerScope(entry, async (scope) => {
        const row = await scope.maybeOne(sql.type(detailRow)`
          select ${summaryColumns}, ${sealedColumns}, created_at, updated_at, job_run_id
          from orders where ${theRow(scope.sellerId, id, accounts)}`)
        if (!row) return null
        const items = await scope.any(sql.type(itemRow)`
          select id, external_item_id, sku, listing_id, title, quantity, cancelled_quantity,
            total_paise, hsn, gst_rate_bp
          from order_items where seller_id = ${scope.sellerId} and order_id = ${id} order by line`)
        const [order] = await codes.add(scope, [row])
        const [customer] = await openCustomers(scope, keys, 'orders.detail', [row])
        return order ? { ...shown(order), items, customer: customer ?? null } : null
      })
    },
  }
}

interface Ask {
  readonly filter: OrderFilter
  readonly after?: OrderPosition
  readonly limit: number
  readonly accounts?: AccountLimit | null
}
const selectSummaries = (queries: Queries, sellerId: string, ask: Ask) =>
  queries.any(sql.type(summaryRow)`${listOf(summaryColumns, sellerId, ask)}`)
const selectSealed = (queries: Queries, sellerId: string, ask: Ask) => {
  const columns = sql.fragment`${summaryColumns}, ${sealedColumns}`
  return queries.any(sql.type(sealedRow)`${listOf(columns, sellerId, ask)}`)
}

const listOf = (columns: Fragment, sellerId: string, ask: Ask): Fragment => {
  const { accounts, filter } = ask
  const page = sql.fragment`order by ordered_at desc, id desc ${limitTo(ask.limit + 1)}`
  const conditions = conditionsOf(sellerId, ask)
  const where = (...more: readonly Fragment[]) =>
    sql.fragment`where ${allOf(...conditions, ...more)} ${page}`
  if (!accounts || filter.accountId) {
    const limited = withinLimit(accounts, sql.fragment`marketplace_account_id`)
    return sql.fragment`select ${columns} from orders ${where(...limited)}`
  }
  const ofAccount = where(sql.fragment`marketplace_account_id = a.id`)
  const each = sql.fragment`select ${columns} from orders ${ofAccount}`
  return sql.fragment`select * from (${firstOfEach(sellerId, accounts, each)}) all_accounts ${page}`
}

const conditionsOf = (sellerId: string, { filter, after }: Ask): readonly Fragment[] => {
  const time = (date: Date) => sql.fragment`${date.toISOString()}::timestamptz`
  return [
    sql.fragment`seller_id = ${sellerId}`,
    ...filter.accountId ? [sql.fragment`marketplace_account_id = ${filter.accountId}`] : [],
    ...filter.status ? [sql.fragment`status = ${filter.status}`] : [],
    ...filter.from ? [sql.fragment`ordered_at >= ${time(filter.from)}`] : [],
    ...filter.to ? [sql.fragment`ordered_at < ${time(filter.to)}`] : [],
    ...after
      ? [sql.fragment`(ordered_at, id) < (${time(after.orderedAt)}, ${after.id}::uuid)`]
      : [],
  ]
}

const positionOf = (row: Summary | undefined): OrderPosition | null =>
  row ? { orderedAt: row.ordered_at, id: row.id } : null

/** An account never changes its marketplace, so each one's code is asked for once. */
const createCodes = () => {
  const known = new Map<string, string>()
  const codeRow = z.object({ id: z.string(), code: z.string() })
  return {
    add: async <Row extends Summary>(queries: Queries, rows: readonly Row[]) => {
      if (rows.some((row) => !known.has(row.marketplace_account_id))) {
        const accounts = await queries.any(sql.type(codeRow)`
          select a.id, m.code from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
          where a.seller_id = app_current_seller_id()`)
        for (const { id, code } of accounts) known.set(id, code)
      }
      return rows.map((row): WithCode<Row> => ({
        ...row,
        marketplace: known.get(row.marketplace_account_id) ?? '',
      }))
    },
  }
}
