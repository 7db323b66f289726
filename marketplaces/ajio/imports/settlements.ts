/** AJIO's payment report: a line is an invoice or a credit note of a clearing document. */
import type {
  PayoutLineRow,
  PayoutRow,
  ReportImport,
  ReportRecord,
  ReportResult,
} from 'robnu/plugin'
import { payoutState } from '../states.ts'
import { startOfDay } from '../times.ts'
import { dayOf, decimalOf, isCutOff, readerOf, textOf } from './cells.ts'
import { refusals, together } from './together.ts'

const names = {
  journey: 'Journey Type',
  clearing: 'Clearing doc no',
  clearedOn: 'Clearing date',
  expectedOn: 'Expected settlement date',
  internal: 'Internal Document no',
  order: 'Order No',
  awb: 'AWB No',
  value: 'Value',
  status: 'Status',
  note: 'Credit Note No',
  pob: 'POB ID',
} as const
type Cell = (name: keyof typeof names) => string

/** Of one row that is handed over: a clearing document may hold a hundred thousand. */
const linesOfRow = 500

export const settlementReport: ReportImport<PayoutRow> = {
  id: 'ajio-settlements',
  name: 'AJIO payment report',
  target: 'PAYOUTS',
  signature: [
    'Journey Type',
    'Clearing doc no',
    'Clearing date',
    'Expected settlement date',
    'Internal Document no',
    'Value',
  ],
  // so that a document that is told twice is seen
  groupBy: ['Internal Document no'],
  rows: async function* (columns, records, { externalAccountId }) {
    const cellsOf = readerOf(columns, names)
    let open: Ready[] = []
    const finished = function* (): Generator<ReportResult<PayoutRow>> {
      if (open.length > 0) yield resultOf(open)
      open = []
    }
    for await (const group of together(records, (record) => cellsOf(record)('internal'))) {
      const { skipped, mine } = sift(group, cellsOf, externalAccountId)
      yield* skipped
      const reasons = faultsOf(mine, cellsOf)
      if (reasons.size > 0) {
        const key = mine[0] ? cellsOf(mine[0])('internal') : ''
        yield* refusals(mine, reasons, 'document-has-a-bad-line', key)
        continue
      }
      for (const { line, ...record } of mine) {
        const cell = cellsOf({ line, ...record })
        const ready = { line, cell, settlement: settlementOf(cell) ?? '' }
        const isOther = open.length > 0 && open[0]?.settlement !== ready.settlement
        if (isOther || open.length >= linesOfRow) yield* finished()
        open.push(ready)
      }
    }
    yield* finished()
  },
}

interface Ready {
  readonly line: number
  readonly cell: Cell
  readonly settlement: string
}

const sift = (
  group: readonly ReportRecord[],
  cellsOf: (record: ReportRecord) => Cell,
  account: string,
) => {
  const seen = new Set<string>()
  const skipped: { lines: number[]; skipped: string }[] = []
  const mine: ReportRecord[] = []
  for (const record of group) {
    const pob = cellsOf(record)('pob')
    const text = record.cells.join('\n')
    if (pob !== '' && pob.toUpperCase() !== account.toUpperCase()) {
      skipped.push({ lines: [record.line], skipped: 'other-pob' })
    } else if (seen.has(text)) skipped.push({ lines: [record.line], skipped: 'repeated-line' })
    else mine.push(record)
    seen.add(text)
  }
  return { skipped, mine }
}

/** Lines of one document in one settlement that differ: nobody knows which of them is true. */
const faultsOf = (
  records: readonly ReportRecord[],
  cellsOf: (record: ReportRecord) => Cell,
): Map<number, string> => {
  const settlements = new Map<string, number>()
  const reasons = new Map<number, string>()
  for (const record of records) {
    const cell = cellsOf(record)
    const fault = faultOf(cell)
    if (fault) reasons.set(record.line, fault)
    const settlement = settlementOf(cell) ?? ''
    if (settlements.has(settlement)) reasons.set(record.line, 'line-told-twice')
    settlements.set(settlement, record.line)
  }
  return reasons
}

const faultOf = (cell: Cell): string | undefined => {
  if (cell('internal') === '') return 'line-without-key'
  if (isCutOff(cell('internal')) || isCutOff(cell('clearing'))) return 'number-cut-off'
  if (cell('clearing') !== '' && dayOf(cell('clearedOn')) === undefined) return 'bad-date'
  if (settlementOf(cell) === undefined) return 'neither-cleared-nor-expected'
  return amountOf(cell) === undefined ? 'money-not-in-paise' : undefined
}

/** The clearing document; before there is one, the day on which it is expected. */
const settlementOf = (cell: Cell): string | undefined => {
  if (cell('clearing') !== '') return cell('clearing')
  const day = dayOf(cell('expectedOn'))
  return day && `EXP-${day}`
}

/** What comes back to the buyer is less for the seller, with whichever sign it stands there. */
const amountOf = (cell: Cell): string | undefined => {
  const amount = decimalOf(cell('value'))
  if (amount === undefined || amount === '0.00') return amount
  const isNote = cell('note') !== '' || /^return/i.test(cell('journey'))
  return isNote && !amount.startsWith('-') ? `-${amount}` : amount
}

/**
 * Long before anything that AJIO's gateway could say of a settlement that is expected: the report
 * tells no time of change, and may not keep a newer word out.
 */
const expectedAge = 90 * 86_400_000

const resultOf = (ready: readonly Ready[]): ReportResult<PayoutRow> => {
  const [first] = ready
  if (!first) throw new Error('unreachable: a settlement has a line')
  const { cell, settlement } = first
  const isCleared = cell('clearing') !== ''
  const paidOn = isCleared ? dayOf(cell('clearedOn')) ?? null : null
  const word = cell('status')
  const day = paidOn ?? settlement.slice('EXP-'.length)
  return {
    lines: ready.map(({ line }) => line),
    row: {
      externalId: settlement,
      status: isCleared ? 'PAID' : payoutState(word) === 'RELEASED' ? 'RELEASED' : 'OPEN',
      rawStatus: word === '' ? isCleared ? 'CLEARED' : 'EXPECTED' : word,
      ...(isCleared ? {} : { forecast: true }),
      // the report is no whole settlement: the sum of the lines stands for it
      amount: null,
      currency: 'INR',
      periodFrom: null,
      periodTo: null,
      paidOn,
      updatedAt: new Date(startOfDay(day).getTime() - (isCleared ? 0 : expectedAge)),
      lines: ready.map(({ cell }) => lineOf(cell, paidOn)),
    },
  }
}

/** The report tells what is paid and not what was taken off before. */
const lineOf = (cell: Cell, paidOn: string | null): PayoutLineRow => {
  const amount = amountOf(cell) ?? '0.00'
  return {
    externalId: cell('internal'),
    kind: cell('journey') === '' ? 'UNKNOWN' : cell('journey'),
    orderExternalId: textOf(cell('order')),
    itemExternalId: null,
    returnExternalId: null,
    awb: textOf(cell('awb')),
    gross: amount,
    deductions: '0',
    fees: '0',
    taxes: '0',
    net: amount,
    deductionReason: null,
    at: paidOn === null ? null : startOfDay(paidOn),
  }
}
