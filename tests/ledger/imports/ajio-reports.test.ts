/** AJIO's order report, and dirt in any of the three: every line in one result. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OrderRow } from '../../../core/plugin.ts'
import {
  type Cells,
  csvOf,
  dice,
  lineAt,
  orderReport,
  type Report,
  returnReport,
  settlementReport,
  valuesOf,
} from './support/ajio-files.ts'
import { changed, reasonsIn, rowsIn, toldOf } from './support/told.ts'
import { workbookOf } from './support/zip.ts'

/** One order with one line, but for what is said. */
const oneOrder = (...lines: readonly Cells[]): Report => {
  const [sample] = orderReport(40).lines.filter((line) => line['Status'] === 'Shipped')
  return {
    columns: orderReport(1).columns,
    lines: lines.map((line) => ({ ...sample, ...line })),
  }
}

describe('the order report', () => {
  it('makes one order of its lines, with items, cancelled pieces, money and a parcel', async () => {
    const line: Cells = {
      ...{
        'Cust Order No': 'FN1',
        'Status': 'Ready to Shipped',
        'JioCode': '441',
        'Order Qty': '2.0',
      },
      ...{ 'Cust Order Date': 'Fri Aug 14 16:43:42 IST 2026', 'FWD PO Date': '2026-08-15' },
      ...{ 'FWD Seller Order NO': 'FWD1-1', 'Shipped QTY': '1', 'Cancelled Qty': '1' },
      ...{
        'Customer Cancelled QTY': '1',
        'Seller Cancelled QTY': '-0.0',
        'FWD Shipment ID': 'SH1',
      },
      ...{ 'FWD Shipment Date': 'Sat Aug 15 10:00:00 IST 2026', 'FWD AWB': `'0149`, 'HSN': '6211' },
      ...{ 'Total Price': '₹ 2,474.29', 'CGST_AMOUNT': '61.857', 'SGST_AMOUNT': '61.857' },
      ...{
        'IGST_AMOUNT': 'nan',
        'Total Value': '2,598.0',
        'Seller SKU': 'KURTA-M',
        'EAN': '8.9E+12',
      },
    }
    const second = {
      ...line,
      'FWD Seller Order NO': 'FWD1-2',
      'Total Value': '2598',
      'Shipped QTY': '0',
    }
    const [order] = rowsIn<OrderRow>(await toldOf(csvOf(oneOrder(line, second))))
    expect(order).toMatchObject({
      ...{ externalId: 'FN1', status: 'READY_TO_SHIP', rawStatus: 'Ready to Shipped' },
      ...{ totalPaise: 519_600, currency: 'INR', fulfilledBy: 'SELLER', customer: null },
      orderedAt: new Date('2026-08-14T11:13:42Z'),
      updatedAt: new Date('2026-08-15T04:30:00Z'),
    })
    expect(order?.items).toMatchObject([
      {
        ...{ externalId: 'FWD1-1/441', sku: 'KURTA-M', listingId: null, quantity: 2, hsn: '6211' },
        ...{ cancelledQuantity: 1, totalPaise: 259_800, gstRateBp: 500 },
      },
      { externalId: 'FWD1-2/441' },
    ])
    expect(order?.shipments).toEqual([{
      ...{ externalId: 'SH1', status: 'READY_TO_SHIP', rawStatus: 'Ready to Shipped', awb: '0149' },
      ...{ carrier: 'DELHIVERY', manifestExternalId: null },
      updatedAt: new Date('2026-08-15T04:30:00Z'),
      items: [
        { itemExternalId: 'FWD1-1/441', quantity: 1 },
        { itemExternalId: 'FWD1-2/441', quantity: 1 },
      ],
    }])
  })

  it('brings lines together that stand far apart, in files in any order', async () => {
    const report = orderReport(400)
    const plain = rowsIn<OrderRow>(await toldOf(csvOf(report)))
    expect(plain).toHaveLength(400)
    const roll = dice(9)
    const lines = report.lines.map((line) => [roll(1e9), line] as const)
      .toSorted(([a], [b]) => a - b).map(([, line]) => line)
    const byId = (rows: readonly OrderRow[]) =>
      Object.fromEntries(rows.map((row) => [row.externalId, { ...row, items: row.items.length }]))
    const mixed = rowsIn<OrderRow>(await toldOf(csvOf({ columns: report.columns, lines })))
    const counts = (rows: readonly OrderRow[]) =>
      Object.fromEntries(
        rows.map(({ externalId, items, totalPaise }) => [externalId, [items.length, totalPaise]]),
      )
    expect(counts(mixed)).toEqual(counts(plain))
    expect(Object.keys(byId(mixed))).toHaveLength(400)
  })

  it('says the same as csv, tsv and workbook', async () => {
    const report = orderReport(300)
    const rows = rowsIn<OrderRow>(await toldOf(csvOf(report)))
    expect(rows).toHaveLength(300)
    expect(rowsIn<OrderRow>(await toldOf(csvOf(report, { delimiter: '\t' })))).toEqual(rows)
    expect(rowsIn<OrderRow>(await toldOf(csvOf(report, { clean: true })))).toEqual(rows)
    expect(rowsIn<OrderRow>(await toldOf(workbookOf({ Orders: valuesOf(report) })))).toEqual(rows)
  })

  it.each<[string, Cells]>([
    ['line-without-key', { 'JioCode': 'nan' }],
    ['number-cut-off', { 'JioCode': '4.41E+11' }],
    ['bad-date', { 'Cust Order Date': 'Fri Aug 34 16:43:42 IST 2026' }],
    ['bad-date', { 'Cust Order Date': 'Fri Aug 14 16:43:42 IST 2099' }],
    // before the ledger's first year
    ['bad-date', { 'Cust Order Date': '1980-01-02' }],
    ['bad-date', { 'Cust Order Date': 'Mon Jan 01 05:29:59 IST 1990' }],
    ['bad-quantity', { 'Order Qty': 'two' }],
    ['bad-quantity', { 'Shipped QTY': '-1' }],
    ['bad-quantity', { 'Order Qty': 'nan' }],
    ['money-not-in-paise', { 'Total Value': '12.345' }],
    ['money-not-in-paise', { 'Total Value': 'free' }],
    ['cancelled-above-ordered', { 'Order Qty': '1', 'Cancelled Qty': '2', 'Shipped QTY': '0' }],
    ['quantities-do-not-add-up', { 'Order Qty': '1', 'Shipped QTY': '2', 'Cancelled Qty': '0' }],
    ['line-does-not-add-up', { 'Total Value': '1', 'Total Price': '100' }],
  ])('puts aside with the reason %s a line of %o, and the order with it', async (reason, cells) => {
    const other: Cells = { 'FWD Seller Order NO': 'FWD-other' }
    const told = await toldOf(csvOf(oneOrder(cells, other)))
    expect(rowsIn(told)).toEqual([])
    expect(reasonsIn(told)).toEqual({
      [reason]: [lineAt(0)],
      'order-has-a-bad-line': [lineAt(1)],
    })
  })

  it('keeps an unknown word, and what is cancelled does not hold the others back', async () => {
    const said = async (...words: readonly string[]) => {
      const lines = words.map((word, at) => ({
        ...{ 'Status': word, 'FWD Seller Order NO': `FWD-${at}`, 'FWD Shipment ID': '' },
      }))
      const [row] = rowsIn<OrderRow>(await toldOf(csvOf(oneOrder(...lines))))
      return [row?.status, row?.rawStatus]
    }
    expect(await said('Gift wrapped')).toEqual([null, 'Gift wrapped'])
    expect(await said('Shipped', 'Cancelled')).toEqual(['SHIPPED', 'Shipped'])
    expect(await said('Delivered', 'Shipped')).toEqual(['SHIPPED', 'Shipped'])
    expect(await said('Cancelled', 'Cancelled')).toEqual(['CANCELLED', 'Cancelled'])
  })

  it('passes over lines of another POB, blank ones, and headings that come again', async () => {
    const report = orderReport(5)
    const headings = Object.fromEntries(report.columns.map((name) => [name, name.toUpperCase()]))
    const none = Object.fromEntries(report.columns.map((name) => [name, 'nan']))
    const mixed = { columns: report.columns, lines: [...report.lines, headings, none] }
    const other = changed(mixed, { 0: { 'POB ID': 'DV9999' } })
    const told = await toldOf(csvOf(other))
    const end = report.lines.length
    expect(reasonsIn(told)).toEqual({
      'other-pob': [lineAt(0)],
      'heading-line': [lineAt(end)],
      'blank-line': [lineAt(end + 1)],
    })
  })
})

