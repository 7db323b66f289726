/** A workbook whose sheets have headings of their own: what is expected, what is paid, what is corrected. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHost } from '../../../core/host/host.ts'
import { workbookOf, zipOf } from '../../../core/testing/sandbox/xlsx.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { type ImportHouse, importWhole, openHouse } from './support/house.ts'

const folder = fileURLToPath(new URL('../../../', import.meta.url))
const use = './marketplaces/meesho/mod.ts'
const { marketplaces: [meesho] } = await openHost([{ use, config: undefined }], folder)

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const columns = [
  ...['Sub Order No', 'Live Order Status', 'Transaction ID', 'Payment Date'],
  ...['Final Settlement Amount', 'Total Sale Amount (Incl. Shipping & GST)'],
  ...['Fixed Fee (Incl. GST)', 'TCS', 'Fixed Fee (Incl. GST)', 'TDS Rate %', 'TDS'],
]
const numberOf = (at: number): string => `1840000000000${String(at).padStart(5, '0')}_1`
/** Of so many rupees, less four; the two fees have one name. */
const line = (at: number, rupees: number, transaction: string, day: string) => [
  ...[numberOf(at), 'Delivered', transaction, day, `${rupees - 4}.0`, `${rupees}.0`],
  ...['-1', '-0.5', '-2', '0.1', '-0.5'],
]
const noData = ['No data is available for these dates.']
const ads = [
  ...['Deduction Duration', 'Deduction Date', 'Campaign ID', 'Ad Cost'],
  ...['Credits / Waivers / Discounts', 'Ad Cost incl. Credits/Waivers/Discounts', 'GST'],
  'Total Ads Cost',
]
const file = (lines: readonly (readonly string[])[], adLines: readonly (readonly string[])[]) =>
  zipOf([{
    name: '1203401_SP_ORDER_ADS_REFERRAL_PAYMENT_FILE.xlsx',
    bytes: workbookOf([
      { name: 'Disclaimer', rows: [['This file is computer generated.']] },
      { name: 'Order Payments', rows: [['Order Details'], columns, ['A', 'B', 'C'], ...lines] },
      { name: 'Ads Cost', rows: [ads, ...adLines] },
      {
        name: 'Referral Payments',
        rows: [
          ['Reward Id', 'Payment Date', 'Store Name', 'Reason', 'Net Referral Amount', 'Taxes'],
          noData,
        ],
      },
      {
        name: 'Compensation and Recovery',
        rows: [
          ['Date', 'Program Name', 'Reason', 'Amount (inc GST) INR'],
          ['2026-08-15', 'Sale event', 'Price support', '250'],
        ],
      },
    ]),
  }])

const payouts = ({ seller }: ImportHouse) =>
  world.fresh.asSuperuser(async (admin) => {
    const rows = await admin<{ id: string; state: string; lines: number; amount: string }[]>`
      select external_payout_id as id, settlement_state as state, line_count as lines,
        lines_amount::text as amount
      from marketplace_payouts where seller_id = ${seller.sellerId} order by external_payout_id`
    return rows.map(({ id, state, lines, amount }) => `${id} ${state} ${lines} ${amount}`)
  })

const ad = ['3 to 9 Aug', '2026-08-10', '7', '500', '50', '-450', '-81', '-531']
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)

describe('the payment workbook', () => {
  it('is read whole; what was expected is paid; twice nothing changes; a correction is the one change', async () => {
    const house = await openHouse(world, { reports: meesho?.imports ?? [] })
    const expected = range(0, 5).map((at) => line(at, 104, '', '2026-08-20'))
    const first = await importWhole(house, file(expected, [noData]))
    expect(first).toMatchObject({
      state: 'SUCCEEDED',
      lines: { accepted: 6, rejected: 0 },
    })
    expect(first.lines.skipped_reasons).toEqual({
      ...{ 'formula-line': 1, 'no-data': 2, 'unknown-table': 1 },
    })
    expect(first.sections.map(({ name }) => name.split(': ')[1])).toEqual(expect.arrayContaining([
      ...['Order Payments', 'Ads Cost', 'Referral Payments', 'Compensation and Recovery'],
    ]))
    const compensation = 'COMPENSATION-2026-08-15 PAID 1 250.0000'
    expect(await payouts(house)).toEqual([compensation, 'EXP-2026-08-20 OPEN 5 500.0000'])

    const broken = line(9, 104, 'AX1', '2026-08-20').with(4, '101.0')
    const paid = [...range(0, 4).map((at) => line(at, 104, 'AX1', '2026-08-20')), broken]
    const second = await importWhole(house, file(paid, [ad]))
    expect(second.lines.rejected_reasons).toEqual({ 'settlement-does-not-add-up': 1 })
    expect(await payouts(house)).toEqual([
      'ADS-2026-08-10 PAID 1 -531.0000',
      'AX1 PAID 4 400.0000',
      compensation,
      'EXP-2026-08-20 OPEN 1 100.0000',
    ])
    const again = await importWhole(house, file(paid, [ad]))
    expect(again.rows).toEqual({ new: 0, changed: 0, unchanged: 3 })

    const better = paid.with(1, line(1, 124, 'AX1', '2026-08-20'))
    const corrected = await importWhole(house, file(better, [ad]))
    expect(corrected.rows).toEqual({ new: 0, changed: 1, unchanged: 2 })
    expect(await payouts(house)).toContain('AX1 PAID 4 420.0000')
    // the old forecast, late: what is paid stays paid
    await importWhole(house, file(expected, [noData]))
    expect(await payouts(house)).toContain('EXP-2026-08-20 OPEN 1 100.0000')
  })
})
