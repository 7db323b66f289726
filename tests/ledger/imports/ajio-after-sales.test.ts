/** AJIO's RTV and payment reports: every line in one result, and every paisa in one line. */
import { describe, expect, it } from 'vitest'
import type { PayoutRow, ReturnRow } from '../../../core/plugin.ts'
import {
  type Cells,
  csvOf,
  lineAt,
  returnReport,
  settlementReport,
  valuesOf,
} from './support/ajio-files.ts'
import { changed, reasonsIn, rowsIn, toldOf } from './support/told.ts'
import { workbookOf } from './support/zip.ts'

describe('the RTV report', () => {
  it('makes one return of its lines, with both waybills and the credit note', async () => {
    const [sample] = returnReport(30).lines
    const line: Cells = {
      ...{ ...sample, 'RETURN ORDER NUMBER': 'RT1', 'Return Status': 'CREDIT_NOTE_CREATED' },
      ...{
        'Return Type': 'Customer Return',
        'Credit Note Number': 'CN1',
        'QC Reason Coding': 'STAIN',
      },
      ...{ 'Return Created Date': 'Fri Aug 21 10:00:00 IST 2026', 'Return AWB No': '749' },
      ...{ 'Credit Note Generation Date': '2026-09-01', 'Credit Note Value': '525' },
      ...{ 'Credit Note Pre Tax Value': '500', 'Credit Note Tax Value': '25', 'FWD AWB': '149' },
      ...{ 'FWD Seller Order ID': 'FWD1-1', 'JIOCODE': '441', 'Cust Order No': 'FN1' },
    }
    const report = {
      columns: returnReport(1).columns,
      lines: [line, { ...line, 'FWD Seller Order ID': 'FWD1-2' }, line],
    }
    const told = await toldOf(csvOf(report))
    expect(reasonsIn(told)).toEqual({ 'repeated-line': [lineAt(2)] })
    expect(rowsIn<ReturnRow>(told)).toMatchObject([{
      ...{ externalId: 'RT1', orderExternalId: 'FN1', kind: 'CUSTOMER_RETURN', status: 'CREDITED' },
      initiatedAt: new Date('2026-08-21T04:30:00Z'),
      updatedAt: new Date('2026-08-31T18:30:00Z'),
      awbs: [{ awb: '749', carrier: 'DELHIVERY' }, { awb: '149', carrier: null }],
      creditNote: { number: 'CN1', paise: 105_000, at: new Date('2026-08-31T18:30:00Z') },
      items: [
        { externalId: 'FWD1-1/441', quantity: 1, condition: 'STAIN' },
        { externalId: 'FWD1-2/441' },
      ],
    }])
  })

  it('reads every return of a large file, dates and all', async () => {
    const report = returnReport(2_000)
    const rows = rowsIn<ReturnRow>(await toldOf(csvOf(report)))
    expect(rows).toHaveLength(2_000)
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(
      new Set(['CUSTOMER_RETURN', 'RTO', 'EXCHANGE']),
    )
    expect(rowsIn<ReturnRow>(await toldOf(workbookOf({ RTV: valuesOf(report) })))).toEqual(rows)
  })

  it.each<[string, Cells]>([
    ['line-without-key', { 'Cust Order No': '' }],
    ['unknown-return-type', { 'Return Type': 'LOST' }],
    ['bad-quantity', { 'Return QTY': '0' }],
    ['bad-date', { 'Return Created Date': 'yesterday' }],
    ['money-not-in-paise', { 'Credit Note Value': '1.005' }],
    ['credit-note-does-not-add-up', {
      ...{
        'Credit Note Value': '525',
        'Credit Note Pre Tax Value': '400',
        'Credit Note Tax Value': '25',
      },
    }],
  ])('puts aside with the reason %s a line of %o', async (reason, cells) => {
    const told = await toldOf(csvOf(changed(returnReport(1), { 0: cells })))
    expect(reasonsIn(told)[reason]).toContain(lineAt(0))
    expect(rowsIn(told)).toEqual([])
  })
})

