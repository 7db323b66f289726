import type { ReportImport, ReportRecord, ReportResult } from 'robnu/plugin'
import { sandboxContext } from 'robnu/testing'
import { expect, test } from 'vitest'
import { decimalOf, exactOf, latestOf, piecesOf, timeOf } from '../imports/cells.ts'
import { orderReport } from '../imports/orders.ts'
import { reports } from '../imports/reports.ts'
import { returnReport } from '../imports/returns.ts'
import { settlementReports } from '../imports/settlements.ts'
import { addsUp, nameOf, sumOf } from '../imports/sums.ts'
import files from '../sample-files.json' with { type: 'json' }
import { type Json, type Shop, startShop } from './sandbox-shop.ts'

type Lines = readonly (readonly string[])[]
const now = new Date('2026-08-14T10:00:00Z')
const fileOf = ({ id }: ReportImport) =>
  (files as unknown as Record<string, { columns: string[]; lines: Lines }>)[id] ??
    { columns: [], lines: [] }

const records = async function* (lines: Lines): AsyncGenerator<ReportRecord> {
  for (const [at, cells] of lines.entries()) yield { line: at + 2, cells }
}
const read = (report: ReportImport, lines: Lines, columns = fileOf(report).columns) =>
  Array.fromAsync(report.rows(columns, records(lines), { externalAccountId: 'fk', now }))
const rowsOf = (results: readonly ReportResult<unknown>[]): Json[] =>
  results.flatMap((one) => 'row' in one ? [one.row] : [])
const wordOf = (results: readonly ReportResult<unknown>[], line: number): string | undefined => {
  const found = results.find(({ lines }) => lines.includes(line))
  if (!found) return undefined
  return 'rejected' in found ? found.rejected : 'skipped' in found ? found.skipped : 'row'
}

test('every line of every file has one result, and a word where it is no row', async () => {
  for (const report of reports) {
    const { lines } = fileOf(report)
    const results = await read(report, lines)
    const told = results.flatMap((one) => one.lines).toSorted((a, b) => a - b)
    expect(told).toEqual(lines.map((_, at) => at + 2))
    expect(rowsOf(results).length).toBeGreaterThan(0)
  }
})

test('a corrected cell changes its own row and no other', async () => {
  const [orders] = [fileOf(orderReport)]
  const at = orders.columns.indexOf('Order State')
  const corrected = orders.lines.map((line, i) => i === 0 ? line.with(at, 'PACKED') : line)
  const [before, after] = [
    rowsOf(await read(orderReport, orders.lines)),
    rowsOf(await read(orderReport, corrected)),
  ]
  expect(after[0]).toMatchObject({ status: 'PACKED', externalId: before[0].externalId })
  expect(after.slice(1)).toEqual(before.slice(1))

  const [orderSheet] = settlementReports
  if (!orderSheet) throw new Error('unreachable: there is a sheet of orders')
  const { columns, lines } = fileOf(orderSheet)
  const [sale, net] = [columns.indexOf('Sale Amount (Rs.)'), 3]
  const raised = lines.map((line, i) => i === 3 ? line.with(sale, '759').with(net, '710') : line)
  const [was, is] = [rowsOf(await read(orderSheet, lines)), rowsOf(await read(orderSheet, raised))]
  const ids = (rows: Json[]) =>
    rows.flatMap(({ lines }) => lines).map((one: Json) => one.externalId)
  expect(ids(is)).toEqual(ids(was))
  const changed = is[0].lines.filter((one: Json, i: number) => one.net !== was[0].lines[i].net)
  expect(changed).toMatchObject([{ gross: '759.00', net: '710.00', deductions: '-49.00' }])
})

