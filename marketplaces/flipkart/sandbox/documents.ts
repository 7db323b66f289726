/** Labels, invoices and manifests, as PDFs whose text says what they are for. */
import { personFor, randomFor, type SandboxAnswer, textPdf } from 'robnu/testing'
import { livingOf, type Seller, type Shipment } from './model.ts'
import { dayOf, rupees } from './times.ts'

const piecesOf = (shipment: Shipment): number =>
  livingOf(shipment).reduce((sum, { quantity }) => sum + quantity, 0)

/** Name and address of the buyer stand on the label and nowhere else. */
export const labelOf = (seller: Seller, shipment: Shipment, seed: number): readonly string[] => {
  const { order, awb, courier, subs } = shipment
  const buyer = personFor(randomFor(seed, `buyer/${order.id}`))
  return subs.flatMap((_, at) => [
    `SHIPPING LABEL   ${order.payment}   ${courier ?? 'SELF'}`,
    `AWB ${awb}   Order ${order.id}   Shipment ${shipment.id}`,
    `Package ${at + 1} of ${subs.length}`,
    `Ship to ${buyer.name}`,
    `${buyer.line1}, ${buyer.line2}`,
    `${order.place.city} ${order.place.state} ${order.place.postalCode}`,
    `Sold by ${seller.name}   GSTIN ${seller.gstin}`,
    ...livingOf(shipment).map(({ product, quantity }) =>
      `SKU ${product.sku}   Qty ${quantity}   ${product.title}`
    ),
    `Pieces ${piecesOf(shipment)}`,
  ])
}

export const invoiceOf = (seller: Seller, shipment: Shipment): readonly string[] => {
  const living = livingOf(shipment)
  const total = living.reduce((sum, { totalPaise }) => sum + totalPaise, 0)
  return [
    `TAX INVOICE ${shipment.invoice?.number}   Date ${shipment.invoice?.date}`,
    `Order ${shipment.order.id}   Shipment ${shipment.id}   AWB ${shipment.awb}`,
    `Sold by ${seller.name}   GSTIN ${seller.gstin}`,
    ...living.map(({ product, quantity, totalPaise }) =>
      `SKU ${product.sku}   HSN ${product.hsn}   Qty ${quantity}   ` +
      `GST ${product.gstPercent}%   Amount ${rupees(totalPaise)}`
    ),
    `Pieces ${piecesOf(shipment)}   Total ${rupees(total)}`,
  ]
}

export const manifestOf = (
  seller: Seller,
  courier: string,
  shipments: readonly Shipment[],
  at: number,
): readonly string[] => [
  `MANIFEST   ${courier}   ${dayOf(at)}`,
  `Seller ${seller.name}   Location ${seller.location}   Shipments ${shipments.length}`,
  ...shipments.map((shipment, index) =>
    `${index + 1}  ${shipment.id}  ${shipment.order.id}  AWB ${shipment.awb}  ` +
    `Qty ${piecesOf(shipment)}`
  ),
]

export const pdf = (lines: readonly string[]): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/pdf' },
  bytes: textPdf(lines),
})
