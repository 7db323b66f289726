/** The payment file, as sellers download it: a zip with one workbook, all of its cells texts. */
import { type Cell, hashOf, type Sheet, workbookOf, zipOf } from 'robnu/testing'
import { type Adjustment, type Due, moneyColumns, type Order, totalOf } from './model.ts'
import type { Supplier } from './model.ts'
import { dayOf } from './words.ts'

export type Kind = 'PREVIOUS' | 'OUTSTANDING'
interface Ask {
  readonly kind: Kind
  readonly from: string
  readonly to: string
}

/** Letter, group, name. Two columns have the name "Fixed Fee (Incl. GST)". */
const columns: readonly (readonly [string, string, string])[] = [
  ['A', 'Order Related Details', 'Sub Order No'],
  ['B', '', 'Order Date'],
  ['C', '', 'Dispatch Date'],
  ['D', '', 'Product Name'],
  ['E', '', 'Supplier SKU'],
  ['F', '', 'Live Order Status'],
  ['G', '', 'Product GST %'],
  ['H', '', 'Listing Price (Incl. taxes)'],
  ['I', '', 'Quantity'],
  ['J', 'Payment Details', 'Transaction ID'],
  ['K', '', 'Payment Date'],
  ['L', '', 'Final Settlement Amount'],
  ['M', '', 'Price Type'],
  ['N', 'Revenue Details', 'Total Sale Amount (Incl. Shipping & GST)'],
  ['O', '', 'Total Sale Return Amount (Incl. Shipping & GST)'],
  ['P', '', 'Fixed Fee (Incl. GST)'],
  ['Q', '', 'Warehousing fee (inc Gst)'],
  ['R', '', 'Return premium (incl GST)'],
  ['S', '', 'Return premium (incl GST) of Return'],
  ['T', 'Deductions', 'Meesho Commission Percentage'],
  ['U', '', 'Meesho Commission (Incl. GST)'],
  ['V', '', 'Meesho gold platform fee (Incl. GST)'],
  ['W', '', 'Meesho mall platform fee (Incl. GST)'],
  ['X', '', 'Fixed Fee (Incl. GST)'],
  ['Y', '', 'Warehousing fee (Incl. GST)'],
  ['Z', '', 'Return Shipping Charge (Incl. GST)'],
  ['AA', '', 'GST Compensation (PRP Shipping)'],
  ['AB', '', 'Shipping Charge (Incl. GST)'],
  ['AC', 'Other Charges', 'Other Support Service Charges (Excl. GST)'],
  ['AD', '', 'Waivers (Excl. GST)'],
  ['AE', '', 'Net Other Support Service Charges (Excl. GST)'],
  ['AF', '', 'GST on Net Other Support Service Charges'],
  ['AG', 'TCS & TDS', 'TCS'],
  ['AH', '', 'TDS Rate %'],
  ['AI', '', 'TDS'],
  ['AJ', 'Compensation, Claims & Recovery', 'Compensation'],
  ['AK', '', 'Claims'],
  ['AL', '', 'Recovery'],
  ['AM', '', 'Compensation Reason'],
  ['AN', '', 'Claims Reason'],
  ['AO', '', 'Recovery Reason'],
]
const headings: Readonly<Record<Adjustment['sheet'], readonly string[]>> = {
  'Ads Cost': [
    ...['Deduction Duration', 'Deduction Date', 'Campaign ID', 'Ad Cost'],
    ...['Credits / Waivers / Discounts', 'Ad Cost incl. Credits/Waivers/Discounts'],
    ...['GST (18 %)', 'Total Ads Cost'],
  ],
  'Referral Payments': [
    ...['Reward Id', 'Payment Date', 'Store Name', 'Reason', 'Net Referral Amount'],
    'Taxes (GST/TDS)',
  ],
  'Compensation and Recovery': ['Date', 'Program Name', 'Reason', 'Amount (inc GST) INR'],
}
const noData = 'No data is available for these dates.'
const disclaimer: Sheet = {
  name: 'Disclaimer',
  rows: [['This file is computer generated.'], ['Live Order Status is that of the download.']],
}

