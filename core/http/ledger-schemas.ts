/** The shapes of parcels, returns, settlements and timelines, with their examples. */
import { z } from '@hono/zod-openapi'
import { payoutStatuses } from '../ledger/read-payouts.ts'
import { orderStates, payoutStates, returnKinds, returnStates } from '../plugin.ts'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const text = z.string().nullable()
const IdOrNull = z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' })
const Word = z.string().openapi({ description: 'The word of the marketplace' })
const Day = z.string().nullable().openapi({
  type: ['string', 'null'],
  format: 'date',
  example: '2026-01-31',
})
const Amount = z.string().openapi({
  description: 'Decimal text with four digits behind the point',
  example: '-1234.5000',
})
const Count = z.int().min(0)
const run = { job_run_id: IdOrNull }

export const ShipmentSummary = z.object({
  id: Id,
  marketplace_account_id: Id,
  order_id: Id,
  external_shipment_id: z.string(),
  status: z.enum(orderStates),
  raw_status: Word,
  awb: text.openapi({ description: 'The waybill' }),
  carrier: text,
  manifest_id: IdOrNull,
  source_updated_at: Time,
  created_at: Time,
  updated_at: Time,
}).openapi('ShipmentSummary')
export const ShipmentDetail = ShipmentSummary.extend({
  items: z.array(z.object({
    id: Id,
    order_item_id: IdOrNull,
    external_item_id: z.string(),
    quantity: Count,
  })).readonly(),
  events: z.array(z.object({
    id: Id,
    at: Time,
    status: z.enum(orderStates).nullable(),
    raw_status: Word,
    ...run,
  })).readonly(),
}).openapi('ShipmentDetail')

export const ReturnSummary = z.object({
  id: Id,
  marketplace_account_id: Id,
  external_return_id: z.string(),
  order_id: IdOrNull.openapi({ description: 'Null until the order itself has come' }),
  order_external_id: z.string(),
  kind: z.enum(returnKinds),
  status: z.enum(returnStates),
  internal_status: z.enum(['received', 'claim_pending']).nullable(),
  raw_status: Word,
  reason: text,
  initiated_at: Time,
  delivered_at: TimeOrNull,
  received_at: TimeOrNull,
  claim_due_at: TimeOrNull.openapi({ description: 'Until when a claim may be made' }),
  shipment_id: IdOrNull,
  source_updated_at: Time,
  created_at: Time,
  updated_at: Time,
}).openapi('ReturnSummary')
export const ReturnDetail = ReturnSummary.extend({
  credit_note: z.object({ number: z.string(), at: TimeOrNull, paise: z.int().nullable() })
    .nullable(),
  awbs: z.array(z.object({ awb: z.string(), carrier: text })).readonly(),
  items: z.array(z.object({
    id: Id,
    external_item_id: z.string(),
    order_item_external_id: text,
    sku: text,
    quantity: Count,
    condition: text,
  })).readonly(),
  events: z.array(z.object({
    id: Id,
    at: Time,
    status: z.enum(returnStates).nullable(),
    raw_status: Word,
    ...run,
  })).readonly(),
}).openapi('ReturnDetail')

export const Payout = z.object({
  id: Id,
  marketplace_account_id: Id,
  external_payout_id: z.string(),
  settlement_state: z.enum(payoutStates).openapi({ description: 'What the marketplace does' }),
  raw_status: Word,
  status: z.enum(payoutStatuses).openapi({ description: 'What became of its reconciliation' }),
  amount: Amount.nullable().openapi({ description: 'As the marketplace tells it' }),
  lines_amount: Amount.openapi({ description: 'The sum of the lines that are stored' }),
  line_count: Count,
  currency: z.string(),
  period_from: Day,
  period_to: Day,
  paid_on: Day,
  settles_on: z.string().openapi({
    format: 'date',
    description: 'Of the payment, else the end of the period: by this day the list is sorted',
  }),
  source_updated_at: Time,
  created_at: Time,
  updated_at: Time,
}).openapi('Payout')
export const PayoutLine = z.object({
  id: Id,
  external_line_id: z.string(),
  kind: z.string(),
  order_id: IdOrNull,
  order_external_id: text,
  item_external_id: text,
  return_external_id: text,
  awb: text,
  gross_amount: Amount,
  deductions: Amount,
  fees: Amount,
  taxes: Amount,
  net_amount: Amount.openapi({ description: '= gross_amount + deductions + fees + taxes' }),
  deduction_reason: text,
  at: TimeOrNull,
}).openapi('PayoutLine')

