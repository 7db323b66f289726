/**
 * The all-orders export of Seller Central: a line is a product of an order. It names no line and no time
 * of a change, so its rows are of the instant at which the day of the order began: whatever the API has
 * told of an order is newer, and stays.
 */
import {
  gstStateCode,
  type OrderItemRow,
  type OrderRow,
  type OrderState,
  orderStateRank,
  paiseOf,
  type ReportImport,
  type ReportRecord,
} from 'robnu/plugin'
import { piecesOf, readerOf, textOf } from './cells.ts'
import { type Faults, keyOf, refusals } from './refusals.ts'
import { together } from './together.ts'

const names = {
  order: 'Order ID',
  date: 'Date',
  status: 'Status',
  fulfilment: 'Fulfilment',
  style: 'Style',
  sku: 'SKU',
  category: 'Category',
  size: 'Size',
  asin: 'ASIN',
  quantity: 'Qty',
  currency: 'currency',
  amount: 'Amount',
  city: 'ship-city',
  state: 'ship-state',
  postalCode: 'ship-postal-code',
  country: 'ship-country',
} as const
type Cell = (name: keyof typeof names) => string

export const orderReport: ReportImport<OrderRow> = {
  id: 'amazon-orders',
  name: 'All orders, by lines',
  target: 'ORDERS',
  signature: ['Order ID', 'Fulfilment', 'ship-service-level', 'Courier Status', 'Qty', 'Amount'],
  groupBy: ['Order ID'],
  rows: async function* (columns, records, { now }) {
    const cellsOf = readerOf(columns, names)
    // what numbers the lines of the file tells nothing of an order
    const running = columns.findIndex((column) => column.toLowerCase() === 'index')
    for await (const group of together(records, (record) => cellsOf(record)('order'))) {
      const lines = group.map((record) => lineOf(record, cellsOf(record), running))
      const order = lines[0]?.cell('order') ?? ''
      const faults = faultsOf(lines, order, now)
      if (faults.size > 0) yield* refusals(group, faults, 'order-has-a-bad-line', keyOf(order))
      else yield { lines: group.map(({ line }) => line), row: rowOf(order, lines) }
    }
  },
}

interface Line {
  readonly record: ReportRecord
  readonly cell: Cell
  /** The whole line but its running number. */
  readonly text: string
  readonly quantity: number | undefined
  /** Null: no amount is told; undefined: what stands there is none. */
  readonly paise: number | null | undefined
}

const lineOf = (record: ReportRecord, cell: Cell, running: number): Line => {
  const amount = cell('amount')
  return {
    ...{ record, cell },
    text: record.cells.filter((_, at) => at !== running).join('\n'),
    quantity: piecesOf(cell('quantity')),
    paise: amount === '' ? null : paiseOf(amount),
  }
}

const faultsOf = (lines: readonly Line[], order: string, now: Date): Faults => {
  const currencies = new Set(lines.map(({ cell }) => cell('currency')).filter(Boolean))
  return new Map(lines.flatMap((line) => {
    const { record, cell, quantity, paise } = line
    const orderedAt = dayOf(cell('date'))
    const fault = order === ''
      ? 'line-without-key'
      // orders of other channels stand in the same export, under ids of their own form
      : !/^\d{3}-\d{7}-\d{7}$/.test(order)
      ? 'not-an-amazon-order'
      : !orderedAt || orderedAt > now
      ? 'bad-date'
      : quantity === undefined
      ? 'bad-quantity'
      : paise === undefined
      ? 'money-not-in-paise'
      : currencies.size > 1
      ? 'mixed-currencies'
      : undefined
    return fault === undefined ? [] : [[record.line, fault] as const]
  }))
}

const rowOf = (order: string, lines: readonly Line[]): OrderRow => {
  // a line that came twice, cell by cell, is one line that is told twice
  const distinct = [...new Map(lines.map((line) => [line.text, line])).values()]
  const cell: Cell = (name) => lines[0]?.cell(name) ?? ''
  const orderedAt = dayOf(cell('date')) ?? new Date(0)
  const amounts = distinct.flatMap(({ paise }) => paise ?? [])
  const abroad = !['', 'IN'].includes(cell('country'))
  return {
    externalId: order,
    ...standingOf(distinct),
    ...{ orderedAt, updatedAt: orderedAt, shipBy: null },
    currency: distinct.map((line) => line.cell('currency')).find(Boolean) ?? 'INR',
    totalPaise: amounts.length === 0 ? null : amounts.reduce((sum, paise) => sum + paise, 0),
    fulfilledBy: cell('fulfilment') === 'Merchant'
      ? 'SELLER'
      : cell('fulfilment') === 'Amazon'
      ? 'MARKETPLACE'
      : null,
    stateCode: abroad ? null : gstStateCode(cell('state')),
    customer: customerOf(cell),
    items: itemsOf(distinct),
  }
}