/** The rows of a file: those paid, or expected, on its days. */
export const duesOf = ({ dues }: Supplier, { kind, from, to }: Ask): readonly Due[] =>
  dues.filter(({ payment, dueOn }) => {
    const day = kind === 'PREVIOUS' ? payment?.paidOn : payment ? undefined : dueOn
    return day !== undefined && day >= from && day <= to
  })
export const adjustmentsOf = (
  { adjustments }: Supplier,
  { kind, from, to }: Ask,
): readonly Adjustment[] =>
  adjustments.filter(({ day }) => kind === 'PREVIOUS' && day >= from && day <= to)

export const fileName = ({ supplierId }: Supplier, { kind, from, to }: Ask): string =>
  `${supplierId}_SP_ORDER_ADS_REFERRAL_PAYMENT_FILE_${kind}_PAYMENT_${from}_${to}`

/** `content`: what is in it, the same wherever it is packed. */
export const paymentFile = (
  supplier: Supplier,
  ask: Ask,
): { readonly bytes: Uint8Array; readonly content: string } => {
  const rows = duesOf(supplier, ask).map(rowOf)
  const letters = columns.map(([letter]) =>
    letter === 'L' ? `L = ${moneyColumns.join('+')}` : letter
  )
  const payments: Sheet = {
    name: 'Order Payments',
    rows: [
      columns.map(([, group]) => group || null),
      columns.map(([, , name]) => name),
      letters,
      ...rows.length > 0 ? rows : [[noData]],
    ],
  }
  const adjusted = adjustmentsOf(supplier, ask)
  const others = (Object.keys(headings) as Adjustment['sheet'][]).map((sheet): Sheet => {
    const found = adjusted.filter((one) => one.sheet === sheet).map(({ cells }) => cells)
    return { name: sheet, rows: [headings[sheet], ...found.length > 0 ? found : [[noData]]] }
  })
  const name = fileName(supplier, ask)
  const sheets = [disclaimer, payments, ...others]
  const bytes = zipOf([{ name: `${name}.xlsx`, bytes: workbookOf(sheets) }])
  return { bytes, content: JSON.stringify(sheets) }
}

const rowOf = (due: Due): Cell[] => {
  const { order, amounts, payment, reasons } = due
  const { variant } = order
  const money = (letter: string) => floatText(amounts[letter] ?? 0, `${order.no}/${letter}`)
  const [am, an, ao] = reasons
  const cells: Record<string, string> = {
    A: order.no,
    B: dayOf(order.placedAt),
    C: order.packet ? dayOf(order.packet.at) : '',
    D: variant.name,
    E: variant.sku,
    F: liveStatus(order),
    G: String(variant.gstPercent),
    H: floatText(variant.listedPaise, ''),
    I: String(order.quantity),
    J: payment?.id ?? '',
    K: payment?.paidOn ?? due.dueOn,
    L: floatText(totalOf(due), order.no),
    M: variant.priceType,
    T: '0.0',
    AC: money('AE'),
    AD: '0.0',
    AH: '0.1',
    ...{ AM: am, AN: an, AO: ao },
  }
  return columns.map(([letter]) => cells[letter] ?? money(letter))
}

/** As a program prints a float: `479.0`, and `-0.0` here and there where nothing is. */
const floatText = (paise: number, key: string): string => {
  if (paise === 0) return hashOf(0, `zero/${key}`) % 3 === 0 ? '-0.0' : '0.0'
  const [rupees, rest] = [Math.floor(Math.abs(paise) / 100), Math.abs(paise) % 100]
  const digits = String(rest).padStart(2, '0').replace(/0$/, '')
  return `${paise < 0 ? '-' : ''}${rupees}.${digits}`
}

/** The word of the day of the download: the same row says another one later. */
const liveStatus = (order: Order): string => {
  const { status } = order
  if (status === 'DELIVERED') return order.takenBack ? 'Return' : 'Delivered'
  if (status === 'DOOR_STEP_EXCHANGED') return 'Exchange'
  if (status.startsWith('RTO')) return 'RTO'
  if (status === 'LOST' || status === 'SHIPMENT_LOST') return 'Lost'
  return status === 'CANCELLED' ? 'Cancelled' : 'Shipped'
}
