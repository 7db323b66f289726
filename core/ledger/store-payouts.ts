/** Settlements and their lines into the ledger; a payout may come in pieces, and again. */
import { z } from 'zod'
import {
  boolArray,
  bytesArray,
  int4Array,
  textArray,
  timestampArray,
  uuidArray,
} from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { type PayoutRow, payoutStateRank, payoutStates } from '../plugin.ts'
import { takeFromForecasts, withoutPaid } from './forecasts.ts'
import { lockAccount } from './order-stands.ts'
import type { PreparedLine, PreparedPayout } from './payout-rows.ts'
import type { StoredCounts } from './store-orders.ts'

interface PayoutPlace {
  readonly accountId: string
  readonly runId: string
}

/** What is unchanged is left alone; lines that were stored before and do not come again stay. */
export const storePayouts = async (
  scope: SellerScope,
  place: PayoutPlace,
  all: readonly PreparedPayout[],
): Promise<StoredCounts> => {
  if (all.length === 0) return { created: 0, changed: 0, unchanged: 0, written: [] }
  await lockAccount(scope, place.accountId)
  const payouts = await withoutPaid(scope, place.accountId, all)
  const known = await readKnown(scope, payouts.map(({ id }) => id))
  const knownLines = await readLines(scope, payouts)
  const headers = payouts.filter(({ id, hash, row }) => {
    const before = known.get(id)
    return !before ||
      !isSame(before.content_hash, hash) && before.source_updated_at <= row.updatedAt
  })
  const late = payouts.filter(({ id, row }) => {
    const before = known.get(id)
    return before !== undefined && row.updatedAt < before.source_updated_at &&
      isFurther(row, before.settlement_state)
  })
  const lines = payouts.flatMap(({ id, row, lines }) => {
    const before = known.get(id)
    const isOlder = before !== undefined && row.updatedAt < before.source_updated_at
    return lines.filter((line) => {
      const stored = knownLines.get(line.id)
      return !stored || !isOlder && !isSame(stored, line.hash)
    })
  })
  await writeHeaders(scope, place, headers)
  await writeLate(scope, late)
  await writeLines(scope, place, lines)
  await takeFromForecasts(scope, place.accountId, payouts)
  const written = [
    ...new Set([
      ...[...headers, ...late].map(({ id }) => id),
      ...lines.map(({ payoutId }) => payoutId),
    ]),
  ]
  const created = written.filter((id) => !known.has(id)).length
  return {
    created,
    changed: written.length - created,
    unchanged: all.length - written.length,
    written,
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])
const isFurther = ({ status }: PayoutRow, before: (typeof payoutStates)[number]): boolean =>
  status !== null && payoutStateRank(status) > payoutStateRank(before)

const readKnown = async (scope: SellerScope, ids: readonly string[]) => {
  const rows = await scope.any(sql.type(knownRow)`
    select id, content_hash, settlement_state, source_updated_at from marketplace_payouts
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row]))
}
const knownRow = z.object({
  id: z.string(),
  content_hash: z.instanceof(Uint8Array),
  settlement_state: z.enum(payoutStates),
  source_updated_at: z.date(),
})

const readLines = async (scope: SellerScope, payouts: readonly PreparedPayout[]) => {
  const ids = payouts.flatMap(({ lines }) => lines.map(({ id }) => id))
  if (ids.length === 0) return new Map<string, Uint8Array>()
  const rows = await scope.any(sql.type(lineRow)`
    select id, content_hash from payout_line_items
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row.content_hash]))
}
const lineRow = z.object({ id: z.string(), content_hash: z.instanceof(Uint8Array) })

/** The day by which a payout stands in the list. */
const settlesOn = ({ paidOn, periodTo, updatedAt }: PayoutRow): string =>
  paidOn ?? periodTo ?? updatedAt.toISOString().slice(0, 10)

