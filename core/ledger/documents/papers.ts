/** What stands on each paper. Pure: a record in, bytes out; the same record gives the same bytes. */
import { stateName } from '../../plugin.ts'
import { dayInIndia } from '../processing/cutoff.ts'
import { createPaper, type Paper } from './paper.ts'
import { type ManifestRecord, type OrderRecord, type Party, piecesOf } from './record.ts'
import { inWords, percent, rupees, splitTax, type Tax } from './tax.ts'

/** Of a label printer: four inches by six. */
const labelSize = [288, 432] as const

export const packingSlip = async (record: OrderRecord): Promise<Uint8Array> => {
  const { orderNumber, shipment, seller, buyer, lines } = record
  const paper = await createPaper({ title: `Packing slip ${orderNumber}`, at: record.orderedAt })
  const { left, width } = paper
  let y = heading(paper, 'PACKING SLIP', record)
  if (shipment?.awb) paper.barcode(shipment.awb, left + width - 220, y, 220, 44)
  y += two(paper, y, ['Shipped by', seller], ['Ship to', buyer ?? marketplaceOf(record)], 62)
  y = paper.table(
    [
      { title: 'No.', width: 30 },
      { title: 'SKU', width: 150 },
      { title: 'Description', width: width - 250 },
      { title: 'Quantity', width: 70, align: 'right' },
    ],
    lines.map(({ sku, title, quantity, externalId }, at) => [
      String(at + 1),
      sku ?? externalId,
      title ?? '',
      `${quantity} pcs`,
    ]),
    y,
  )
  y = paper.fit(y + 6, 12)
  paper.text(`Total ${piecesOf(record)} pieces`, left, y, width, { bold: true, align: 'right' })
  return await paper.end()
}

/** The seller's invoice to the marketplace, which sells on. */
export const vendorInvoice = (record: OrderRecord): Promise<Uint8Array> =>
  invoice(record, record.billTo ?? marketplaceOf(record))

/** The seller's invoice to the buyer. */
export const customerInvoice = (record: OrderRecord): Promise<Uint8Array> =>
  invoice(record, record.buyer ?? marketplaceOf(record))

const invoice = async (record: OrderRecord, to: Party): Promise<Uint8Array> => {
  const { orderNumber, seller, shipment, lines } = record
  const number = record.invoice?.number ?? orderNumber
  const paper = await createPaper({ title: `Tax invoice ${number}`, at: record.orderedAt })
  const { left, width } = paper
  const place = to.stateCode ?? record.placeOfSupply
  const isWithin = place !== null && place === (seller.stateCode ?? seller.gstin?.slice(0, 2))
  let y = heading(paper, 'TAX INVOICE', record)
  y += two(paper, y, ['Sold by', seller], ['Bill to', to], 0)
  const facts = [
    `Invoice number: ${number}`,
    `Invoice date: ${record.invoice?.date ?? dayInIndia(record.orderedAt)}`,
    `Place of supply: ${place === null ? '-' : `${place} ${stateName(place) ?? ''}`}`,
    `Shipment: ${shipment?.number ?? '-'}, AWB: ${shipment?.awb ?? '-'}`,
  ]
  y += paper.text(facts.join('\n'), left, y, width) + 6
  const taxed = lines.map((line) => ({
    ...line,
    tax: splitTax(line.totalPaise ?? 0, line.gstRateBp ?? 0, isWithin),
  }))
  const split: readonly [string, (tax: Tax) => number][] = isWithin
    ? [['CGST', (tax) => tax.cgstPaise], ['SGST', (tax) => tax.sgstPaise]]
    : [['IGST', (tax) => tax.igstPaise]]
  const money = { width: 52, align: 'right' } as const
  const fixed = 20 + 84 + 48 + 42 + 30 + money.width * (2 + split.length)
  y = paper.table(
    [
      { title: 'No.', width: 20 },
      { title: 'SKU', width: 84 },
      { title: 'Description', width: width - fixed },
      { title: 'HSN', width: 48 },
      { title: 'Quantity', width: 42, align: 'right' },
      { title: 'GST', width: 30, align: 'right' },
      { title: 'Taxable', ...money },
      ...split.map(([title]) => ({ title, ...money })),
      { title: 'Total', ...money },
    ],
    taxed.map((line, at) => [
      String(at + 1),
      line.sku ?? line.externalId,
      line.title ?? '',
      line.hsn ?? '',
      `${line.quantity} pcs`,
      line.gstRateBp === null ? '-' : `${percent(line.gstRateBp)}%`,
      rupees(line.tax.taxablePaise),
      ...split.map(([, of]) => rupees(of(line.tax))),
      rupees(line.totalPaise ?? 0),
    ]),
    y,
    { size: 7.5 },
  )
  const sum = (of: (line: (typeof taxed)[number]) => number): number =>
    taxed.reduce((total, line) => total + of(line), 0)
  const total = sum(({ totalPaise }) => totalPaise ?? 0)
  y = paper.fit(y + 6, 160)
  const totals: readonly (readonly [string, string])[] = [
    ['Taxable value', rupees(sum(({ tax }) => tax.taxablePaise))],
    ...split.map(([title, of]) => [title, rupees(sum(({ tax }) => of(tax)))] as const),
    [`Total (${record.currency})`, rupees(total)],
  ]
  for (const [name, value] of totals) {
    const bold = name.startsWith('Total')
    paper.text(name, left + width - 220, y, 120, { align: 'right', bold })
    y += paper.text(value, left + width - 95, y, 92, { align: 'right', bold })
  }
  y += paper.text(inWords(total), left, y + 4, width, { bold: true }) + 10
  y += paper.text('Tax is payable on reverse charge: No', left, y, width, { size: 8 }) + 6
  paper.text(`For ${seller.name}`, left + width - 200, y, 200, { align: 'right' })
  paper.text('Authorised signatory', left + width - 200, y + 44, 200, { align: 'right', size: 8 })
  return await paper.end()
}

