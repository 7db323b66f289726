/** Flipkart's order file: a line is an item of a shipment. It names the buyer, whose data are sealed. */
import {
  type Customer,
  gstStateCode,
  type OrderItemRow,
  type OrderRow,
  type ReportImport,
  type ReportRecord,
  type ShipmentRow,
} from 'robnu/plugin'
import { furthestBehind, itemStanding, type Standing } from '../states.ts'
import {
  idOf,
  isCutOff,
  isId,
  isTooLong,
  latestOf,
  moneyOf,
  piecesOf,
  readerOf,
  textOf,
  timeOf,
} from './cells.ts'
import { refusals, together } from './together.ts'

const names = {
  orderedAt: 'Ordered On',
  shipment: 'Shipment ID',
  item: 'ORDER ITEM ID',
  order: 'Order Id',
  hsn: 'HSN CODE',
  state: 'Order State',
  fsn: 'FSN',
  sku: 'SKU',
  title: 'Product',
  invoiceDate: 'Invoice Date (mm/dd/yy)',
  invoiced: 'Invoice Amount',
  price: 'Selling Price Per Item',
  shipping: 'Shipping and Handling Charges',
  pieces: 'Quantity',
  buyer: 'Buyer name',
  shipTo: 'Ship to name',
  line1: 'Address Line 1',
  line2: 'Address Line 2',
  city: 'City',
  region: 'State',
  pin: 'PIN Code',
  after: 'Dispatch After date',
  by: 'Dispatch by date',
  awb: 'Tracking ID',
} as const
type Cell = (name: keyof typeof names) => string

export const orderReport: ReportImport<OrderRow> = {
  id: 'flipkart-orders',
  name: 'Flipkart order file',
  target: 'ORDERS',
  signature: [
    'Ordered On',
    'Shipment ID',
    'ORDER ITEM ID',
    'Order Id',
    'Order State',
    'Dispatch by date',
  ],
  groupBy: ['Order Id'],
  rows: async function* (columns, records, { now }) {
    const cellsOf = readerOf(columns, names)
    for await (const group of together(records, (record) => cellsOf(record)('order'))) {
      const lines = group.map((record) => lineOf(record, cellsOf(record), now))
      const reasons = new Map(
        lines.flatMap(({ record, fault }) => fault ? [[record.line, fault] as const] : []),
      )
      const seen = new Set<string>()
      for (const { record, id } of lines) {
        if (seen.has(id)) reasons.set(record.line, 'line-told-twice')
        seen.add(id)
      }
      if (reasons.size > 0) {
        yield* refusals(group, reasons, 'order-has-a-bad-line', lines[0]?.cell('order') ?? '')
      } else yield { lines: group.map(({ line }) => line), row: rowOf(lines, now) }
    }
  },
}

const limits = {
  ...{ sku: 300, title: 2000, fsn: 200, hsn: 20, awb: 100, state: 200 },
  ...{ buyer: 2000, shipTo: 2000, line1: 2000, line2: 2000, city: 2000, region: 2000, pin: 2000 },
} as const

interface Line {
  readonly record: ReportRecord
  readonly cell: Cell
  readonly fault: string | undefined
  readonly id: string
  readonly pieces: number
  readonly paise: number | null
  readonly standing: Standing
}

const lineOf = (record: ReportRecord, cell: Cell, now: Date): Line => {
  const pieces = piecesOf(cell('pieces'))
  const paise = totalOf(cell, pieces ?? 0)
  const orderedAt = timeOf(cell('orderedAt'))
  const keys = [cell('order'), idOf(cell('item')), cell('shipment')]
  const fault = isTooLong(cell, limits)
    ? 'cell-too-long'
    : keys.includes('')
    ? 'line-without-key'
    : keys.some(isCutOff)
    ? 'number-cut-off'
    : !keys.every(isId)
    ? 'bad-key'
    : pieces === undefined || pieces < 1
    ? 'bad-quantity'
    : paise === undefined
    ? 'money-not-in-paise'
    : !orderedAt || orderedAt > now
    ? 'bad-date'
    : undefined
  return {
    ...{ record, cell, fault },
    id: idOf(cell('item')),
    pieces: pieces ?? 0,
    paise: paise ?? null,
    standing: itemStanding({ status: cell('state'), courierReturn: false }),
  }
}

