/** "Order Payments": a line is what one sub-order comes to in one payment, paid or expected. */
import type {
  PayoutLineRow,
  PayoutRow,
  ReportImport,
  ReportRecord,
  ReportResult,
} from 'robnu/plugin'
import {
  dayOf,
  decimalOf,
  isSubOrderNo,
  readerOf,
  startOfDay,
  unitsOf,
  uselessness,
} from './cells.ts'
import { type MoneyColumn, moneyColumnsOf, type Part, reasonColumnsOf } from './payment-columns.ts'
import { together } from './together.ts'

const names = {
  no: 'Sub Order No',
  transaction: 'Transaction ID',
  paidOn: 'Payment Date',
  settlement: 'Final Settlement Amount',
} as const

/** Of one row that is handed over. */
const linesOfRow = 500
/** The parts are rounded one by one: 0.02 rupees, in units of a hundredth of a paisa. */
const roundingUnits = 200n

export const paymentReport: ReportImport<PayoutRow> = {
  id: 'meesho-payments',
  name: 'Meesho payment file, order payments',
  target: 'PAYOUTS',
  signature: [
    'Sub Order No',
    'Live Order Status',
    'Transaction ID',
    'Payment Date',
    'Final Settlement Amount',
  ],
  // so that a line that is told twice is seen
  groupBy: ['Sub Order No'],
  rows: async function* (columns, records) {
    const read = lineReader(columns)
    const keyOf = readerOf(columns, names)
    let open: Line[] = []
    for await (const group of together(records, (record) => keyOf(record)('no'))) {
      const seen = new Set<string>()
      const ids = new Map<string, number>()
      for (const record of group) {
        const text = record.cells.join('\n')
        const line = seen.has(text)
          ? { lines: [record.line], skipped: 'repeated-line' }
          : read(record)
        seen.add(text)
        if (!('payout' in line)) {
          yield line
          continue
        }
        const times = (ids.get(`${line.payout.id} ${line.what}`) ?? 0) + 1
        ids.set(`${line.payout.id} ${line.what}`, times)
        const isOther = open.length > 0 && open[0]?.payout.id !== line.payout.id
        if (isOther || open.length >= linesOfRow) {
          yield* finished(open)
          open = []
        }
        open.push({ ...line, times })
      }
    }
    yield* finished(open)
  },
}

interface Payout {
  readonly id: string
  readonly paidOn: string | null
  readonly expectedOn: string | null
}
interface Line {
  readonly line: number
  readonly payout: Payout
  readonly no: string
  readonly what: string
  /** How often the payout has such a line of the sub-order, this one included. */
  readonly times: number
  readonly amounts: Readonly<Record<Part | 'net', bigint>>
  readonly reason: string | null
}

const lineReader = (
  columns: readonly string[],
): (record: ReportRecord) => Omit<Line, 'times'> | ReportResult<PayoutRow> => {
  const cellsOf = readerOf(columns, names)
  const money = moneyColumnsOf(columns)
  const reasons = reasonColumnsOf(columns)
  return (record) => {
    const lines = [record.line]
    const useless = uselessness(record)
    if (useless !== undefined) return { lines, skipped: useless }
    const cell = cellsOf(record)
    const no = cell('no')
    const reject = (rejected: string) => ({
      ...{ lines, rejected },
      ...(isSubOrderNo(no) ? { key: no } : {}),
    })
    if (!isSubOrderNo(no)) return reject('bad-sub-order-no')
    const payout = payoutOf(cell('transaction'), cell('paidOn'))
    if (!payout) return reject('bad-date')
    if (cell('settlement') === '') return reject('no-settlement-amount')
    const net = unitsOf(cell('settlement'))
    const parts = money.map((one) => ({ ...one, units: unitsOf(record.cells[one.at] ?? '') }))
    const told = parts.flatMap(({ units, ...one }) =>
      units === undefined ? [] : [{ ...one, units }]
    )
    if (net === undefined || told.length < parts.length) return reject('bad-amount')
    const sum = sumOf(told)
    const off = net - sum
    if (off > roundingUnits || -off > roundingUnits) return reject('settlement-does-not-add-up')
    const ofPart = (part: Part) => sumOf(told.filter((one) => one.part === part))
    const why = reasons.map((at) => record.cells[at] ?? '').filter((text) => /[a-z]/i.test(text))
    return {
      ...{ line: record.line, payout, no, what: whatOf(told) },
      amounts: {
        gross: ofPart('gross'),
        deductions: ofPart('deductions'),
        // what rounding has left belongs to nobody
        fees: ofPart('fees') + off,
        taxes: ofPart('taxes'),
        net,
      },
      reason: why.length === 0 ? null : why.join('; ').slice(0, 500),
    }
  }
}

