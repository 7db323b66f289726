/** What a seller's connection to Flipkart, our cursor and the plugin's configuration look like. */
import { isGstin } from 'robnu/plugin'
import { z } from 'zod'

/** The only hosts that this plugin asks: production, and Flipkart's own sandbox. */
export const hosts = ['api.flipkart.net', 'sandbox-api.flipkart.net']

/** The plugin's own configuration. */
export const Config = z.strictObject({
  /** How far the first sync of an account reaches back. */
  historyDays: z.number().int().min(1).max(730).default(90),
})

const measure = (unit: string) => z.int(`Give whole ${unit}`).min(1).max(100_000)
// PostgreSQL tells a time of day with its seconds
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d(:00)?$/, 'Give a time: 17:30')
  .transform((value) => value.slice(0, 5))

/** Keys are columns of `flipkart_account_details`. */
export const Details = z.object({
  flipkart_seller_id: z.string('Give the seller id')
    .regex(/^[A-Za-z0-9_-]{4,64}$/, 'Give the seller id as the seller portal shows it'),
  /** Of the seller's application, or of ours: what pushes are signed by as well. */
  app_id: z.string('Give the application id').min(1, 'Give the application id').max(200),
  environment: z.enum(['PROD', 'SANDBOX']).default('PROD'),
  grant_type: z.enum(['CLIENT_CREDENTIALS', 'AUTHORIZATION_CODE']).default('CLIENT_CREDENTIALS'),
  location_ids: z.array(z.string().regex(/^LOC[A-Za-z0-9]{1,60}$/, 'Give location ids: LOC…'))
    .max(100).default([]),
  reports_api_enabled: z.boolean().default(false),
  /** What Flipkart signs: the address that was registered there; null: the one of the request. */
  notification_url: z.url({ protocol: /^https$/, error: 'Give an https address' }).max(500)
    .nullish(),
  gstin: z.string().trim().toUpperCase()
    .refine(isGstin, 'Give the GSTIN of the seller: its last character does not fit the others')
    .nullish(),
  b2b_invoice_series: z.string().trim().min(1).max(10)
    .regex(/^[A-Z0-9/-]+$/i, 'Give letters, digits, - and / only').nullish(),
  gst_rate_bp: z.int().min(0).max(10_000).default(500),
  package_length_cm: measure('centimetres').default(30),
  package_breadth_cm: measure('centimetres').default(25),
  package_height_cm: measure('centimetres').default(5),
  package_weight_grams: measure('grams').default(500),
  self_ship_carrier: z.string().trim().min(1).max(100).nullish(),
  manifest_cutoff: timeOfDay.default('17:30'),
})
export type Details = z.infer<typeof Details>

// database drivers give an instant as a Date, as text or as milliseconds
const instant = z.union([z.date(), z.string(), z.number()])
  .transform((value) => new Date(value))
  .refine((value) => !Number.isNaN(value.getTime()), 'is not an instant')
  .transform((value) => value.toISOString())
const secret = (what: string) => z.string(`Give the ${what}`).min(1, `Give the ${what}`).max(8192)

/** Of the application; the access token is a copy that `refresh` replaces. */
export const Credentials = z.object({
  app_secret: secret('application secret'),
  access_token: secret('access token').nullish(),
  access_token_expires_at: instant.nullish(),
  /** Of the grant AUTHORIZATION_CODE. */
  refresh_token: secret('refresh token').nullish(),
  refresh_token_expires_at: instant.nullish(),
  /** What pushes are signed with; absent: the application secret. */
  notification_secret: secret('notification secret').nullish(),
})
export type Credentials = z.infer<typeof Credentials>
export const secrets = ['app_secret', 'access_token', 'refresh_token', 'notification_secret']

/** A window of change times in the middle of being walked, list by list. */
export const Walk = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Which of the target's lists: `preDispatch`, `courier_return`. */
  list: z.string().max(40),
  /** Of the next page, relative as Flipkart gives it; null: the first. */
  next: z.string().max(4000).nullable(),
  /** True: the list was begun anew because a page's token had died. */
  again: z.boolean(),
  /** True: a run ends with it. */
  last: z.boolean(),
})
export type Walk = z.infer<typeof Walk>

/** A report that is being made, or read. */
export const Asked = z.object({
  id: z.string().max(200),
  from: z.iso.date(),
  to: z.iso.date(),
  /** How often it was asked for: one that has expired is asked for anew. */
  times: z.int().min(1),
  last: z.boolean(),
})
export type Asked = z.infer<typeof Asked>

export const Cursor = z.object({
  /** Everything that changed before this was met in time: the next window begins here. */
  watermark: z.iso.datetime(),
  /** The window in progress. */
  walk: Walk.nullable(),
  /** The walk over the last days, in progress; it never touches the watermark. */
  deep: Walk.nullable(),
  /** When the last one of those began. */
  deepAt: z.iso.datetime(),
  /** A walk over a window that somebody asked for; it never touches the watermark either. */
  pass: z.object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    walk: Walk.nullable(),
    asked: Asked.nullable(),
  }).nullable(),
  /** Of payouts: the report in progress. */
  asked: Asked.nullable(),
})
export type Cursor = z.infer<typeof Cursor>
