/** What the gateway's sandbox believes, and what the ledger has to say of the same things. */
import type { House } from '../../scripts/proof/support/house.ts'

/** The answer of the sandbox's verb `books`, of one POB. */
export interface Books {
  readonly orders: readonly BookedOrder[]
  readonly manifests: readonly {
    readonly id: string
    readonly status: 'OPEN' | 'CLOSED'
    readonly dispatchDate: string | null
    readonly shipments: readonly string[]
  }[]
  readonly settlements: readonly {
    readonly clearingDocNo: string
    readonly status: string
    readonly totalPaise: number
    readonly lines: readonly {
      readonly internalDocNo: string
      readonly custOrderNo: string
      readonly grossPaise: number
      readonly netPaise: number
    }[]
  }[]
  readonly pendingPaise: number
  readonly stock: Readonly<Record<string, number>>
  /** How often each operation was asked for, and how often it did something. */
  readonly asked: Readonly<Record<string, number>>
  readonly done: Readonly<Record<string, number>>
}
export interface BookedOrder {
  readonly no: string
  readonly status: string
  readonly onHold: boolean
  readonly totalPaise: number
  readonly packages: number
  readonly lines: readonly {
    readonly sellerOrderNo: string
    readonly jioCode: string
    readonly sku: string
    readonly orderQty: number
    readonly confirmedQty: number | null
    readonly shippedQty: number
    readonly cancelledQty: number
    readonly returnedQty: number
  }[]
  readonly shipment: null | {
    readonly id: string
    readonly status: string
    readonly awb: string
    readonly invoiceNo: string
    readonly manifestId: string | null
    readonly quantities: readonly { readonly sellerOrderNo: string; readonly quantity: number }[]
  }
  readonly returns: readonly {
    readonly no: string
    readonly type: string
    readonly status: string
    /** The courier's own word, while it is on its way. */
    readonly courier: string | null
    readonly lines: readonly { readonly sellerOrderNo: string; readonly quantity: number }[]
    readonly creditNotePaise: number | null
  }[]
}

const orderWords: Readonly<Record<string, string>> = {
  'New': 'NEW',
  'Acknowledged': 'ACKNOWLEDGED',
  'PO created': 'ACKNOWLEDGED',
  'Ready to Ship': 'READY_TO_SHIP',
  'Shipped': 'SHIPPED',
  'Delivered': 'DELIVERED',
  'Cancelled': 'CANCELLED',
}
const parcelWords: Readonly<Record<string, string>> = {
  'Created': 'PACKED',
  'Ready to Ship': 'READY_TO_SHIP',
  'Manifested': 'MANIFESTED',
  'Shipped': 'SHIPPED',
  'Delivered': 'DELIVERED',
  'RTO Initiated': 'RTO_IN_TRANSIT',
  'RTO Delivered': 'RTO_RECEIVED',
  'Lost': 'LOST',
}
/** Where the parcel has come to, once there is one that is not cancelled; else what the order says. */
const stateOf = ({ status, shipment }: BookedOrder): string => {
  const byParcel = status === 'Cancelled' ? undefined : parcelWords[shipment?.status ?? '']
  return byParcel ?? orderWords[status] ?? `unknown: ${status}`
}

const byKey = <T extends { readonly key: string }>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((one, other) => one.key < other.key ? -1 : one.key > other.key ? 1 : 0)

