/** Flipkart's return file: a line is a return of one item. */
import type { ReportImport, ReportRecord, ReturnKind, ReturnRow } from 'robnu/plugin'
import { returnStanding } from '../states.ts'
import {
  idOf,
  isCutOff,
  isId,
  isTooLong,
  latestOf,
  piecesOf,
  readerOf,
  textOf,
  timeOf,
} from './cells.ts'

const names = {
  order: 'Order ID',
  item: 'Order Item ID',
  ret: 'Return ID',
  awb: 'Tracking ID',
  shipment: 'Shipment ID',
  sku: 'SKU',
  pieces: 'Quantity',
  requestedAt: 'Return Requested Date',
  approvedAt: 'Return Approval Date',
  pickedAt: 'Picked Up Date',
  outAt: 'Out For Delivery Date',
  completedAt: 'Completed Date',
  cancelledAt: 'Return Cancellation Date',
  status: 'Return Status',
  completion: 'Completion Status',
  type: 'Return Type',
  reason: 'Return Reason',
  vendor: 'Vendor Name',
  condition: 'Final Condition',
} as const
type Cell = (name: keyof typeof names) => string

export const returnReport: ReportImport<ReturnRow> = {
  id: 'flipkart-returns',
  name: 'Flipkart return file',
  target: 'RETURNS',
  signature: [
    'Return ID',
    'Order Item ID',
    'Return Requested Date',
    'Return Status',
    'Return Type',
    'Return Reason',
  ],
  groupBy: ['Return ID'],
  rows: async function* (columns, records, { now }) {
    const cellsOf = readerOf(columns, names)
    let last = ''
    for await (const record of records) {
      const cell = cellsOf(record)
      const id = idOf(cell('ret'))
      const fault = id !== '' && id === last ? 'return-told-twice' : faultOf(cell, now)
      last = id
      if (fault === undefined) yield { lines: [record.line], row: rowOf(record, cell, now) }
      else yield { lines: [record.line], rejected: fault, ...isId(id) ? { key: id } : {} }
    }
  },
}

const limits = {
  ...{ awb: 100, vendor: 100, status: 200, shipment: 200, condition: 200 },
  ...{ reason: 500, sku: 300 },
} as const

const faultOf = (cell: Cell, now: Date): string | undefined => {
  if (isTooLong(cell, limits)) return 'cell-too-long'
  const keys = [idOf(cell('ret')), cell('order'), idOf(cell('item'))]
  if (keys.includes('')) return 'line-without-key'
  if (keys.some(isCutOff)) return 'number-cut-off'
  if (!keys.every(isId)) return 'bad-key'
  const pieces = piecesOf(cell('pieces') === '' ? '1' : cell('pieces'))
  if (pieces === undefined || pieces < 1) return 'bad-quantity'
  const at = timeOf(cell('requestedAt'))
  if (!at || at > now) return 'bad-date'
  return kindOf(cell('type')) === undefined ? 'unknown-return-type' : undefined
}

/** What a courier brings back never reached its buyer. */
const kindOf = (type: string): ReturnKind | undefined => {
  const word = type.toLowerCase().replaceAll(/[\s-]+/g, '_')
  if (/^(?:courier_return|rto)/.test(word)) return 'RTO'
  return /^(?:customer_return|rvp)/.test(word) ? 'CUSTOMER_RETURN' : undefined
}

const rowOf = (_record: ReportRecord, cell: Cell, now: Date): ReturnRow => {
  const initiatedAt = timeOf(cell('requestedAt')) ?? now
  const completed = timeOf(cell('completedAt'))
  const dates =
    (['requestedAt', 'approvedAt', 'pickedAt', 'outAt', 'completedAt', 'cancelledAt'] as const)
      .map(cell)
  const awb = textOf(cell('awb'))
  return {
    externalId: idOf(cell('ret')),
    orderExternalId: cell('order'),
    kind: kindOf(cell('type')) ?? 'CUSTOMER_RETURN',
    ...standingOf(cell, completed !== undefined, awb),
    reason: textOf(cell('reason')),
    initiatedAt,
    updatedAt: latestOf(dates, now) ?? initiatedAt,
    deliveredAt: completed && completed <= now ? completed : null,
    shipmentExternalId: textOf(cell('shipment')),
    awbs: awb === null ? [] : [{ awb, carrier: textOf(cell('vendor')) }],
    creditNote: null,
    items: [{
      externalId: idOf(cell('item')),
      itemExternalId: idOf(cell('item')),
      sku: textOf(idOf(cell('sku'))),
      quantity: piecesOf(cell('pieces') === '' ? '1' : cell('pieces')) ?? 1,
      condition: textOf(cell('condition')),
    }],
  }
}

/** The file's words are finer than the API's; a date says more than an unknown word. */
const standingOf = (
  cell: Cell,
  isCompleted: boolean,
  awb: string | null,
): Pick<ReturnRow, 'status' | 'rawStatus'> => {
  const word = cell('status')
  const known = fileWords.get(word.toLowerCase().replaceAll(/[\s-]+/g, '_')) ?? word
  const isCancelled = cell('cancelledAt') !== ''
  const { status } = returnStanding({
    status: isCompleted ? 'COMPLETED' : isCancelled ? 'CANCELLED' : known,
    trackingId: awb,
    shipmentStatus: cell('pickedAt') === '' ? null : 'PICKED_UP',
  })
  return { status, rawStatus: word }
}
const fileWords: ReadonlyMap<string, string> = new Map([
  ['in_transit', 'CREATED'],
  ['started', 'CREATED'],
  ['start', 'CREATED'],
  ['approved', 'CREATED'],
  ['out_for_delivery', 'CREATED'],
  ['picked_up', 'PICKED_UP'],
  ['return_completed', 'COMPLETED'],
  ['delivered', 'COMPLETED'],
  ['return_cancelled', 'CANCELLED'],
])
