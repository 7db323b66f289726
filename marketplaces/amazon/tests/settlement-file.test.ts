/** The reader of settlement files: both generations, equal rows, and sums that do not hold. */
import type { PayoutRow, ReportRecord, ReportResult } from 'robnu/plugin'
import { describe, expect, test } from 'vitest'
import { settlementReport } from '../imports/settlements.ts'
import { openJournal } from 'robnu/testing'
import { seededOrders } from '../sandbox/seeded.ts'
import { settlementsBy, statementOf } from '../sandbox/settling.ts'
import { createWorld } from '../sandbox/world.ts'

type Result = ReportResult<PayoutRow>
const account = { externalAccountId: 'A1', now: new Date('2026-06-01T00:00:00Z') }

const read = async (lines: readonly (readonly string[])[]): Promise<Result[]> => {
  const [columns = [], ...rest] = lines
  const records = (async function* (): AsyncGenerator<ReportRecord> {
    for (const [at, cells] of rest.entries()) yield { line: at + 2, cells }
  })()
  const results: Result[] = []
  for await (const one of settlementReport.rows(columns, records, account)) results.push(one)
  const told = results.flatMap((one) => one.lines).sort((a, b) => a - b)
  expect(told).toEqual(rest.map((_, at) => at + 2))
  return results
}
const rowsOf = (results: readonly Result[]): PayoutRow[] =>
  results.flatMap((one) => 'row' in one ? [one.row] : [])
const reasonsOf = (results: readonly Result[]): string[] =>
  results.flatMap((one) => 'rejected' in one ? [one.rejected] : [])

const columns = [
  ...['settlement-id', 'settlement-start-date', 'settlement-end-date', 'deposit-date'],
  ...['total-amount', 'currency', 'transaction-type', 'order-id', 'adjustment-id', 'shipment-id'],
  ...['amount-type', 'amount-description', 'amount', 'posted-date', 'posted-date-time'],
  ...['order-item-code', 'sku'],
]
type Cells = Readonly<Partial<Record<string, string>>>
const lineOf = (cells: Cells): string[] => columns.map((name) => cells[name] ?? '')
const head = (more: Cells = {}): string[] =>
  lineOf({
    'settlement-id': '77',
    'settlement-start-date': '2026-05-01T18:30:00+00:00',
    'settlement-end-date': '2026-05-15T18:30:00+00:00',
    'deposit-date': '2026-05-17T18:30:00+00:00',
    'total-amount': '600.00',
    'currency': 'INR',
    ...more,
  })
const sale = (amount: string, more: Cells = {}): string[] =>
  lineOf({
    'settlement-id': '77',
    'transaction-type': 'Order',
    'order-id': '171-1234567-1234567',
    'shipment-id': '5',
    'amount-type': 'ItemPrice',
    'amount-description': 'Principal',
    amount,
    'posted-date-time': '2026-05-03T10:00:00+00:00',
    'order-item-code': '1',
    'sku': 'A',
    ...more,
  })
const fee = (amount: string, more: Cells = {}): string[] =>
  sale(amount, { 'amount-type': 'ItemFees', 'amount-description': 'Commission', ...more })

