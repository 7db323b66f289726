/** AJIO's reports as the portal writes them, with all the dirt that was seen in real files. */
import type { Value } from './zip.ts'

export type Cells = Readonly<Record<string, string>>
export interface Report {
  readonly columns: readonly string[]
  readonly lines: readonly Cells[]
}

export const pob = 'DV1001'

const orderColumns = [
  ...['Cust Order No', 'Cust Order Date', 'FWD Seller Order NO', 'FWD PO NO', 'FWD PO Date'],
  ...['Seller Invoice No', 'Seller Invoice Date', 'Cust Invoice No', 'Cust Invoice Date', 'Status'],
  ...['JioCode', 'HSN', 'Seller Style Code', 'Seller SKU', 'EAN', 'Description', 'Order Qty'],
  ...['FWD Shipment ID', 'FWD Shipment Date', 'FWD Carrier', 'FWD AWB', 'Shipped QTY'],
  ...['Estimated Dispatch Date', 'SLA Status', 'Cancelled Qty', 'Customer Cancelled QTY'],
  ...['Seller Cancelled QTY', 'Listing MRP', 'Seller TD', 'Selling Price', 'Base Price'],
  ...['Total Price', 'CGST_PERCENTAGE', 'CGST_AMOUNT', 'SGST_PERCENTAGE', 'SGST_AMOUNT'],
  ...['IGST_PERCENTAGE', 'IGST_AMOUNT', 'Total Value', 'Invoice Value', 'Brand'],
  ...['Fulfillment Type', 'POB ID', 'Seller Name'],
]
const returnColumns = [
  ...['RETURN ORDER NUMBER', 'JIOCODE', 'SELLER SKU', 'EAN', 'HSN', 'Return Status'],
  ...['Return Created Date', 'Return QTY', 'Return Shipment Id', 'Return Carrier Name'],
  ...['Return AWB No', '3PL Delivery Status', 'Return Delivered Date', 'Delivery Challan No'],
  ...['Return Value', 'QC Completion Date', 'Disposition', 'QC Reason Coding', 'Return Type'],
  ...['Cust Return Reason', 'Credit Note Number', 'Credit Note Generation Date'],
  ...['Credit Note Acceptance Date', 'Credit Note Value', 'Credit Note Pre Tax Value'],
  ...[
    'Credit Note Tax Value',
    'FWD Seller Order ID',
    'Cust Order No',
    'FWD PO No',
    'FWD Carrier Name',
  ],
  ...['FWD AWB', 'MRP', 'Brand', 'Fulfillment Type', 'DC Code', 'POB ID', 'Seller Name'],
]
const settlementColumns = [
  ...['Journey Type', 'Clearing doc no', 'Clearing date', 'Expected settlement date'],
  ...['Internal Document no', 'Forward PO Number', 'Forward PO date', 'Invoice Number'],
  ...['Invoice Date', 'Order No', 'Order Date', 'AWB No', 'Shipment No', 'Value', 'Status'],
  ...['Credit Note No', 'Delivery Challan Number', 'Delivery Challan date', 'POB ID'],
  'Fulfillment type',
]

/** Numbers from 0 to below `below`, the same for the same seed. */
export const dice = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => String(n).padStart(2, '0')
/** `Fri Aug 14 16:43:42 IST 2026`. */
const javaText = (at: Date): string => {
  const ist = new Date(at.getTime() + 330 * 60_000)
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][ist.getUTCDay()]
  const time = [ist.getUTCHours(), ist.getUTCMinutes(), ist.getUTCSeconds()].map(two).join(':')
  return `${day} ${months[ist.getUTCMonth()]} ${
    two(ist.getUTCDate())
  } ${time} IST ${ist.getUTCFullYear()}`
}
const isoText = (at: Date): string =>
  `${new Date(at.getTime() + 330 * 60_000).toISOString().slice(0, 19)}+05:30`
const firstDay = Date.UTC(2026, 5, 1, 4, 30)
// a year of minutes and no more, so that no order is of the future
const timeAt = (n: number): Date => new Date(firstDay + n % 100_000 * 60_000)

const words = ['New', 'PO created', 'Ready to Ship', 'Ready to Shipped', 'Shipped', 'Delivered']

