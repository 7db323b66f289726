import type { ReportImport, ReportRecord, ReportResult } from 'robnu/plugin'
import { describe, expect, test } from 'vitest'
import { pickedUpReport, waitingReport } from '../imports/easy-ship.ts'
import { orderReport } from '../imports/orders.ts'
import { statementLineId } from '../imports/statement.ts'
import { transactionReport } from '../imports/transactions.ts'

const now = new Date('2022-09-01T00:00:00Z')
type Cells = Readonly<Record<string, string>>

/** Lines of a report as the host hands them over, from what stands in them beside the plain line. */
const read = async <Row>(
  report: ReportImport<Row>,
  plain: Cells,
  changes: readonly Cells[],
): Promise<ReportResult<Row>[]> => {
  const columns = Object.keys(plain)
  async function* records(): AsyncGenerator<ReportRecord> {
    for (const [at, change] of changes.entries()) {
      yield { line: at + 2, cells: columns.map((name) => change[name] ?? plain[name] ?? '') }
    }
  }
  const results: ReportResult<Row>[] = []
  const account = { externalAccountId: 'A1DEMOSELLERIN', now }
  for await (const one of report.rows(columns, records(), account)) results.push(one)
  return results
}
const rowsOf = <Row>(results: readonly ReportResult<Row>[]): Row[] =>
  results.flatMap((result) => 'row' in result ? [result.row] : [])
const refusedOf = (results: readonly ReportResult<unknown>[]) =>
  results.map((result) => 'rejected' in result ? result.rejected : 'accepted')

describe('all orders', () => {
  const plain = {
    'index': '0',
    'Order ID': '171-0000001-0000001',
    'Date': '04-30-22',
    'Status': 'Shipped - Delivered to Buyer',
    'Fulfilment': 'Merchant',
    'Style': 'SET389',
    'SKU': 'SET389-S',
    'Category': 'Set',
    'Size': 'S',
    'ASIN': 'B09KXVBD7Z',
    'Qty': '1',
    'currency': 'INR',
    'Amount': '647.62',
    'ship-city': 'MUMBAI',
    'ship-state': 'MAHARASHTRA',
    'ship-postal-code': '400081.0',
    'ship-country': 'IN',
  }
  const orders = (...changes: readonly Cells[]) => read(orderReport, plain, changes)

  test('lines of an order are one row; one that came twice is told twice', async () => {
    const [result, ...more] = await orders(
      { index: '1' },
      { index: '2' },
      { index: '3', SKU: 'B', Amount: '', currency: '' },
      { index: '4', Amount: '100' },
    )
    expect(more).toEqual([])
    expect(result).toEqual({
      lines: [2, 3, 4, 5],
      row: {
        externalId: '171-0000001-0000001',
        ...{ status: 'DELIVERED', rawStatus: 'Shipped - Delivered to Buyer', onHold: false },
        orderedAt: new Date('2022-04-29T18:30:00Z'),
        updatedAt: new Date('2022-04-29T18:30:00Z'),
        ...{ shipBy: null, currency: 'INR', totalPaise: 74762 },
        ...{ fulfilledBy: 'SELLER', stateCode: '27' },
        customer: {
          ...{ name: null, phone: null, email: null },
          address: {
            ...{ line1: null, line2: null, city: 'MUMBAI' },
            ...{ state: 'MAHARASHTRA', postalCode: '400081' },
          },
        },
        items: [
          ['SET389-S/1', 'SET389-S', 64762],
          ['B/1', 'B', null],
          ['SET389-S/2', 'SET389-S', 10000],
        ].map(([externalId, sku, totalPaise]) => ({
          ...{ externalId, sku, totalPaise, listingId: 'B09KXVBD7Z', quantity: 1 },
          title: 'Set SET389, size S',
        })),
      },
    })
  })

  test.each([
    ['Pending', 'NEW', true],
    ['Pending - Waiting for Pick Up', 'READY_TO_SHIP', false],
    ['Shipped - Rejected by Buyer', 'RTO_IN_TRANSIT', false],
    ['Shipped - Returned to Seller', 'RTO_RECEIVED', false],
    ['Shipped - Damaged', 'LOST', false],
    ['Melted', null, false],
    ['toString', null, false],
  ])('"%s" is %s', async (Status, status, onHold) => {
    expect(rowsOf(await orders({ Status }))).toMatchObject([{ status, rawStatus: Status, onHold }])
  })

  test('of several words the one furthest behind counts; what is cancelled stands on its line', async () => {
    const [row] = rowsOf(
      await orders({ SKU: 'A', Status: 'Cancelled' }, { SKU: 'B', Status: 'Shipped' }, {
        SKU: 'C',
        Status: 'Shipped - Delivered to Buyer',
      }),
    )
    expect(row).toMatchObject({ status: 'SHIPPED', rawStatus: 'Shipped' })
    expect(row?.items.map(({ cancelledQuantity }) => cancelledQuantity ?? 0)).toEqual([1, 0, 0])
  })

  test.each<[string, Cells]>([
    ['not-an-amazon-order', { 'Order ID': 'S02-1234567-7654321' }],
    ['line-without-key', { 'Order ID': '' }],
    ['bad-date', { Date: '30-04-22' }],
    ['bad-date', { Date: '02-30-22' }],
    ['bad-date', { Date: '12-30-22' }],
    ['bad-quantity', { Qty: '1.5' }],
    ['bad-quantity', { Qty: '' }],
    ['money-not-in-paise', { Amount: '1,2' }],
  ])('%s', async (reason, cells) => expect(refusedOf(await orders(cells))).toEqual([reason]))

  test('an order with a bad line is not taken over in part', async () => {
    expect(refusedOf(await orders({}, { Qty: 'x' }, { currency: 'USD', SKU: 'C' })))
      .toEqual(['mixed-currencies', 'bad-quantity', 'mixed-currencies'])
    expect(refusedOf(await orders({}, { Qty: 'x' })))
      .toEqual(['order-has-a-bad-line', 'bad-quantity'])
  })
})

