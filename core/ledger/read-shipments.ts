/** Parcels as the API shows them. */
import { z } from 'zod'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { type OrderState, orderStates } from '../plugin.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { theRow } from './account-limit.ts'
import { type ListAsk, listOf, type ListPage, pageOf } from './list-page.ts'

const nullableText = z.string().nullable()
const state = z.enum(orderStates)
const summary = {
  id: z.string(),
  marketplace_account_id: z.string(),
  order_id: z.string(),
  external_shipment_id: z.string(),
  status: state,
  raw_status: z.string(),
  awb: nullableText,
  carrier: nullableText,
  manifest_id: nullableText,
  source_updated_at: z.date(),
  created_at: z.date(),
  updated_at: z.date(),
}
const summaryRow = z.object(summary)
const itemRow = z.object({
  id: z.string(),
  order_item_id: nullableText,
  external_item_id: z.string(),
  quantity: z.number(),
})
const eventRow = z.object({
  id: z.string(),
  at: z.date(),
  status: state.nullable(),
  raw_status: z.string(),
  job_run_id: nullableText,
})
const columns = sql.fragment`id, marketplace_account_id, order_id, external_shipment_id, status,
  raw_status, awb, carrier, manifest_id, source_updated_at, created_at, updated_at`

type ShipmentSummary = z.infer<typeof summaryRow>
type ShipmentDetail = ShipmentSummary & {
  readonly items: readonly z.infer<typeof itemRow>[]
  /** The oldest first. */
  readonly events: readonly z.infer<typeof eventRow>[]
}
interface ShipmentFilter {
  readonly status?: OrderState
  readonly orderId?: string
  readonly manifestId?: string
  readonly awb?: string
}
export interface Shipments {
  /** The newest first. */
  readonly list: (
    entry: Entry,
    ask: ListAsk & { readonly filter: ShipmentFilter },
  ) => Promise<ListPage<ShipmentSummary>>
  /** Null: not there, or of an account outside of the limit. */
  readonly get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null,
  ) => Promise<ShipmentDetail | null>
}

export const createShipments = (db: Database): Shipments => ({
  list: async (entry, ask) => {
    const { status, orderId, manifestId, awb } = ask.filter
    const statement = listOf({
      sellerId: entry.sellerId,
      columns,
      table: sql.fragment`shipments`,
      by: sql.fragment`created_at`,
      type: sql.fragment`timestamptz`,
      conditions: [
        ...status ? [sql.fragment`status = ${status}`] : [],
        ...orderId ? [sql.fragment`order_id = ${orderId}`] : [],
        ...manifestId ? [sql.fragment`manifest_id = ${manifestId}`] : [],
        ...awb ? [sql.fragment`awb = ${awb}`] : [],
      ],
      ask,
    })
    const rows = await db.inSellerScope(entry).any(sql.type(summaryRow)`${statement}`)
    return pageOf(rows, ask.limit, (row) => row.created_at)
  },

  get: (entry, id, accounts) =>
    db.withSellerScope(entry, async (scope) => {
      const row = await scope.maybeOne(sql.type(summaryRow)`
        select ${columns} from shipments where ${theRow(scope.sellerId, id, accounts)}`)
      if (!row) return null
      const items = await scope.any(sql.type(itemRow)`
        select id, order_item_id, external_item_id, quantity from shipment_items
        where seller_id = ${scope.sellerId} and shipment_id = ${id} order by external_item_id, id`)
      const events = await scope.any(sql.type(eventRow)`
        select id, at, status, raw_status, job_run_id from shipment_events
        where seller_id = ${scope.sellerId} and shipment_id = ${id} order by at, id`)
      return { ...row, items, events }
    }),
})
