/** The walk over changed orders, page by page: stop it anywhere, it goes on from its cursor. */
import { type Context, failure, gstStateCode, type OrderRow, type OrderState } from 'robnu/plugin'
import {
  type Page,
  paiseOf,
  type RejectedRow,
  type ShipmentRow,
  type SyncRequest,
} from 'robnu/plugin'
import { type Connection, listOrders } from './client.ts'
import { Config, type Cursor, Order } from './schemas.ts'

const beginning = '2020-01-01T00:00:00.000Z' // Bazaar has no older orders

export async function* syncOrders(
  account: Connection,
  { cursor, window }: SyncRequest<Cursor>,
  ctx: Context,
): AsyncGenerator<Page<OrderRow, Cursor>> {
  const overlapMs = Config.parse(ctx.config ?? {}).overlapHours * 3_600_000
  const since = cursor?.since ?? window?.from.toISOString() ?? beginning
  let after = cursor?.after ?? null
  for (;;) {
    const answer = await listOrders(account, { since, after }, ctx)
    // a walk that does not move would never end
    if (answer.next !== null && answer.next === after) {
      throw failure('bad-response', 'Bazaar gave the same page twice')
    }
    after = answer.next
    const page = readOrders(answer.orders)
    const newest = page.rows.reduce((max, row) => Math.max(max, row.updatedAt.getTime()), 0)
    const behind = new Date(Math.max(Date.parse(since), newest - overlapMs)).toISOString()
    // what Bazaar says it has sent, so that the host sees what got lost on the way
    const received = answer.count
    const next = { since: after === null ? behind : since, after }
    yield { ...page, received, cursor: next, last: after === null }
    if (after === null) return
  }
}

const readOrders = (
  orders: readonly unknown[],
): { readonly rows: readonly OrderRow[]; readonly rejected: readonly RejectedRow[] } => {
  const rows: OrderRow[] = []
  const rejected: RejectedRow[] = []
  for (const raw of orders) {
    const parsed = Order.safeParse(raw)
    if (!parsed.success) rejected.push(refused(raw, 'unreadable-order'))
    else if (parsed.data.channel !== 'bazaar') rejected.push(refused(raw, 'not-a-bazaar-order'))
    else if (!hasWholePaise(parsed.data)) rejected.push(refused(raw, 'money-not-in-paise'))
    else rows.push(toOrderRow(parsed.data))
  }
  return { rows, rejected }
}

const states: Readonly<Record<string, OrderState>> = {
  placed: 'NEW',
  confirmed: 'ACKNOWLEDGED',
  held: 'NEW',
  packed: 'PACKED',
  shipped: 'SHIPPED',
  delivered: 'DELIVERED',
  cancelled: 'CANCELLED',
}

const toOrderRow = (order: Order): OrderRow => ({
  externalId: order.number,
  status: states[order.state] ?? null,
  rawStatus: order.state,
  onHold: order.state === 'held',
  orderedAt: order.placed_at,
  updatedAt: order.changed_at,
  shipBy: order.ship_by,
  currency: order.currency,
  totalPaise: paise(order.total),
  fulfilledBy: 'SELLER',
  stateCode: gstStateCode(order.buyer?.state),
  customer: order.buyer && {
    name: order.buyer.name,
    phone: order.buyer.phone,
    email: order.buyer.mail,
    address: {
      line1: order.buyer.street,
      line2: null,
      city: order.buyer.town,
      state: order.buyer.state,
      postalCode: order.buyer.pin,
    },
  },
  items: order.lines.map((line) => ({
    externalId: line.line_id,
    sku: line.sku,
    listingId: null,
    title: line.title,
    quantity: line.pieces,
    totalPaise: paise(line.amount),
  })),
  ...(parcelStates.has(order.state) ? { shipments: [toShipment(order)] } : {}),
})

const parcelStates = new Set(['packed', 'shipped', 'delivered'])
const toShipment = (order: Order): ShipmentRow => ({
  externalId: `${order.number}/P`,
  status: states[order.state] ?? null,
  rawStatus: order.state,
  awb: `1${order.number.slice(-5)}`,
  carrier: 'BAZAAR POST',
  manifestExternalId: null,
  updatedAt: order.changed_at,
  items: order.lines.map((line) => ({ itemExternalId: line.line_id, quantity: line.pieces })),
})

const hasWholePaise = ({ total, lines }: Order): boolean =>
  [total, ...lines.map(({ amount }) => amount)]
    .every((text) => text === null || paiseOf(text) !== undefined)

const paise = (text: string | null): number | null => text === null ? null : paiseOf(text) ?? null

const refused = (raw: unknown, reason: string): RejectedRow => {
  const number = raw instanceof Object && 'number' in raw ? raw.number : undefined
  const key = typeof number === 'string' && /^BZ-[\d-]{1,30}$/.test(number) ? { key: number } : {}
  return { ...key, reason, raw: JSON.stringify(raw) ?? 'undefined' }
}