describe('Easy Ship', () => {
  const plain = {
    'order-id': '171-0000001-0000001',
    'tracking-id': '362000000001',
    'purchase-date': '2022-08-01T05:12:00+00:00',
    'picked-up-date': '2022-08-02T10:00:00+00:00',
    'asin': 'B000000000',
    'sku': 'SKU-1',
    'product-name': 'Kurta',
    'quantity-purchased': '1',
    'package-identifier': '1',
    'pickup-slot': '02-08-2022 09:00-12:00',
    'order-item-id': '12345678901234',
    'ship-postal-code': '411001',
    'ship-country': 'IN',
    'ship-city': 'PUNE',
    'ship-state': 'Maharashtra',
    'carrier': 'ATS',
  }

  test('what was picked up is a parcel on its way', async () => {
    const [row] = rowsOf(
      await read(pickedUpReport, plain, [{}, { 'order-item-id': '2', 'sku': 'SKU-2' }]),
    )
    expect(row).toMatchObject({
      externalId: '171-0000001-0000001',
      ...{ status: 'SHIPPED', rawStatus: 'PickedUp', totalPaise: null, stateCode: '27' },
      orderedAt: new Date('2022-08-01T05:12:00Z'),
      // older than the day of the all-orders export, and than anything that the API tells
      updatedAt: new Date('2022-07-31T18:29:59Z'),
      items: [{ externalId: '12345678901234', sku: 'SKU-1' }, { externalId: '2', sku: 'SKU-2' }],
      shipments: [{
        externalId: '171-0000001-0000001/362000000001',
        ...{ status: 'SHIPPED', awb: '362000000001', carrier: 'ATS' },
        updatedAt: new Date('2022-08-02T10:00:00Z'),
        items: [
          { itemExternalId: '12345678901234', quantity: 1 },
          { itemExternalId: '2', quantity: 1 },
        ],
      }],
    })
  })

  test('what waits is ready to ship, by its day', async () => {
    const { 'picked-up-date': _, ...rest } = plain
    const waiting = { ...rest, 'expected-ship-date': '2022-08-03T18:29:59+00:00' }
    expect(rowsOf(await read(waitingReport, waiting, [{}]))).toMatchObject([{
      ...{ status: 'READY_TO_SHIP', shipBy: new Date('2022-08-03T18:29:59Z') },
      shipments: [{ status: 'READY_TO_SHIP', rawStatus: 'PendingPickUp' }],
    }])
  })

  test.each<[string, Cells]>([
    ['line-without-key', { 'tracking-id': '' }],
    ['number-cut-off', { 'tracking-id': '3.62E+11' }],
    ['not-an-amazon-order', { 'order-id': 'S02-1' }],
    ['bad-date', { 'picked-up-date': '' }],
    ['bad-date', { 'purchase-date': '2023-08-01T05:12:00+00:00' }],
    ['bad-quantity', { 'quantity-purchased': '0' }],
  ])(
    '%s',
    async (reason, cells) =>
      expect(refusedOf(await read(pickedUpReport, plain, [cells]))).toEqual([reason]),
  )
})