/** The report names no lines: they are called by their SKU, and the second of one by its place. */
const itemsOf = (lines: readonly Line[]): OrderItemRow[] => {
  const seen = new Map<string, number>()
  const words = new Set(lines.map(({ cell }) => cell('status')))
  return lines.map(({ cell, quantity = 0, paise }) => {
    const sku = cell('sku')
    const place = (seen.get(sku) ?? 0) + 1
    seen.set(sku, place)
    const isGone = words.size > 1 && stateOf(cell('status')) === 'CANCELLED'
    return {
      externalId: `${sku}/${place}`.slice(-100),
      sku: textOf(sku),
      listingId: textOf(cell('asin')),
      title: titleOf(cell),
      quantity,
      totalPaise: paise ?? null,
      ...(isGone ? { cancelledQuantity: quantity } : {}),
    }
  })
}

const titleOf = (cell: Cell): string | null => {
  const name = [cell('category'), cell('style')].filter(Boolean).join(' ')
  return textOf([name, cell('size') && `size ${cell('size')}`].filter(Boolean).join(', '))
}

/** Town, state and PIN are all that the report tells of a buyer. */
const customerOf = (cell: Cell): OrderRow['customer'] => {
  const [city, state] = [textOf(cell('city')), textOf(cell('state'))]
  // the report was once a table of floats: 400081.0
  const postalCode = textOf(cell('postalCode').replace(/\.0$/, ''))
  if (!city && !state && !postalCode) return null
  const address = { line1: null, line2: null, city, state, postalCode }
  return { name: null, phone: null, email: null, address }
}

/** Of several words the one furthest behind counts, of what is not cancelled. */
const standingOf = (
  lines: readonly Line[],
): Pick<OrderRow, 'status' | 'rawStatus' | 'onHold'> => {
  const words = [...new Set(lines.map(({ cell }) => cell('status')))]
  const living = words.filter((word) => stateOf(word) !== 'CANCELLED')
  const rank = (word: string) => {
    const state = stateOf(word)
    return state === null ? -1 : orderStateRank(state)
  }
  const [word = ''] = (living.length > 0 ? living : words).toSorted((a, b) => rank(a) - rank(b))
  return { status: stateOf(word), rawStatus: word || 'NOT_TOLD', onHold: word === 'Pending' }
}

/** Lines that Amazon fulfils stop at Shipped: no word of a delivery is no word against it. */
const states: Readonly<Record<string, OrderState>> = {
  'Pending': 'NEW',
  'Shipping': 'NEW',
  'Pending - Waiting for Pick Up': 'READY_TO_SHIP',
  'Shipped': 'SHIPPED',
  'Shipped - Picked Up': 'SHIPPED',
  'Shipped - Out for Delivery': 'OUT_FOR_DELIVERY',
  'Shipped - Delivered to Buyer': 'DELIVERED',
  'Cancelled': 'CANCELLED',
  'Shipped - Rejected by Buyer': 'RTO_IN_TRANSIT',
  'Shipped - Returning to Seller': 'RTO_IN_TRANSIT',
  'Shipped - Returned to Seller': 'RTO_RECEIVED',
  'Shipped - Lost in Transit': 'LOST',
  'Shipped - Damaged': 'LOST',
}
const stateOf = (word: string): OrderState | null =>
  Object.hasOwn(states, word) ? states[word] ?? null : null

const indiaMs = 5.5 * 3_600_000 // the report's days are India's

/** MM-DD-YY, as that midnight in India. */
const dayOf = (text: string): Date | undefined => {
  const [, month, day, year] = /^(\d\d)-(\d\d)-(\d\d)$/.exec(text) ?? []
  const midnight = Date.parse(`20${year}-${month}-${day}T00:00:00Z`)
  const isDay = new Date(midnight).getUTCDate() === Number(day)
  return isDay ? new Date(midnight - indiaMs) : undefined
}