describe('a settlement', () => {
  test('is a payout in days of India, with a line for each amount', async () => {
    const [row] = rowsOf(await read([columns, head(), sale('713.33'), fee('-113.33')]))
    expect(row).toMatchObject({
      ...{ externalId: '77', status: 'PAID', amount: '600.00', currency: 'INR' },
      ...{ periodFrom: '2026-05-02', periodTo: '2026-05-16', paidOn: '2026-05-18' },
    })
    expect(row?.lines).toMatchObject([
      { externalId: 'shipment/171-1234567-1234567/5', gross: '713.33', net: '713.33' },
      { externalId: 'statement/77/Order/171-1234567-1234567', fees: '-113.33', net: '-113.33' },
    ])
  })

  test('has as many lines as rows, also where rows are equal', async () => {
    const lines = [sale('200.00'), sale('100.00'), fee('100.00'), fee('100.00'), fee('100.00')]
    const rows = rowsOf(await read([columns, head(), ...lines]))
    expect(rows).toHaveLength(1)
    expect(new Set(rows[0]?.lines.map(({ externalId }) => externalId)).size).toBe(5)
    // the same file again has the same lines
    expect(rowsOf(await read([columns, head(), ...lines]))).toEqual(rows)
  })

  test('keeps its lines when an amount is corrected', async () => {
    const idsOf = async (...lines: string[][]) =>
      rowsOf(await read([columns, head(), ...lines]))[0]?.lines.map(({ externalId }) => externalId)
    const other = sale('50.00', { 'order-item-code': '2' })
    const corrected = sale('40.00', { 'order-item-code': '2' })
    expect(await idsOf(sale('550.00'), fee('0.00'), other)).toEqual(
      await idsOf(sale('560.00'), fee('0.00'), corrected),
    )
  })

  test.each([
    ['the sum is not the total', [sale('599.99')], 'settlement-does-not-add-up'],
    ['an amount has part of what nobody pays', [sale('600.00001')], 'bad-amount'],
    ['an amount is none', [sale('')], 'bad-amount'],
    ['a number was cut off', [sale('600.00', { 'order-id': '1.71E+16' })], 'number-cut-off'],
    ['a date is none', [sale('600.00', { 'posted-date-time': '31.31.2026' })], 'bad-date'],
  ])('is not taken over when %s', async (_, lines, reason) => {
    const results = await read([columns, head(), ...lines])
    expect(rowsOf(results)).toEqual([])
    expect(reasonsOf(results)).toContain(reason)
  })

  test.each([
    [{ 'total-amount': 'x' }, 'bad-amount'],
    [{ currency: 'Rs' }, 'bad-currency'],
    [{ 'settlement-start-date': 'May' }, 'bad-date'],
    [{ 'deposit-date': 'soon' }, 'bad-date'],
    [{ 'settlement-id': '7.7E+10' }, 'number-cut-off'],
    [{ 'settlement-id': '' }, 'line-without-key'],
  ])('without readable totals is refused: %o', async (cells, reason) => {
    const results = await read([columns, head(cells), sale('600.00')])
    expect(rowsOf(results)).toEqual([])
    expect(reasonsOf(results)).toContain(reason)
  })

  test('that is not paid yet is released', async () => {
    const [row] = rowsOf(await read([columns, head({ 'deposit-date': '' }), sale('600.00')]))
    expect(row).toMatchObject({ status: 'RELEASED', paidOn: null })
  })

  test('lines of which nobody knows the totals are refused, and those of another stay', async () => {
    const stray = sale('5.00', { 'settlement-id': '78' })
    const results = await read([columns, sale('1.00'), head(), sale('600.00'), stray])
    expect(reasonsOf(results)).toEqual(['settlement-without-header', 'settlement-without-header'])
    expect(rowsOf(results)).toHaveLength(1)
  })

  test('several in one file are several payouts', async () => {
    const second = { 'settlement-id': '78', 'total-amount': '5.00' }
    const other = sale('5.00', { ...second, 'total-amount': '', 'order-id': '171-0000000-0000001' })
    const rows = rowsOf(await read([columns, head(), sale('600.00'), head(second), other]))
    expect(rows.map(({ externalId, amount }) => [externalId, amount])).toEqual([
      ['77', '600.00'],
      ['78', '5.00'],
    ])
  })

  test('days with slashes are read by what the whole file says', async () => {
    const days = {
      'settlement-start-date': '05/01/2026 18:30:00 UTC',
      'settlement-end-date': '05/15/2026 18:30:00 UTC',
      'deposit-date': '05/17/2026 18:30:00 UTC',
    }
    const posted = { 'posted-date-time': '05/03/2026 10:00:00 UTC' }
    const [row] = rowsOf(await read([columns, head(days), sale('600.00', posted)]))
    expect(row?.periodFrom).toBe('2026-05-02')
    expect(row?.lines[0]?.at?.toISOString()).toBe('2026-05-03T10:00:00.000Z')
  })
})

describe('a large settlement', () => {
  const count = 6_000
  const lines = Array.from(
    { length: count },
    (_, at) => sale('1.00', { 'order-id': `171-0000000-${String(at).padStart(7, '0')}` }),
  )
  test('comes in pieces that all say the same of it', async () => {
    const rows = rowsOf(await read([columns, head({ 'total-amount': '6000.00' }), ...lines]))
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.reduce((sum, row) => sum + row.lines.length, 0)).toBe(count)
    const headers = rows.map(({ lines: _, ...header }) => JSON.stringify(header))
    expect(new Set(headers).size).toBe(1)
  })
  test('that does not add up has its totals refused', async () => {
    const results = await read([columns, head({ 'total-amount': '6000.01' }), ...lines])
    expect(reasonsOf(results)).toEqual(['settlement-does-not-add-up'])
  })
})

test('both generations of a file say the same', async () => {
  const start = Date.parse('2022-06-30T00:00:00+05:30')
  const id = 'A2DEMOSELLERIN'
  const orders = seededOrders({ seed: 7, partner: id }, 120, start)
  const world = createWorld({
    ...{ seed: 7, start, now: () => start, acts: {}, journal: openJournal(undefined, 7) },
    openings: [{ id, orders, ordersPerDay: 0 }],
    settle: () => {},
  })
  const partner = world.partners.get(id)
  if (!partner) throw new Error('unreachable')
  const settlements = settlementsBy(world, partner, start)
  expect(settlements.length).toBeGreaterThan(8)
  for (const one of settlements) {
    const [iso, dotted] = await Promise.all((['ISO', 'DOTTED'] as const).map(async (generation) => {
      const lines = statementOf(world, partner, one, generation).trimEnd().split('\n')
        .map((line) => line.split('\t'))
      return await read(lines)
    }))
    expect(reasonsOf(iso ?? [])).toEqual([])
    expect(rowsOf(dotted ?? [])).toEqual(rowsOf(iso ?? []))
  }
})
