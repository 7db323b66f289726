/** The settlement workbook as Flipkart gives it: three rows of headings, names that occur twice. */
import { type Cell, type Sheet, workbookOf } from 'robnu/testing'
import type { Amounts, Due, Neft } from './model.ts'
import { feesOf, netOf, taxesOf } from './settling.ts'
import { dayOf, rupees } from './times.ts'

/** By NEFT, every line that was paid. */
export const settlementBook = (nefts: readonly Neft[]): Uint8Array => {
  const lines = nefts.flatMap((neft) => neft.dues.map((due, at) => ({ neft, due, at })))
  const of = (sheet: Due['sheet']) => lines.filter(({ due }) => due.sheet === sheet)
  return workbookOf([
    {
      name: 'Report Help',
      rows: [['Settlement report'], ['Bank Settlement Value (Rs.) = SUM(J:R)'], [
        'Marketplace Fee (Rs.) = SUM (V:AI)',
      ]],
    },
    orderSheet(of('Orders')),
    otherSheet('MP Fee Rebate', rebateNames, of('MP Fee Rebate'), ({ neft, due }, id) => [
      ...[neft.id, 'Platform', dayOf(neft.paidAt), money(netOf(due.amounts)), null, id],
    ]),
    otherSheet('Storage & Recall', storageNames, of('Storage & Recall'), ({ neft, due }, id) => [
      ...[neft.id, dayOf(neft.paidAt), money(netOf(due.amounts)), null, 'Storage Fee', '', id],
      ...['IN-KA', '', money(due.amounts.sale), money(due.amounts.feeGst)],
    ]),
    otherSheet('Non_Order_SPF', claimNames, of('Non_Order_SPF'), ({ neft, due }, id) => [
      ...[neft.id, dayOf(neft.paidAt), money(netOf(due.amounts)), null, id, 'Damaged in return'],
      ...[null, due.item?.product.sku ?? '', due.item?.product.fsn ?? ''],
      ...[money(due.item?.product.pricePaise ?? 0), ''],
    ]),
    otherSheet('TDS', tdsNames, of('TDS'), ({ neft, due }, id) => [
      ...[neft.id, dayOf(neft.paidAt), money(netOf(due.amounts)), null, 'TDS claim', id],
    ]),
    otherSheet('Ads', adsNames, of('Ads'), ({ neft, due }, id) => [
      ...[neft.id, dayOf(neft.paidAt), money(netOf(due.amounts)), null, 'Product Ads', id],
      ...[money(due.amounts.sale), money(0), money(0), money(0), money(due.amounts.feeGst)],
    ]),
  ])
}

interface Line {
  readonly neft: Neft
  readonly due: Due
  readonly at: number
}
const money = (paise: number): Cell => ({ number: rupees(paise) })

const settled = 'Settlement Value (Rs.)'
const rebateNames = ['NEFT ID', 'Neft Type', 'Payment Date', settled, '', 'Order ID/Rebate ID']
const storageNames = [
  ...['NEFT ID', 'Payment Date', 'Settlement Value(Rs.) = SUM(J:K)', '', 'Service Name'],
  ...['Listing ID', 'Recall ID', 'Warehouse State Code', 'FSN', 'Marketplace Fee (Rs.)'],
  'Taxes (Rs.)',
]
const claimNames = [
  ...['NEFT ID', 'Payment Date', settled, '', 'Claim ID', 'Protection Reason', '', 'Seller SKU'],
  ...['FSN', 'Selling Price', 'Warehouse ID'],
]
const tdsNames = ['NEFT ID', 'Payment Date', settled, '', 'Type', 'Claim ID']
const adsNames = [
  ...['NEFT ID', 'Payment Date', `${settled} = SUM(G:K)`, '', 'Type'],
  ...['Campaign ID/Transaction ID', 'Wallet Redeem (Rs.)', 'Wallet Redeem Reversal (Rs.)'],
  ...['Wallet Topup (Rs.)', 'Wallet Refund (Rs.)', 'GST on Ads Fees (Rs.)'],
]

/** Of a line that has no order: unique in its account. */
const idOf = ({ neft, at }: Line): string => `${neft.id.slice(4)}${String(at).padStart(4, '0')}`

const otherSheet = (
  name: string,
  names: readonly string[],
  lines: readonly Line[],
  cells: (line: Line, id: string) => readonly Cell[],
): Sheet => ({
  name,
  rows: [['Payment Details'], names, ...lines.map((line) => cells(line, idOf(line)))],
})

