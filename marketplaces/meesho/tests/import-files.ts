/** Small files as sellers download them, invented; and what a reader makes of one. */
import type { OrderRow, PayoutRow, ReportImport, ReportRecord, ReportResult } from 'robnu/plugin'
import type { ReturnRow } from 'robnu/plugin'
import { expect } from 'vitest'

export const account = {
  externalAccountId: 'SUP100001',
  now: new Date('2026-09-30T00:00:00Z'),
}

/** Results in the order of their first lines; each line stands in exactly one. */
export const importOf = async <Row extends OrderRow | ReturnRow | PayoutRow>(
  report: ReportImport<Row>,
  columns: readonly string[],
  lines: readonly (readonly string[])[],
): Promise<readonly ReportResult<Row>[]> => {
  for (const name of report.signature) expect(columns).toContain(name)
  const records = async function* (): AsyncIterable<ReportRecord> {
    for (const [at, cells] of lines.entries()) yield { line: at + 2, cells }
  }
  const results: ReportResult<Row>[] = []
  for await (const one of report.rows(columns, records(), account)) results.push(one)
  const seen = results.flatMap((one) => one.lines).toSorted((a, b) => a - b)
  expect(seen).toEqual(lines.map((_, at) => at + 2))
  return results.toSorted((a, b) => (a.lines[0] ?? 0) - (b.lines[0] ?? 0))
}
export const rowsOf = <Row>(results: readonly ReportResult<Row>[]): readonly Row[] =>
  results.flatMap((one) => 'row' in one ? [one.row] : [])
/** `row`, or the word of what became of it, by line. */
export const wordsOf = (results: readonly ReportResult<unknown>[]): Record<string, string> =>
  Object.fromEntries(results.flatMap((one) =>
    one.lines.map((line) => [
      String(line),
      'row' in one ? 'row' : 'skipped' in one ? one.skipped : `! ${one.rejected}`,
    ])
  ))

const discounted = 'Supplier Discounted Price (Incl GST and Commision)'
const listed = 'Supplier Listed Price (Incl. GST + Commission)'
export const orders2026 = [
  ...['Reason for Credit Entry', 'Sub Order No', 'Catalog ID', 'Order Date', 'Order source'],
  ...['Customer State', 'Product Name', 'SKU', 'Size', 'Quantity', listed, discounted],
  'Packet Id',
]
export const orders2025 = orders2026.filter((name) => !/^(?:Catalog ID|Order source)$/.test(name))
export const orders2022 = orders2025.filter((name) => name !== 'Packet Id')

/** Of the newest generation, by names of ours. */
export const paymentColumns = [
  ...['Sub Order No', 'Order Date', 'Dispatch Date', 'Product Name', 'Supplier SKU'],
  ...['Live Order Status', 'Product GST %', 'Listing Price (Incl. taxes)', 'Quantity'],
  ...['Transaction ID', 'Payment Date', 'Final Settlement Amount', 'Price Type'],
  ...[
    'Total Sale Amount (Incl. Shipping & GST)',
    'Total Sale Return Amount (Incl. Shipping & GST)',
  ],
  ...['Fixed Fee (Incl. GST)', 'Warehousing fee (inc Gst)', 'Return premium (incl GST)'],
  ...['Return premium (incl GST) of Return', 'Meesho Commission Percentage'],
  ...['Meesho Commission (Incl. GST)', 'Meesho gold platform fee (Incl. GST)'],
  ...['Meesho mall platform fee (Incl. GST)', 'Fixed Fee (Incl. GST)'],
  ...['Warehousing fee (Incl. GST)', 'Return Shipping Charge (Incl. GST)'],
  ...['GST Compensation (PRP Shipping)', 'Shipping Charge (Incl. GST)'],
  ...['Other Support Service Charges (Excl. GST)', 'Waivers (Excl. GST)'],
  'Net Other Support Service Charges (Excl. GST)',
  ...['GST on Net Other Support Service Charges', 'TCS', 'TDS Rate %', 'TDS', 'Compensation'],
  ...['Claims', 'Recovery', 'Compensation Reason', 'Claims Reason', 'Recovery Reason'],
]
/** Letters of its columns, as the third line of the sheet has them. */
export const letters = paymentColumns.map((_, at) =>
  (at < 26 ? '' : 'A') + String.fromCharCode(65 + at % 26)
)

/** A line by letters; what is left out is text for nothing. */
export const payment = (cells: Readonly<Record<string, string>>): readonly string[] => {
  const given: Readonly<Record<string, string>> = {
    ...{ A: '184000000000000001_1', B: '2026-08-01', F: 'Delivered', G: '5', I: '1' },
    ...{ J: 'AXISCN01', K: '2026-08-10', M: 'BASIC', T: '0.0', AH: '0.1' },
    ...cells,
  }
  const isText = (at: number) => at < 13 || at > 37
  return letters.map((letter, at) => given[letter] ?? (isText(at) ? '' : '-0.0'))
}
