/** AJIO's DropShip order report: a line is a product of an order, or of one parcel of it. */
import {
  type OrderItemRow,
  type OrderRow,
  type OrderState,
  orderStateRank,
  type ReportImport,
  type ReportRecord,
  type ShipmentRow,
} from 'robnu/plugin'
import { fulfilledBy } from '../orders.ts'
import { lineId } from '../read.ts'
import { orderState, shipmentState } from '../states.ts'
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
  order: 'Cust Order No',
  orderedAt: 'Cust Order Date',
  sellerOrder: 'FWD Seller Order NO',
  jioCode: 'JioCode',
  status: 'Status',
  poDate: 'FWD PO Date',
  invoiceDate: 'Seller Invoice Date',
  custInvoiceDate: 'Cust Invoice Date',
  hsn: 'HSN',
  sku: 'Seller SKU',
  ean: 'EAN',
  title: 'Description',
  ordered: 'Order Qty',
  shipment: 'FWD Shipment ID',
  shippedAt: 'FWD Shipment Date',
  carrier: 'FWD Carrier',
  awb: 'FWD AWB',
  shipped: 'Shipped QTY',
  dispatchBy: 'Estimated Dispatch Date',
  cancelled: 'Cancelled Qty',
  byCustomer: 'Customer Cancelled QTY',
  bySeller: 'Seller Cancelled QTY',
  price: 'Total Price',
  cgst: 'CGST_AMOUNT',
  sgst: 'SGST_AMOUNT',
  igst: 'IGST_AMOUNT',
  cgstRate: 'CGST_PERCENTAGE',
  sgstRate: 'SGST_PERCENTAGE',
  igstRate: 'IGST_PERCENTAGE',
  value: 'Total Value',
  fulfilment: 'Fulfillment Type',
  pob: 'POB ID',
} as const
type Cell = (name: keyof typeof names) => string

export const orderReport: ReportImport<OrderRow> = {
  id: 'ajio-orders',
  name: 'AJIO DropShip order report',
  target: 'ORDERS',
  signature: [
    'Cust Order No',
    'FWD Seller Order NO',
    'JioCode',
    'Order Qty',
    'Shipped QTY',
    'Total Value',
  ],
  groupBy: ['Cust Order No'],
  rows: async function* (columns, records, { externalAccountId, now }) {
    const cellsOf = readerOf(columns, names)
    for await (const group of together(records, (record) => cellsOf(record)('order'))) {
      // a report of all POBs of a seller holds the others' lines too
      const [mine, others] = split(group, (record) => {
        const pob = cellsOf(record)('pob')
        return pob === '' || pob.toUpperCase() === externalAccountId.toUpperCase()
      })
      for (const { line } of others) yield { lines: [line], skipped: 'other-pob' }
      if (mine.length === 0) continue
      const lines = mine.map((record) => lineOf(record, cellsOf(record), now))
      const reasons = new Map(
        lines.flatMap(({ record, fault }) => fault ? [[record.line, fault] as const] : []),
      )
      const order = lines[0]?.cell('order') ?? ''
      for (const clash of clashes(lines)) reasons.set(clash, 'line-told-twice')
      if (reasons.size > 0) yield* refusals(mine, reasons, 'order-has-a-bad-line', order)
      else yield { lines: mine.map(({ line }) => line), row: rowOf(lines, now) }
    }
  },
}

const split = <T>(all: readonly T[], fits: (one: T) => boolean): readonly [T[], T[]] => [
  all.filter(fits),
  all.filter((one) => !fits(one)),
]

interface Line {
  readonly record: ReportRecord
  readonly cell: Cell
  readonly fault: string | undefined
  readonly id: string
  readonly ordered: number
  readonly shipped: number
  readonly cancelled: number
  readonly paise: number | null
}

const lineOf = (record: ReportRecord, cell: Cell, now: Date): Line => {
  const pieces = (['ordered', 'shipped', 'cancelled', 'byCustomer', 'bySeller'] as const)
    .map((name) => piecesOf(cell(name)))
  const [ordered = 0, shipped = 0, cancelled = 0, byCustomer = 0, bySeller = 0] = pieces
  const paise = moneyOf(cell('value'))
  const line = {
    ...{ record, cell, ordered, shipped, paise: paise ?? null },
    id: lineId({ sellerOrderNo: cell('sellerOrder'), jioCode: cell('jioCode') }),
    cancelled: Math.max(cancelled, byCustomer + bySeller),
  }
  const fault = pieces.includes(undefined) || cell('ordered') === ''
    ? 'bad-quantity'
    : paise === undefined
    ? 'money-not-in-paise'
    : faultOf(line, now)
  return { ...line, fault }
}

const faultOf = (line: Omit<Line, 'fault'>, now: Date): string | undefined => {
  const { cell, ordered, shipped, cancelled } = line
  const keys = [cell('order'), cell('sellerOrder'), cell('jioCode')]
  if (keys.includes('')) return 'line-without-key'
  if (keys.some(isCutOff)) return 'number-cut-off'
  const orderedAt = timeOf(cell('orderedAt'))
  if (!orderedAt || orderedAt > now) return 'bad-date'
  if (cancelled > ordered) return 'cancelled-above-ordered'
  if (shipped + cancelled > ordered) return 'quantities-do-not-add-up'
  return addsUp(line) ? undefined : 'line-does-not-add-up'
}