describe('the payment report', () => {
  const sum = (rows: readonly PayoutRow[]): number =>
    rows.flatMap(({ lines }) => lines).reduce(
      (paise, { net }) => paise + Math.round(Number(net) * 100),
      0,
    )

  it('groups its lines by clearing document; what is expected by the day of it', async () => {
    const [sample] = settlementReport(1).lines
    const lines: readonly Cells[] = [
      {
        'Clearing doc no': '1900',
        'Internal Document no': '51',
        'Value': '2,052.80',
        'Journey Type': 'FORWARD',
      },
      {
        'Clearing doc no': '1900',
        'Internal Document no': '52',
        'Value': '100',
        'Journey Type': 'RETURN',
      },
      {
        'Clearing doc no': '1900',
        'Internal Document no': '53',
        'Value': '-7.5',
        'Journey Type': 'SLA_PENALTY',
      },
      {
        'Clearing doc no': '',
        'Clearing date': 'nan',
        'Internal Document no': '54',
        'Value': '-0.0',
        'Status': 'EXPECTED',
      },
    ].map((line) => ({
      ...{ ...sample, 'Clearing date': 'Wed Sep 02 00:00:00 IST 2026', 'Credit Note No': '' },
      ...{
        'Status': 'CLEARED',
        'Expected settlement date': '2026-09-10',
        'Order No': 'FN1',
        ...line,
      },
    }))
    const rows = rowsIn<PayoutRow>(
      await toldOf(csvOf({ columns: settlementReport(1).columns, lines })),
    )
    expect(rows).toMatchObject([
      {
        ...{
          externalId: '1900',
          status: 'PAID',
          rawStatus: 'CLEARED',
          paidOn: '2026-09-02',
          amount: null,
        },
        updatedAt: new Date('2026-09-01T18:30:00Z'),
      },
      { externalId: 'EXP-2026-09-10', status: 'OPEN', rawStatus: 'EXPECTED', paidOn: null },
    ])
    expect(
      rows.map(({ lines }) => lines.map(({ externalId, kind, net }) => [externalId, kind, net])),
    )
      .toEqual([
        [['51', 'FORWARD', '2052.80'], ['52', 'RETURN', '-100.00'], ['53', 'SLA_PENALTY', '-7.50']],
        [['54', 'FORWARD', '0.00']].map(([id, , net]) => [id, rows[1]?.lines[0]?.kind, net]),
      ])
  })

  it('keeps every line of a large file, and the sum to the paisa', async () => {
    const report = settlementReport(6_000)
    const paise = report.lines.reduce((total, line) => {
      const value = Math.round(Number((line['Value'] ?? '').replaceAll(',', '')) * 100)
      return total + (line['Journey Type'] === 'RETURN' ? -Math.abs(value) : value)
    }, 0)
    const told = await toldOf(csvOf(report))
    const rows = rowsIn<PayoutRow>(told)
    expect(reasonsIn(told)).toEqual({})
    expect(rows.flatMap(({ lines }) => lines)).toHaveLength(6_000)
    expect(sum(rows)).toBe(paise)
    expect(sum(rowsIn<PayoutRow>(await toldOf(workbookOf({ S: valuesOf(report) }))))).toBe(paise)
  })

  it('puts aside a document that is told twice with two values, and what is no money', async () => {
    const report = changed(settlementReport(12, 3), {
      ...{ 2: { 'Internal Document no': 'D1' }, 7: { 'Internal Document no': 'D1' } },
      4: { 'Value': '1.23456' },
      5: { 'Clearing doc no': 'nan', 'Expected settlement date': '' },
    })
    const [third] = report.lines.slice(2)
    const same = changed(report, { 7: { ...third, 'Value': '9.99' }, 9: report.lines[8] ?? {} })
    const reasons = reasonsIn(await toldOf(csvOf(same)))
    expect(reasons).toEqual({
      'document-has-a-bad-line': [lineAt(2)],
      'line-told-twice': [lineAt(7)],
      'money-not-in-paise': [lineAt(4)],
      'neither-cleared-nor-expected': [lineAt(5)],
      'repeated-line': [lineAt(9)],
    })
  })
})