describe('the unified transaction report', () => {
  const plain = {
    'date/time': '1 Aug 2022 12:34:56 am UTC',
    'settlement id': '17654321098',
    'type': 'Order',
    'order id': '171-0000001-0000001',
    'Sku': 'SKU-1',
    'quantity': '1',
    'product sales': '1,07,133.33',
    'shipping credits': '40.00',
    'promotional rebates': '-40.00',
    'Total sales tax liable(GST before adjusting TCS)': '35.67',
    'TCS-CGST': '-1.50',
    'TCS-SGST': '-1.50',
    'TDS (Section 194-O)': '-7.13',
    'selling fees': '-1,234.50',
    'other transaction fees': '0',
    'other': '0',
    'total': '1,05,924.37',
    'Transaction Status': 'Released',
  }
  const transactions = (...changes: readonly Cells[]) => read(transactionReport, plain, changes)

  test('is a forecast of what the settlement pays, order by order', async () => {
    const results = await transactions({}, { 'Sku': 'SKU-2' })
    expect(results).toHaveLength(1)
    const id = statementLineId('17654321098', 'Order', '171-0000001-0000001')
    expect(rowsOf(results)).toMatchObject([{
      ...{ externalId: id, status: 'RELEASED', amount: null, forecast: true },
      updatedAt: new Date('2022-08-01T00:34:56Z'),
      lines: [{
        ...{ externalId: id, kind: 'Order', orderExternalId: '171-0000001-0000001' },
        ...{ gross: '214418.00', deductions: '-80.00', fees: '-2469.00', taxes: '-20.26' },
        net: '211848.74',
      }],
    }])
  })

  test.each<[string, Cells]>([
    ['told-by-the-settlement', { type: 'Service Fee', 'order id': '' }],
    ['told-by-the-settlement', { type: 'Transfer', 'order id': '' }],
    ['not-settled-yet', { 'settlement id': '' }],
    ['not-settled-yet', { 'Transaction Status': 'Deferred' }],
    ['settlement-may-be-open', { 'date/time': '25 Aug 2022 12:34:56 am UTC' }],
  ])(
    'leaves to others what they tell better: %s',
    async (reason, cells) =>
      expect(await transactions(cells)).toEqual([{ lines: [2], skipped: reason }]),
  )

  test.each<[string, Cells]>([
    ['line-does-not-add-up', { total: '1,05,924.38' }],
    ['bad-amount', { 'selling fees': 'x' }],
    ['bad-date', { 'date/time': '31 Jun 2022 12:34:56 am UTC' }],
    ['bad-date', { 'date/time': '1 Aug 2023 12:34:56 am UTC' }],
    ['line-without-key', { 'order id': '' }],
    ['number-cut-off', { 'settlement id': '1.76E+10' }],
  ])('%s', async (reason, cells) => expect(refusedOf(await transactions(cells))).toEqual([reason]))
})