export const label = async (record: OrderRecord): Promise<Uint8Array> => {
  const { orderNumber, orderedAt, shipment, buyer, seller } = record
  const paper = await createPaper({
    ...{ title: `Label ${orderNumber}`, at: orderedAt, size: labelSize, margin: 14 },
  })
  const { left, width } = paper
  let y = 14
  y += paper.text(
    [record.marketplace, ...shipment?.carrier ? [shipment.carrier] : []].join(' - '),
    left,
    y,
    width,
    {
      ...{ size: 12, bold: true },
    },
  )
  if (shipment?.awb) paper.barcode(shipment.awb, left, y + 4, width, 58)
  y += 84
  paper.rule(y)
  y += 5 + paper.text('Ship to', left, y + 5, width, { size: 8 })
  y += party(paper, buyer ?? marketplaceOf(record), left, y, width, 10) + 6
  if (buyer?.phone) y += paper.text(`Phone: ${buyer.phone}`, left, y, width, { size: 9 }) + 4
  paper.rule(y)
  y += 5 + paper.text(`Order ${orderNumber}`, left, y + 5, width, { size: 9, bold: true })
  const returnSize = 7.5
  const returnHeight = 14 + partyHeight(paper, seller, width, returnSize)
  y += contents(paper, record, y, paper.bottom - returnHeight - 16)
  y += 6 + paper.text(`Total ${piecesOf(record)} pieces`, left, y, width, { size: 8, bold: true })
  paper.rule(y)
  y += 5 + paper.text('If undelivered, return to', left, y + 5, width, { size: 7 })
  party(paper, seller, left, y, width, returnSize)
  return await paper.end()
}

/** As many lines as there is room for above `bottom`; of the others how many they are. */
const contents = (paper: Paper, { lines }: OrderRecord, from: number, bottom: number): number => {
  const { left, width } = paper
  const style = { size: 8 }
  const texts = lines.map(({ sku, externalId, quantity }) =>
    `${sku ?? externalId} - ${quantity} pcs`
  )
  let y = from
  for (const [at, text] of texts.entries()) {
    const isLast = at === texts.length - 1
    const room = bottom - y - (isLast ? 0 : paper.height('and', width, style))
    if (paper.height(text, width, style) > room) {
      const rest = lines.slice(at)
      const more = `and ${rest.length} more, ${piecesOf({ lines: rest })} pieces: see packing slip`
      return y - from + paper.text(more, left, y, width, style)
    }
    y += paper.text(text, left, y, width, style)
  }
  return y - from
}