/** Orders, lines, parcels, returns and money as the books have them, in the ledger's words. */
export const expectedOf = (books: Books) => ({
  orders: byKey(books.orders.map((order) => ({
    key: order.no,
    status: stateOf(order),
    onHold: order.onHold,
    totalPaise: order.totalPaise,
    lines: byKey(order.lines.map((line) => ({
      key: `${line.sellerOrderNo}/${line.jioCode}`,
      sku: line.sku,
      quantity: line.orderQty,
      cancelled: line.cancelledQty,
    }))),
  }))),
  shipments: byKey(books.orders.flatMap(({ no, shipment, lines }) =>
    shipment
      ? [{
        key: shipment.id,
        order: no,
        awb: shipment.awb,
        rawStatus: shipment.status,
        items: byKey(shipment.quantities.map(({ sellerOrderNo, quantity }) => ({
          key: `${sellerOrderNo}/${
            lines.find((line) => line.sellerOrderNo === sellerOrderNo)?.jioCode
          }`,
          quantity,
        }))),
      }]
      : []
  )),
  returns: byKey(books.orders.flatMap(({ no, returns }) =>
    returns.map((one) => ({
      key: one.no,
      order: no,
      creditNotePaise: one.creditNotePaise,
      quantity: one.lines.reduce((sum, { quantity }) => sum + quantity, 0),
      isCredited: one.status === 'CREDIT_NOTE_CREATED',
    }))
  )),
  payouts: byKey(books.settlements.map((one) => ({
    key: one.clearingDocNo,
    paise: one.totalPaise,
    lines: byKey(one.lines.map((line) => ({
      key: line.internalDocNo,
      order: line.custOrderNo,
      grossPaise: line.grossPaise,
      netPaise: line.netPaise,
    }))),
  }))),
})

/** The same from the database, as the superuser, whom no policy holds back. */
export const ledgerOf = (house: House, accountId: string): Promise<ReturnType<typeof expectedOf>> =>
  house.asSuperuser(async (sql) => {
    const orders = await sql<LedgerOrder[]>`
      select o.external_order_id as key, o.status, o.on_hold as "onHold",
        o.total_paise::float8 as "totalPaise",
        coalesce((
          select jsonb_agg(jsonb_build_object('key', i.external_item_id, 'sku', i.sku,
            'quantity', i.quantity, 'cancelled', i.cancelled_quantity) order by i.external_item_id)
          from order_items i where i.seller_id = o.seller_id and i.order_id = o.id), '[]') as lines
      from orders o where o.marketplace_account_id = ${accountId}`
    const shipments = await sql<LedgerShipment[]>`
      select s.external_shipment_id as key, o.external_order_id as order, s.awb,
        s.raw_status as "rawStatus",
        coalesce((
          select jsonb_agg(jsonb_build_object('key', i.external_item_id, 'quantity', i.quantity)
            order by i.external_item_id)
          from shipment_items i
          where i.seller_id = s.seller_id and i.shipment_id = s.id), '[]') as items
      from shipments s
      join orders o on o.seller_id = s.seller_id and o.id = s.order_id
      where s.marketplace_account_id = ${accountId}`
    const returns = await sql<LedgerReturn[]>`
      select r.external_return_id as key, o.external_order_id as order,
        r.credit_note_paise::float8 as "creditNotePaise", r.status = 'CREDITED' as "isCredited",
        (select sum(i.quantity)::int from order_return_items i
          where i.seller_id = r.seller_id and i.order_return_id = r.id) as quantity
      from order_returns r
      left join orders o on o.seller_id = r.seller_id and o.id = r.order_id
      where r.marketplace_account_id = ${accountId}`
    const payouts = await sql<LedgerPayout[]>`
      select p.external_payout_id as key, (p.lines_amount * 100)::float8 as paise,
        coalesce((
          select jsonb_agg(jsonb_build_object('key', l.external_line_id,
            'order', l.order_external_id, 'grossPaise', (l.gross_amount * 100)::float8,
            'netPaise', (l.net_amount * 100)::float8) order by l.external_line_id)
          from payout_line_items l
          where l.seller_id = p.seller_id and l.marketplace_payout_id = p.id), '[]') as lines
      from marketplace_payouts p where p.marketplace_account_id = ${accountId}`
    return {
      orders: byKey(orders).map((order) => ({ ...order, lines: byKey(order.lines) })),
      shipments: byKey(shipments).map((one) => ({ ...one, items: byKey(one.items) })),
      returns: byKey([...returns]),
      payouts: byKey(payouts).map((one) => ({ ...one, lines: byKey(one.lines) })),
    }
  })

type Expected = ReturnType<typeof expectedOf>
type LedgerOrder = Expected['orders'][number]
type LedgerShipment = Expected['shipments'][number]
type LedgerReturn = Expected['returns'][number]
type LedgerPayout = Expected['payouts'][number]
