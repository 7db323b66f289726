/** What Bazaar answers, what a seller connects with, and where a walk stands. */
import { z } from 'zod'

export const hosts = ['api.bazaar.example']

/** The plugin's own configuration. */
export const Config = z.strictObject({
  /** How far each run looks back behind the newest change that was seen. */
  overlapHours: z.number().int().min(0).default(24),
  pageSize: z.number().int().min(1).max(100).default(50),
  /** Where Bazaar puts what has changed; null: nowhere. */
  queueUrl: z.url().nullable().default(null),
})

// database drivers give an instant as a Date, as text or as milliseconds
const instant = z.union([z.date(), z.string(), z.number()])
  .transform((value) => new Date(value))
  .refine((value) => !Number.isNaN(value.getTime()), 'is not an instant')
  .transform((value) => value.toISOString())

/** Keys are columns of `bazaar_account_details`. */
export const Details = z.object({
  shop_id: z.string().regex(/^SHOP-\d{4}$/, 'is not a shop id'),
  /** KEY shops send their key with each request, TOKEN shops exchange it for a token. */
  signs_in_by: z.enum(['KEY', 'TOKEN']).default('TOKEN'),
  warehouses: z.array(z.string()).default([]),
  daily_limit: z.number().int().nullish(),
  express: z.boolean().default(false),
  contract_until: instant.nullish(),
})
export type Details = z.infer<typeof Details>

/** Sealed, except the instant. */
export const Credentials = z.object({
  api_key: z.string().min(8),
  session_token: z.string().nullish(),
  session_expires_at: instant.nullish(),
})
export type Credentials = z.infer<typeof Credentials>
export const secrets = ['api_key', 'session_token']

export const Cursor = z.object({
  /** Changes from here on are asked for. */
  since: z.iso.datetime(),
  /** Of the page to come in a walk that has begun; null: a new walk begins. */
  after: z.string().nullable(),
})
export type Cursor = z.infer<typeof Cursor>

export const TokenAnswer = z.object({ token: z.string().min(1), valid_seconds: z.number() })

/** Each order is parsed on its own, so that one bad order is not a bad page. */
export const OrdersAnswer = z.object({
  count: z.number().int(),
  orders: z.array(z.unknown()),
  next: z.string().nullable(),
})
export type OrdersAnswer = z.infer<typeof OrdersAnswer>

const time = z.iso.datetime().transform((value) => new Date(value))
const optional = z.string().nullish().transform((value) => value ?? null)
const Line = z.object({
  line_id: z.string(),
  sku: optional,
  title: optional,
  pieces: z.number().int(),
  amount: z.string().nullable(),
})
const Buyer = z.object({
  name: optional,
  phone: optional,
  mail: optional,
  street: optional,
  town: optional,
  state: optional,
  pin: optional,
})
export const Order = z.object({
  number: z.string(),
  channel: z.string(),
  state: z.string(),
  placed_at: time,
  changed_at: time,
  ship_by: time.nullish().transform((value) => value ?? null),
  currency: z.string(),
  total: z.string().nullable(),
  buyer: Buyer.nullish().transform((value) => value ?? null),
  lines: z.array(Line),
})
export type Order = z.infer<typeof Order>
