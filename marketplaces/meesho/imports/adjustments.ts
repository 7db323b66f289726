/** The other sheets of the payment file: advertising, referrals, and what belongs to no sub-order. */
import type {
  PayoutLineRow,
  PayoutRow,
  ReportImport,
  ReportRecord,
  ReportResult,
} from 'robnu/plugin'
import { dayInIndia } from '../times.ts'
import { dayOf, decimalOf, headingOf, startOfDay, unitsOf, uselessness } from './cells.ts'
import { together } from './together.ts'

interface Amounts {
  readonly gross: bigint
  readonly deductions: bigint
  readonly fees: bigint
  readonly taxes: bigint
}
type Cell = (name: string) => string
/** What differs between the sheets. */
interface Form {
  readonly id: string
  readonly name: string
  readonly signature: readonly string[]
  /** Of the payouts, one a day: `ADS-2026-08-10`. */
  readonly prefix: string
  readonly date: string
  /** What a line is told apart by, among those of its day. */
  readonly key: readonly string[]
  readonly reason: readonly string[]
  /** A text: why not. */
  readonly amounts: (cell: (pattern: RegExp) => bigint | undefined) => Amounts | string
}

const none: Amounts = { gross: 0n, deductions: 0n, fees: 0n, taxes: 0n }
const netOf = ({ gross, deductions, fees, taxes }: Amounts): bigint =>
  gross + deductions + fees + taxes
const roundingUnits = 200n

const reportOf = (form: Form): ReportImport<PayoutRow> => ({
  id: form.id,
  name: form.name,
  target: 'PAYOUTS',
  signature: form.signature,
  groupBy: [form.date],
  rows: async function* (columns, records, { now }) {
    const headings = columns.map(headingOf)
    const cellOf = ({ cells }: ReportRecord): Cell => (name) =>
      cells[headings.indexOf(headingOf(name))] ?? ''
    const amountOf = ({ cells }: ReportRecord) => (pattern: RegExp) =>
      unitsOf(cells[headings.findIndex((name) => pattern.test(name))] ?? '')
    for await (const group of together(records, (record) => cellOf(record)(form.date))) {
      yield* payoutOf(form, group, cellOf, amountOf, now)
    }
  },
})

/** The lines of one day. */
const payoutOf = function* (
  form: Form,
  group: readonly ReportRecord[],
  cellOf: (record: ReportRecord) => Cell,
  amountOf: (record: ReportRecord) => (pattern: RegExp) => bigint | undefined,
  now: Date,
): Generator<ReportResult<PayoutRow>> {
  const lines: PayoutLineRow[] = []
  const numbers: number[] = []
  const times = new Map<string, number>()
  let day: string | undefined
  for (const record of group) {
    const cell = cellOf(record)
    const useless = uselessness(record)
    if (useless !== undefined) {
      yield { lines: [record.line], skipped: useless }
      continue
    }
    day = dayOf(cell(form.date))
    const amounts = form.amounts(amountOf(record))
    const fault = day === undefined ? 'bad-date' : typeof amounts === 'string' ? amounts : undefined
    if (day === undefined || typeof amounts === 'string' || fault !== undefined) {
      yield { lines: [record.line], rejected: fault ?? 'bad-amount' }
      continue
    }
    const key = form.key.map(cell).join('/').slice(0, 180) || form.prefix
    const time = (times.get(key) ?? 0) + 1
    times.set(key, time)
    numbers.push(record.line)
    const reason = form.reason.map(cell).filter((text) => text !== '').join(': ')
    lines.push(lineOf(form, `${key}${time > 1 ? `/${time}` : ''}`, amounts, reason, day))
  }
  if (day === undefined || lines.length === 0) return
  const isToCome = day > dayInIndia(now)
  yield {
    lines: numbers,
    row: {
      externalId: `${form.prefix}-${day}`,
      status: isToCome ? 'OPEN' : 'PAID',
      rawStatus: form.prefix,
      amount: null,
      currency: 'INR',
      ...{ periodFrom: null, periodTo: null },
      paidOn: isToCome ? null : day,
      updatedAt: startOfDay(day),
      lines,
    },
  }
}

const lineOf = (
  form: Form,
  externalId: string,
  amounts: Amounts,
  reason: string,
  day: string,
): PayoutLineRow => ({
  externalId,
  kind: form.prefix,
  ...{ orderExternalId: null, itemExternalId: null, returnExternalId: null, awb: null },
  gross: decimalOf(amounts.gross),
  deductions: decimalOf(amounts.deductions),
  fees: decimalOf(amounts.fees),
  taxes: decimalOf(amounts.taxes),
  net: decimalOf(netOf(amounts)),
  deductionReason: reason === '' ? null : reason.slice(0, 500),
  at: startOfDay(day),
})

export const adsReport = reportOf({
  id: 'meesho-ads',
  name: 'Meesho payment file, ads cost',
  signature: ['Deduction Duration', 'Deduction Date', 'Campaign ID', 'Total Ads Cost'],
  prefix: 'ADS',
  date: 'Deduction Date',
  key: ['Campaign ID', 'Deduction Duration'],
  reason: ['Deduction Duration'],
  amounts: (cell) => {
    const [fees, taxes, total] = [cell(/^ad cost incl/), cell(/^gst/), cell(/^total ads cost$/)]
    if (fees === undefined || taxes === undefined || total === undefined) return 'bad-amount'
    const off = total - fees - taxes
    if (off > roundingUnits || -off > roundingUnits) return 'ads-do-not-add-up'
    return { ...none, fees: fees + off, taxes }
  },
})

export const referralReport = reportOf({
  id: 'meesho-referrals',
  name: 'Meesho payment file, referral payments',
  signature: ['Reward Id', 'Payment Date', 'Store Name', 'Net Referral Amount'],
  prefix: 'REFERRAL',
  date: 'Payment Date',
  key: ['Reward Id'],
  reason: ['Reason'],
  amounts: (cell) => {
    const [net, told] = [cell(/^net referral amount/), cell(/^taxes/)]
    if (net === undefined || told === undefined) return 'bad-amount'
    // taken off already, with whichever sign it stands there
    const taxes = told > 0n ? -told : told
    return { ...none, gross: net - taxes, taxes }
  },
})

export const compensationReport = reportOf({
  id: 'meesho-compensation',
  name: 'Meesho payment file, compensation and recovery',
  signature: ['Date', 'Program Name', 'Reason', 'Amount (inc GST) INR'],
  prefix: 'COMPENSATION',
  date: 'Date',
  key: ['Program Name', 'Reason'],
  reason: ['Program Name', 'Reason'],
  amounts: (cell) => {
    const deductions = cell(/^amount/)
    return deductions === undefined ? 'bad-amount' : { ...none, deductions }
  },
})
