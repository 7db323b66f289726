/** The reader of the flat file of returns. */
import type { ReportRecord, ReportResult, ReturnRow } from 'robnu/plugin'
import { describe, expect, test } from 'vitest'
import { returnReport } from '../imports/returns.ts'

type Result = ReportResult<ReturnRow>
const account = { externalAccountId: 'A1', now: new Date('2026-06-01T00:00:00Z') }
const columns = [
  ...['Order ID', 'Return request date', 'Return request status', 'Amazon RMA ID'],
  ...['Return carrier', 'Tracking ID', 'Merchant SKU', 'Return quantity', 'Return Reason'],
  ...['Resolution', 'Return delivery date', 'Order Amount', 'Order quantity', 'Refunded Amount'],
]
const good = {
  'Order ID': '171-1234567-1234567',
  'Return request date': '03-May-2026',
  'Return request status': 'Approved',
  'Amazon RMA ID': 'DxyzRRMA',
  'Return carrier': 'ATS',
  'Tracking ID': '123456789012',
  'Merchant SKU': 'KURTA-M',
  'Return quantity': '1',
  'Return Reason': 'CR-DEFECTIVE',
  'Resolution': 'StandardRefund',
  'Order Amount': '1,299.00',
  'Order quantity': '2',
}
type Cells = Readonly<Partial<Record<string, string>>>
const line = (more: Cells = {}): string[] => {
  const cells: Cells = { ...good, ...more }
  return columns.map((name) => cells[name] ?? '')
}
const read = async (...lines: readonly (readonly string[])[]): Promise<Result[]> => {
  const records = (async function* (): AsyncGenerator<ReportRecord> {
    for (const [at, cells] of lines.entries()) yield { line: at + 2, cells }
  })()
  const results: Result[] = []
  for await (const one of returnReport.rows(columns, records, account)) results.push(one)
  return results
}
const one = async (more: Cells = {}): Promise<Result | undefined> => (await read(line(more)))[0]

describe('a line of the flat file', () => {
  test('is a return of one SKU, by order, RMA and SKU', async () => {
    expect(await one()).toEqual({
      lines: [2],
      row: {
        externalId: '171-1234567-1234567/DxyzRRMA/KURTA-M',
        orderExternalId: '171-1234567-1234567',
        ...{ kind: 'CUSTOMER_RETURN', status: 'INITIATED', rawStatus: 'Approved' },
        reason: 'CR-DEFECTIVE',
        initiatedAt: new Date('2026-05-03T00:00:00Z'),
        updatedAt: new Date('2026-05-03T00:00:00Z'),
        ...{ deliveredAt: null, shipmentExternalId: null, creditNote: null },
        awbs: [{ awb: '123456789012', carrier: 'ATS' }],
        items: [{
          ...{ externalId: 'KURTA-M', itemExternalId: null, sku: 'KURTA-M' },
          ...{ quantity: 1, condition: null },
        }],
      },
    })
  })
  test.each([
    [{ 'Return delivery date': '09-May-2026' }, { status: 'DELIVERED' }],
    [{ 'Return request status': 'Completed' }, { status: 'PROCESSED' }],
    [{ 'Return request status': 'Denied' }, { status: 'CANCELLED' }],
    [{ 'Return request status': 'Levitating' }, { status: null, rawStatus: 'Levitating' }],
    [{ 'Return request status': 'constructor' }, { status: null }],
    [{ Resolution: 'Exchange' }, { kind: 'EXCHANGE' }],
    [{ 'Tracking ID': '1.23457E+11' }, { awbs: [] }],
  ])('with %o says %o', async (cells, row) => {
    expect(await one(cells)).toMatchObject({ row })
  })
  test.each([
    [{ 'Order ID': '' }, 'line-without-key'],
    [{ 'Merchant SKU': '' }, 'line-without-key'],
    [{ 'Order ID': '1.71E+16' }, 'number-cut-off'],
    [{ 'Return request date': '' }, 'bad-date'],
    [{ 'Return request date': '03-May-2027' }, 'bad-date'],
    [{ 'Return delivery date': 'x' }, 'bad-date'],
    [{ 'Return quantity': '0' }, 'bad-quantity'],
    [{ 'Order quantity': '-1' }, 'bad-quantity'],
    [{ 'Return quantity': '3' }, 'more-back-than-ordered'],
    [{ 'Refunded Amount': 'all of it' }, 'bad-amount'],
  ])('with %o is refused as %s', async (cells, rejected) => {
    expect(await one(cells)).toMatchObject({ lines: [2], rejected })
  })
  test('that comes again is one; two that differ are none', async () => {
    expect(await read(line(), line())).toMatchObject([{ skipped: 'repeated-line' }, { lines: [2] }])
    const differing = await read(
      line(),
      line({ 'Return quantity': '2' }),
      line({ 'Merchant SKU': 'B' }),
    )
    expect(differing).toMatchObject([
      { lines: [2], rejected: 'line-told-twice' },
      { lines: [3], rejected: 'line-told-twice' },
      { row: { items: [{ sku: 'B' }] } },
    ])
  })
})