/** What is invoiced; before there is an invoice, price and charges. Undefined: no amount. */
const totalOf = (cell: Cell, pieces: number): number | null | undefined => {
  const invoiced = moneyOf(cell('invoiced'))
  if (invoiced !== null) return invoiced
  const price = moneyOf(cell('price'))
  const shipping = moneyOf(cell('shipping'))
  if (price === undefined || shipping === undefined) return undefined
  return price === null ? null : price * pieces + (shipping ?? 0)
}

const rowOf = (lines: readonly Line[], now: Date): OrderRow => {
  const [first] = lines
  if (!first) throw new Error('unreachable: an order has a line')
  const { cell } = first
  const orderedAt = timeOf(cell('orderedAt')) ?? now
  // the file tells no time of change; these are days on which something did
  const told = lines.flatMap(({ cell }) => [cell('orderedAt'), cell('invoiceDate')])
  const updatedAt = latestOf(told, now) ?? orderedAt
  const items = lines.map(itemOf)
  const open = lines.filter(({ standing }) => standing.status !== 'CANCELLED')
  return {
    externalId: cell('order'),
    ...furthestBehind(lines.map(({ standing }) => standing)),
    onHold: false,
    ...{ orderedAt, updatedAt },
    shipBy: earliest(open.map(({ cell }) => cell('by'))),
    processAfter: earliest(open.map(({ cell }) => cell('after'))),
    currency: 'INR',
    totalPaise: items.reduce<number | null>(
      (sum, { totalPaise }) => sum === null || totalPaise === null ? null : sum + totalPaise,
      0,
    ),
    fulfilledBy: 'SELLER',
    stateCode: gstStateCode(cell('region')) ?? null,
    customer: customerOf(cell),
    items,
    shipments: shipmentsOf(lines, updatedAt),
  }
}

const earliest = (texts: readonly string[]): Date | null => {
  const times = texts.flatMap((text) => timeOf(text)?.getTime() ?? [])
  return times.length === 0 ? null : new Date(Math.min(...times))
}

const itemOf = ({ cell, id, pieces, paise, standing }: Line): OrderItemRow => ({
  externalId: id,
  sku: textOf(idOf(cell('sku'))),
  listingId: textOf(cell('fsn')),
  title: textOf(cell('title')),
  quantity: pieces,
  totalPaise: paise,
  cancelledQuantity: standing.status === 'CANCELLED' ? pieces : 0,
  hsn: textOf(cell('hsn')),
})

/** Null where the file keeps all of it to itself. */
const customerOf = (cell: Cell): Customer | null => {
  const address = {
    line1: textOf(cell('line1')),
    line2: textOf(cell('line2')),
    city: textOf(cell('city')),
    state: textOf(cell('region')),
    postalCode: textOf(cell('pin')),
  }
  const name = textOf(cell('shipTo')) ?? textOf(cell('buyer'))
  const tellsPlace = Object.values(address).some((part) => part !== null)
  if (name === null && !tellsPlace) return null
  return { name, phone: null, email: null, address: tellsPlace ? address : null }
}

const shipmentsOf = (lines: readonly Line[], updatedAt: Date): readonly ShipmentRow[] =>
  [...Map.groupBy(lines, ({ cell }) => cell('shipment'))].map(([externalId, inside]) => ({
    externalId,
    ...furthestBehind(inside.map(({ standing }) => standing)),
    awb: inside.map(({ cell }) => textOf(cell('awb'))).find((awb) => awb !== null) ?? null,
    carrier: null,
    manifestExternalId: null,
    updatedAt,
    items: inside.map(({ id, pieces }) => ({ itemExternalId: id, quantity: pieces })),
  }))
