/** The walks over what comes back and over what is paid: each time over all of it. */
import {
  type Context,
  type Page,
  paiseOf,
  type PayoutRow,
  type PayoutState,
  type RejectedRow,
} from 'robnu/plugin'
import type { ReturnRow, ReturnState, SyncRequest } from 'robnu/plugin'
import { z } from 'zod'
import { authorization, type Connection, origin, refusedMessage } from './client.ts'
import { Config, type Cursor } from './schemas.ts'

const time = z.iso.datetime().transform((value) => new Date(value))
const Return = z.object({
  id: z.string(),
  order: z.string(),
  undelivered: z.boolean(),
  state: z.string(),
  reason: z.string(),
  begun_at: time,
  changed_at: time,
  arrived_at: time.nullable(),
  parcel: z.string(),
  waybills: z.array(z.string()),
  lines: z.array(z.object({ line_id: z.string(), sku: z.string(), pieces: z.number().int() })),
})
// whole paise as decimal text: nothing is rounded
const money = z.string().refine((value) => paiseOf(value) !== undefined)
const Payout = z.object({
  id: z.string(),
  state: z.string(),
  total: money,
  paid_on: z.iso.date().nullable(),
  changed_at: time,
  lines: z.array(z.object({
    id: z.string(),
    order: z.string(),
    sale: money,
    fee: money,
    tax: money,
    net: money,
  })),
})

const returnStates: Readonly<Record<string, ReturnState>> = {
  begun: 'INITIATED',
  collected: 'PICKED_UP',
  moving: 'IN_TRANSIT',
  arrived: 'DELIVERED',
  'looked at': 'PROCESSED',
  'called off': 'CANCELLED',
}
const payoutStates: Readonly<Record<string, PayoutState>> = { estimated: 'OPEN', paid: 'PAID' }

const toReturn = (row: z.infer<typeof Return>): ReturnRow => ({
  externalId: row.id,
  orderExternalId: row.order,
  kind: row.undelivered ? 'RTO' : 'CUSTOMER_RETURN',
  status: returnStates[row.state] ?? null,
  rawStatus: row.state,
  reason: row.reason,
  initiatedAt: row.begun_at,
  updatedAt: row.changed_at,
  deliveredAt: row.arrived_at,
  shipmentExternalId: row.parcel,
  awbs: row.waybills.map((awb) => ({ awb, carrier: 'BAZAAR POST' })),
  creditNote: null,
  items: row.lines.map(({ line_id, sku, pieces }) => ({
    externalId: line_id,
    itemExternalId: line_id,
    sku,
    quantity: pieces,
    condition: null,
  })),
})
const toPayout = (row: z.infer<typeof Payout>): PayoutRow => ({
  externalId: row.id,
  status: payoutStates[row.state] ?? null,
  rawStatus: row.state,
  amount: row.total,
  currency: 'INR',
  periodFrom: null,
  periodTo: null,
  paidOn: row.paid_on,
  updatedAt: row.changed_at,
  lines: row.lines.map((line) => ({
    externalId: line.id,
    kind: 'SALE',
    orderExternalId: line.order,
    itemExternalId: null,
    returnExternalId: null,
    awb: null,
    gross: line.sale,
    deductions: '0',
    fees: line.fee,
    taxes: line.tax,
    net: line.net,
    deductionReason: null,
    at: row.changed_at,
  })),
})

const beginning = '2020-01-01T00:00:00.000Z'

const walk = <Wire, Row>(
  operation: 'returns' | 'payouts',
  wire: z.ZodType<Wire>,
  toRow: (row: Wire) => Row,
) => {
  const Answer = z.object({ rows: z.array(z.unknown()), next: z.string().nullable() })
  return async function* (
    account: Connection,
    { cursor }: SyncRequest<Cursor>,
    ctx: Context,
  ): AsyncGenerator<Page<Row, Cursor>> {
    const { pageSize } = Config.parse(ctx.config ?? {})
    for (let after = cursor?.after ?? null;;) {
      const path = `/v3/shops/${account.details.shop_id}/${operation}`
      const { rows, next } = await ctx.http(Answer, `${origin}${path}`, {
        headers: { authorization: authorization(account, ctx) },
        query: { after: after ?? undefined, limit: pageSize },
        explain: (status) => status === 401 ? { kind: 'auth', message: refusedMessage } : undefined,
      })
      after = next
      const read = rows.map((raw) => {
        const parsed = wire.safeParse(raw)
        return parsed.success ? { row: toRow(parsed.data) } : { rejected: refused(raw) }
      })
      yield {
        rows: read.flatMap((one) => 'row' in one ? [one.row] : []),
        rejected: read.flatMap((one) => 'rejected' in one ? [one.rejected] : []),
        received: rows.length,
        cursor: { since: beginning, after },
        last: after === null,
      }
      if (after === null) return
    }
  }
}

const refused = (raw: unknown): RejectedRow => ({
  reason: 'unreadable-row',
  raw: JSON.stringify(raw) ?? 'undefined',
})

export const syncReturns = walk('returns', Return, toReturn)
export const syncPayouts = walk('payouts', Payout, toPayout)
