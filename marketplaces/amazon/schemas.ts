/** What Amazon's answers, a seller's connection and our cursor look like. */
import { z } from 'zod'

/** India is served from the European endpoint. */
const apiHosts = ['sellingpartnerapi-eu.amazon.com', 'api.amazon.com']
/** The only hosts that this plugin asks; the last one keeps the documents of feeds and reports. */
export const hosts = [...apiHosts, 'tortuga-prod-eu.s3-eu-west-1.amazonaws.com']
const indiaEndpoint = 'https://sellingpartnerapi-eu.amazon.com'

/** The plugin's own configuration. */
export const Config = z.strictObject({
  /** How far the first sync of an account reaches back; Amazon shows two years of India. */
  historyDays: z.number().int().min(1).max(730).default(120),
  /**
   * Where Amazon puts what changes: our SQS queue, and the destination that was made of it once for the
   * whole application. Absent: schedules alone find out.
   */
  notifications: z.strictObject({
    queueUrl: z.url({ protocol: /^https?$/ }),
    destinationId: z.string().min(1),
  }).optional(),
})
export type Config = z.infer<typeof Config>

/** Keys are columns of `amazon_account_details`. */
export const Details = z.object({
  selling_partner_id: z.string().regex(/^[A-Z0-9]{8,20}$/, 'is not a selling partner id'),
  marketplace_id: z.string().min(1).default('A21TJRUUN4KGV'),
  endpoint: z.string().refine((text) => isEndpoint(text), 'must be https on a declared host')
    .default(indiaEndpoint),
  app_id: z.string().nullish(),
  lwa_client_id: z.string().min(1),
  granted_roles: z.array(z.string()).default([]),
  fulfilment_program: z.enum(['EASY_SHIP', 'SELF_SHIP', 'SELLER_FLEX', 'FBA'])
    .default('EASY_SHIP'),
  ef_enabled: z.boolean().default(false),
  ef_location_ids: z.array(z.string()).default([]),
  /** Of a parcel, where nobody says anything else. */
  package_length_cm: z.int().min(1).max(300).default(30),
  package_breadth_cm: z.int().min(1).max(300).default(25),
  package_height_cm: z.int().min(1).max(300).default(5),
  package_weight_g: z.int().min(11).max(100_000).default(500),
  /** Who takes self-ship orders to their buyers; null: such orders are left to the seller. */
  self_ship_carrier: z.string().min(1).max(100).nullish(),
  /** Of the seller's own invoices for self-ship orders; the number is the parcel's, too. */
  b2b_invoice_series: z.string().min(1).max(20).nullish(),
})
export type Details = z.infer<typeof Details>

const isEndpoint = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' && apiHosts.includes(url.host) && url.origin === text
}

// database drivers give an instant as a Date, as text or as milliseconds
const instant = z.union([z.date(), z.string(), z.number()])
  .transform((value) => new Date(value))
  .refine((value) => !Number.isNaN(value.getTime()), 'is not an instant')
  .transform((value) => value.toISOString())

/** Sealed, except the instant; the access token is a copy that `refresh` replaces. */
export const Credentials = z.object({
  lwa_client_secret: z.string().min(1),
  lwa_refresh_token: z.string().min(1),
  access_token: z.string().nullish(),
  access_token_expires_at: instant.nullish(),
})
export type Credentials = z.infer<typeof Credentials>
export const secrets = ['lwa_client_secret', 'lwa_refresh_token', 'access_token']

/** A window of `lastUpdatedTime` in the middle of being walked. */
export const Walk = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Of the next page; null: the first. */
  token: z.string().nullable(),
  /** True: the window reached up to the present when it was planned, and a run ends with it. */
  last: z.boolean(),
})
export type Walk = z.infer<typeof Walk>

export const Cursor = z.object({
  /** Everything older was walked when it had had time to show: the next window begins here. */
  watermark: z.iso.datetime(),
  walk: Walk.nullable(),
  /** A walk over a window that somebody asked for; it never touches the watermark. */
  pass: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), walk: Walk }).nullable(),
})
export type Cursor = z.infer<typeof Cursor>

/** An id that goes into a path: a broken character would break the request, not the answer. */
export const PathId = z.string().regex(/^[\x21-\x7e]{1,300}$/)

export const TokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).optional(),
})
/** Each order is parsed on its own (rows.ts), so that one bad order is not a bad page. */
export const SearchOrdersAnswer = z.object({
  orders: z.array(z.unknown()),
  pagination: z.object({ nextToken: z.string().nullish() }).nullish(),
})
export type SearchOrdersAnswer = z.infer<typeof SearchOrdersAnswer>

// PostgreSQL cannot store this character in text
const text = z.string().refine((value) => !value.includes('\0'), 'holds a zero character')
// outside of these years it is a fault, and a fault that PostgreSQL would refuse page by page
const time = z.iso.datetime({ offset: true }).regex(/^(19[89]|20)\d/).transform((value) =>
  new Date(value)
)
const Money = z.object({ amount: text, currencyCode: z.string().regex(/^[A-Z]{3}$/) })
export type Money = z.infer<typeof Money>

const Item = z.object({
  orderItemId: text.min(1).max(100),
  quantityOrdered: z.int32().min(0),
  product: z.object({ asin: text.nullish(), sellerSku: text.nullish(), title: text.nullish() }),
  proceeds: z.object({ proceedsTotal: Money.nullish() }).nullish(),
})
type Item = z.infer<typeof Item>

const DeliveryAddress = z.object({
  name: text.nullish(),
  addressLine1: text.nullish(),
  addressLine2: text.nullish(),
  addressLine3: text.nullish(),
  city: text.nullish(),
  stateOrRegion: text.nullish(),
  postalCode: text.nullish(),
  countryCode: text.nullish(),
  phone: text.nullish(),
})

/** Strict on what we read, blind to the rest: Amazon adds members without notice. */
export const Order = z.object({
  orderId: text,
  createdTime: time,
  lastUpdatedTime: time,
  buyer: z.object({ buyerName: text.nullish(), buyerEmail: text.nullish() }).nullish(),
  recipient: z.object({ deliveryAddress: DeliveryAddress.nullish() }).nullish(),
  proceeds: z.object({ grandTotal: Money.nullish() }).nullish(),
  fulfillment: z.object({
    fulfillmentStatus: text,
    fulfilledBy: text.nullish(),
    shipByWindow: z.object({ latestDateTime: time.nullish() }).nullish(),
  }).nullish(),
  orderItems: z.array(Item),
  programs: z.array(text).nullish(),
  packages: z.array(z.object({
    packageStatus: z.object({ status: text.nullish(), detailedStatus: text.nullish() }).nullish(),
    carrier: text.nullish(),
    trackingNumber: text.max(100).nullish(),
    packageItems: z.array(z.object({ orderItemId: text, quantity: z.int32() })).nullish(),
  })).nullish(),
})
export type Order = z.infer<typeof Order>
