/** One transaction of Finances: a forecast whose amounts are what stood there. */
import { describe, expect, test } from 'vitest'
import { eventId, shareOf } from '../events.ts'
import { toForecast } from '../transactions.ts'

const money = (currencyAmount: string) => ({ currencyCode: 'INR', currencyAmount })
const named = (relatedIdentifierName: string, relatedIdentifierValue: string) => ({
  ...{ relatedIdentifierName, relatedIdentifierValue },
})
const good = {
  transactionType: 'Shipment',
  transactionStatus: 'DEFERRED',
  transactionId: 't1',
  postedDate: '2026-05-03T10:00:00Z',
  totalAmount: money('601.42'),
  relatedIdentifiers: [named('ORDER_ID', '171-1234567-1234567'), named('SHIPMENT_ID', '5')],
  items: [{
    breakdowns: [
      { breakdownType: 'ProductCharges', breakdownAmount: money('713.33') },
      { breakdownType: 'AmazonFees', breakdownAmount: money('-100.00') },
      { breakdownType: 'TCS', breakdownAmount: money('-11.91') },
    ],
  }],
}
const rowOf = (more: object = {}) => {
  const found = toForecast({ ...good, ...more })
  return 'row' in found ? found.row : undefined
}
const reasonOf = (raw: unknown) => {
  const found = toForecast(raw)
  return 'rejected' in found ? found.rejected.reason : undefined
}

describe('a transaction', () => {
  test('is a forecast of its own, with one line of the same id', () => {
    expect(rowOf()).toMatchObject({
      ...{ externalId: 'shipment/171-1234567-1234567/5', status: 'OPEN', forecast: true },
      lines: [{
        ...{ externalId: 'shipment/171-1234567-1234567/5', gross: '713.33', fees: '-100.00' },
        ...{ taxes: '-11.91', net: '601.42' },
      }],
    })
  })
  test('that is held back and its release are one row, which moves on', () => {
    const release = rowOf({ transactionStatus: 'RELEASED', transactionId: 't2' })
    expect(release).toEqual({ ...rowOf(), status: 'RELEASED', rawStatus: 'RELEASED' })
    expect(rowOf({ transactionStatus: 'DEFERRED_RELEASED' })?.status).toBe('RELEASED')
  })
  test('whose parts do not sum up is gross as a whole', () => {
    expect(rowOf({ items: [], breakdowns: [] })?.lines[0]).toMatchObject({
      ...{ gross: '601.42', fees: '0.00', taxes: '0.00', net: '601.42' },
    })
  })
  test('with an unknown word has no state', () => {
    expect(rowOf({ transactionStatus: 'MAYBE' })).toMatchObject({
      status: null,
      rawStatus: 'MAYBE',
    })
    expect(rowOf({ transactionStatus: 'constructor' })?.status).toBeNull()
    expect(rowOf({ transactionStatus: undefined })?.rawStatus).toBe('NOT_TOLD')
  })
  test('is put aside by a word', () => {
    expect(reasonOf({ ...good, relatedIdentifiers: [] })).toBe('transaction-without-order')
    expect(reasonOf({ ...good, totalAmount: money('601.420049') })).toBe('malformed-transaction')
    expect(reasonOf({ ...good, totalAmount: 7 })).toBe('malformed-transaction')
    expect(reasonOf('x')).toBe('malformed-transaction')
  })
})

test('the settlement and Finances name one event alike', () => {
  expect(eventId('Order', '171-1', '5')).toBe(eventId('Shipment', '171-1', '5'))
  expect(eventId('Refund', '171-1', '5')).not.toBe(eventId('Order', '171-1', '5'))
  expect(eventId('ServiceFee', '', '5')).toBeUndefined()
})

test.each(
  [
    [['ItemPrice', 'Principal', false], 'gross'],
    [['ItemPrice', 'Product Tax', false], 'gross'],
    [['ItemFees', 'Commission', true], 'fees'],
    [['ItemFees', 'Commission IGST', true], 'taxes'],
    [['ItemTCS', 'TCS-IGST', true], 'taxes'],
    [['ItemTDS', 'TDS (Section 194-O)', true], 'taxes'],
    [['Promotion', 'Principal', true], 'deductions'],
    [['other-transaction', 'Subscription Fee', true], 'fees'],
    [['other-transaction', 'FBA Inventory Reimbursement', false], 'gross'],
    [['other-transaction', 'Debt payment', true], 'deductions'],
  ] as const,
)('%o is %s', ([coarse, fine, isNegative], share) => {
  expect(shareOf(coarse, fine, isNegative)).toBe(share)
})