/** So many orders; about one in four has several lines. `from` numbers the first one. */
export const orderReport = (orders: number, seed = 1, from = 0): Report => {
  const roll = dice(seed)
  const lines: Cells[] = []
  for (let n = from; n < from + orders; n++) {
    const status = words[roll(words.length)] ?? 'New'
    const isPacked = !['New', 'PO created'].includes(status)
    const at = timeAt(n)
    const count = roll(4) === 0 ? 2 + roll(3) : 1
    for (let at2 = 0; at2 < count; at2++) {
      const pieces = 1 + roll(3)
      const cancelled = roll(10) === 0 ? 1 : 0
      const rupees = 100 + roll(2_000)
      const value = rupees * pieces
      const tax = Math.round(value * 5 / 105 * 100) / 100
      lines.push({
        ...{ 'Cust Order No': `FN26${String(n).padStart(8, '0')}`, 'Status': status },
        'Cust Order Date': roll(2) ? javaText(at) : isoText(at),
        ...{
          'FWD Seller Order NO': `FWD${n}-${at2}`,
          'JioCode': `4412${String(n * 7 + at2).padStart(8, '0')}`,
        },
        ...{
          'HSN': '62114210',
          'Seller SKU': `SKU-${n % 900}`,
          'EAN': `890${String(n % 900).padStart(10, '0')}`,
        },
        'Description': roll(5) ? 'Women Red Kurta, M' : 'Kurta "Festive",\nwith dupatta',
        ...{ 'Order Qty': roll(3) ? `${pieces}` : `${pieces}.0`, 'Cancelled Qty': `${cancelled}` },
        ...{ 'Customer Cancelled QTY': cancelled ? '1' : '-0.0', 'Seller Cancelled QTY': '-0.0' },
        'FWD Shipment ID': isPacked ? `SH${n}` : 'nan',
        'FWD Shipment Date': isPacked ? javaText(new Date(at.getTime() + 3_600_000)) : 'nan',
        ...{
          'FWD Carrier': isPacked ? 'DELHIVERY' : 'nan',
          'FWD AWB': isPacked ? `'149${n}` : 'nan',
        },
        'Shipped QTY': isPacked && cancelled < pieces ? `${pieces - cancelled}` : '0',
        'Estimated Dispatch Date': isoText(new Date(at.getTime() + 86_400_000)),
        ...{
          'Listing MRP': `${rupees + 500}.0`,
          'Seller TD': '500.00',
          'Selling Price': `${rupees}`,
        },
        'Total Price': (value - tax).toFixed(2),
        ...{ 'CGST_PERCENTAGE': '2.5', 'SGST_PERCENTAGE': '2.5', 'IGST_PERCENTAGE': '0' },
        ...{
          'CGST_AMOUNT': (tax / 2).toFixed(4),
          'SGST_AMOUNT': (tax / 2).toFixed(4),
          'IGST_AMOUNT': '-0.0',
        },
        ...{ 'Total Value': roll(2) ? `${value}.0` : `${value}.00`, 'Invoice Value': `${value}` },
        ...{ 'Fulfillment Type': 'DROPSHIP', 'POB ID': pob, 'Seller Name': 'Asha Textiles  ' },
      })
    }
  }
  return { columns: orderColumns, lines }
}

const returnWords = [
  'RETURN_CREATED',
  'RETURN_DELIVERED',
  'RETURN_PROCESSED',
  'CREDIT_NOTE_CREATED',
]

export const returnReport = (returns: number, seed = 2): Report => {
  const roll = dice(seed)
  const lines: Cells[] = []
  for (let n = 0; n < returns; n++) {
    const reached = roll(4)
    const at = timeAt(n)
    const count = roll(6) === 0 ? 2 : 1
    const later = (days: number) => javaText(new Date(at.getTime() + days * 86_400_000))
    for (let at2 = 0; at2 < count; at2++) {
      const value = 100 + roll(900)
      lines.push({
        ...{
          'RETURN ORDER NUMBER': `RT${n}`,
          'JIOCODE': `4412${String(n * 7 + at2).padStart(8, '0')}`,
        },
        ...{
          'SELLER SKU': `SKU-${n % 900}`,
          'Return Status': returnWords[reached] ?? '',
          'Return QTY': '1',
        },
        'Return Created Date': javaText(at),
        ...{
          'Return Carrier Name': 'DELHIVERY',
          'Return AWB No': `'749${n}`,
          'FWD AWB': `149${n}`,
        },
        '3PL Delivery Status': reached > 0
          ? 'Delivered'
          : ['In Transit', 'Picked Up', 'nan'][roll(3)] ?? '',
        'Return Delivered Date': reached > 0 ? later(4) : 'nan',
        'QC Completion Date': reached > 1 ? later(6) : 'nan',
        ...{ 'Disposition': reached > 1 ? 'GOOD' : 'nan', 'QC Reason Coding': 'nan' },
        'Return Type': ['CUSTOMER', 'Customer Return', 'RTO', 'EXCHANGE'][roll(4)] ?? '',
        'Cust Return Reason': 'Size too small',
        'Credit Note Number': reached > 2 ? `CN${n}` : 'nan',
        'Credit Note Generation Date': reached > 2 ? later(20) : 'nan',
        'Credit Note Value': reached > 2 ? `${value}.00` : 'nan',
        'Credit Note Pre Tax Value': reached > 2 ? (value / 1.05).toFixed(2) : 'nan',
        'Credit Note Tax Value': reached > 2 ? (value - value / 1.05).toFixed(2) : 'nan',
        ...{
          'FWD Seller Order ID': `FWD${n}-${at2}`,
          'Cust Order No': `FN26${String(n).padStart(8, '0')}`,
        },
        ...{ 'POB ID': pob, 'Seller Name': 'Asha Textiles' },
      })
    }
  }
  return { columns: returnColumns, lines }
}

