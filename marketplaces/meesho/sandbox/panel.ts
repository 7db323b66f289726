/** Files that sellers download from the panel, as text: no route gives them, the verb `download` does. */
import { hashOf } from 'robnu/testing'
import type { Order, Return, ReturnWord, Supplier } from './model.ts'
import { subTypes } from './wire.ts'
import { dayOf, rupees } from './words.ts'

export const panelFiles = ['orders', 'returns', 'gst'] as const
export type PanelFile = (typeof panelFiles)[number]

export const panelFile = (supplier: Supplier, file: PanelFile): object => {
  const orders = [...supplier.orders.values()]
  const lines = file === 'orders'
    ? [orderHeadings, ...orders.map(orderLine)]
    : file === 'returns'
    ? [...preamble(supplier), returnHeadings, ...[...supplier.returns.values()].map(returnLine)]
    : [
      gstHeadings,
      ...orders.filter(({ status, packet }) =>
        packet && status !== 'READY_TO_SHIP' && status !== 'CANCELLED'
      ).map((order) => gstLine(supplier, order)),
    ]
  const text = lines.map((cells) => cells.map(quoted).join(',')).join('\r\n')
  // one of them begins with a byte order mark, as spreadsheets do
  return {
    name: `${supplier.supplierId}_${file}.csv`,
    text: `${file === 'gst' ? '\ufeff' : ''}${text}\r\n`,
  }
}

const quoted = (cell: string): string =>
  /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

const orderHeadings = [
  ...['Reason for Credit Entry', 'Sub Order No', 'Catalog ID', 'Order Date', 'Order source'],
  ...['Customer State', 'Product Name', 'SKU', 'Size', 'Quantity'],
  ...['Supplier Listed Price (Incl. GST + Commission)'],
  ...['Supplier Discounted Price (Incl GST and Commision)', 'Packet Id'],
]
const orderLine = (order: Order): string[] => {
  const { variant } = order
  return [
    ...[order.status, order.no, variant.catalogId, dayOf(order.placedAt), 'Meesho', order.state],
    ...[variant.name, variant.sku, variant.size, String(order.quantity)],
    ...[rupees(variant.listedPaise), rupees(variant.pricePaise), order.packet?.id ?? ''],
  ]
}

const preamble = (supplier: Supplier): string[][] => [
  ['Meesho Supplier Panel'],
  [`Supplier Name: ${supplier.name}`],
  [`Supplier Id: ${supplier.supplierId}`],
  ['Report: Returns'],
  [''],
]
const returnHeadings = [
  ...['Product Name', 'SKU', 'Variation', 'Meesho PID', 'Qty', 'Category', 'Order Number'],
  ...['Suborder Number', 'Order Date', 'Dispatch Date', 'Return Created Date', 'Type of Return'],
  ...['Sub Type', 'Expected Delivery Date', 'Courier Partner', 'AWB Number', 'Status', 'Attempt'],
  ...['Tracking Link', 'Return Reason', 'Detailed Return Reason'],
]
const returnWords: Readonly<Record<ReturnWord, string>> = {
  CREATED: 'Pickup Pending',
  PICKED_UP: 'Picked Up',
  IN_TRANSIT: 'In Transit',
  OUT_FOR_DELIVERY: 'Out For Delivery',
  DELIVERED: 'Delivered',
  LOST: 'Lost',
  CANCELLED: 'Cancelled',
}
/** The panel knows two types: an exchange is a customer return by its second word. */
const returnLine = (one: Return): string[] => {
  const { order } = one
  const { variant, packet } = order
  const type = one.type === 'Exchange' ? 'Customer Return' : one.type
  const day = one.deliveredAt === undefined ? one.expectedOn : dayOf(one.deliveredAt)
  return [
    ...[
      variant.name,
      variant.sku,
      variant.size,
      variant.catalogId,
      String(order.quantity),
      'Fashion',
    ],
    ...[order.orderNo, order.no, dayOf(order.placedAt), packet ? dayOf(packet.at) : ''],
    ...[dayOf(one.createdAt), type, subTypes[one.type], day, packet?.courier ?? '', one.awb],
    ...[returnWords[one.status], one.attempt > 0 ? String(one.attempt) : ''],
    ...[`https://track.invalid/${one.awb}`, one.reason, one.detail],
  ]
}

const gstHeadings = [
  ...['gstin', 'sub_order_num', 'order_num', 'order_date', 'hsn_code', 'quantity', 'gst_rate'],
  ...['total_taxable_sale_value', 'tcs_taxable_amount', 'tax_amount', 'total_invoice_value'],
  ...['taxable_shipping', 'end_customer_state_new', 'eco_tcs_gstin', 'financial_year'],
  ...['month_number', 'supplier_id', 'identifier', 'enrollment_no', 'manifest_date'],
  ...['transaction_type', 'sup_name', 'reseller_state'],
]
const gstLine = (supplier: Supplier, order: Order): string[] => {
  const { variant, quantity } = order
  const total = variant.pricePaise * quantity
  const taxable = Math.round(total * 100 / (100 + variant.gstPercent))
  const hsn = String(6100_0000 + hashOf(0, variant.sku) % 500_0000)
  return [
    ...['27AAAAA0000A1Z5', order.no, order.orderNo, dayOf(order.placedAt), hsn, String(quantity)],
    ...[`${variant.gstPercent}.0`, rupees(taxable), rupees(taxable), rupees(total - taxable)],
    ...[rupees(total), '0.0', order.state, '29AAAAA0000A1Z5', '2026-27', '8'],
    ...[String(supplier.supplierId), supplier.id, 'nan', order.manifest?.date ?? ''],
    ...['Order', supplier.name, 'nan'],
  ]
}
