/**
 * The unified transaction report of Seller Central: a line is one sale or refund, with its amounts in
 * columns, of any number of settlements. A settlement's own report tells the same money amount by
 * amount, so what stands here is a forecast of it: one for each (settlement, type, order), which
 * leaves when that report comes, or is not taken over when it has come before. See `statement.ts`.
 */
import type { PayoutRow, ReportImport, ReportRecord, ReportResult } from 'robnu/plugin'
import { decimalOf, isCutOff, readerOf, timeOf as plainTimeOf, unitsOf } from './cells.ts'
import { type Faults, keyOf, refusals } from './refusals.ts'
import { statementLineId, statementTypes } from './statement.ts'
import { together } from './together.ts'

const names = {
  at: 'date/time',
  settlement: 'settlement id',
  type: 'type',
  order: 'order id',
  status: 'Transaction Status',
} as const
type Cell = (name: keyof typeof names) => string

const firstAmount = 'product sales'
const total = 'total'

export const transactionReport: ReportImport<PayoutRow> = {
  id: 'amazon-transactions',
  name: 'Unified transaction report',
  target: 'PAYOUTS',
  signature: ['date/time', 'settlement id', 'type', 'order id', firstAmount, total],
  groupBy: ['settlement id', 'type', 'order id'],
  rows: async function* (columns, records, { now }) {
    const cellsOf = readerOf(columns, names)
    const amounts = amountColumns(columns)
    const groupOf = (record: ReportRecord) => {
      const cell = cellsOf(record)
      return cell('order') === ''
        ? ''
        : [cell('settlement'), cell('type'), cell('order')].join('\n')
    }
    for await (const group of together(records, groupOf)) {
      yield* resultsOf(group.map((record) => lineOf(record, cellsOf(record), amounts)), now)
    }
  },
}

/** Every column from the product sales to the total is money; the total is the sum of the others. */
const amountColumns = (columns: readonly string[]): readonly Amount[] => {
  const headings = columns.map((column) => column.trim().replaceAll(/\s+/g, ' ').toLowerCase())
  const from = headings.indexOf(firstAmount)
  const to = headings.lastIndexOf(total)
  return headings.slice(from, to).map((name, at) => ({ place: from + at, share: shareOf(name) }))
}
interface Amount {
  readonly place: number
  readonly share: keyof Shares
}
interface Shares {
  gross: bigint
  deductions: bigint
  fees: bigint
  taxes: bigint
}
/** What the buyer pays holds its tax. */
const shareOf = (name: string): keyof Shares =>
  /^(tcs|tds)/.test(name)
    ? 'taxes'
    : /fees$/.test(name)
    ? 'fees'
    : /(sales|credits|tax liable)/.test(name)
    ? 'gross'
    : 'deductions'

interface Line {
  readonly record: ReportRecord
  readonly cell: Cell
  readonly at: Date | undefined
  /** Undefined: one of them is no amount. */
  readonly shares: Shares | undefined
  readonly total: bigint | undefined
}

const lineOf = (record: ReportRecord, cell: Cell, amounts: readonly Amount[]): Line => {
  const { cells } = record
  const shares: Shares = { gross: 0n, deductions: 0n, fees: 0n, taxes: 0n }
  let isGood = amounts.length > 0
  for (const { place, share } of amounts) {
    const units = amountOf(cells[place] ?? '')
    if (units === undefined) isGood = false
    else shares[share] += units
  }
  const last = amounts.at(-1)
  return {
    ...{ record, cell, at: timeOf(cell('at')) },
    shares: isGood ? shares : undefined,
    total: last && amountOf(cells[last.place + 1] ?? ''),
  }
}
const amountOf = (text: string): bigint | undefined => text === '' ? 0n : unitsOf(text)

function* resultsOf(lines: readonly Line[], now: Date): Iterable<ReportResult<PayoutRow>> {
  const [first] = lines
  if (!first) return
  const { cell } = first
  const skipped = skippedOf(first)
  const told: Line[] = []
  for (const line of lines) {
    const reason = skipped ?? openOf(line, now)
    if (reason) yield { lines: [line.record.line], skipped: reason }
    else told.push(line)
  }
  if (told.length === 0) return
  const faults: Faults = new Map(told.flatMap((line) => {
    const fault = faultOf(line, now)
    return fault === undefined ? [] : [[line.record.line, fault] as const]
  }))
  const records = told.map(({ record }) => record)
  if (faults.size > 0) {
    yield* refusals(records, faults, 'order-has-a-bad-line', keyOf(cell('order')))
  } else yield { lines: records.map(({ line }) => line), row: rowOf(cell, told) }
}

