/** Returns as the API shows them. Any leg's waybill finds its return. */
import { z } from 'zod'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { type ReturnKind, returnKinds, type ReturnState, returnStates } from '../plugin.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { theRow } from './account-limit.ts'
import { type ListAsk, listOf, type ListPage, pageOf } from './list-page.ts'

const nullableText = z.string().nullable()
const state = z.enum(returnStates)
const summary = {
  id: z.string(),
  marketplace_account_id: z.string(),
  external_return_id: z.string(),
  order_id: nullableText,
  order_external_id: z.string(),
  kind: z.enum(returnKinds),
  status: state,
  internal_status: z.enum(['received', 'claim_pending']).nullable(),
  raw_status: z.string(),
  reason: nullableText,
  initiated_at: z.date(),
  delivered_at: z.date().nullable(),
  received_at: z.date().nullable(),
  claim_due_at: z.date().nullable(),
  shipment_id: nullableText,
  source_updated_at: z.date(),
  created_at: z.date(),
  updated_at: z.date(),
}
const credit = {
  credit_note_number: nullableText,
  credit_note_at: z.date().nullable(),
  credit_note_paise: z.number().nullable(),
}
const summaryRow = z.object(summary)
const detailRow = z.object({ ...summary, ...credit })
const awbRow = z.object({ awb: z.string(), carrier: nullableText })
const itemRow = z.object({
  id: z.string(),
  external_item_id: z.string(),
  order_item_external_id: nullableText,
  sku: nullableText,
  quantity: z.number(),
  condition: nullableText,
})
const eventRow = z.object({
  id: z.string(),
  at: z.date(),
  status: state.nullable(),
  raw_status: z.string(),
  job_run_id: nullableText,
})
const columns = sql.fragment`id, marketplace_account_id, external_return_id, order_id,
  order_external_id, kind, status, internal_status, raw_status, reason, initiated_at, delivered_at,
  received_at, claim_due_at, shipment_id, source_updated_at, created_at, updated_at`

type ReturnSummary = z.infer<typeof summaryRow>
type ReturnDetail = ReturnSummary & {
  readonly credit_note: {
    readonly number: string
    readonly at: Date | null
    readonly paise: number | null
  } | null
  readonly awbs: readonly z.infer<typeof awbRow>[]
  readonly items: readonly z.infer<typeof itemRow>[]
  /** The oldest first. */
  readonly events: readonly z.infer<typeof eventRow>[]
}
interface ReturnFilter {
  readonly status?: ReturnState
  readonly kind?: ReturnKind
  readonly orderId?: string
  /** Of any leg. */
  readonly awb?: string
  /** Both by the time at which the return began; `to` is not included. */
  readonly from?: Date
  readonly to?: Date
}
export interface Returns {
  /** By the time at which they began, the newest first. */
  readonly list: (
    entry: Entry,
    ask: ListAsk & { readonly filter: ReturnFilter },
  ) => Promise<ListPage<ReturnSummary>>
  /** Null: not there, or of an account outside of the limit. */
  readonly get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null,
  ) => Promise<ReturnDetail | null>
}

export const createReturns = (db: Database): Returns => ({
  list: async (entry, ask) => {
    const { status, kind, orderId, awb, from, to } = ask.filter
    const time = (date: Date) => sql.fragment`${date.toISOString()}::timestamptz`
    const statement = listOf({
      sellerId: entry.sellerId,
      columns,
      table: sql.fragment`order_returns`,
      by: sql.fragment`initiated_at`,
      type: sql.fragment`timestamptz`,
      conditions: [
        ...status ? [sql.fragment`status = ${status}`] : [],
        ...kind ? [sql.fragment`kind = ${kind}`] : [],
        ...orderId ? [sql.fragment`order_id = ${orderId}`] : [],
        ...awb
          ? [sql.fragment`id in (
              select order_return_id from return_awbs
              where seller_id = ${entry.sellerId} and awb = ${awb}
            )`]
          : [],
        ...from ? [sql.fragment`initiated_at >= ${time(from)}`] : [],
        ...to ? [sql.fragment`initiated_at < ${time(to)}`] : [],
      ],
      ask,
    })
    const rows = await db.inSellerScope(entry).any(sql.type(summaryRow)`${statement}`)
    return pageOf(rows, ask.limit, (row) => row.initiated_at)
  },

  get: (entry, id, accounts) =>
    db.withSellerScope(entry, async (scope) => {
      const { sellerId } = scope
      const row = await scope.maybeOne(sql.type(detailRow)`
        select ${columns}, credit_note_number, credit_note_at, credit_note_paise
        from order_returns where ${theRow(sellerId, id, accounts)}`)
      if (!row) return null
      const awbs = await scope.any(sql.type(awbRow)`
        select awb, carrier from return_awbs
        where seller_id = ${sellerId} and order_return_id = ${id} order by awb`)
      const items = await scope.any(sql.type(itemRow)`
        select id, external_item_id, order_item_external_id, sku, quantity, condition
        from order_return_items
        where seller_id = ${sellerId} and order_return_id = ${id} order by external_item_id`)
      const events = await scope.any(sql.type(eventRow)`
        select id, at, status, raw_status, job_run_id from order_return_events
        where seller_id = ${sellerId} and order_return_id = ${id} order by at, id`)
      const { credit_note_number: number, credit_note_at, credit_note_paise, ...shown } = row
      return {
        ...shown,
        credit_note: number === null
          ? null
          : { number, at: credit_note_at, paise: credit_note_paise },
        ...{ awbs, items, events },
      }
    }),
})
