/** What can be exported, column by column. The README lists them for people; a test holds the two together. */
import { orderStates, payoutStates, returnStates } from 'robnu/plugin'
import {
  type Cell,
  cell,
  columnsOf,
  nobody,
  ofLines,
  plain,
  rupees,
  select,
  type Source,
  type Table,
  time,
  whole,
} from './pages.ts'

export const whats = [
  ...['orders', 'order-lines', 'shipments', 'returns'] as const,
  ...['payouts', 'payout-lines', 'stock'] as const,
] as const
export type What = (typeof whats)[number]

const amount = (name: string): Cell => [name, 'money', `l.${name}::text`]

const orders: Source = {
  table: 'orders',
  reads:
    `t.external_order_id, t.status, t.raw_status, t.on_hold, t.ship_by, t.currency, t.total_paise,
    t.fulfilled_by, t.state_code, t.item_count, t.created_at, t.updated_at`,
  ...{ at: 'ordered_at', atType: 'timestamptz', statusColumn: 'status' },
}
const payouts: Source = {
  table: 'marketplace_payouts',
  reads: `t.external_payout_id, t.settlement_state, t.raw_status, t.status, t.forecast, t.amount,
    t.lines_amount, t.line_count, t.currency, t.period_from, t.period_to, t.paid_on`,
  ...{ at: 'settles_on', atType: 'date', statusColumn: 'settlement_state' },
}
const orderCells: readonly Cell[] = [
  cell('order', 't.external_order_id'),
  cell('order_id', 't.id::text'),
]

/** By product and warehouse: as it stands while it is read. */
const stockTable = (): Table => {
  const cells: readonly Cell[] = [
    ...[cell('sku', 'p.sku'), cell('title', 'p.title'), cell('product_id', 'p.id::text')],
    ...[cell('warehouse', 'w.name'), cell('warehouse_id', 'w.id::text')],
    ...[whole('on_hand'), whole('safety_stock', 'p.safety_stock')],
    ...[time('counted_at'), time('updated_at')],
  ]
  return {
    ...{ permission: 'inventory:read', statuses: [], ofAccounts: false },
    ...{ columns: columnsOf(cells), start: [nobody, nobody] },
    page: ({ format, sellerId, before, position, limit }) => ({
      text: `with ${
        select({
          ...{ format, cells, keys: ['t.product_id', 't.warehouse_id'] },
          from: `from inventory_levels t
        join catalog_products p on p.seller_id = t.seller_id and p.id = t.product_id
        join warehouses w on w.seller_id = t.seller_id and w.id = t.warehouse_id
        where t.seller_id = $1 and p.created_at <= $2::timestamptz
          and (t.product_id, t.warehouse_id) > ($4::uuid, $5::uuid)
        order by t.product_id, t.warehouse_id limit $3`,
        })
      }`,
      values: [sellerId, before, limit, ...position],
    }),
  }
}