const groups = ['Payment Details', ...Array<null>(6).fill(null), 'Transaction Summary']
const sumOf = (name: string, from: string) => `${name}\n= SUM ${from}`
const orderNames = [
  ...['NEFT ID', 'Neft Type', ' Payment Date', 'Bank Settlement Value (Rs.) \n= SUM(J:R)'],
  ...['Input GST + TCS Credits (Rs.) [GST+TCS]', 'Income Tax Credits (Rs.) [TDS]', ''],
  ...['Order ID', 'Order item ID', 'Sale Amount (Rs.)', 'Total Offer Amount (Rs.)'],
  ...['My share (Rs.)', 'Customer Add-ons Amount (Rs.)'],
  ...[sumOf('Marketplace Fee (Rs.)', '(V:AI)'), 'Taxes (Rs.)', 'Offer Adjustments (Rs.)'],
  ...['Protection Fund (Rs.)', 'Refund (Rs.)', '', 'Tier', 'Commission Rate (%)'],
  ...['Commission (Rs.)', 'Fixed Fee  (Rs.)', 'Collection Fee (Rs.)', 'Pick And Pack Fee (Rs.)'],
  ...['Shipping Fee (Rs.)', 'Reverse Shipping Fee (Rs.)', 'No Cost Emi Fee Reimbursement(Rs.)'],
  ...['Installation Fee (Rs.)', 'Tech Visit Fee (Rs.)', 'Uninstallation & Packaging Fee (Rs.)'],
  ...['Customer Add-ons Amount Recovery (Rs.)', 'Franchise Fee (Rs.)'],
  ...['Shopsy Marketing Fee (Rs.)', 'Product Cancellation Fee (Rs.)', '', 'TCS (Rs.)'],
  ...['TDS (Rs.)', 'GST on MP Fees (Rs.)', '', 'Offer amount settled as Discount in MP Fee (Rs.)'],
  ...['Item GST Rate (%)', 'Discount in MP fees (Rs.)', 'GST on Discount (Rs.)'],
  ...['Total Discount (Rs.)', 'Offer Adjustment (Rs.)', '', 'Dead Weight (kgs)'],
  ...['Length*Breadth*Height', 'Volumetric Weight (kgs)', 'Chargeable Weight Source'],
  ...['Chargeable Weight Type', 'Chargeable Weight Slab (In Kgs)', 'Shipping Zone', ''],
  ...['Order Date', 'Dispatch Date', 'Fulfilment Type', 'Seller SKU', 'Quantity'],
  ...['Product Sub Category', 'Additional Information', 'Return Type', 'Shopsy Order'],
  ...['Item Return Status', '', 'Invoice ID', 'Invoice Date', '', 'Sale Amount (Rs.)'],
  ...['Total Offer Amount (Rs.)', 'My Share (Rs.)'],
]

const orderSheet = (lines: readonly Line[]): Sheet => ({
  name: 'Orders',
  // the third row says of a few columns what they hold
  rows: [
    groups,
    orderNames,
    [...Array<null>(3).fill(null), '(A)', '(B)', '(C)'],
    ...lines.map(cells),
  ],
})

const cells = ({ neft, due }: Line): readonly Cell[] => {
  const { item, kind, amounts } = due
  const shipment = item?.order.shipments.find(({ items }) => items.includes(item))
  const isRefund = kind === 'refund'
  return [
    ...[neft.id, 'Postpaid', dayOf(neft.paidAt), money(netOf(amounts))],
    ...[money(-amounts.feeGst - amounts.tcs), money(-amounts.tds), null],
    // a spreadsheet would cut the last digits of a long number off
    ...[item?.order.id ?? '', `'${item?.id ?? ''}`],
    ...[money(amounts.sale), money(amounts.offer), money(amounts.share), money(0)],
    ...[money(feesOf(amounts)), money(taxesOf(amounts)), money(0), money(0), money(amounts.refund)],
    ...[null, 'Silver', { number: '7' }],
    ...feeNames.map((name) => money(name === null ? 0 : amounts[name])),
    ...[null, money(amounts.tcs), money(amounts.tds), money(amounts.feeGst), null],
    ...[money(0), { number: String(item?.product.gstPercent ?? 0) }, money(0), money(0), money(0)],
    ...[money(0), null, { number: '0.4' }, '28*22*6', { number: '0.74' }, 'Seller', 'Volumetric'],
    ...['0.5-1.0', 'NATIONAL', null, item ? dayOf(item.order.placedAt) : ''],
    ...[shipment ? dayOf(shipment.updatedAt) : '', 'NON_FBF', `SKU:${item?.product.sku ?? ''}`],
    ...[
      { number: String(isRefund ? 1 : item?.quantity ?? 0) },
      'clothing',
      '',
      isRefund ? 'customer_return' : 'NA',
    ],
    ...['No', isRefund ? 'Returned' : 'NA', null, shipment?.invoice?.number ?? ''],
    ...[shipment?.invoice?.date ?? '', null, money(amounts.sale), money(amounts.offer)],
    money(amounts.share),
  ]
}

/** In the order of the columns V to AI. */
const feeNames: readonly (keyof Amounts | null)[] = [
  ...['commission', 'fixedFee', 'collectionFee', null, 'shippingFee', 'reverseFee'] as const,
  ...[null, null, null, null, null, null, null, 'cancelFee'] as const,
]