describe('a file full of dirt', () => {
  const dirt = [
    ...['', 'nan', '-0.0', '0', '-1', '1e9', "'12", '  x  ', '1,00,000.50', '₹ 5', '"', 'é\n2'],
    ...[
      'Fri Aug 14 16:43:42 IST 2026',
      '2026-13-45',
      '99999999999999999999',
      '<script>',
      '=1+1',
      '\t',
    ],
  ]
  it('has each line accepted, skipped or rejected, and nothing throws', async () => {
    let accepted = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(orderReport(12), returnReport(12), settlementReport(15)),
        fc.array(
          fc.record({
            line: fc.nat(30),
            column: fc.nat(45),
            cell: fc.oneof(fc.constantFrom(...dirt), fc.string({ unit: 'binary', maxLength: 12 })),
          }),
          { maxLength: 25 },
        ),
        fc.array(fc.nat(30), { maxLength: 8 }),
        async (report, spots, again) => {
          const lines = report.lines.map((line) => ({ ...line }))
          for (const { line, column, cell } of spots) {
            const [target, name] = [
              lines[line % lines.length],
              report.columns[column % report.columns.length],
            ]
            if (target && name) target[name] = cell
          }
          for (const at of again) lines.push({ ...lines[at % lines.length] })
          const told = await toldOf(csvOf({ columns: report.columns, lines }, { clean: true }))
          const all = told.flatMap((one) => one.lines).toSorted((a, b) => a - b)
          expect(new Set(all).size).toBe(all.length)
          expect(all).toEqual(lines.map((_line, at) => lineAt(at, true)))
          const rows = rowsIn(told).length
          accepted += rows
          refused += told.length - rows
        },
      ),
      { numRuns: 150 },
    )
    expect(accepted).toBeGreaterThan(500)
    expect(refused).toBeGreaterThan(100)
  })
})