export const Timeline = z.object({
  data: z.array(z.object({
    at: Time,
    kind: z.string().openapi({ example: 'order.status' }),
    state: text,
    raw: text.openapi({ description: 'The word of the marketplace' }),
    shipment_id: IdOrNull,
    return_id: IdOrNull,
    data: z.record(z.string(), z.unknown()).nullable(),
    source: z.object({
      kind: z.enum(['run', 'actor', 'system']),
      marketplace: z.string(),
      run_id: IdOrNull,
      actor: text,
    }),
  })).readonly(),
}).openapi('Timeline')

const at = '2026-01-31T10:15:00.000Z'
const common = {
  marketplace_account_id: exampleIds.account,
  source_updated_at: at,
  created_at: at,
  updated_at: at,
}
const event = { id: exampleIds.item, at, job_run_id: exampleIds.run }
export const shipmentExample = {
  ...common,
  id: exampleIds.shipment,
  order_id: exampleIds.order,
  external_shipment_id: 'SH-77',
  status: 'SHIPPED',
  raw_status: 'Shipped',
  awb: '1490812345678',
  carrier: 'SAMPLE EXPRESS',
  manifest_id: null,
}
export const shipmentDetailExample = {
  ...shipmentExample,
  items: [{
    id: exampleIds.run,
    order_item_id: exampleIds.item,
    external_item_id: 'S-1001-1',
    quantity: 1,
  }],
  events: [{ ...event, status: 'SHIPPED', raw_status: 'Shipped' }],
}
export const returnExample = {
  ...common,
  id: exampleIds.return,
  external_return_id: 'RT-12',
  order_id: exampleIds.order,
  order_external_id: 'S-1001',
  kind: 'CUSTOMER_RETURN',
  status: 'IN_TRANSIT',
  internal_status: null,
  raw_status: 'On its way',
  reason: 'Size too small',
  initiated_at: at,
  delivered_at: null,
  received_at: null,
  claim_due_at: at,
  shipment_id: exampleIds.shipment,
}
export const returnDetailExample = {
  ...returnExample,
  credit_note: null,
  awbs: [{ awb: '7490812345678', carrier: 'SAMPLE EXPRESS' }],
  items: [{
    id: exampleIds.item,
    external_item_id: 'RT-12-1',
    order_item_external_id: 'S-1001-1',
    sku: 'KURTA-M-BLUE',
    quantity: 1,
    condition: null,
  }],
  events: [{ ...event, status: 'IN_TRANSIT', raw_status: 'On its way' }],
}
export const payoutExample = {
  ...common,
  id: exampleIds.payout,
  external_payout_id: '1900012345',
  settlement_state: 'PAID',
  raw_status: 'Cleared',
  status: 'PENDING',
  amount: '18250.4000',
  lines_amount: '18250.4000',
  line_count: 9,
  currency: 'INR',
  period_from: '2026-01-15',
  period_to: '2026-01-31',
  paid_on: '2026-01-31',
  settles_on: '2026-01-31',
}
export const payoutLineExample = {
  id: exampleIds.item,
  external_line_id: '5100098765',
  kind: 'FORWARD',
  order_id: exampleIds.order,
  order_external_id: 'S-1001',
  item_external_id: null,
  return_external_id: null,
  awb: '1490812345678',
  gross_amount: '647.0000',
  deductions: '0.0000',
  fees: '-90.0000',
  taxes: '-19.4000',
  net_amount: '537.6000',
  deduction_reason: null,
  at,
}
export const timelineExample = {
  data: [{
    at,
    kind: 'order.status',
    state: 'PACKED',
    raw: 'Packed',
    shipment_id: null,
    return_id: null,
    data: null,
    source: { kind: 'run', marketplace: 'SAMPLE', run_id: exampleIds.run, actor: null },
  }],
}
