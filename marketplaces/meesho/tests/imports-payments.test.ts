import { describe, expect, test } from 'vitest'
import { adsReport, compensationReport, referralReport } from '../imports/adjustments.ts'
import { paymentReport } from '../imports/payments.ts'
import { importOf, letters, payment, paymentColumns, rowsOf, wordsOf } from './import-files.ts'

const read = (...lines: readonly (readonly string[])[]) =>
  importOf(paymentReport, paymentColumns, lines)
const sale = { N: '561.6', AB: '-82.6', R: '-7.19', AG: '-2.28', AI: '-0.46', L: '469.07' }

describe('order payments', () => {
  test('a sale is a line of the payment that the bank names', async () => {
    const [row] = rowsOf(await read(payment(sale)))
    expect(row).toEqual({
      externalId: 'AXISCN01',
      status: 'PAID',
      rawStatus: 'PREVIOUS',
      amount: null,
      currency: 'INR',
      periodFrom: null,
      periodTo: null,
      paidOn: '2026-08-10',
      updatedAt: new Date('2026-08-09T18:30:00Z'),
      lines: [{
        externalId: '184000000000000001_1/SALE',
        kind: 'SALE',
        orderExternalId: '184000000000000001_1',
        itemExternalId: '184000000000000001_1',
        returnExternalId: null,
        awb: null,
        gross: '561.60',
        deductions: '0.00',
        fees: '-89.79',
        taxes: '-2.74',
        net: '469.07',
        deductionReason: null,
        at: new Date('2026-08-09T18:30:00Z'),
      }],
    })
  })

  test('every part counts once, both fixed fees and the net of the service charges', async () => {
    const parts = [
      ...['N', 'O', 'P', 'Q', 'R', 'S', 'U', 'V', 'W', 'X', 'Y', 'Z', 'AA', 'AB', 'AE', 'AF'],
      ...['AG', 'AI', 'AJ', 'AK', 'AL'],
    ]
    const cells = Object.fromEntries(parts.map((letter, at) => [letter, `${2 ** at / 100}`]))
    const L = String((2 ** parts.length - 1) / 100)
    const told = { ...cells, L, AC: '77', AD: '-5', T: '3', AH: '9' }
    expect(wordsOf(await read(payment(told)))).toEqual({ 2: 'row' })
    for (const letter of parts) {
      const words = wordsOf(await read(payment({ ...told, [letter]: '3000000' })))
      expect(words, letter).toEqual({ 2: '! settlement-does-not-add-up' })
    }
  })

  test('two paise are rounding, three are not', async () => {
    const of = (L: string) => read(payment({ ...sale, L }))
    expect(wordsOf(await of('469.09'))).toEqual({ 2: 'row' })
    expect(wordsOf(await of('469.05'))).toEqual({ 2: 'row' })
    expect(wordsOf(await of('469.10'))).toEqual({ 2: '! settlement-does-not-add-up' })
    const [printed] = rowsOf(await of('469.06999999999994'))
    expect(printed?.lines[0]?.net).toBe('469.07')
    const [row] = rowsOf(await of('469.08'))
    // what the marketplace pays is what counts
    expect(row?.lines[0]).toMatchObject({ net: '469.08', fees: '-89.78' })
  })

  test('without a transaction it is expected, and the same line when it is paid', async () => {
    const words = 'Shipped Delivered Return'.split(' ')
    const rows = await Promise.all(words.map(async (F, at) => {
      const [row] = rowsOf(await read(payment({ ...sale, F, ...at < 2 ? { J: '' } : {} })))
      return row
    }))
    expect(rows[0]).toMatchObject({
      ...{ externalId: 'EXP-2026-08-10', status: 'OPEN', forecast: true, paidOn: null },
      ...{ periodTo: '2026-08-10', updatedAt: new Date('2026-07-10T18:30:00Z') },
    })
    expect(rows[1]).toEqual(rows[0])
    expect(rows[2]?.forecast).toBeUndefined()
    const line = { ...rows[0]?.lines[0], at: rows[2]?.lines[0]?.at }
    expect(rows[2]?.lines[0]).toEqual(line)
    const [some] = rowsOf(await read(payment({ ...sale, J: '', K: '' })))
    expect(some).toMatchObject({ externalId: 'EXP', status: 'OPEN', periodTo: null })
  })

  test('a line is named by its money', async () => {
    const of = async (cells: Record<string, string>) =>
      rowsOf(await read(payment(cells)))[0]?.lines[0]
    expect(await of({ O: '-561.6', Z: '-153.4', AG: '2.28', L: '-712.72' })).toMatchObject({
      ...{ kind: 'RETURN', gross: '-561.60', fees: '-153.40', taxes: '2.28' },
    })
    const lost = { F: 'Lost', AJ: '383.2', L: '383.2', AM: 'Lost by the courier' }
    expect(await of(lost)).toMatchObject({
      ...{ kind: 'COMPENSATION', deductions: '383.20', net: '383.20' },
      deductionReason: 'Lost by the courier',
    })
    expect(await of({ AK: '10', L: '10', AN: 'Claim 7' })).toMatchObject({ kind: 'CLAIM' })
    expect(await of({ AL: '-29.5', L: '-29.5' })).toMatchObject({ kind: 'RECOVERY' })
    expect(await of({ Z: '-5', L: '-5' })).toMatchObject({ kind: 'CHARGE' })
    expect(await of({ F: 'RTO', L: '-0.0' })).toMatchObject({ kind: 'ZERO', net: '0.00' })
  })

  test('lines of one sub-order keep apart, whole ones that repeat are skipped', async () => {
    const first = payment({ AL: '-29.5', L: '-29.5' })
    const results = await read(
      letters,
      payment(sale),
      first,
      payment({ AL: '-10', L: '-10' }),
      first,
      ['No data is available for these dates.'],
    )
    expect(wordsOf(results)).toEqual({
      ...{ 2: 'formula-line', 3: 'row', 4: 'row', 5: 'row', 6: 'repeated-line', 7: 'no-data' },
    })
    const [row] = rowsOf(results)
    expect(row?.lines.map(({ externalId: id }) => id.slice(21))).toEqual([
      ...['SALE', 'RECOVERY', 'RECOVERY/2'],
    ])
  })

  test('refuses what cannot be read, each line for itself', async () => {
    const results = await read(
      payment({ ...sale, A: '1.84E+17' }),
      payment({ ...sale, K: 'soon' }),
      payment({ ...sale, L: '' }),
      payment({ ...sale, AG: '#REF!' }),
      payment(sale),
    )
    expect(wordsOf(results)).toEqual({
      ...{ 2: '! bad-sub-order-no', 3: '! bad-date', 4: '! no-settlement-amount' },
      ...{ 5: '! bad-amount', 6: 'row' },
    })
    expect(results[1]).toMatchObject({ key: '184000000000000001_1' })
  })

  test('a payment of thousands of lines comes in pieces', async () => {
    const lines = Array.from(
      { length: 1_203 },
      (_, at) => payment({ ...sale, A: `18400000${at}_1`, J: at < 600 ? 'AX1' : 'AX2' }),
    )
    const rows = rowsOf(await read(...lines))
    expect(rows.map(({ externalId, lines }) => [externalId, lines.length])).toEqual([
      ...[['AX1', 500], ['AX1', 100], ['AX2', 500], ['AX2', 103]],
    ])
    const { lines: _, ...header } = rows[0] ?? { lines: [] }
    expect(rows[1]).toMatchObject(header)
  })

  test('the older generation has fees without GST and the tax of each beside it', async () => {
    const columns = [
      ...['Sub Order No', 'Live Order Status', 'Transaction ID', 'Payment Date'],
      // what stands before the settlement is no part of it
      'Fixed Fee agreed upon',
      ...['Final Settlement Amount', 'Total Sale Amount (Incl. Shipping & GST)'],
      ...['Sale Return Amount (Incl. Shipping & GST)', 'Meesho Commission Percentage'],
      ...['Meesho Commission (Excl. GST)', 'GST on Meesho Commission', 'Fixed Fee (Excl. GST)'],
      ...['GST on Fixed Fee', 'Shipping Charge (Excl. GST)', 'GST on Shipping Charge'],
      ...['Other Support Service Charges (Excl. GST)', 'Waivers (Excl. GST)'],
      ...['GST on Other Support Service Charges', 'TCS', 'TDS Rate %', 'TDS', 'Recovery'],
      ...['Recovery Reason', 'A column of tomorrow'],
    ]
    const line = [
      ...['184000000000000001_1', 'Delivered', 'AX1', '10-08-2026', '7'],
      ...['369.99', '500.0', '0', '1'],
      ...['-10', '-1.8', '-5', '-0.9', '-50', '-9', '-40', '5', '-6.3', '-2', '0.1', '-0.01'],
      ...['-10', 'Weight', '17'],
    ]
    const [row] = rowsOf(await importOf(paymentReport, columns, [line]))
    expect(row).toMatchObject({ externalId: 'AX1', paidOn: '2026-08-10' })
    expect(row?.lines[0]).toMatchObject({
      ...{ gross: '500.00', deductions: '-10.00', fees: '-100.00', taxes: '-20.01' },
      ...{ net: '369.99', deductionReason: 'Weight' },
    })
    const broken = wordsOf(await importOf(paymentReport, columns, [line.with(12, '0')]))
    expect(broken).toEqual({ 2: '! settlement-does-not-add-up' })
  })
})