test('the order file keeps the buyer for sealing, and bad lines with their order out', async () => {
  const { lines } = fileOf(orderReport)
  const results = await read(orderReport, lines)
  const [first, second] = rowsOf(results)
  expect(first).toMatchObject({
    customer: { name: 'A Buyer', phone: null, address: { city: 'PUNE', postalCode: '411001' } },
    ...{ stateCode: '27', totalPaise: 79_900, status: 'NEW' },
  })
  expect(second).toMatchObject({
    ...{ externalId: 'OD410000000000000002', status: 'DELIVERED' },
    items: [{ externalId: '12000000000000002', sku: 'SKU-1', quantity: 2, cancelledQuantity: 0 }, {
      ...{ externalId: '12000000000000003', cancelledQuantity: 1 },
    }],
    shipments: [{ externalId: 'sh-2', awb: 'FMPP0000000001' }, { status: 'CANCELLED' }],
  })
  expect([5, 6, 7, 8].map((line) => wordOf(results, line))).toEqual([
    ...['bad-quantity', 'order-has-a-bad-line', 'bad-date', 'number-cut-off'],
  ])
  const twice = await read(orderReport, [lines[0] ?? [], lines[0] ?? []])
  expect([2, 3].map((line) => wordOf(twice, line))).toEqual([
    ...['order-has-a-bad-line', 'line-told-twice'],
  ])
})

test('a return is what its words and its dates say', async () => {
  const rows = rowsOf(await read(returnReport, fileOf(returnReport).lines))
  expect(rows.map(({ kind, status }) => [kind, status])).toEqual([
    ['CUSTOMER_RETURN', 'INITIATED'],
    ['CUSTOMER_RETURN', 'PICKED_UP'],
    ['RTO', 'DELIVERED'],
    ['RTO', 'IN_TRANSIT'],
    ['CUSTOMER_RETURN', 'CANCELLED'],
  ])
})

test('whatever column of a settlement is wrong by more than two paise, the line stays out', async () => {
  const [orderSheet] = settlementReports
  if (!orderSheet) throw new Error('unreachable: there is a sheet of orders')
  const { columns, lines } = fileOf(orderSheet)
  const line = lines[1] ?? []
  const bad = async (at: number, by: number) => {
    const amount = (Number(line[at]) + by).toFixed(2)
    return wordOf(await read(orderSheet, [line.with(at, amount)]), 2)
  }
  // D, J to R, and V to AI
  const summed = [3, ...range(9, 17), ...range(21, 34)]
  for (const at of summed) {
    expect([columns[at], await bad(at, 0.03)]).toEqual([columns[at], 'columns-do-not-add-up'])
    expect([columns[at], await bad(at, 0.01)]).toEqual([columns[at], 'row'])
  }
  expect(wordOf(await read(orderSheet, [line.with(9, 'much')]), 2)).toBe('money-not-decimal')
})
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

test('the letters of a sum are read from the heading, in whatever generation', () => {
  expect(sumOf('Bank Settlement Value (Rs.) = SUM(J:R)', 3)).toEqual({ at: 3, from: 9, to: 17 })
  expect(sumOf('Marketplace Fee (Rs.) = SUM (V:AI)', 13)).toEqual({ at: 13, from: 21, to: 34 })
  expect(sumOf('Taxes (Rs.)', 14)).toBeUndefined()
  expect(nameOf('Bank Settlement Value (Rs.) \n= SUM(J:R)')).toBe('bank settlement value (rs.)')
  const sum = { at: 0, from: 1, to: 2 }
  expect(addsUp(['10.00', "'7.5", '2.4950'], sum)).toBe(true)
  expect(addsUp(['10.00', '7.5', 'NA'], sum)).toBe(false)
  expect(addsUp(['10.00', '7.5', 'x'], sum)).toBeUndefined()
})