export const tables: Readonly<Record<What, Table>> = {
  orders: plain({
    ...{ permission: 'orders:read', statuses: orderStates, source: orders },
    cells: [
      ...[...orderCells, cell('status'), cell('raw_status')],
      ['on_hold', 'boolean', 't.on_hold::text'],
      ...[time('ordered_at'), time('ship_by'), cell('currency')],
      ['total', 'money', rupees('t.total_paise')],
      ...[cell('fulfilled_by'), cell('state_code'), whole('item_count')],
      ...[time('first_seen_at', 't.created_at'), time('updated_at')],
    ],
  }),
  'order-lines': ofLines({
    ...{ permission: 'orders:read', statuses: orderStates, source: orders },
    cells: [
      ...[...orderCells, cell('order_status', 't.status'), time('ordered_at')],
      ...[cell('line', 'l.external_item_id'), cell('line_id', 'l.id::text')],
      ...[cell('sku', 'l.sku'), cell('listing', 'l.listing_id'), cell('title', 'l.title')],
      ...[whole('quantity', 'l.quantity'), whole('cancelled_quantity', 'l.cancelled_quantity')],
      ...[cell('currency'), ['total', 'money', rupees('l.total_paise')] as const],
      ...[cell('hsn', 'l.hsn'), ['gst_rate', 'money', rupees('l.gst_rate_bp')] as const],
    ],
    lines: {
      ...{ table: 'order_items', owner: 'order_id', key: 'external_item_id' },
      reads: `l.sku, l.listing_id, l.title, l.quantity, l.cancelled_quantity, l.total_paise, l.hsn,
        l.gst_rate_bp`,
    },
  }),
  shipments: plain({
    ...{ permission: 'shipments:read', statuses: orderStates },
    source: {
      table: 'shipments',
      reads:
        `t.external_shipment_id, t.order_id, t.status, t.raw_status, t.status_at, t.awb, t.carrier,
        t.manifest_external_id, t.updated_at,
        (select o.external_order_id from orders o
          where o.seller_id = t.seller_id and o.id = t.order_id) as external_order_id`,
      ...{ at: 'created_at', atType: 'timestamptz', statusColumn: 'status' },
    },
    cells: [
      ...[cell('shipment', 't.external_shipment_id'), cell('shipment_id', 't.id::text')],
      ...[cell('order', 't.external_order_id'), cell('order_id', 't.order_id::text')],
      ...[cell('status'), cell('raw_status'), time('status_at'), cell('awb'), cell('carrier')],
      ...[cell('manifest', 't.manifest_external_id')],
      ...[time('first_seen_at', 't.created_at'), time('updated_at')],
    ],
  }),
  returns: plain({
    ...{ permission: 'returns:read', statuses: returnStates },
    source: {
      table: 'order_returns',
      reads:
        `t.external_return_id, t.order_external_id, t.order_id, t.kind, t.status, t.internal_status,
        t.raw_status, t.reason, t.delivered_at, t.received_at, t.claim_due_at, t.credit_note_number,
        t.credit_note_at, t.credit_note_paise, t.created_at, t.updated_at`,
      ...{ at: 'initiated_at', atType: 'timestamptz', statusColumn: 'status' },
    },
    cells: [
      ...[cell('return', 't.external_return_id'), cell('return_id', 't.id::text')],
      ...[cell('order', 't.order_external_id'), cell('order_id', 't.order_id::text')],
      ...[cell('kind'), cell('status'), cell('internal_status'), cell('raw_status')],
      ...[cell('reason'), time('initiated_at'), time('delivered_at'), time('received_at')],
      ...[time('claim_due_at'), cell('credit_note', 't.credit_note_number')],
      ...[
        time('credit_note_at'),
        ['credit_note_total', 'money', rupees('t.credit_note_paise')] as const,
      ],
      ...[time('first_seen_at', 't.created_at'), time('updated_at')],
    ],
  }),
  payouts: plain({
    ...{ permission: 'payouts:read', statuses: payoutStates, source: payouts },
    cells: [
      ...[cell('payout', 't.external_payout_id'), cell('payout_id', 't.id::text')],
      ...[cell('settlement_state'), cell('raw_status'), cell('reconciliation', 't.status')],
      ['forecast', 'boolean', 't.forecast::text'],
      ['amount', 'money', 't.amount::text'],
      ['lines_amount', 'money', 't.lines_amount::text'],
      ...[whole('line_count'), cell('currency')],
      ...['period_from', 'period_to', 'paid_on', 'settles_on']
        .map((name) => cell(name, `t.${name}::text`)),
    ],
  }),
  'payout-lines': ofLines({
    ...{ permission: 'payouts:read', statuses: payoutStates, source: payouts },
    cells: [
      ...[cell('payout', 't.external_payout_id'), cell('payout_id', 't.id::text')],
      ...[cell('settlement_state'), cell('settles_on', 't.settles_on::text')],
      ...[
        cell('line', 'l.external_line_id'),
        cell('line_id', 'l.id::text'),
        cell('kind', 'l.kind'),
      ],
      ...[cell('order', 'l.order_external_id'), cell('item', 'l.item_external_id')],
      ...[cell('return', 'l.return_external_id'), cell('awb', 'l.awb'), time('at', 'l.at')],
      ...[cell('currency'), amount('gross_amount'), amount('deductions'), amount('fees')],
      ...[amount('taxes'), amount('net_amount'), cell('deduction_reason', 'l.deduction_reason')],
    ],
    lines: {
      ...{ table: 'payout_line_items', owner: 'marketplace_payout_id', key: 'external_line_id' },
      reads: `l.kind, l.order_external_id, l.item_external_id, l.return_external_id, l.awb, l.at,
        l.gross_amount, l.deductions, l.fees, l.taxes, l.net_amount, l.deduction_reason`,
    },
  }),
  stock: stockTable(),
}