describe('the other sheets', () => {
  const adsColumns = [
    ...['Deduction Duration', 'Deduction Date', 'Campaign ID', 'Ad Cost'],
    ...['Credits / Waivers / Discounts', 'Ad Cost incl. Credits/Waivers/Discounts'],
    ...['GST (18 %)', 'Total Ads Cost'],
  ]
  const ad = ['2026-08-03 to 2026-08-09', '2026-08-10', '7', '500', '50', '-450', '-81', '-531']

  test('ads are a payout of the day on which they were taken', async () => {
    const results = await importOf(adsReport, adsColumns, [
      ad,
      ad.with(2, '8'),
      ad,
      ad.with(7, '-530.9'),
      ['No data is available for these dates.'],
      ad.with(1, '31-06-2026'),
      ad.with(5, 'much'),
    ])
    expect(wordsOf(results)).toEqual({
      ...{ 2: 'row', 3: 'row', 4: 'row', 5: '! ads-do-not-add-up', 6: 'no-data' },
      ...{ 7: '! bad-date', 8: '! bad-amount' },
    })
    const [row] = rowsOf(results)
    expect(row).toMatchObject({ externalId: 'ADS-2026-08-10', status: 'PAID', amount: null })
    expect(row?.lines.map(({ externalId: id }) => id)).toEqual([
      ...['7', '8', '7'].map((one) => `${one}/2026-08-03 to 2026-08-09`).with(
        2,
        '7/2026-08-03 to 2026-08-09/2',
      ),
    ])
    expect(row?.lines[0]).toMatchObject({ fees: '-450.00', taxes: '-81.00', net: '-531.00' })
    const [later] = rowsOf(await importOf(adsReport, adsColumns, [ad.with(1, '2026-12-01')]))
    expect(later).toMatchObject({ status: 'OPEN', paidOn: null })
  })

  test('referrals were taxed before, compensation belongs to no sub-order', async () => {
    const columns = [
      ...['Reward Id', 'Payment Date', 'Store Name', 'Reason', 'Net Referral Amount'],
      'Taxes (GST/TDS)',
    ]
    const [referral] = rowsOf(
      await importOf(referralReport, columns, [
        ['RW1', '2026-08-01', 'Asha', 'Supplier referral', '427.5', '22.5'],
      ]),
    )
    expect(referral).toMatchObject({
      externalId: 'REFERRAL-2026-08-01',
      lines: [{ externalId: 'RW1', gross: '450.00', taxes: '-22.50', net: '427.50' }],
    })
    const names = ['Date', 'Program Name', 'Reason', 'Amount (inc GST) INR']
    const [compensation] = rowsOf(
      await importOf(compensationReport, names, [
        ['2026-08-15', 'Sale event', 'Price support', '250'],
        ['2026-08-15', 'Quality', 'Label recovery', '-99.0'],
      ]),
    )
    expect(compensation?.lines.map(({ net, deductionReason }) => [net, deductionReason])).toEqual([
      ['250.00', 'Sale event: Price support'],
      ['-99.00', 'Quality: Label recovery'],
    ])
  })
})