const writeHeaders = async (
  scope: SellerScope,
  { accountId, runId }: PayoutPlace,
  payouts: readonly PreparedPayout[],
): Promise<void> => {
  if (payouts.length === 0) return
  const rows = payouts.map(({ row }) => row)
  await scope.run(command`
    insert into marketplace_payouts (
      seller_id, marketplace_account_id, job_run_id, id, external_payout_id, settlement_state,
      state_rank, raw_status, amount, currency, period_from, period_to, paid_on, settles_on,
      source_updated_at, content_hash, forecast
    )
    select ${scope.sellerId}::uuid, ${accountId}::uuid, ${runId}::uuid, u.id, u.external_payout_id,
      u.settlement_state, u.state_rank, u.raw_status, u.amount::numeric, u.currency,
      u.period_from::date, u.period_to::date, u.paid_on::date, u.settles_on::date,
      u.source_updated_at, u.content_hash, u.forecast
    from unnest(
      ${uuidArray(payouts.map(({ id }) => id))}::uuid[],
      ${textArray(rows.map((row) => row.externalId))}::text[],
      ${textArray(rows.map((row) => row.status ?? 'OPEN'))}::text[],
      ${int4Array(rows.map((row) => row.status ? payoutStateRank(row.status) : 0))}::int4[],
      ${textArray(rows.map((row) => row.rawStatus))}::text[],
      ${textArray(rows.map((row) => row.amount))}::text[],
      ${textArray(rows.map((row) => row.currency))}::text[],
      ${textArray(rows.map((row) => row.periodFrom))}::text[],
      ${textArray(rows.map((row) => row.periodTo))}::text[],
      ${textArray(rows.map((row) => row.paidOn))}::text[],
      ${textArray(rows.map(settlesOn))}::text[],
      ${timestampArray(rows.map((row) => row.updatedAt))}::timestamptz[],
      ${bytesArray(payouts.map(({ hash }) => hash))}::bytea[],
      ${boolArray(rows.map((row) => row.forecast ?? false))}::bool[]
    ) as u (
      id, external_payout_id, settlement_state, state_rank, raw_status, amount, currency,
      period_from, period_to, paid_on, settles_on, source_updated_at, content_hash, forecast
    )
    on conflict (seller_id, id) do update set
      settlement_state = case when excluded.state_rank > marketplace_payouts.state_rank
        then excluded.settlement_state else marketplace_payouts.settlement_state end,
      state_rank = greatest(excluded.state_rank, marketplace_payouts.state_rank),
      -- of one instant always the same one, whichever came first
      raw_status = case when marketplace_payouts.source_updated_at < excluded.source_updated_at
        then excluded.raw_status
        else greatest(marketplace_payouts.raw_status, excluded.raw_status) end,
      -- a marketplace that tells less than before takes nothing away
      amount = coalesce(excluded.amount, marketplace_payouts.amount),
      currency = excluded.currency,
      period_from = coalesce(excluded.period_from, marketplace_payouts.period_from),
      period_to = coalesce(excluded.period_to, marketplace_payouts.period_to),
      paid_on = coalesce(excluded.paid_on, marketplace_payouts.paid_on),
      settles_on = excluded.settles_on,
      source_updated_at = excluded.source_updated_at,
      content_hash = excluded.content_hash,
      job_run_id = excluded.job_run_id,
      updated_at = now()`)
}

/** Rows that are older than what is stored, and lead further all the same. */
const writeLate = async (
  scope: SellerScope,
  payouts: readonly PreparedPayout[],
): Promise<void> => {
  if (payouts.length === 0) return
  const states = payouts.map(({ row }) => row.status ?? 'OPEN')
  await scope.run(command`
    update marketplace_payouts p
    set settlement_state = u.state, state_rank = u.rank, updated_at = now()
    from unnest(
      ${uuidArray(payouts.map(({ id }) => id))}::uuid[],
      ${textArray(states)}::text[],
      ${int4Array(states.map(payoutStateRank))}::int4[]
    ) as u (id, state, rank)
    where p.seller_id = ${scope.sellerId} and p.id = u.id`)
}

