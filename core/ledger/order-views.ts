/** Orders as the API shows them, and the columns that they are read from. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { openFields } from '../crypto/opening.ts'
import type { OpeningPurpose } from '../crypto/purposes.ts'
import type { SellerScope } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { orderStates } from '../plugin.ts'

export interface CustomerView {
  readonly name: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly address: {
    readonly line1: string | null
    readonly line2: string | null
    readonly city: string | null
    readonly state: string | null
    readonly postal_code: string | null
  } | null
}
const nullableText = z.string().nullable()
const summary = {
  id: z.string(),
  marketplace_account_id: z.string(),
  external_order_id: z.string(),
  status: z.enum(orderStates),
  raw_status: z.string(),
  on_hold: z.boolean(),
  ordered_at: z.date(),
  source_updated_at: z.date(),
  ship_by: z.date().nullable(),
  currency: z.string(),
  total_paise: z.number().nullable(),
  fulfilled_by: z.enum(['SELLER', 'MARKETPLACE']).nullable(),
  state_code: nullableText,
  item_count: z.number(),
  /** From then on nothing of the buyer is kept; null: what is known of the buyer is here. */
  customer_erased_at: z.date().nullable(),
}
const blob = z.instanceof(Uint8Array).nullable()
const sealed = {
  customer_name_enc: blob,
  customer_phone_enc: blob,
  customer_email_enc: blob,
  address_enc: blob,
}
const sealedNames = Object.keys(sealed) as (keyof typeof sealed)[]
export const summaryRow = z.object(summary)
export const sealedRow = z.object({ ...summary, ...sealed })
export const buyerRow = z.object({ ...sealed, customer_erased_at: z.date().nullable() })
export const detailRow = z.object({
  ...summary,
  ...sealed,
  created_at: z.date(),
  updated_at: z.date(),
  job_run_id: z.string(),
})
export const itemRow = z.object({
  id: z.string(),
  external_item_id: z.string(),
  sku: nullableText,
  listing_id: nullableText,
  title: nullableText,
  quantity: z.number(),
  cancelled_quantity: z.number(),
  total_paise: z.number().nullable(),
  hsn: nullableText,
  gst_rate_bp: z.number().nullable(),
})

export type Summary = z.infer<typeof summaryRow>
export type Sealed = z.infer<typeof sealedRow>
export type WithCode<Row> = Row & { readonly marketplace: string }
type Shown<Row> = Omit<Row, keyof typeof sealed>

export type OrderSummary = WithCode<Summary> & { readonly customer?: CustomerView | null }
export type OrderDetail = WithCode<Shown<z.infer<typeof detailRow>>> & {
  readonly items: readonly z.infer<typeof itemRow>[]
  readonly customer: CustomerView | null
}

export const summaryColumns = sql.fragment`id, marketplace_account_id, external_order_id, status,
  raw_status, on_hold, ordered_at, source_updated_at, ship_by, currency, total_paise,
  fulfilled_by, state_code, item_count, customer_erased_at`
export const sealedColumns = sql.fragment`customer_name_enc, customer_phone_enc, customer_email_enc,
  address_enc`

const isSealed = (row: Sealed): boolean =>
  [row.customer_name_enc, row.customer_phone_enc, row.customer_email_enc, row.address_enc]
    .some((field) => field !== null)

/** The buyers of the rows, in their order; null where a row holds none. */
export const openCustomers = async (
  scope: SellerScope,
  keys: SellerKeys | null,
  purpose: OpeningPurpose,
  rows: readonly Sealed[],
): Promise<readonly (CustomerView | null)[]> => {
  // without keys there was nothing sealed a moment ago
  if (keys === null) {
    if (rows.some(isSealed)) throw fault('keys-unavailable', { retryAfterSeconds: 1 })
    return rows.map(() => null)
  }
  const opened = await openFields(scope, keys, {
    table: 'orders',
    purpose,
    rows: rows.map((
      { id, customer_name_enc, customer_phone_enc, customer_email_enc, address_enc },
    ) => ({
      id,
      fields: { customer_name_enc, customer_phone_enc, customer_email_enc, address_enc },
    })),
  })
  return opened.map((fields) => {
    const { customer_name_enc, customer_phone_enc, customer_email_enc, address_enc } = fields
    if (!customer_name_enc && !customer_phone_enc && !customer_email_enc && !address_enc) {
      return null
    }
    return {
      name: customer_name_enc ?? null,
      phone: customer_phone_enc ?? null,
      email: customer_email_enc ?? null,
      address: address_enc ? addressView(JSON.parse(address_enc)) : null,
    }
  })
}

export const addressView = (stored: Record<string, string | null>): CustomerView['address'] => ({
  line1: stored.line1 ?? null,
  line2: stored.line2 ?? null,
  city: stored.city ?? null,
  state: stored.state ?? null,
  postal_code: stored.postalCode ?? null,
})

/** The row without its sealed columns. */
export const shown = <Row extends Sealed>(row: Row): Shown<Row> => {
  const clear: Partial<Row> = { ...row }
  for (const column of sealedNames) delete clear[column]
  return clear as Shown<Row>
}
