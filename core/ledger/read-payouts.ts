/** Settlements as the API shows them. Amounts are decimal text, never a float. */
import { z } from 'zod'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { type PayoutState, payoutStates } from '../plugin.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { theRow } from './account-limit.ts'
import { type ListAsk, listOf, type ListPage, pageOf } from './list-page.ts'

const nullableText = z.string().nullable()
export const payoutStatuses = ['PENDING', 'RECONCILED', 'DISPUTED'] as const
type PayoutStatus = (typeof payoutStatuses)[number]

const payoutRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  external_payout_id: z.string(),
  settlement_state: z.enum(payoutStates),
  raw_status: z.string(),
  status: z.enum(payoutStatuses),
  amount: nullableText,
  lines_amount: z.string(),
  line_count: z.number(),
  currency: z.string(),
  period_from: nullableText,
  period_to: nullableText,
  paid_on: nullableText,
  settles_on: z.string(),
  source_updated_at: z.date(),
  created_at: z.date(),
  updated_at: z.date(),
})
const lineRow = z.object({
  id: z.string(),
  external_line_id: z.string(),
  kind: z.string(),
  order_id: nullableText,
  order_external_id: nullableText,
  item_external_id: nullableText,
  return_external_id: nullableText,
  awb: nullableText,
  gross_amount: z.string(),
  deductions: z.string(),
  fees: z.string(),
  taxes: z.string(),
  net_amount: z.string(),
  deduction_reason: nullableText,
  at: z.date().nullable(),
})
const columns = sql.fragment`id, marketplace_account_id, external_payout_id, settlement_state,
  raw_status, status, amount::text, lines_amount::text, line_count, currency,
  period_from::text, period_to::text, paid_on::text, settles_on::text, source_updated_at,
  created_at, updated_at`

type PayoutView = z.infer<typeof payoutRow>
type PayoutLineView = z.infer<typeof lineRow>
interface PayoutFilter {
  readonly state?: PayoutState
  readonly status?: PayoutStatus
  /** Days in Asia/Kolkata, both inside; of the payment, else of the end of the period. */
  readonly from?: string
  readonly to?: string
}
/** Lines are in the order of the marketplace's own names for them. */
interface LinePosition {
  readonly externalId: string
}
export interface Payouts {
  /** By the day of the payment, the newest first. */
  readonly list: (
    entry: Entry,
    ask: ListAsk & { readonly filter: PayoutFilter },
  ) => Promise<ListPage<PayoutView>>
  /** Null: not there, or of an account outside of the limit. */
  readonly get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null,
  ) => Promise<PayoutView | null>
  /** Null as above. */
  readonly lines: (entry: Entry, id: string, ask: {
    readonly after?: LinePosition
    readonly limit: number
    readonly accounts: AccountLimit | null
  }) => Promise<
    { readonly rows: readonly PayoutLineView[]; readonly next: LinePosition | null } | null
  >
}

export const createPayouts = (db: Database): Payouts => ({
  list: async (entry, ask) => {
    const { state, status, from, to } = ask.filter
    const statement = listOf({
      sellerId: entry.sellerId,
      columns,
      table: sql.fragment`marketplace_payouts`,
      by: sql.fragment`settles_on`,
      type: sql.fragment`date`,
      conditions: [
        ...state ? [sql.fragment`settlement_state = ${state}`] : [],
        ...status ? [sql.fragment`status = ${status}`] : [],
        ...from ? [sql.fragment`settles_on >= ${from}::date`] : [],
        ...to ? [sql.fragment`settles_on <= ${to}::date`] : [],
      ],
      ask,
    })
    const rows = await db.inSellerScope(entry).any(sql.type(payoutRow)`${statement}`)
    return pageOf(rows, ask.limit, (row) => row.settles_on)
  },

  get: (entry, id, accounts) =>
    db.inSellerScope(entry).maybeOne(sql.type(payoutRow)`
      select ${columns} from marketplace_payouts where ${theRow(entry.sellerId, id, accounts)}`),

  lines: (entry, id, { after, limit, accounts }) =>
    db.withSellerScope(entry, async (scope) => {
      const { sellerId } = scope
      const payout = await scope.maybeOne(sql.type(z.object({ account: z.string() }))`
        select marketplace_account_id as account from marketplace_payouts
        where ${theRow(sellerId, id, accounts)}`)
      if (!payout) return null
      const behind = after
        ? sql.fragment`and l.external_line_id > ${after.externalId}`
        : sql.fragment``
      const rows = await scope.any(sql.type(lineRow)`
        select l.id, l.external_line_id, l.kind, o.id as order_id, l.order_external_id,
          l.item_external_id, l.return_external_id, l.awb, l.gross_amount::text,
          l.deductions::text, l.fees::text, l.taxes::text, l.net_amount::text,
          l.deduction_reason, l.at
        from payout_line_items l
        left join orders o on o.seller_id = l.seller_id
          and o.marketplace_account_id = ${payout.account}
          and o.external_order_id = l.order_external_id
        where l.seller_id = ${sellerId} and l.marketplace_payout_id = ${id} ${behind}
        order by l.external_line_id limit ${limit + 1}`)
      const last = rows[limit - 1]
      return {
        rows: rows.slice(0, limit),
        next: rows.length > limit && last ? { externalId: last.external_line_id } : null,
      }
    }),
})
