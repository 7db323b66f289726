/** Flipkart's settlement workbook, sheet "Orders": a sale, a refund or a fee of one item a line. */
import type { PayoutRow, ReportImport, ReportRecord } from 'robnu/plugin'
import { startOfDay } from '../times.ts'
import {
  decimalOf,
  exactOf,
  idOf,
  isCutOff,
  isId,
  isTooLong,
  keyOf,
  plain,
  textOf,
} from './cells.ts'
import { otherSheets } from './other-sheets.ts'
import { paidDay, payoutsOf, type Read } from './payments.ts'
import { addsUp, nameOf, type Sum, sumOf } from './sums.ts'
import { together } from './together.ts'

/** By their names without a formula: the letters in it change from one generation to the next. */
const names = {
  neft: 'NEFT ID',
  paidOn: 'Payment Date',
  net: 'Bank Settlement Value (Rs.)',
  order: 'Order ID',
  item: 'Order item ID',
  sale: 'Sale Amount (Rs.)',
  addOns: 'Customer Add-ons Amount (Rs.)',
  fees: 'Marketplace Fee (Rs.)',
  taxes: 'Taxes (Rs.)',
  protection: 'Protection Fund (Rs.)',
  refund: 'Refund (Rs.)',
  returnType: 'Return Type',
} as const
type Name = keyof typeof names

const orderSheet: ReportImport<PayoutRow> = {
  id: 'flipkart-settlements',
  name: 'Flipkart settlement workbook',
  target: 'PAYOUTS',
  sheet: 'Orders',
  signature: [
    'NEFT ID',
    'Neft Type',
    'Payment Date',
    'Order item ID',
    'Commission Rate (%)',
    'Protection Fund (Rs.)',
  ],
  // so that the same item of the same payment is counted
  groupBy: ['NEFT ID', 'Order item ID'],
  rows: (columns, records, { now }) => {
    const headings = columns.map(nameOf)
    const places = new Map(
      Object.entries(names).map(([name, heading]) => [name, headings.indexOf(keyOf(heading))]),
    )
    const sums = columns.flatMap((heading, at) => sumOf(heading, at) ?? [])
    const cellOf = ({ cells }: ReportRecord) => (name: Name) =>
      plain(cells[places.get(name) ?? -1] ?? '')
    const key = (record: ReportRecord) =>
      [cellOf(record)('neft'), cellOf(record)('item')].join('\n')
    return payoutsOf(
      together(records, key),
      (record) => read(record, cellOf(record), sums, now),
    )
  },
}

/** All sheets of the workbook that carry money. */
export const settlementReports: readonly ReportImport<PayoutRow>[] = [orderSheet, ...otherSheets]

const read = (
  record: ReportRecord,
  cell: (name: Name) => string,
  sums: readonly Sum[],
  now: Date,
): Read => {
  const neft = cell('neft')
  const item = idOf(cell('item'))
  const net = exactOf(cell('net'))
  // the third row of headings, and totals that a spreadsheet was given
  if (neft === '' && cell('order') === '' && item === '' && !net) return { skipped: 'sub-heading' }
  const refuse = (rejected: string): Read => ({ rejected, key: neft })
  if (neft === '' || item === '') return refuse('line-without-key')
  if ([neft, item, cell('order')].some(isCutOff)) return refuse('number-cut-off')
  const order = textOf(cell('order'))
  if (![neft, item, ...order === null ? [] : [order]].every(isId)) return refuse('bad-key')
  if (isTooLong(cell, { returnType: 500 })) return refuse('cell-too-long')
  const paidOn = paidDay(cell('paidOn'), now)
  if (paidOn === undefined) return refuse('bad-date')
  const amount = (name: Name) => exactOf(cell(name))
  const [sale, addOns, fees, taxes, protection, refund] = [
    ...[amount('sale'), amount('addOns'), amount('fees'), amount('taxes')],
    ...[amount('protection'), amount('refund')],
  ]
  const checks = sums.map((sum) => addsUp(record.cells, sum))
  const isMoney = ![net, sale, addOns, fees, taxes, protection, refund, ...checks]
    .includes(undefined)
  if (!isMoney || cell('net') === '') return refuse('money-not-decimal')
  if (checks.includes(false)) return refuse('columns-do-not-add-up')
  const gross = (sale ?? 0n) + (addOns ?? 0n) + (protection ?? 0n) + (refund ?? 0n)
  const kind = sale ? 'SALE' : refund ? 'REFUND' : protection ? 'PROTECTION_FUND' : 'ADJUSTMENT'
  return {
    ...{ neft, paidOn },
    line: {
      externalId: `${item}/${kind}`,
      kind,
      orderExternalId: order,
      itemExternalId: item,
      returnExternalId: null,
      awb: null,
      gross: decimalOf(gross),
      // what is left of the sum: offers, shares and their adjustments
      deductions: decimalOf((net ?? 0n) - gross - (fees ?? 0n) - (taxes ?? 0n)),
      fees: decimalOf(fees ?? 0n),
      taxes: decimalOf(taxes ?? 0n),
      net: decimalOf(net ?? 0n),
      deductionReason: textOf(cell('returnType')),
      at: startOfDay(paidOn),
    },
  }
}
