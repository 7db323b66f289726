/** Settlements as adapters give them: checked to the last digit, given their ids and hashed. */
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import type { PayoutLineRow, PayoutRow } from '../plugin.ts'
import { payoutForm } from '../rules/rows.ts'
import { checkRows, type Malformed } from './row-forms.ts'

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
  const { rows: found, malformed, repeated } = checkRows<PayoutRow>(payoutForm, rows)
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
