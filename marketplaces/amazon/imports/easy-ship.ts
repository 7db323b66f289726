/**
 * Amazon's hand-over lists: what waits for the Easy Ship courier, and what it has taken. A line is a
 * product of a parcel. They tell parcels; of the order itself whatever else is known is better, so its
 * part of a row is older than anything that another report or the API tells of it.
 */
import {
  gstStateCode,
  type OrderItemRow,
  type OrderRow,
  type ReportImport,
  type ReportRecord,
  type ShipmentRow,
} from 'robnu/plugin'
import { shipmentIdOf } from '../rows.ts'
import { dayOf, isCutOff, piecesOf, readerOf, textOf, timeOf } from './cells.ts'
import { type Faults, keyOf, refusals } from './refusals.ts'
import { together } from './together.ts'

const names = {
  order: 'order-id',
  awb: 'tracking-id',
  orderedAt: 'purchase-date',
  pickedUpAt: 'picked-up-date',
  shipBy: 'expected-ship-date',
  asin: 'asin',
  sku: 'sku',
  title: 'product-name',
  quantity: 'quantity-purchased',
  item: 'order-item-id',
  postalCode: 'ship-postal-code',
  country: 'ship-country',
  city: 'ship-city',
  state: 'ship-state',
  carrier: 'carrier',
} as const
type Cell = (name: keyof typeof names) => string

interface Line {
  readonly record: ReportRecord
  readonly cell: Cell
}
interface Kind {
  readonly status: 'SHIPPED' | 'READY_TO_SHIP'
  readonly rawStatus: string
  /** When the parcel came to this. */
  readonly at: 'pickedUpAt' | 'orderedAt'
}

const reportOf = (
  { id, name, date, ...kind }: Kind & { id: string; name: string; date: string },
): ReportImport<OrderRow> => ({
  ...{ id, name },
  target: 'ORDERS',
  signature: ['order-id', 'tracking-id', 'package-identifier', 'pickup-slot', date],
  groupBy: ['order-id'],
  rows: async function* (columns, records, { now }) {
    const cellsOf = readerOf(columns, names)
    for await (const group of together(records, (record) => cellsOf(record)('order'))) {
      const lines = group.map((record): Line => ({ record, cell: cellsOf(record) }))
      const order = lines[0]?.cell('order') ?? ''
      const faults = faultsOf(lines, kind, now)
      if (faults.size > 0) yield* refusals(group, faults, 'order-has-a-bad-line', keyOf(order))
      else yield { lines: group.map(({ line }) => line), row: rowOf(order, lines, kind) }
    }
  },
})

export const pickedUpReport = reportOf({
  ...{ id: 'amazon-easy-ship-picked-up', name: 'Easy Ship, picked up', date: 'picked-up-date' },
  ...{ status: 'SHIPPED', rawStatus: 'PickedUp', at: 'pickedUpAt' },
})
export const waitingReport = reportOf({
  ...{ id: 'amazon-easy-ship-waiting', name: 'Easy Ship, waiting for pick-up' },
  date: 'expected-ship-date',
  ...{ status: 'READY_TO_SHIP', rawStatus: 'PendingPickUp', at: 'orderedAt' },
})

const faultsOf = (lines: readonly Line[], { at }: Kind, now: Date): Faults =>
  new Map(lines.flatMap(({ record, cell }) => {
    const keys = [cell('order'), cell('awb'), cell('item')]
    const times = [timeOf(cell('orderedAt')), timeOf(cell(at))]
    const fault = keys.includes('')
      ? 'line-without-key'
      : keys.some(isCutOff)
      ? 'number-cut-off'
      : !/^\d{3}-\d{7}-\d{7}$/.test(cell('order'))
      ? 'not-an-amazon-order'
      : times.some((time) => time === undefined || time > now)
      ? 'bad-date'
      : !piecesOf(cell('quantity'))
      ? 'bad-quantity'
      : undefined
    return fault === undefined ? [] : [[record.line, fault] as const]
  }))

const rowOf = (order: string, lines: readonly Line[], kind: Kind): OrderRow => {
  const cell: Cell = (name) => lines[0]?.cell(name) ?? ''
  const orderedAt = timeOf(cell('orderedAt')) ?? new Date(0)
  const abroad = !['', 'IN'].includes(cell('country'))
  const { status, rawStatus } = kind
  return {
    externalId: order,
    ...{ status, rawStatus, onHold: false, orderedAt, updatedAt: beforeDayOf(orderedAt) },
    shipBy: timeOf(cell('shipBy')) ?? null,
    ...{ currency: 'INR', totalPaise: null, fulfilledBy: 'SELLER' },
    stateCode: abroad ? null : gstStateCode(cell('state')),
    customer: customerOf(cell),
    items: itemsOf(lines),
    shipments: shipmentsOf(order, lines, kind),
  }
}

/** The all-orders export speaks as of the beginning of the day in India. */
const beforeDayOf = (at: Date): Date => new Date(Date.parse(`${dayOf(at)}T00:00:00+05:30`) - 1000)

const itemsOf = (lines: readonly Line[]): OrderItemRow[] => {
  const items = new Map<string, OrderItemRow>()
  for (const { cell } of lines) {
    const externalId = cell('item')
    const quantity = (piecesOf(cell('quantity')) ?? 0) + (items.get(externalId)?.quantity ?? 0)
    items.set(externalId, {
      ...{ externalId, quantity, totalPaise: null },
      sku: textOf(cell('sku')),
      listingId: textOf(cell('asin')),
      title: textOf(cell('title')),
    })
  }
  return [...items.values()]
}

const shipmentsOf = (order: string, lines: readonly Line[], kind: Kind): ShipmentRow[] => {
  const { status, rawStatus, at } = kind
  const parcels = Map.groupBy(lines, ({ cell }) => cell('awb'))
  return [...parcels].map(([awb, own]) => {
    const [first] = own
    const items = Map.groupBy(own, ({ cell }) => cell('item'))
    return {
      externalId: shipmentIdOf(order, awb),
      ...{ status, rawStatus, awb, manifestExternalId: null },
      carrier: textOf(first?.cell('carrier') ?? ''),
      updatedAt: timeOf(first?.cell(at) ?? '') ?? new Date(0),
      items: [...items].map(([itemExternalId, parts]) => ({
        itemExternalId,
        quantity: parts.reduce((sum, { cell }) => sum + (piecesOf(cell('quantity')) ?? 0), 0),
      })),
    }
  })
}

/** Town, state and PIN are all that the report tells of a buyer. */
const customerOf = (cell: Cell): OrderRow['customer'] => {
  const [city, state] = [textOf(cell('city')), textOf(cell('state'))]
  const postalCode = textOf(cell('postalCode'))
  if (!city && !state && !postalCode) return null
  const address = { line1: null, line2: null, city, state, postalCode }
  return { name: null, phone: null, email: null, address }
}
