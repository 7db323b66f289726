/** The other sheets of the settlement workbook: what is paid or taken without an order. */
import type { PayoutRow, ReportImport, ReportRecord } from 'robnu/plugin'
import { startOfDay } from '../times.ts'
import { decimalOf, exactOf, isCutOff, isId, keyOf, plain, textOf } from './cells.ts'
import { paidDay, payoutsOf, type Read } from './payments.ts'
import { addsUp, nameOf, type Sum, sumOf } from './sums.ts'
import { together } from './together.ts'

interface Sheet {
  readonly id: string
  readonly name: string
  readonly sheet?: string
  readonly signature: readonly string[]
  readonly kind: string
  /** The columns that tell lines of one payment apart, the first that is filled. */
  readonly keys: readonly string[]
  readonly taxes?: string
  readonly reason?: string
}

const sheets: readonly Sheet[] = [
  {
    id: 'flipkart-fee-rebates',
    name: 'Flipkart settlement workbook, MP Fee Rebate',
    sheet: 'MP Fee Rebate',
    signature: ['NEFT ID', 'Neft Type', 'Payment Date', 'Settlement Value (Rs.)'],
    kind: 'MP_FEE_REBATE',
    keys: ['Order item ID', 'Order ID/Rebate ID', 'Order ID', 'Rebate ID'],
  },
  {
    id: 'flipkart-storage',
    name: 'Flipkart settlement workbook, Storage & Recall',
    // "Storage & Recall" and "Storage_Recall" both occur
    signature: ['NEFT ID', 'Payment Date', 'Service Name', 'Recall ID'],
    kind: 'STORAGE_RECALL',
    keys: ['Recall ID', 'Listing ID', 'FSN', 'Service Name'],
    taxes: 'Taxes (Rs.)',
    reason: 'Service Name',
  },
  {
    id: 'flipkart-claims',
    name: 'Flipkart settlement workbook, Non_Order_SPF',
    sheet: 'Non_Order_SPF',
    signature: ['NEFT ID', 'Payment Date', 'Claim ID', 'Protection Reason'],
    kind: 'NON_ORDER_SPF',
    keys: ['Claim ID', 'FSN'],
    reason: 'Protection Reason',
  },
  {
    id: 'flipkart-tds',
    name: 'Flipkart settlement workbook, TDS',
    sheet: 'TDS',
    signature: ['NEFT ID', 'Payment Date', 'Settlement Value (Rs.)', 'Claim ID'],
    kind: 'TDS',
    keys: ['Claim ID'],
  },
  {
    id: 'flipkart-ads',
    name: 'Flipkart settlement workbook, Ads',
    sheet: 'Ads',
    signature: ['NEFT ID', 'Payment Date', 'Campaign ID/Transaction ID', 'Wallet Redeem (Rs.)'],
    kind: 'ADS',
    keys: ['Campaign ID/Transaction ID', 'Type'],
    taxes: 'GST on Ads Fees (Rs.)',
    reason: 'Type',
  },
]

const nets = ['settlement value (rs.)', 'settlement value(rs.)', 'bank settlement value (rs.)']

const importOf = (sheet: Sheet): ReportImport<PayoutRow> => {
  const { id, name, signature } = sheet
  return {
    ...{ id, name, signature, target: 'PAYOUTS' },
    ...(sheet.sheet === undefined ? {} : { sheet: sheet.sheet }),
    // so that lines with the same key are counted
    groupBy: ['NEFT ID'],
    rows: (columns, records, { now }) => {
      const headings = columns.map(nameOf)
      const at = (wanted: readonly string[]) =>
        wanted.map((one) => headings.indexOf(keyOf(one))).filter((place) => place >= 0)
      const places: Places = {
        neft: at(['NEFT ID']),
        paidOn: at(['Payment Date']),
        net: at(nets),
        keys: at(sheet.keys),
        taxes: at(sheet.taxes === undefined ? [] : [sheet.taxes]),
        reason: at(sheet.reason === undefined ? [] : [sheet.reason]),
        sums: columns.flatMap((heading, place) => sumOf(heading, place) ?? []),
      }
      const groups = together(records, ({ cells }) => plain(cells[places.neft[0] ?? -1] ?? ''))
      return payoutsOf(groups, (record) => read(sheet, record, places, now))
    },
  }
}

export const otherSheets: readonly ReportImport<PayoutRow>[] = sheets.map(importOf)

type Places =
  & Readonly<
    Record<'neft' | 'paidOn' | 'net' | 'keys' | 'taxes' | 'reason', readonly number[]>
  >
  & { readonly sums: readonly Sum[] }

const read = (sheet: Sheet, { cells }: ReportRecord, places: Places, now: Date): Read => {
  const cell = (name: Exclude<keyof Places, 'sums'>): string =>
    places[name].map((at) => plain(cells[at] ?? '')).find((text) => text !== '') ?? ''
  const neft = cell('neft')
  const net = exactOf(cell('net'))
  if (neft === '' && cell('keys') === '' && !net) return { skipped: 'sub-heading' }
  const refuse = (rejected: string): Read => ({ rejected, key: neft })
  if (neft === '') return refuse('line-without-key')
  if (isCutOff(neft) || isCutOff(cell('keys'))) return refuse('number-cut-off')
  if (!isId(neft)) return refuse('bad-key')
  if (cell('reason').length > 500) return refuse('cell-too-long')
  const paidOn = paidDay(cell('paidOn'), now)
  if (paidOn === undefined) return refuse('bad-date')
  const taxes = exactOf(cell('taxes'))
  const checks = places.sums.map((sum) => addsUp(cells, sum))
  if (
    net === undefined || taxes === undefined || checks.includes(undefined) || cell('net') === ''
  ) {
    return refuse('money-not-decimal')
  }
  if (checks.includes(false)) return refuse('columns-do-not-add-up')
  if (net === 0n && taxes === 0n) return { skipped: 'no-money' }
  const rest = net - taxes
  // an id of the ledger is short and plain
  const key = cell('keys').replaceAll(/[^\w.-]+/g, '-').slice(0, 60)
  const order = /^OD\d{6,30}$/.test(cell('keys')) ? cell('keys') : null
  return {
    ...{ neft, paidOn },
    line: {
      externalId: key === '' ? sheet.kind : `${sheet.kind}/${key}`,
      kind: sheet.kind,
      ...{ orderExternalId: order, itemExternalId: null, returnExternalId: null, awb: null },
      gross: decimalOf(rest > 0n ? rest : 0n),
      deductions: '0.00',
      fees: decimalOf(rest < 0n ? rest : 0n),
      taxes: decimalOf(taxes),
      net: decimalOf(net),
      deductionReason: textOf(cell('reason')),
      at: startOfDay(paidOn),
    },
  }
}
