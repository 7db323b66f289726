/** The order and return files of the seller portal, as CSV. */
import { personFor, randomFor } from 'robnu/testing'
import type { Return, Seller, Shipment } from './model.ts'
import { dayOf, rupees } from './times.ts'
import { stateOf } from './wire.ts'

const quoted = (text: string): string =>
  /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
const csv = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => row.map(quoted).join(',')).join('\r\n') + '\r\n'

const orderNames = [
  ...['Ordered On', 'Shipment ID', 'ORDER ITEM ID', 'Order Id', 'HSN CODE', 'Order State'],
  ...['Order Type', 'FSN', 'SKU', 'Product', 'Invoice No.', 'CGST', 'IGST', 'SGST'],
  ...['Invoice Date (mm/dd/yy)', 'Invoice Amount', 'Selling Price Per Item'],
  ...['Shipping and Handling Charges', 'Quantity', 'Price inc. FKMP Contribution & Subsidy'],
  ...['Buyer name', 'Ship to name', 'Address Line 1', 'Address Line 2', 'City', 'State'],
  ...['PIN Code', 'Dispatch After date', 'Dispatch by date', 'Form requirement', 'Tracking ID'],
  ...['Package Length (cm)', 'Package Breadth (cm)', 'Package Height (cm)'],
  ...['Package Weight (kg)', 'Ready to Make', 'With Attachment'],
]
/** `Aug 14, 2026 17:03:00`. */
const portalTime = (ms: number): string => {
  const found = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms + 19_800_000).toUTCString())
  return found ? `${found[2]} ${found[1]}, ${found[3]} ${found[4]}` : ''
}
const shortDay = (day: string): string => `${day.slice(5, 7)}/${day.slice(8)}/${day.slice(2, 4)}`

/** Of shipments that were ordered on these days in India. */
export const ordersFile = (seller: Seller, from: string, to: string, seed: number): string => {
  const chosen = [...seller.shipments.values()].filter(({ order }) => {
    const day = dayOf(order.placedAt)
    return day >= from && day <= to
  })
  return csv([orderNames, ...chosen.flatMap((shipment) => orderRows(shipment, seed))])
}

const orderRows = (shipment: Shipment, seed: number): readonly (readonly string[])[] =>
  shipment.items.map((item) => {
    const { order, invoice, subs } = shipment
    const { product, quantity, totalPaise } = item
    const buyer = personFor(randomFor(seed, `buyer/${order.id}`))
    const tax = totalPaise - Math.round(totalPaise * 100 / (100 + product.gstPercent))
    const box = subs[0]?.dimensions
    return [
      ...[portalTime(order.placedAt), `'${shipment.id}`, `'${item.id}`, order.id, product.hsn],
      ...[stateOf(item, shipment), shipment.type, product.fsn, product.sku, product.title],
      ...[invoice?.number ?? '', 'NA', rupees(tax), 'NA'],
      ...[invoice ? shortDay(invoice.date) : '', rupees(totalPaise), rupees(product.pricePaise)],
      ...[rupees(item.shippingPaise), String(quantity), rupees(totalPaise)],
      ...[buyer.name, buyer.name, buyer.line1, buyer.line2, order.place.city, order.place.state],
      ...[order.place.postalCode, portalTime(shipment.dispatchAfter)],
      ...[portalTime(shipment.dispatchBy), 'No', shipment.awb ?? ''],
      ...[box?.length, box?.breadth, box?.height, box?.weight].map((one) => String(one ?? '')),
      ...['No', 'No'],
    ]
  })

const returnNames = [
  ...['Location ID', 'Order ID', 'Order Item ID', 'Return ID', 'Tracking ID', 'Shipment ID'],
  ...['Replacement Order Item ID', 'SKU', 'FSN', 'Product', 'Total Price', 'Quantity', 'FF Type'],
  ...['Return Requested Date', 'Return Approval Date', 'Picked Up Date', 'Out For Delivery Date'],
  ...['Completed Date', 'Return Delivery Promise Date', 'Shipment Type', 'Return Status'],
  ...['Completion Status', 'Return Type', 'Return Reason', 'Return Sub-reason', 'Comments'],
  ...['Vendor Name', 'Location Name', 'Order Type', 'Return Result'],
]
export const returnsFile = (seller: Seller, from: string, to: string): string => {
  const chosen = [...seller.returns.values()].filter(({ createdAt }) => {
    const day = dayOf(createdAt)
    return day >= from && day <= to
  })
  return csv([returnNames, ...chosen.map(returnRow)])
}

const returnRow = (one: Return): readonly string[] => {
  const { item, shipment, source } = one
  const done = one.status === 'COMPLETED'
  return [
    ...[shipment.location, item.order.id, `'${item.id}`, `'${one.id}`, one.trackingId ?? ''],
    ...[shipment.id, '', item.product.sku, item.product.fsn, item.product.title],
    ...[rupees(Math.floor(item.totalPaise / item.quantity)), '1', 'NON_FBF'],
    ...[portalTime(one.createdAt), one.approvedAt === undefined ? '' : portalTime(one.approvedAt)],
    ...['', '', done ? portalTime(one.updatedAt) : '', portalTime(one.expectedAt)],
    ...[shipment.type, statusWords[one.status], done ? 'DELIVERED' : ''],
    ...[source, one.reason, '', one.comments ?? '', shipment.courier ?? '', '', 'NORMAL', ''],
  ]
}
const statusWords: Readonly<Record<Return['status'], string>> = {
  CREATED: 'in_transit',
  COMPLETED: 'completed',
  CANCELLED: 'return_cancelled',
}