export const settlementReport = (count: number, seed = 3): Report => {
  const roll = dice(seed)
  const lines = Array.from({ length: count }, (_, n): Cells => {
    const isCleared = roll(8) > 0
    const doc = Math.floor(n / 40)
    const journey = ['FORWARD', 'FORWARD', 'RETURN', 'SLA_PENALTY'][roll(4)] ?? ''
    const value = `${100 + roll(3_000)}.${two(roll(100))}`
    const day = `2026-07-${two(1 + doc % 28)}`
    return {
      'Journey Type': journey,
      'Clearing doc no': isCleared ? `19000${two(doc)}` : 'nan',
      'Clearing date': isCleared ? day : 'nan',
      'Expected settlement date': isCleared ? day : '2026-09-02',
      'Internal Document no': `51${String(n).padStart(8, '0')}`,
      'Order No': `FN26${String(n).padStart(8, '0')}`,
      'AWB No': `149${n}`,
      'Value': journey === 'SLA_PENALTY'
        ? `-${value}`
        : roll(2)
        ? value
        : Number(value).toLocaleString('en-IN', { minimumFractionDigits: 2 }),
      'Credit Note No': journey === 'RETURN' ? `CN${n}` : 'nan',
      'Status': isCleared ? 'CLEARED' : 'EXPECTED',
      'POB ID': pob,
    }
  })
  return { columns: settlementColumns, lines }
}

const rowsOf = ({ columns, lines }: Report): readonly (readonly string[])[] =>
  lines.map((line) => columns.map((name) => line[name] ?? ''))

const quoted = (cell: string, delimiter: string): string =>
  cell.includes(delimiter) || /["\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

/** With a byte order mark, CRLF, lines before the headings, blanks around names and at ends. */
export const csvOf = (
  report: Report,
  { delimiter = ',', clean = false }: { delimiter?: string; clean?: boolean } = {},
): Uint8Array => {
  const names = clean ? report.columns : report.columns.map((name, at) => {
    if (at % 7 === 3) return name.toUpperCase()
    return at % 5 === 2 ? ` ${name.replaceAll(' ', '  ')} ` : name
  })
  const lines = [names, ...rowsOf(report)].map((cells) =>
    cells.map((cell) => quoted(cell, delimiter)).join(delimiter)
  )
  const before = clean ? [] : ['Report of AJIO', '', `Seller${delimiter}Asha Textiles`]
  const text = [...before, ...lines].join(clean ? '\n' : '\r\n')
  return new TextEncoder().encode(clean ? `${text}\n` : `\ufeff${text}\r\n`)
}

/** The line of the file that a line of the report stands in. */
export const lineAt = (index: number, clean = false): number => index + (clean ? 2 : 5)

/** Numbers as numbers, dates as dates where a spreadsheet would have made them so. */
export const valuesOf = (report: Report): readonly (readonly Value[] | null)[] => [
  ['Report of AJIO'],
  null,
  ['Seller', 'Asha Textiles'],
  report.columns,
  ...rowsOf(report).map((cells) =>
    cells.map((cell): Value => {
      if (cell === '' || cell === 'nan') return cell === '' ? null : 'nan'
      if (/^-?\d{1,13}(?:\.\d+)?$/.test(cell)) return { number: cell }
      const iso = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\+05:30$/.exec(cell)
      if (iso) return { date: Date.parse(`${iso[1]}Z`) / 86_400_000 + 25_569 }
      return cell
    })
  ),
]
