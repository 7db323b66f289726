/** Labels with their invoices, and manifests, as PDFs whose text says what they are for. */
import { textPdf } from 'robnu/testing'
import type { Manifest, Order, Supplier } from './model.ts'
import { dayOf, rupees } from './words.ts'

const linesPerPage = 60

/** One page for each parcel. */
export const labelPdf = (supplier: Supplier, orders: readonly Order[]): Uint8Array =>
  textPdf(orders.flatMap((order) => {
    const lines = labelOf(supplier, order)
    return [...lines, ...Array.from({ length: linesPerPage - lines.length }, () => '')]
  }))

const labelOf = (supplier: Supplier, order: Order): string[] => {
  const { no, orderNo, variant, quantity, packet } = order
  const total = variant.pricePaise * quantity
  const taxable = Math.round(total * 100 / (100 + variant.gstPercent))
  const [year = '', month = '', day = ''] = dayOf(order.placedAt).split('-')
  return [
    `Customer Address: ${order.state}`,
    `If undelivered, return to: ${supplier.name}`,
    `Return Code ${supplier.supplierId},${supplier.mark}${no.slice(-6).replace('_', '')}`,
    `${packet?.courier}`,
    `AWB ${packet?.awb}`,
    order.isPrepaid ? 'Prepaid: Do not collect cash' : `COD: Collect ${rupees(total)}`,
    'Product Details',
    'SKU   Size   Qty   Color   Order No.',
    `${variant.sku}   ${variant.size}   ${quantity}   ${variant.colour}   ${no}`,
    `Sub Order No. ${no}`,
    `SKU ${variant.sku}   Qty ${quantity}`,
    '',
    'TAX INVOICE',
    `Sold by ${supplier.name}`,
    `Purchase Order No. ${orderNo}`,
    `Invoice No. ${supplier.mark}${packet?.id.slice(2)}`,
    `Order Date ${day}.${month}.${year}`,
    `${variant.name}   Qty ${quantity}   Taxable ${rupees(taxable)}   ` +
    `GST ${variant.gstPercent}% ${rupees(total - taxable)}   Total ${rupees(total)}`,
  ]
}

export const manifestPdf = (supplier: Supplier, manifest: Manifest): Uint8Array =>
  textPdf([
    `MANIFEST ${manifest.id}`,
    `Courier: ${manifest.courier}`,
    `Supplier Name: ${supplier.name}`,
    `Date: ${manifest.date}`,
    'S. No.   Sub Order No.   AWB   SKU   Qty   Size   Packed',
    ...manifest.orders.map(({ no, packet, variant, quantity }, at) =>
      `${at + 1}   ${no}   ${packet?.awb}   ${variant.sku}   ${quantity}   ${variant.size}   [ ]`
    ),
  ])
