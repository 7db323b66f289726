/** The seller's own invoice numbers: one for an order, without a gap in an account's year. */
import { z } from 'zod'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { constraintOf, sqlState } from '../../db/scope.ts'
import { command, sql } from '../../db/sql.ts'
import { failure } from '../../plugin.ts'
import { dayInIndia, financialYear } from './cutoff.ts'

export interface Invoice {
  readonly number: string
  /** In India: `2026-11-22`. */
  readonly date: string
}
export interface InvoiceSource {
  readonly accountId: string
  /** Of the account: what numbers begin with; null: something of our own. */
  readonly series: string | null
  readonly gstin: string | null
  /** By the clock of the marketplace. */
  readonly now: Date
}

/** Rule 46 of the CGST Rules allows no more. */
const longest = 16

/**
 * The numbers of these orders, taken now where they have none; an order keeps its number whatever
 * becomes of it. By order id. Throws `rejected` when the series cannot give any.
 */
export const takeInvoices = async (
  scope: SellerScope,
  source: InvoiceSource,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, Invoice>> => {
  const taken = new Map(await readInvoices(scope, orderIds))
  const lacking = orderIds.filter((id) => !taken.has(id))
  if (lacking.length === 0) return taken
  const date = dayInIndia(source.now)
  const year = financialYear(date)
  const { series, last } = await reserve(scope, source, year, lacking.length)
  const { accountId, gstin } = source
  for (const [at, orderId] of lacking.entries()) {
    const count = last - lacking.length + at + 1
    const number = invoiceNumber(series, year, count)
    await insert(scope, { orderId, accountId, year, count, number, gstin, date })
    taken.set(orderId, { number, date })
  }
  return taken
}

/** Moves the count under a lock of its row: who comes second goes on behind. */
const reserve = async (
  scope: SellerScope,
  { accountId, series }: InvoiceSource,
  year: string,
  count: number,
): Promise<{ readonly series: string; readonly last: number }> => {
  const row = await scope.one(sql.type(z.object({ series: z.string(), last_number: z.number() }))`
    insert into invoice_series as s (
      seller_id, marketplace_account_id, financial_year, series, last_number
    ) values (${scope.sellerId}, ${accountId}, ${year}, ${series ?? ownSeries(accountId)}, ${count})
    on conflict (seller_id, marketplace_account_id, financial_year) do update set
      series = coalesce(${series}, s.series), last_number = s.last_number + ${count}
    returning series, last_number`)
  return { series: row.series, last: row.last_number }
}

const insert = async (scope: SellerScope, one: {
  readonly orderId: string
  readonly accountId: string
  readonly year: string
  readonly count: number
  readonly number: string
  readonly gstin: string | null
  readonly date: string
}): Promise<void> => {
  try {
    await scope.run(command`
      insert into order_invoices (
        seller_id, order_id, marketplace_account_id, financial_year, number, invoice_number, gstin,
        invoice_date
      ) values (
        ${scope.sellerId}, ${one.orderId}, ${one.accountId}, ${one.year}, ${one.count}, ${one.number},
        ${one.gstin}, ${one.date}
      )`)
  } catch (cause) {
    const isTaken = sqlState(cause) === '23505' &&
      constraintOf(cause) === 'order_invoices__of_gstin'
    if (!isTaken) throw cause
    throw failure(
      'rejected',
      'Two accounts of one GSTIN give the same invoice numbers: give each a series of its own',
      { code: 'invoice-series-taken', cause },
    )
  }
}

/** `AB/26-27/00042`; a longer series leaves less room: `MILL260042`. Unique over the years. */
export const invoiceNumber = (series: string, year: string, count: number): string => {
  const roomy = `${series}/${year}/${String(count).padStart(5, '0')}`
  const tight = `${series}${year.slice(0, 2)}${String(count).padStart(4, '0')}`
  const number = series.length <= 3 ? roomy : tight
  if (number.length <= longest) return number
  throw failure(
    'rejected',
    'The series of invoice numbers is too long, or used up: choose another',
    {
      code: 'invoice-series-full',
    },
  )
}

/** Two accounts of a seller hardly ever meet in it; where they do, the numbers' own key says so. */
const ownSeries = (accountId: string): string =>
  `R${(parseInt(accountId.slice(-8), 16) % 1296).toString(36).padStart(2, '0').toUpperCase()}`

export const readInvoices = async (
  scope: SellerScope,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, Invoice>> => {
  if (orderIds.length === 0) return new Map()
  const rows = await scope.any(sql.type(invoiceRow)`
    select order_id, invoice_number, invoice_date::text as invoice_date from order_invoices
    where seller_id = ${scope.sellerId} and order_id = any(${uuidArray(orderIds)}::uuid[])`)
  return new Map(rows.map((row) => [
    row.order_id,
    { number: row.invoice_number, date: row.invoice_date },
  ]))
}
const invoiceRow = z.object({
  order_id: z.string(),
  invoice_number: z.string(),
  invoice_date: z.string(),
})
