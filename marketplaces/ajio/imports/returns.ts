/** AJIO's RTV report (return to vendor): a line is a product of a return. */
import type { ReportImport, ReportRecord, ReturnRow } from 'robnu/plugin'
import { lineId } from '../read.ts'
import { returnKind, returnStanding } from '../states.ts'
import {
  isCutOff,
  latestOf,
  moneyOf,
  piecesOf,
  readerOf,
  roughMoneyOf,
  textOf,
  timeOf,
} from './cells.ts'
import { refusals, together } from './together.ts'

const names = {
  ret: 'RETURN ORDER NUMBER',
  jioCode: 'JIOCODE',
  sku: 'SELLER SKU',
  status: 'Return Status',
  createdAt: 'Return Created Date',
  pieces: 'Return QTY',
  carrier: 'Return Carrier Name',
  awb: 'Return AWB No',
  courier: '3PL Delivery Status',
  deliveredAt: 'Return Delivered Date',
  checkedAt: 'QC Completion Date',
  disposition: 'Disposition',
  qc: 'QC Reason Coding',
  type: 'Return Type',
  reason: 'Cust Return Reason',
  note: 'Credit Note Number',
  noteAt: 'Credit Note Generation Date',
  acceptedAt: 'Credit Note Acceptance Date',
  noteValue: 'Credit Note Value',
  notePreTax: 'Credit Note Pre Tax Value',
  noteTax: 'Credit Note Tax Value',
  sellerOrder: 'FWD Seller Order ID',
  order: 'Cust Order No',
  forwardAwb: 'FWD AWB',
  pob: 'POB ID',
} as const
type Cell = (name: keyof typeof names) => string

export const returnReport: ReportImport<ReturnRow> = {
  id: 'ajio-returns',
  name: 'AJIO RTV report',
  target: 'RETURNS',
  signature: [
    'RETURN ORDER NUMBER',
    'JIOCODE',
    'Return Status',
    'Return QTY',
    'Return Type',
    'Cust Order No',
  ],
  groupBy: ['RETURN ORDER NUMBER'],
  rows: async function* (columns, records, { externalAccountId, now }) {
    const cellsOf = readerOf(columns, names)
    const keyOf = (record: ReportRecord) => cellsOf(record)('ret')
    for await (const group of together(records, keyOf)) {
      const isOther = (record: ReportRecord) => {
        const pob = cellsOf(record)('pob')
        return pob !== '' && pob.toUpperCase() !== externalAccountId.toUpperCase()
      }
      const seen = new Set<string>()
      const mine: ReportRecord[] = []
      for (const record of group) {
        const text = record.cells.join('\n')
        if (isOther(record)) yield { lines: [record.line], skipped: 'other-pob' }
        else if (seen.has(text)) yield { lines: [record.line], skipped: 'repeated-line' }
        else mine.push(record)
        seen.add(text)
      }
      const [first] = mine
      if (!first) continue
      const reasons = faultsOf(mine, cellsOf, now)
      if (reasons.size > 0) yield* refusals(mine, reasons, 'return-has-a-bad-line', keyOf(first))
      else yield { lines: mine.map(({ line }) => line), row: rowOf(mine.map(cellsOf), now) }
    }
  },
}

const faultsOf = (
  records: readonly ReportRecord[],
  cellsOf: (record: ReportRecord) => Cell,
  now: Date,
): Map<number, string> => {
  const ids = new Set<string>()
  return new Map(records.flatMap((record) => {
    const cell = cellsOf(record)
    const isAgain = ids.has(idOf(cell))
    ids.add(idOf(cell))
    const fault = isAgain ? 'line-told-twice' : faultOf(cell, now)
    return fault ? [[record.line, fault] as const] : []
  }))
}

const faultOf = (cell: Cell, now: Date): string | undefined => {
  const keys = [cell('ret'), cell('jioCode'), cell('order'), cell('sellerOrder')]
  if (keys.includes('')) return 'line-without-key'
  if (keys.some(isCutOff)) return 'number-cut-off'
  if (kindOf(cell('type')) === null) return 'unknown-return-type'
  const createdAt = timeOf(cell('createdAt'))
  if (!createdAt || createdAt > now) return 'bad-date'
  if (!piecesOf(cell('pieces'))) return 'bad-quantity'
  if (moneyOf(cell('noteValue')) === undefined) return 'money-not-in-paise'
  return addsUp(cell) ? undefined : 'credit-note-does-not-add-up'
}

/** AJIO rounds each part by itself. */
const roundingPaise = 100

const addsUp = (cell: Cell): boolean => {
  const value = moneyOf(cell('noteValue')) ?? null
  if (value === null || cell('notePreTax') === '') return true
  const sum = (roughMoneyOf(cell('notePreTax')) ?? NaN) + (roughMoneyOf(cell('noteTax')) ?? NaN)
  return Math.abs(sum - value) <= roundingPaise
}

/** `Customer Return` and `CUSTOMER` alike. */
const kindOf = (word: string): ReturnRow['kind'] | null => {
  const exact = returnKind(word)
  if (exact) return exact
  if (/\brto\b|undelivered/i.test(word)) return 'RTO'
  if (/exchange/i.test(word)) return 'EXCHANGE'
  return /customer/i.test(word) ? 'CUSTOMER_RETURN' : null
}

const idOf = (cell: Cell): string =>
  lineId({ sellerOrderNo: cell('sellerOrder'), jioCode: cell('jioCode') })

const rowOf = (lines: readonly Cell[], now: Date): ReturnRow => {
  const [cell] = lines
  const initiatedAt = cell && timeOf(cell('createdAt'))
  const kind = cell && kindOf(cell('type'))
  if (!cell || !initiatedAt || !kind) throw new Error('unreachable: the lines were judged')
  const changes = lines.flatMap((one) =>
    (['createdAt', 'deliveredAt', 'checkedAt', 'noteAt', 'acceptedAt'] as const).map(one)
  )
  return {
    externalId: cell('ret'),
    orderExternalId: cell('order'),
    kind,
    ...returnStanding(cell('status'), textOf(cell('courier'))),
    reason: textOf(cell('reason')),
    initiatedAt,
    updatedAt: latestOf(changes, now) ?? initiatedAt,
    deliveredAt: timeOf(cell('deliveredAt')) ?? null,
    shipmentExternalId: null,
    awbs: awbsOf(cell),
    creditNote: creditNoteOf(lines),
    items: lines.map((one) => ({
      externalId: idOf(one),
      itemExternalId: idOf(one),
      sku: textOf(one('sku')),
      quantity: piecesOf(one('pieces')) ?? 0,
      condition: textOf(one('qc')) ?? textOf(one('disposition')),
    })),
  }
}

/** A warehouse may scan either leg. */
const awbsOf = (cell: Cell): ReturnRow['awbs'] => {
  const [back, there] = [textOf(cell('awb')), textOf(cell('forwardAwb'))]
  return [
    ...back === null ? [] : [{ awb: back, carrier: textOf(cell('carrier')) }],
    ...there === null || there === back ? [] : [{ awb: there, carrier: null }],
  ]
}

/** Of all lines together; none before number, day and value are there. */
const creditNoteOf = (lines: readonly Cell[]): ReturnRow['creditNote'] => {
  const told = lines.filter((cell) => cell('note') !== '' && cell('noteValue') !== '')
  const [first] = told
  const at = first && timeOf(first('noteAt'))
  if (!first || !at) return null
  const paise = told.reduce((sum, cell) => sum + (moneyOf(cell('noteValue')) ?? 0), 0)
  return { number: first('note'), at, paise }
}