/** What the settlement alone tells rightly: fees and transfers of no order, and what is no sale. */
const skippedOf = ({ cell }: Line): string | undefined => {
  if (!statementTypes.includes(cell('type'))) return 'told-by-the-settlement'
  if (cell('settlement') === '') return 'not-settled-yet'
  return undefined
}

/** A settlement lasts for two weeks at most, and its report is there a day later. */
const openMs = 16 * 86_400_000

/** What is still open comes from the account itself, under ids that this report does not have. */
const openOf = ({ cell, at }: Line, now: Date): string | undefined => {
  if (/^deferred$/i.test(cell('status'))) return 'not-settled-yet'
  const isYoung = at !== undefined && at <= now && now.getTime() - at.getTime() < openMs
  return isYoung ? 'settlement-may-be-open' : undefined
}

const faultOf = ({ cell, at, shares, total }: Line, now: Date): string | undefined => {
  if (cell('order') === '') return 'line-without-key'
  if (isCutOff(cell('settlement')) || !/^\d{1,30}$/.test(cell('settlement'))) {
    return 'number-cut-off'
  }
  if (!/^[A-Z0-9-]{1,40}$/i.test(cell('order'))) return 'bad-order-id'
  if (!at || at > now) return 'bad-date'
  if (!shares || total === undefined) return 'bad-amount'
  return sumOf(shares) === total ? undefined : 'line-does-not-add-up'
}
const sumOf = ({ gross, deductions, fees, taxes }: Shares): bigint =>
  gross + deductions + fees + taxes

const rowOf = (cell: Cell, lines: readonly Line[]): PayoutRow => {
  const sum: Shares = { gross: 0n, deductions: 0n, fees: 0n, taxes: 0n }
  for (const { shares } of lines) {
    if (!shares) continue
    for (const name of ['gross', 'deductions', 'fees', 'taxes'] as const) sum[name] += shares[name]
  }
  const latest = lines.reduce((at, line) => line.at && line.at > at ? line.at : at, new Date(0))
  const [settlement, type, order] = [cell('settlement'), cell('type'), cell('order')]
  const id = statementLineId(settlement, type, order)
  return {
    externalId: id,
    ...{ status: 'RELEASED', rawStatus: 'STATEMENT', amount: null, currency: 'INR' },
    ...{ periodFrom: null, periodTo: null, paidOn: null },
    updatedAt: latest,
    forecast: true,
    lines: [{
      externalId: id,
      ...{ kind: type, orderExternalId: order, itemExternalId: null, returnExternalId: null },
      awb: null,
      gross: decimalOf(sum.gross),
      deductions: decimalOf(sum.deductions),
      fees: decimalOf(sum.fees),
      taxes: decimalOf(sum.taxes),
      net: decimalOf(sumOf(sum)),
      deductionReason: null,
      at: latest,
    }],
  }
}

const zones: Readonly<Record<string, string>> = { UTC: 'Z', GMT: 'Z', IST: '+05:30' }
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `1 Aug 2026 12:34:56 am UTC`, or any form that the other reports have. */
const timeOf = (text: string): Date | undefined => {
  const form =
    /^(\d{1,2}) ([a-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d\d):(\d\d)(?: ([ap])\.?m\.?)? (UTC|GMT|IST|[+-]\d\d:\d\d|GMT[+-]\d\d:\d\d)$/i
  const [, day = '', word = '', year, hour = '', minute, second, half, zone = ''] =
    form.exec(text) ?? []
  if (day === '') return plainTimeOf(text)
  const month = months.indexOf(word.toLowerCase()) + 1
  const hours = half ? Number(hour) % 12 + (half.toLowerCase() === 'p' ? 12 : 0) : Number(hour)
  const two = (value: string | number) => String(value).padStart(2, '0')
  const offset = zones[zone.toUpperCase()] ?? zone.replace(/^GMT/i, '')
  const date = `${year}-${two(month)}-${two(day)}`
  const at = new Date(`${date}T${two(hours)}:${minute}:${second}${offset}`)
  const isDay = new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day)
  return isDay && !Number.isNaN(at.getTime()) ? at : undefined
}
