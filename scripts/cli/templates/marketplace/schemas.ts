/** What Nukkad answers, what a seller connects with, and where a walk stands. */
import { z } from 'zod'

/** The only hosts that `ctx.http` may reach. */
export const hosts = ['api.nukkad.example']

/** Keys are columns of `nukkad_account_details`. */
export const Details = z.object({
  shop_id: z.string().regex(/^SHOP-\d{4}$/, 'is not a shop id'),
})
export type Details = z.infer<typeof Details>

/** A secret `x` is sealed in the column `x_enc`. */
export const Credentials = z.object({ api_key: z.string().min(8) })
export type Credentials = z.infer<typeof Credentials>
export const secrets = ['api_key']

export const Cursor = z.object({
  /** Changes from here on are asked for. */
  since: z.iso.datetime(),
  /** Of the page to come in a walk that has begun; null: a new walk begins. */
  after: z.string().nullable(),
})
export type Cursor = z.infer<typeof Cursor>

export const ShopAnswer = z.object({ shop: z.string() })
/** Each order is parsed on its own, so that one bad order is not a bad page. */
export const OrdersAnswer = z.object({
  orders: z.array(z.unknown()),
  next: z.string().nullable(),
})
export type OrdersAnswer = z.infer<typeof OrdersAnswer>

// PostgreSQL cannot store this character in text
const text = z.string().refine((value) => !value.includes('\0'), 'holds a zero character')
const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value))
const maybe = text.nullish().transform((value) => value ?? null)

const Line = z.object({
  id: text,
  sku: maybe,
  title: maybe,
  quantity: z.int32().min(0),
  amount: text,
})
const Buyer = z.object({
  ...{ name: maybe, phone: maybe, email: maybe },
  ...{ line1: maybe, line2: maybe, city: maybe, state: maybe, pin: maybe },
})
/** Strict on what we read, blind to the rest: a marketplace adds members without notice. */
export const Order = z.object({
  number: text.min(1).max(100),
  state: text,
  placed_at: time,
  changed_at: time,
  ship_by: time.nullish().transform((value) => value ?? null),
  total: text,
  buyer: Buyer.nullish().transform((value) => value ?? null),
  lines: z.array(Line),
})
export type Order = z.infer<typeof Order>
