/** What Amazon prints: a label and a tax invoice, plain lines that a reader can check. */
import { textPdf } from 'robnu/testing'
import { distinctLines, type SandboxOrder } from './orders.ts'
import type { StandingParcel } from './parcels.ts'

export const labelPdf = (order: SandboxOrder, parcel: StandingParcel): Uint8Array =>
  textPdf(labelLines(order, parcel))

export const invoicePdf = (order: SandboxOrder): Uint8Array => textPdf(invoiceLines(order))

/** One PDF with both, as the Easy Ship report has them; a page for each. */
export const easyShipPdf = (
  order: SandboxOrder,
  parcel: StandingParcel,
  types: ReadonlySet<string>,
): Uint8Array => {
  const label = types.has('ShippingLabel') ? labelLines(order, parcel) : []
  const invoice = types.has('Invoice') ? invoiceLines(order) : []
  return textPdf([...label, ...(label.length > 0 ? [''] : []), ...invoice])
}

const labelLines = (order: SandboxOrder, { parcel }: StandingParcel): string[] => [
  `Amazon Transportation Services   ${parcel.carrier}`,
  `Order ID: ${order.id}`,
  `Tracking ID: ${parcel.trackingNumber}`,
  `Ship to: ${order.city}, ${order.state} ${order.postalCode}`,
  `Package: ${parcel.id}`,
]

const invoiceLines = (order: SandboxOrder): string[] => [
  'Tax Invoice/Bill of Supply/Cash Memo',
  `Order Number: ${order.id}`,
  `Invoice Number: IN-${order.id.slice(4)}`,
  ...distinctLines(order).map(({ sku, quantity, amount }) =>
    `${sku} Qty: ${quantity} Amount: ${amount ?? '0.00'}`
  ),
]