type Told = Omit<MoneyColumn, 'at'> & { readonly units: bigint }

const sumOf = (all: readonly { readonly units: bigint }[]): bigint =>
  all.reduce((sum, { units }) => sum + units, 0n)

/**
 * What the line is, by its money: the word of the file is that of the day of its download, and another
 * one a week later. A sub-order has one sale and one return, so this is its key, paid or expected.
 */
const whatOf = (told: readonly Told[]): string => {
  const has = (what: MoneyColumn['what']) =>
    told.some((one) => one.what === what && one.units !== 0n)
  if (has('sale')) return 'SALE'
  if (has('return')) return 'RETURN'
  if (has('compensation')) return 'COMPENSATION'
  if (has('claims')) return 'CLAIM'
  if (has('recovery')) return 'RECOVERY'
  return told.some(({ units }) => units !== 0n) ? 'CHARGE' : 'ZERO'
}

/** By the bank's reference; without one the money is expected, on a day or some day. */
const payoutOf = (transaction: string, date: string): Payout | undefined => {
  const day = dayOf(date)
  if (transaction !== '') {
    return day === undefined ? undefined : { id: transaction, paidOn: day, expectedOn: null }
  }
  if (date === '') return { id: 'EXP', paidOn: null, expectedOn: null }
  return day === undefined ? undefined : { id: `EXP-${day}`, paidOn: null, expectedOn: day }
}

/** Before any payment: the file tells no time of change, and each of them may correct the one before. */
const someDay = '2016-01-01'
const ageOfExpected = 30 * 86_400_000

const finished = function* (lines: readonly Line[]): Generator<ReportResult<PayoutRow>> {
  const [first] = lines
  if (!first) return
  const { id, paidOn, expectedOn } = first.payout
  const day = startOfDay(paidOn ?? expectedOn ?? someDay)
  yield {
    lines: lines.map(({ line }) => line),
    row: {
      externalId: id,
      status: paidOn === null ? 'OPEN' : 'PAID',
      rawStatus: paidOn === null ? 'OUTSTANDING' : 'PREVIOUS',
      // a file may hold some days of a payment alone: the sum of the lines stands for it
      amount: null,
      currency: 'INR',
      periodFrom: null,
      periodTo: expectedOn,
      paidOn,
      updatedAt: paidOn === null ? new Date(day.getTime() - ageOfExpected) : day,
      ...(paidOn === null ? { forecast: true } : {}),
      lines: lines.map((line) => rowOf(line, paidOn === null ? null : day)),
    },
  }
}

const rowOf = ({ no, what, times, amounts, reason }: Line, at: Date | null): PayoutLineRow => ({
  externalId: `${no}/${what}${times > 1 ? `/${times}` : ''}`,
  kind: what,
  orderExternalId: no,
  itemExternalId: no,
  returnExternalId: null,
  awb: null,
  gross: decimalOf(amounts.gross),
  deductions: decimalOf(amounts.deductions),
  fees: decimalOf(amounts.fees),
  taxes: decimalOf(amounts.taxes),
  net: decimalOf(amounts.net),
  deductionReason: reason,
  at,
})
