/**
 * Forecasts give their lines up to the payout that pays them: some marketplaces tell the same line
 * first in a forecast and then, under another number, in the settlement.
 */
import { z } from 'zod'
import { textArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import type { PreparedPayout } from './payout-rows.ts'

const isForecast = ({ row }: PreparedPayout): boolean => row.forecast === true
const linesOf = (payouts: readonly PreparedPayout[]): readonly string[] =>
  payouts.flatMap(({ lines }) => lines.map(({ row }) => row.externalId))

/** The payouts without forecasts of what is paid already, in whichever order they come. */
export const withoutPaid = async (
  scope: SellerScope,
  accountId: string,
  payouts: readonly PreparedPayout[],
): Promise<readonly PreparedPayout[]> => {
  const asked = linesOf(payouts.filter(isForecast))
  if (asked.length === 0) return payouts
  const stored = await scope.any(sql.type(lineRow)`
    select distinct l.external_line_id
    from payout_line_items l
    join marketplace_payouts p on p.seller_id = l.seller_id and p.id = l.marketplace_payout_id
    where l.seller_id = ${scope.sellerId} and p.marketplace_account_id = ${accountId}
      and not p.forecast and l.external_line_id = any(${textArray(asked)}::text[])`)
  const paid = new Set([
    ...stored.map(({ external_line_id: line }) => line),
    ...linesOf(payouts.filter((payout) => !isForecast(payout))),
  ])
  return payouts.flatMap((payout) => {
    if (!isForecast(payout) || payout.lines.length === 0) return [payout]
    const lines = payout.lines.filter(({ row }) => !paid.has(row.externalId))
    return lines.length === 0 ? [] : [{ ...payout, lines }]
  })
}
const lineRow = z.object({ external_line_id: z.string() })

/** Takes what these payouts pay out of the account's forecasts; an empty one goes. */
export const takeFromForecasts = async (
  scope: SellerScope,
  accountId: string,
  payouts: readonly PreparedPayout[],
): Promise<void> => {
  const paid = linesOf(payouts.filter((payout) => !isForecast(payout)))
  if (paid.length === 0) return
  const { sellerId } = scope
  const touched = await scope.any(sql.type(touchedRow)`
    delete from payout_line_items l using marketplace_payouts p
    where p.seller_id = ${sellerId} and p.marketplace_account_id = ${accountId}
      and p.forecast
      and l.seller_id = p.seller_id and l.marketplace_payout_id = p.id
      and l.external_line_id = any(${textArray(paid)}::text[])
    returning l.marketplace_payout_id`)
  if (touched.length === 0) return
  const ids = [...new Set(touched.map(({ marketplace_payout_id: id }) => id))]
  await scope.run(command`
    update marketplace_payouts p
    set lines_amount = l.net, line_count = l.lines, updated_at = now()
    from unnest(${uuidArray(ids)}::uuid[]) as u (id), lateral (
      select coalesce(sum(net_amount), 0) as net, count(*) as lines from payout_line_items i
      where i.seller_id = ${sellerId} and i.marketplace_payout_id = u.id
    ) l
    where p.seller_id = ${sellerId} and p.id = u.id`)
  await scope.run(command`
    delete from marketplace_payouts
    where seller_id = ${sellerId} and id = any(${uuidArray(ids)}::uuid[])
      and forecast and line_count = 0`)
}
const touchedRow = z.object({ marketplace_payout_id: z.string() })
