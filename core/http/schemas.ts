/** The shapes of answers, for the documentation and for the compiler. Nothing is parsed by them. */
import { z } from '@hono/zod-openapi'
import { orderStates, type SyncReason, targets } from '../plugin.ts'
import { runTargets } from '../queues/targets.ts'

const reasons = ['schedule', 'manual', 'backfill', 'push'] as const satisfies readonly SyncReason[]

export const exampleIds = {
  order: '8f1c2a64-7d0e-8a3b-9c55-1e2f3a4b5c6d',
  item: '2b7e9c10-4f3d-8e21-8b6a-0c9d8e7f6a5b',
  account: '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f',
  run: '01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0a',
  shipment: '5d2a9c31-8e4f-8b60-a1c7-3f4b5c6d7e8f',
  return: '6e3b0d42-9f50-8c71-b2d8-405c6d7e8f90',
  payout: '7f4c1e53-a061-8d82-83e9-516d7e8f90a1',
  user: '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1b',
  seller: '01998f6c-0a1b-7c2d-9e3f-7d8e9f0a1b2c',
}
const exampleTime = '2026-01-31T10:15:00.000Z'

/** A Date on this side, ISO 8601 in UTC on the other. */
export const Time = z.date().openapi({ type: 'string', format: 'date-time', example: exampleTime })
export const TimeOrNull = z.date().nullable().openapi({
  type: ['string', 'null'],
  format: 'date-time',
  example: exampleTime,
})
export const Id = z.guid().openapi({ type: 'string', format: 'uuid' })
/** What a path holds; what is no id is an id that does not exist. */
export const IdParams = z.object({ id: Id })
const Paise = z.int().openapi({ description: 'Money in paise: hundredths of a rupee' })
const Count = z.int().min(0)

export const Cursor = z.string().min(1).max(1024).openapi({
  description: 'The `page.next` of the page before; only with the same filters',
})
export const Limit = z.string().transform((text, ctx) => {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= 200) return limit
  ctx.addIssue({ code: 'custom', message: 'must be a whole number from 1 to 200' })
  return z.NEVER
}).default(50).openapi({ type: 'integer', minimum: 1, maximum: 200, default: 50 })

const Page = z.object({
  next: z.string().nullable().openapi({
    description: 'The `cursor` of the next page; null on the last one',
  }),
}).openapi('Page')
/** `{data, page: {next}}`. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item).readonly(), page: Page })

export const Customer = z.object({
  name: z.string().nullable(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  address: z.object({
    line1: z.string().nullable(),
    line2: z.string().nullable(),
    city: z.string().nullable(),
    state: z.string().nullable(),
    postal_code: z.string().nullable(),
  }).nullable(),
}).openapi('Customer', {
  description:
    'Masked for roles without `customers:read`; parts the marketplace withholds are null',
})

export const OrderSummary = z.object({
  id: Id,
  marketplace_account_id: Id,
  marketplace: z.string(),
  external_order_id: z.string(),
  status: z.enum(orderStates).openapi('OrderState'),
  raw_status: z.string().openapi({ description: 'The word of the marketplace' }),
  on_hold: z.boolean(),
  ordered_at: Time,
  source_updated_at: Time,
  ship_by: TimeOrNull,
  currency: z.string(),
  total_paise: Paise.nullable(),
  fulfilled_by: z.enum(['SELLER', 'MARKETPLACE']).nullable(),
  state_code: z.string().nullable().openapi({ description: 'GST state of the place of supply' }),
  item_count: Count,
  customer_erased_at: TimeOrNull.openapi({
    description: 'From then on nothing of the buyer is kept: see GET /v1/erasures',
  }),
  customer: Customer.nullable().optional(),
}).openapi('OrderSummary')

const OrderItem = z.object({
  id: Id,
  external_item_id: z.string(),
  sku: z.string().nullable(),
  listing_id: z.string().nullable(),
  title: z.string().nullable(),
  quantity: z.int(),
  cancelled_quantity: z.int().openapi({ description: 'Of `quantity`' }),
  total_paise: Paise.nullable().openapi({ description: 'Of the line, not of the piece' }),
  hsn: z.string().nullable(),
  gst_rate_bp: z.int().nullable().openapi({ description: 'GST in hundredths of a per cent' }),
}).openapi('OrderItem')

export const OrderDetail = OrderSummary.extend({
  items: z.array(OrderItem).readonly(),
  customer: Customer.nullable(),
  created_at: Time,
  updated_at: Time,
  job_run_id: z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' }),
}).openapi('OrderDetail')

const TargetName = z.enum(targets).openapi('Target')
const RunTargetName = z.enum(runTargets).openapi('RunTarget')

export const Marketplace = z.object({
  code: z.string(),
  name: z.string(),
  targets: z.array(TargetName).readonly(),
}).openapi('Marketplace')

export const Account = z.object({
  id: Id,
  marketplace: z.string(),
  external_account_id: z.string(),
  name: z.string(),
  needs_reconnect: z.boolean(),
  reconnect_reason: z.string().nullable(),
  paused_at: TimeOrNull,
  pause_reason: z.string().nullable(),
  last_validated_at: TimeOrNull,
  last_validation_status: z.string().nullable(),
  targets: z.array(TargetName).readonly(),
  created_at: Time,
  schedules: z.array(z.object({
    target: TargetName,
    cron: z.string().openapi({ description: 'Five fields, in Asia/Kolkata' }),
    paused: z.boolean(),
    next_run_at: TimeOrNull,
  })).readonly(),
}).openapi('MarketplaceAccount')

export const Run = z.object({
  id: Id,
  marketplace_account_id: Id,
  target: RunTargetName,
  reason: z.enum(reasons),
  state: z.string(),
  window_from: TimeOrNull,
  window_to: TimeOrNull,
  pages: Count,
  received: Count.openapi({ description: '= new + changed + unchanged + rejected' }),
  new: Count,
  changed: Count,
  unchanged: Count,
  rejected: Count,
  rejected_reasons: z.record(z.string(), Count).readonly(),
  unknown_words: z.record(z.string(), Count).readonly().openapi({
    description: 'Words of the marketplace that nobody knew, and how often each was met',
  }),
  failure: z.object({ kind: z.string(), message: z.string() }).nullable(),
  created_at: Time,
  started_at: TimeOrNull,
  finished_at: TimeOrNull,
}).openapi('Run')