/** Lines by the key of their order, which may come later or never; then the sums of the payouts. */
const writeLines = async (
  scope: SellerScope,
  { accountId }: PayoutPlace,
  lines: readonly PreparedLine[],
): Promise<void> => {
  if (lines.length === 0) return
  const rows = lines.map(({ row }) => row)
  const amounts = (of: (row: PreparedLine['row']) => string) => textArray(rows.map(of))
  await scope.run(command`
    insert into payout_line_items (
      seller_id, id, marketplace_payout_id, external_line_id, kind, order_dedup_key,
      order_external_id, item_external_id, return_external_id, awb, gross_amount, deductions, fees,
      taxes, net_amount, deduction_reason, at, content_hash
    )
    select ${scope.sellerId}::uuid, u.id, u.payout_id, u.external_line_id, u.kind,
      lower(m.code) || ':' || a.external_account_id || ':order:' || u.order_external_id,
      u.order_external_id, u.item_external_id, u.return_external_id, u.awb, u.gross::numeric,
      u.deductions::numeric, u.fees::numeric, u.taxes::numeric, u.net::numeric,
      u.deduction_reason, u.at, u.content_hash
    from unnest(
      ${uuidArray(lines.map(({ id }) => id))}::uuid[],
      ${uuidArray(lines.map(({ payoutId }) => payoutId))}::uuid[],
      ${textArray(rows.map((row) => row.externalId))}::text[],
      ${textArray(rows.map((row) => row.kind))}::text[],
      ${textArray(rows.map((row) => row.orderExternalId))}::text[],
      ${textArray(rows.map((row) => row.itemExternalId))}::text[],
      ${textArray(rows.map((row) => row.returnExternalId))}::text[],
      ${textArray(rows.map((row) => row.awb))}::text[],
      ${amounts((row) => row.gross)}::text[],
      ${amounts((row) => row.deductions)}::text[],
      ${amounts((row) => row.fees)}::text[],
      ${amounts((row) => row.taxes)}::text[],
      ${amounts((row) => row.net)}::text[],
      ${textArray(rows.map((row) => row.deductionReason))}::text[],
      ${timestampArray(rows.map((row) => row.at))}::timestamptz[],
      ${bytesArray(lines.map(({ hash }) => hash))}::bytea[]
    ) as u (
      id, payout_id, external_line_id, kind, order_external_id, item_external_id,
      return_external_id, awb, gross, deductions, fees, taxes, net, deduction_reason, at,
      content_hash
    )
    cross join marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where a.seller_id = ${scope.sellerId} and a.id = ${accountId}
    on conflict (seller_id, id) do update set
      kind = excluded.kind, order_dedup_key = excluded.order_dedup_key,
      order_external_id = excluded.order_external_id, item_external_id = excluded.item_external_id,
      return_external_id = excluded.return_external_id, awb = excluded.awb,
      gross_amount = excluded.gross_amount, deductions = excluded.deductions,
      fees = excluded.fees, taxes = excluded.taxes, net_amount = excluded.net_amount,
      deduction_reason = excluded.deduction_reason, at = excluded.at,
      content_hash = excluded.content_hash`)
  const payouts = [...new Set(lines.map(({ payoutId }) => payoutId))]
  await scope.run(command`
    update marketplace_payouts p
    set lines_amount = l.net, line_count = l.lines, updated_at = now()
    from (
      select marketplace_payout_id as id, sum(net_amount) as net, count(*) as lines
      from payout_line_items
      where seller_id = ${scope.sellerId}
        and marketplace_payout_id = any(${uuidArray(payouts)}::uuid[])
      group by marketplace_payout_id
    ) l
    where p.seller_id = ${scope.sellerId} and p.id = l.id`)
}
