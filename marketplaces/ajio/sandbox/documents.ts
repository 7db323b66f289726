/** The papers of a parcel and of a manifest, as PDFs whose text says what they are for. */
import { gstStateCode } from 'robnu/plugin'
import { hashOf, type SandboxAnswer, textPdf } from 'robnu/testing'
import { gstinFor } from './gstin.ts'
import type { Manifest, Order, Parcel, Pob } from './model.ts'
import { refused } from './wire.ts'
import { dayOf, rupees } from './words.ts'

export const paperNames = ['label', 'customer-invoice', 'vendor-invoice', 'packing-slip'] as const
export type PaperName = typeof paperNames[number]

/** AJIO invoices the buyer, and gets the seller's invoice, in the name of this invented company. */
const company = 'Fashion Portal Retail Limited'
export const billToOf = ({ place, spoiled }: Order): object => {
  const stateCode = gstStateCode(place.state) ?? '27'
  const gstin = gstinFor(stateCode, company)
  const last = gstin.slice(-1)
  const wrong = gstin.slice(0, -1) + (last === '0' ? '1' : '0')
  return {
    name: company,
    gstin: spoiled === 'gstin' ? wrong : gstin,
    address: `Fulfilment Centre, ${place.city}, ${place.state}`,
    stateCode,
  }
}

/** Each paper is there some minutes after the package, the label first. */
export const paperOf = (pob: Pob, parcel: Parcel, name: PaperName, at: number): SandboxAnswer => {
  const later = name === 'label' ? 0 : hashOf(0, `${parcel.id}/${name}`) % 180
  return at < parcel.labelAt + later * 1000 ? notReady() : pdf(papers[name](pob, parcel))
}

export const manifestPaper = (pob: Pob, manifest: Manifest, at: number): SandboxAnswer => {
  const { closedAt, id, dispatchDate, parcels } = manifest
  if (closedAt === undefined || at < closedAt + 60_000) return notReady()
  return pdf([
    `MANIFEST ${id}`,
    `Store ${pob.storeCode} ${pob.storeName}   POB ${pob.id}`,
    `Dispatch date ${dispatchDate}   Shipments ${parcels.size}`,
    ...[...parcels].map((parcel, index) =>
      `${index + 1}  ${parcel.id}  ${parcel.order.no}  AWB ${parcel.awb}  ` +
      `${parcel.carrier}  Qty ${piecesOf(parcel)}`
    ),
  ])
}

const headOf = (title: string, pob: Pob, { order, id, awb, carrier }: Parcel): string[] => [
  title,
  `Order ${order.no}   Shipment ${id}   PO ${order.poNo}`,
  `AWB ${awb}   Carrier ${carrier}`,
  `Store ${pob.storeCode} ${pob.storeName}`,
]
const itemsOf = ({ lines }: Parcel): string[] =>
  lines.map(({ line: { product }, quantity }) =>
    `SKU ${product.sku}   EAN ${product.ean}   Qty ${quantity}   ${product.description}`
  )
const pricedOf = ({ lines }: Parcel): string[] =>
  lines.map(({ line: { product }, quantity }) =>
    `SKU ${product.sku}   HSN ${product.hsn}   Qty ${quantity}   ` +
    `Rate ${rupees(product.pricePaise)}   GST ${product.gstPercent}%   ` +
    `Amount ${rupees(product.pricePaise * quantity)}`
  )
const totalOf = ({ lines }: Parcel): string =>
  rupees(lines.reduce((sum, { line, quantity }) => sum + line.product.pricePaise * quantity, 0))
const piecesOf = ({ lines }: Parcel): number => lines.reduce((sum, one) => sum + one.quantity, 0)

const papers: Readonly<Record<PaperName, (pob: Pob, parcel: Parcel) => string[]>> = {
  'label': (pob, parcel) => [
    ...headOf('SHIPPING LABEL', pob, parcel),
    `Ship to ${parcel.order.place.city} ${parcel.order.place.state} ` +
    parcel.order.place.postalCode,
    ...itemsOf(parcel),
    `Pieces ${piecesOf(parcel)}`,
  ],
  'customer-invoice': (pob, parcel) => [
    ...headOf('TAX INVOICE', pob, parcel),
    `Sold by ${company}   Date ${dayOf(parcel.packedAt)}`,
    ...pricedOf(parcel),
    `Pieces ${piecesOf(parcel)}   Total ${totalOf(parcel)}`,
  ],
  'vendor-invoice': (pob, parcel) => [
    ...headOf('VENDOR INVOICE', pob, parcel),
    `Invoice ${parcel.invoiceNo}   Date ${parcel.invoiceDate}   GSTIN ${pob.gstin}`,
    `Billed to ${company}`,
    ...pricedOf(parcel),
    `Pieces ${piecesOf(parcel)}   Total ${totalOf(parcel)}`,
  ],
  'packing-slip': (pob, parcel) => [
    ...headOf('PACKING SLIP', pob, parcel),
    ...itemsOf(parcel),
    `Pieces ${piecesOf(parcel)}`,
  ],
}

const notReady = (): SandboxAnswer => refused(404, 'NOT_READY', 'The document is not made yet.')
const pdf = (lines: readonly string[]): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/pdf' },
  bytes: textPdf(lines),
})
