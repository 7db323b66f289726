/** What a seller's connection to AJIO, our cursor and the plugin's configuration look like. */
import { isGstin } from 'robnu/plugin'
import { z } from 'zod'

/** The only host that this plugin asks: a gateway that speaks `wire.md`. */
export const hosts = ['vms-gateway.robnu.com']

/** The plugin's own configuration. */
export const Config = z.strictObject({
  /** How far the first sync of an account reaches back. */
  historyDays: z.number().int().min(1).max(730).default(90),
})

const text = (what: string, maxLength = 100) =>
  z.string(`Give the ${what}`).trim().min(1, `Give the ${what}`).max(maxLength)
// PostgreSQL tells a time of day with its seconds
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d(:00)?$/, 'Give a time: 17:30')
  .transform((value) => value.slice(0, 5))
const measure = (unit: string) => z.int(`Give whole ${unit}`).min(1).max(100_000)

/** Keys are columns of `ajio_account_details`. */
export const Details = z.object({
  pob_id: z.string('Give the POB id').regex(
    /^DV[A-Z0-9]{2,28}$/,
    'Give the POB id as AJIO issued it: it begins with DV',
  ),
  store_code: text('store code of this POB'),
  model: z.enum(['DROPSHIP_VMS', 'JIT']).default('DROPSHIP_VMS'),
  return_model: z.enum(['CREDIT_NOTE', 'RSI']).default('CREDIT_NOTE'),
  dc_code: text('DC code').nullish(),
  b2b_invoice_series: text('invoice series', 10)
    .regex(/^[A-Z0-9/-]+$/i, 'Give letters, digits, - and / only').nullish(),
  gstin: z.string('Give the GSTIN').trim().toUpperCase()
    .refine(isGstin, 'Give the GSTIN of the store: its last character does not fit the others'),
  manifest_cutoff: timeOfDay.default('17:30'),
  claim_window_days: z.int().min(1).max(365).default(60),
  box_weight_grams: measure('grams').default(500),
  box_length_cm: measure('centimetres').default(30),
  box_breadth_cm: measure('centimetres').default(25),
  box_height_cm: measure('centimetres').default(5),
})
export type Details = z.infer<typeof Details>

// database drivers give an instant as a Date, as text or as milliseconds
const instant = z.union([z.date(), z.string(), z.number()])
  .transform((value) => new Date(value))
  .refine((value) => !Number.isNaN(value.getTime()), 'is not an instant')
  .transform((value) => value.toISOString())

const blob = (what: string) =>
  z.string(`Send the ${what} that the browser extension reads`).min(1).max(16_384)

/** What the extension reads from the session; all four are sealed, and change together. */
export const Credentials = z.object({
  access_token: blob('access token'),
  refresh_token: blob('refresh token'),
  session_context: blob('session context'),
  user_context: blob('user context'),
  /** Absent: unknown, and AJIO says when it is over. */
  token_expires_at: instant.nullish(),
  last_refresh_at: instant.nullish(),
  pob_password: z.string().min(1).max(1000).nullish(),
})
export type Credentials = z.infer<typeof Credentials>
export const secrets = [
  'access_token',
  'refresh_token',
  'session_context',
  'user_context',
  'pob_password',
]

/** A window of change times in the middle of being walked. */
export const Walk = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Everything that changed before this was met: the next page begins here. */
  at: z.iso.datetime(),
  /** Above 0 only while more rows than a page share the instant `at`. */
  page: z.int().min(0),
  /** How many rows there were when those of one instant began to fill more than a page. */
  total: z.int().nullable(),
  /** True: a run ends with it. */
  last: z.boolean(),
})
export type Walk = z.infer<typeof Walk>

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
