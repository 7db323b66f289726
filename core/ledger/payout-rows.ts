/** Settlements as adapters give them: checked to the last digit, given their ids and hashed. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import { type PayoutLineRow, type PayoutRow, payoutStates } from '../plugin.ts'
import { checkRows, eachOnce, type Malformed, text, time } from './row-forms.ts'

/** Decimal text with at most four digits behind the point, as numeric(14,4) holds it. */
const amount = z.string().regex(/^-?\d{1,10}(?:\.\d{1,4})?$/, { abort: true })
const day = z.iso.date()

/** In ten-thousandths. */
const units = (decimal: string): bigint => {
  const [whole = '', fraction = ''] = decimal.replace('-', '').split('.')
  const size = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'))
  return decimal.startsWith('-') ? -size : size
}

const lineSchema = z.object({
  externalId: text(200).min(1),
  kind: text(100).min(1),
  orderExternalId: text(200).min(1).nullable(),
  itemExternalId: text(200).nullable(),
  returnExternalId: text(200).nullable(),
  awb: text(100).nullable(),
  gross: amount,
  deductions: amount,
  fees: amount,
  taxes: amount,
  net: amount,
  deductionReason: text(500).nullable(),
  at: time.nullable(),
}).refine(
  ({ gross, deductions, fees, taxes, net }) =>
    units(gross) + units(deductions) + units(fees) + units(taxes) === units(net),
  'does not add up',
)
const rowSchema = z.object({
  externalId: text(200).min(1),
  status: z.enum(payoutStates).nullable(),
  rawStatus: text(200),
  amount: amount.nullable(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  periodFrom: day.nullable(),
  periodTo: day.nullable(),
  paidOn: day.nullable(),
  updatedAt: time,
  forecast: z.boolean().optional(),
  lines: z.array(lineSchema).max(50_000).refine(eachOnce, 'a line stands twice'),
})

export interface PreparedLine {
  readonly id: string
  readonly payoutId: string
  readonly row: PayoutLineRow
  readonly hash: Uint8Array
}
export interface PreparedPayout {
  readonly id: string
  readonly row: PayoutRow
  /** Of everything but the lines: one payout may come in pieces. */
  readonly hash: Uint8Array
  /** Each once, in its newest form. */
  readonly lines: readonly PreparedLine[]
}
export interface PreparedPayouts {
  readonly target: 'PAYOUTS'
  readonly payouts: readonly PreparedPayout[]
  readonly malformed: readonly Malformed[]
  readonly repeated: number
}

export const preparePayouts = (
  keys: SellerKeys,
  accountId: string,
  rows: readonly PayoutRow[],
): PreparedPayouts => {
  const { rows: found, malformed, repeated } = checkRows<PayoutRow>(rowSchema, rows)
  const payouts = found.flatMap((versions) => prepare(keys, accountId, versions) ?? [])
  return { target: 'PAYOUTS', payouts, malformed, repeated }
}

const prepare = (
  keys: SellerKeys,
  accountId: string,
  versions: readonly PayoutRow[],
): PreparedPayout | undefined => {
  const row = versions.at(-1)
  if (!row) return undefined
  const id = idOf(keys.sellerId, accountId, 'payout', row.externalId)
  const lines = new Map(versions.flatMap((one) => one.lines.map((line) => [line.externalId, line])))
  const { lines: _, ...header } = row
  return {
    id,
    row,
    hash: keys.hash([JSON.stringify(header)]),
    lines: [...lines.values()].map((line) => ({
      id: idOf(keys.sellerId, id, 'payout-line', line.externalId),
      payoutId: id,
      row: line,
      hash: keys.hash([JSON.stringify(line)]),
    })),
  }
}