export const manifestList = async (record: ManifestRecord): Promise<Uint8Array> => {
  const { number, seller, dispatchDate, closedAt, parcels } = record
  const at = closedAt ?? new Date(dispatchDate ?? 0)
  const paper = await createPaper({ title: `Manifest ${number}`, at })
  const { left, width } = paper
  let y = 36
  y += paper.text(`MANIFEST ${number}`, left, y, width, { size: 15, bold: true })
  const pieces = parcels.reduce((sum, parcel) => sum + (parcel.pieces ?? 0), 0)
  const facts = [
    `${record.marketplace}, seller: ${seller.name}${seller.gstin ? `, GSTIN ${seller.gstin}` : ''}`,
    `Dispatch date: ${dispatchDate ?? '-'}`,
    `${parcels.length} shipments, ${pieces} pieces`,
  ]
  y += paper.text(facts.join('\n'), left, y + 4, width) + 12
  y = paper.table(
    [
      { title: 'No.', width: 30 },
      { title: 'Shipment', width: 100 },
      { title: 'Order', width: 120 },
      { title: 'AWB', width: 120 },
      { title: 'Courier', width: width - 430 },
      { title: 'Quantity', width: 60, align: 'right' },
    ],
    parcels.map((parcel, index) => [
      ...[String(index + 1), parcel.number, parcel.orderNumber ?? '-', parcel.awb ?? '-'],
      ...[parcel.carrier ?? '-', parcel.pieces === null ? '-' : `${parcel.pieces} pcs`],
    ]),
    y,
  )
  y = paper.fit(y + 16, 90)
  const half = width / 2
  paper.text('Handed over by (seller)\n\n\nName, signature, time', left, y, half)
  paper.text('Taken over by (courier)\n\n\nName, signature, time', left + half, y, half)
  return await paper.end()
}

const heading = (paper: Paper, title: string, record: OrderRecord): number => {
  const { left, width } = paper
  let y = 36
  y += paper.text(title, left, y, width, { size: 15, bold: true }) + 2
  const order = `order ${record.orderNumber} of ${dayInIndia(record.orderedAt)}`
  y += paper.text(`${record.marketplace}, ${order}`, left, y, width) + 4
  paper.rule(y)
  return y + 8
}

/** Two parties side by side; `below` is kept free on the right, above the second one. */
const two = (
  paper: Paper,
  y: number,
  [oneTitle, one]: readonly [string, Party],
  [otherTitle, other]: readonly [string, Party],
  below: number,
): number => {
  const half = paper.width / 2
  const right = paper.left + half
  const first = titled(paper, oneTitle, one, paper.left, y, half - 10)
  const second = titled(paper, otherTitle, other, right, y + below, half)
  return Math.max(first, second + below) + 12
}

const titled = (
  paper: Paper,
  title: string,
  who: Party,
  x: number,
  y: number,
  width: number,
): number => {
  const height = paper.text(title, x, y, width, { size: 8 })
  return height + party(paper, who, x, y + height, width, 9)
}

const belowName = ({ address, gstin, stateCode }: Party): string => {
  const state = stateCode === null ? [] : [`State: ${stateCode} ${stateName(stateCode) ?? ''}`]
  return [...address, ...gstin ? [`GSTIN: ${gstin}`] : [], ...state].join('\n')
}
const partyHeight = (paper: Paper, who: Party, width: number, size: number): number =>
  paper.height(`${who.name}\n${belowName(who)}`, width, { size, bold: true })

const party = (
  paper: Paper,
  who: Party,
  x: number,
  y: number,
  width: number,
  size: number,
): number => {
  const height = paper.text(who.name, x, y, width, { size, bold: true })
  const rest = belowName(who)
  return height + (rest === '' ? 0 : paper.text(rest, x, y + height, width, { size }))
}

/** Where nobody else is told: the marketplace itself. */
const marketplaceOf = ({ marketplace, placeOfSupply }: OrderRecord): Party => ({
  name: marketplace,
  address: [],
  gstin: null,
  stateCode: placeOfSupply,
})
