/** What a seller's connection to Meesho, our cursors and the plugin's configuration look like. */
import { z } from 'zod'

/** The only hosts that this plugin asks: a gateway that speaks `wire.md`, and its files. */
export const hosts = ['meesho-gateway.robnu.com', 'meesho-files.robnu.com']

/** The plugin's own configuration. */
export const Config = z.strictObject({
  /** How far the first sync of an account reaches back. */
  historyDays: z.number().int().min(1).max(730).default(90),
})

const text = (what: string, maxLength = 100) =>
  z.string(`Give the ${what}`).trim().min(1, `Give the ${what}`).max(maxLength)
const id = (what: string) =>
  text(what, 80).regex(/^[\w.-]+$/, `Give the ${what} as Meesho issued it`)

/** Keys are columns of `meesho_account_details`. */
export const Details = z.object({
  merchant_id: id('merchant id'),
  supplier_identifier: id('supplier identifier'),
  /** The number in the names of files; PostgreSQL tells a bigint as text. */
  supplier_id: z.union([z.string(), z.int()]).transform(String)
    .pipe(z.string().regex(/^\d{1,18}$/, 'Give the supplier id as a whole number')).nullish(),
  /** Whoever is on V2 must not go back. */
  api_version: z.literal('V2', 'Only V2 of the API is spoken').default('V2'),
  acceptance_preference: z.enum(['ALWAYS', 'BY_INVENTORY', 'MANUAL']).default('ALWAYS'),
  location_external_identifier: id('location identifier'),
  /** Our warehouse behind that one location. */
  facility_warehouse_id: z.uuid('Give the id of a warehouse').nullish(),
  claim_window_days: z.int().min(1).max(365).default(7),
})
export type Details = z.infer<typeof Details>

const secret = (what: string) =>
  z.string(`Send the ${what}`).trim().min(8, `Send the ${what}`).max(1000)

/** Issued by Meesho's team; they do not expire, so there is nothing to refresh. */
export const Credentials = z.object({
  api_key: secret('API key'),
  api_secret: secret('API secret'),
  /** Signs what Meesho pushes to us; absent: no push is believed, and the poll brings everything. */
  webhook_secret: secret('webhook secret').nullish(),
})
export type Credentials = z.infer<typeof Credentials>
export const secrets = ['api_key', 'api_secret', 'webhook_secret']

/** A window of change times in the middle of being walked. */
export const Walk = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Of the next page; null: the first. */
  page: z.string().min(1).max(2000).nullable(),
  /** True: a run ends with it. */
  last: z.boolean(),
})
export type Walk = z.infer<typeof Walk>

/** Of orders, returns and payments alike. */
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
  pass: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), walk: Walk }).nullable(),
})
export type Cursor = z.infer<typeof Cursor>
