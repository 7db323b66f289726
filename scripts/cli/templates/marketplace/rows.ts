/** Nukkad's orders as rows of the contract: pure, and silent about buyers. */
import {
  gstStateCode,
  type OrderRow,
  type OrderState,
  paiseOf,
  type RejectedRow,
} from 'robnu/plugin'
import { Order } from './schemas.ts'

/** Every word of the marketplace; an unknown one fails nothing, it is counted and looked at. */
const states: Readonly<Record<string, OrderState>> = {
  placed: 'NEW',
  packed: 'PACKED',
  shipped: 'SHIPPED',
  delivered: 'DELIVERED',
  cancelled: 'CANCELLED',
}

/** All orders of a page, none lost: rows + rejected = received. */
export const readOrders = (
  orders: readonly unknown[],
): {
  readonly rows: readonly OrderRow[]
  readonly rejected: readonly RejectedRow[]
  readonly received: number
} => {
  const rows: OrderRow[] = []
  const rejected: RejectedRow[] = []
  for (const raw of orders) {
    const parsed = Order.safeParse(raw)
    if (!parsed.success) rejected.push(refused(raw, 'unreadable-order'))
    else if (!hasWholePaise(parsed.data)) rejected.push(refused(raw, 'money-not-in-paise'))
    else rows.push(toOrderRow(parsed.data))
  }
  return { rows, rejected, received: orders.length }
}

const hasWholePaise = ({ total, lines }: Order): boolean =>
  [total, ...lines.map(({ amount }) => amount)].every((text) => paiseOf(text) !== undefined)

const toOrderRow = (order: Order): OrderRow => ({
  externalId: order.number,
  // a word that nobody knows yet leaves the stored state as it is
  status: Object.hasOwn(states, order.state) ? states[order.state] ?? null : null,
  rawStatus: order.state,
  onHold: false,
  orderedAt: order.placed_at,
  updatedAt: order.changed_at,
  shipBy: order.ship_by,
  currency: 'INR',
  totalPaise: paiseOf(order.total) ?? null,
  fulfilledBy: 'SELLER',
  stateCode: gstStateCode(order.buyer?.state),
  customer: order.buyer && {
    name: order.buyer.name,
    phone: order.buyer.phone,
    email: order.buyer.email,
    address: {
      line1: order.buyer.line1,
      line2: order.buyer.line2,
      city: order.buyer.city,
      state: order.buyer.state,
      postalCode: order.buyer.pin,
    },
  },
  items: order.lines.map((line) => ({
    externalId: line.id,
    sku: line.sku,
    listingId: null,
    title: line.title,
    quantity: line.quantity,
    totalPaise: paiseOf(line.amount) ?? null,
  })),
})

/** Kept as it came, sealed; the key is a number of ours to look for, and never a buyer's word. */
const refused = (raw: unknown, reason: string): RejectedRow => {
  const number = raw instanceof Object && 'number' in raw ? raw.number : undefined
  const isKey = typeof number === 'string' && /^[\w-]{1,40}$/.test(number)
  return { ...(isKey ? { key: number } : {}), reason, raw: JSON.stringify(raw) ?? 'undefined' }
}