/** AJIO rounds each part by itself. */
const roundingPaise = 100

/** Price and taxes make the value, where the report tells them. */
const addsUp = ({ cell, paise }: Omit<Line, 'fault'>): boolean => {
  if (paise === null || cell('price') === '') return true
  const parts = (['price', 'cgst', 'sgst', 'igst'] as const).map((name) => roughMoneyOf(cell(name)))
  const sum = parts.reduce<number>((total, part) => total + (part ?? NaN), 0)
  return Math.abs(sum - paise) <= roundingPaise
}

/** A product that stands there again is another parcel of it; nothing else may differ. */
const clashes = (lines: readonly Line[]): readonly number[] => {
  const first = new Map<string, Line>()
  const bad: number[] = []
  for (const line of lines) {
    const known = first.get(line.id)
    if (!known) first.set(line.id, line)
    else if (known.ordered !== line.ordered || known.paise !== line.paise) {
      bad.push(line.record.line)
    }
  }
  return bad
}

const rowOf = (lines: readonly Line[], now: Date): OrderRow => {
  const [first] = lines
  if (!first) throw new Error('unreachable: an order has a line')
  const { cell } = first
  const orderedAt = timeOf(cell('orderedAt')) ?? now
  const updatedAt = latestOf(lines.flatMap(changesOf), now) ?? orderedAt
  const once = [...new Map(lines.map((line) => [line.id, line])).values()]
  const items = once.map(itemOf)
  return {
    externalId: cell('order'),
    ...standingOf(lines),
    onHold: false,
    ...{ orderedAt, updatedAt },
    shipBy: timeOf(cell('dispatchBy')) ?? null,
    currency: 'INR',
    totalPaise: items.reduce<number | null>(
      (sum, { totalPaise }) => sum === null || totalPaise === null ? null : sum + totalPaise,
      0,
    ),
    fulfilledBy: fulfilledBy(textOf(cell('fulfilment'))),
    stateCode: null,
    customer: null,
    items,
    shipments: shipmentsOf(lines, updatedAt),
  }
}

/** The report tells no time of change; these are the days on which something did. */
const changesOf = ({ cell }: Line): readonly string[] =>
  (['orderedAt', 'poDate', 'invoiceDate', 'custInvoiceDate', 'shippedAt'] as const).map(cell)

const itemOf = ({ cell, id, ordered, cancelled, paise }: Line): OrderItemRow => ({
  externalId: id,
  sku: textOf(cell('sku')),
  listingId: textOf(cell('ean')),
  title: textOf(cell('title')),
  quantity: ordered,
  totalPaise: paise,
  cancelledQuantity: cancelled,
  hsn: textOf(cell('hsn')),
  gstRateBp: rateOf(cell),
})

/** Half to the centre and half to the state, or all of it between states: one rate in the end. */
const rateOf = (cell: Cell): number | null => {
  const rates = (['cgstRate', 'sgstRate', 'igstRate'] as const).map(cell)
  if (rates.every((rate) => rate === '')) return null
  const sum = rates.reduce((total, rate) => total + (moneyOf(rate.replace('%', '')) ?? 0), 0)
  return Number.isNaN(sum) ? null : sum
}

/** A line with a parcel is packed at least, whatever the order's word is. */
const stateOf = ({ cell }: Line): OrderState | null => {
  const state = orderState(cell('status'))
  if (cell('shipment') === '' || state === null) return state
  return orderStateRank(state) < orderStateRank('PACKED') ? 'PACKED' : state
}

/** Of several lines the one furthest behind counts; a cancelled one does not. */
const standingOf = (lines: readonly Line[]): Pick<OrderRow, 'status' | 'rawStatus'> => {
  const told = lines.map((line) => ({ status: stateOf(line), rawStatus: line.cell('status') }))
  const living = told.filter(({ status }) => status !== 'CANCELLED')
  const rank = (status: OrderState | null) => status === null ? -1 : orderStateRank(status)
  const behind = living.toSorted((a, b) => rank(a.status) - rank(b.status))[0] ?? told[0]
  return behind ?? { status: null, rawStatus: '' }
}

const shipmentsOf = (lines: readonly Line[], updatedAt: Date): readonly ShipmentRow[] => {
  const parcels = Map.groupBy(
    lines.filter(({ cell }) => cell('shipment') !== ''),
    ({ cell }) => cell('shipment'),
  )
  return [...parcels].flatMap(([externalId, inside]) => {
    const [first] = inside
    if (!first) return []
    const { cell } = first
    const word = cell('status')
    const packed = stateOf(first) === 'PACKED' ? 'PACKED' : null
    return [{
      externalId,
      status: shipmentState(word) ?? packed,
      rawStatus: word,
      awb: textOf(cell('awb')),
      carrier: textOf(cell('carrier')),
      manifestExternalId: null,
      updatedAt,
      items: inside.map(({ id, shipped, ordered, cancelled }) => ({
        itemExternalId: id,
        quantity: shipped > 0 ? shipped : ordered - cancelled,
      })),
    }]
  })
}
