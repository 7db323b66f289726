/** Amazon's flat file of returns by return date: a line is what comes back of one SKU of an order. */
import type { ReportImport, ReportRecord, ReturnRow } from 'robnu/plugin'
import { requestedState } from '../return-states.ts'
import { isCutOff, piecesOf, readerOf, textOf, timeOf, unitsOf } from './cells.ts'
import { together } from './together.ts'

const names = {
  order: 'Order ID',
  requestedAt: 'Return request date',
  status: 'Return request status',
  rma: 'Amazon RMA ID',
  carrier: 'Return carrier',
  awb: 'Tracking ID',
  sku: 'Merchant SKU',
  pieces: 'Return quantity',
  reason: 'Return Reason',
  type: 'Return type',
  resolution: 'Resolution',
  deliveredAt: 'Return delivery date',
  ordered: 'Order quantity',
  orderAmount: 'Order Amount',
  refunded: 'Refunded Amount',
  labelCost: 'Label cost',
  claimedAt: 'SafeT claim creation time',
} as const
type Cell = (name: keyof typeof names) => string

export const returnReport: ReportImport<ReturnRow> = {
  id: 'amazon-returns',
  name: 'Returns by return date, flat file',
  target: 'RETURNS',
  signature: [
    'Order ID',
    'Return request date',
    'Return request status',
    'Amazon RMA ID',
    'Merchant SKU',
    'Return quantity',
  ],
  groupBy: ['Order ID', 'Amazon RMA ID', 'Merchant SKU'],
  rows: async function* (columns, records, { now }) {
    const cellsOf = readerOf(columns, names)
    const keyOf = (record: ReportRecord) => idOf(cellsOf(record))
    for await (const group of together(records, keyOf)) {
      const [first, ...others] = group
      if (!first) continue
      const isAgain = (record: ReportRecord) => record.cells.join('\n') === first.cells.join('\n')
      const different = others.filter((record) => !isAgain(record))
      for (const record of others.filter(isAgain)) {
        yield { lines: [record.line], skipped: 'repeated-line' }
      }
      const cell = cellsOf(first)
      // which of them is true, nobody knows
      const fault = different.length > 0 ? 'line-told-twice' : faultOf(cell, now)
      if (fault === undefined) yield { lines: [first.line], row: rowOf(cell) }
      else {
        for (const { line } of [first, ...different]) {
          yield { lines: [line], rejected: fault, ...shownKey(cell('order')) }
        }
      }
    }
  },
}

/** Nothing where a part is missing: such lines belong to nothing. */
const idOf = (cell: Cell): string => {
  const parts = [cell('order'), cell('rma'), cell('sku')]
  return parts.includes('') ? '' : parts.join('/')
}

const faultOf = (cell: Cell, now: Date): string | undefined => {
  if (idOf(cell) === '') return 'line-without-key'
  if (isCutOff(cell('order')) || isCutOff(cell('rma'))) return 'number-cut-off'
  const requestedAt = timeOf(cell('requestedAt'))
  if (!requestedAt || requestedAt.getTime() > now.getTime() + dayMs) return 'bad-date'
  if (cell('deliveredAt') !== '' && !timeOf(cell('deliveredAt'))) return 'bad-date'
  const pieces = piecesOf(cell('pieces'))
  if (!pieces) return 'bad-quantity'
  const ordered = piecesOf(cell('ordered'))
  if (cell('ordered') !== '' && ordered === undefined) return 'bad-quantity'
  if (ordered !== undefined && pieces > ordered) return 'more-back-than-ordered'
  const amounts = [cell('orderAmount'), cell('refunded'), cell('labelCost')]
  return amounts.some((text) => text !== '' && unitsOf(text) === undefined)
    ? 'bad-amount'
    : undefined
}

const dayMs = 86_400_000 // days without a clock may be those of another zone

const rowOf = (cell: Cell): ReturnRow => {
  const initiatedAt = timeOf(cell('requestedAt'))
  if (!initiatedAt) throw new Error('unreachable: the line was judged')
  const deliveredAt = timeOf(cell('deliveredAt')) ?? null
  const times = [initiatedAt, deliveredAt, timeOf(cell('claimedAt'))]
  return {
    externalId: idOf(cell),
    orderExternalId: cell('order'),
    kind: /exchange/i.test(cell('resolution')) ? 'EXCHANGE' : 'CUSTOMER_RETURN',
    status: requestedState(cell('status'), deliveredAt !== null),
    rawStatus: cell('status').slice(0, 200),
    reason: textOf(cell('reason').slice(0, 500)),
    initiatedAt,
    // the file tells no time of change: the last thing in it that has one
    updatedAt: new Date(Math.max(...times.map((time) => time?.getTime() ?? 0))),
    deliveredAt,
    shipmentExternalId: null,
    awbs: cell('awb') === '' || isCutOff(cell('awb'))
      ? []
      : [{ awb: cell('awb').slice(0, 100), carrier: textOf(cell('carrier').slice(0, 100)) }],
    creditNote: null,
    items: [{
      externalId: cell('sku').slice(0, 200),
      itemExternalId: null,
      sku: cell('sku').slice(0, 300),
      quantity: piecesOf(cell('pieces')) ?? 0,
      condition: null,
    }],
  }
}

/** The key stays in clear, so it must look like one. */
const shownKey = (key: string): { readonly key?: string } =>
  /^[A-Z0-9-]{1,40}$/i.test(key) ? { key } : {}