test('cells are read as they stand, and never through a float', () => {
  const amounts = ['0', '-0.0', '601.42', '-0.0050', '1,234.5', '₹ 12', '1234567890.3456']
  expect(amounts.map((text) => exactOf(text.trim()))).toEqual([
    ...[0n, 0n, 6_014_200n, -50n, 12_345_000n, 120_000n, 12_345_678_903_456n],
  ])
  expect(['1.23456', '1e5', '--1', 'x', '12345678901'].map(exactOf)).toEqual(
    Array(5).fill(undefined),
  )
  expect([0n, 6_014_200n, -50n, 12_345_678n].map(decimalOf)).toEqual([
    ...['0.00', '601.42', '-0.005', '1234.5678'],
  ])
  const times = {
    '2026-08-14': '2026-08-13T18:30:00.000Z',
    '2026-08-14T10:00:00': '2026-08-14T04:30:00.000Z',
    '2026-08-14T10:00:00.000+05:30': '2026-08-14T04:30:00.000Z',
    'Aug 14, 2026 05:03 PM': '2026-08-14T11:33:00.000Z',
    'Aug 14, 2026': '2026-08-13T18:30:00.000Z',
    '14-Aug-2026 00:10': '2026-08-13T18:40:00.000Z',
    '08/14/26': '2026-08-13T18:30:00.000Z',
  }
  for (const [text, iso] of Object.entries(times)) expect(timeOf(text)?.toISOString()).toBe(iso)
  for (const text of ['', 'soon', '2026-02-30', '14/08/26', 'Foo 14, 2026', '2026-08-14 25:99']) {
    expect(timeOf(text)).toBeUndefined()
  }
  expect(latestOf(['2026-08-01', '2027-01-01', ''], now)).toEqual(timeOf('2026-08-01'))
  expect(['3', '3.0', '', '-1', '2.5'].map(piecesOf)).toEqual([
    ...[3, 3, undefined, undefined, undefined],
  ])
})

/** A file of the sandbox, read as a seller's upload is. */
const fromSandbox = async (shop: Shop, type: string, report: ReportImport): Promise<Json[]> => {
  const headers = { authorization: `Bearer ${shop.secret.access_token}` }
  const { json } = await shop.ask(`/reports/${type}`, {
    ...{ method: 'POST', headers },
    body: JSON.stringify({
      correlation_id: '5e7d9f3a-1f4e-4b6a-8f2e-000000000001',
      parameters: { from_date: '2026-07-01', to_date: '2026-08-14' },
    }),
  })
  const { location } = (await shop.ask(`/reports/${json.report_id}/detail`)).json
  const context = sandboxContext(shop.sandbox)
  const table = await context.table(location, report)
  if (!table) throw new Error('the file has no such table')
  const account = { externalAccountId: shop.id, now: context.now() }
  const results = await Array.fromAsync(report.rows(table.columns, table.records, account))
  for (const one of results) expect(one).not.toHaveProperty('rejected')
  return rowsOf(results)
}

test('the files of the portal say what the ledger is to show', async () => {
  const shop = await startShop(0, { env: { ROBNU_SANDBOX_FLIPKART_REPORT_SECONDS: '0' } })
  const { accounts } = await shop.control('ledger', { account: shop.id })
  const { orders, returns } = accounts[shop.id]
  const back = new Set(
    returns.flatMap((one: Json) => one.kind === 'RTO' ? [one.orderId] : []),
  )
  const known = new Map<string, Json>(orders.map((one: Json) => [one.id, one]))
  const read = await fromSandbox(shop, 'orders_report', orderReport)
  expect(read.length).toBeGreaterThan(150)
  for (const row of read) {
    const order = known.get(row.externalId)
    // the order file knows no way back and no manifest
    const state = back.has(row.externalId)
      ? 'SHIPPED'
      : order.state === 'MANIFESTED'
      ? 'READY_TO_SHIP'
      : order.state
    expect([row.status, row.totalPaise]).toEqual([state, order.totalPaise])
    expect(row.items.map((one: Json) => [one.externalId, one.quantity, one.cancelledQuantity]))
      .toEqual(order.items.map((one: Json) => [one.id, one.quantity, one.cancelled]))
  }
  const backs = await fromSandbox(shop, 'returns_report', returnReport)
  const wanted = new Map<string, Json>(returns.map((one: Json) => [one.id, one]))
  expect(backs.length).toBeGreaterThan(20)
  for (const row of backs) {
    const { state, kind, orderId } = wanted.get(row.externalId)
    expect([row.status, row.kind, row.orderExternalId]).toEqual([state, kind, orderId])
  }
})
