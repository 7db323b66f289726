/** Settlements: in pieces, in any order, again and corrected; to the last digit. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPayouts } from '../../core/ledger/read-payouts.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { orderIdIn } from './support/histories.ts'
import { openPages, type Pages } from './support/pages.ts'
import { orderRow, payoutLine, payoutRow } from './support/rows.ts'

let fresh: FreshDatabase
let pages: Pages
beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(() => fresh?.close())
beforeEach(async () => {
  pages = await openPages(fresh)
})
afterEach(() => pages.close())

const at = (day: number) => new Date(Date.UTC(2026, 1, day))
const all = { limit: 10, filter: {} }

describe('a settlement', () => {
  const { list, lines } = {
    list: () => createPayouts(pages.fresh.db).list(pages.seller.entry, all),
    lines: async (id = '') =>
      (await createPayouts(pages.fresh.db).lines(pages.seller.entry, id, {
        ...{ limit: 100, accounts: null },
      }))?.rows ?? [],
  }
  it('adds up to the last digit, in decimal text', async () => {
    await pages.store('PAYOUTS', [payoutRow()])
    const { rows: [payout] } = await list()
    expect(payout).toMatchObject({
      ...{ settlement_state: 'OPEN', status: 'PENDING', amount: '2291.4360' },
      ...{ lines_amount: '2291.4360', line_count: 2, settles_on: '2026-01-15' },
    })
    expect(await lines(payout?.id)).toMatchObject([
      { external_line_id: '1', gross_amount: '1299.0000', net_amount: '1145.7180', order_id: null },
      { external_line_id: '2' },
    ])
    await pages.store('ORDERS', [orderRow()])
    expect((await lines(payout?.id)).map(({ order_id }) => order_id))
      .toEqual([orderIdIn(pages, 'BZ-1'), orderIdIn(pages, 'BZ-1')])
  })

  it('may come in pieces, in any order, and again', async () => {
    const pieces = [['1'], ['2', '3'], ['4']].map((ids) =>
      payoutRow({ lines: ids.map((id) => payoutLine(id)) })
    )
    for (const piece of pieces) await pages.store('PAYOUTS', [piece])
    const { rows: [payout] } = await list()
    expect(payout).toMatchObject({ line_count: 4, lines_amount: '4582.8720' })
    for (const piece of pieces.toReversed()) {
      expect(await pages.store('PAYOUTS', [piece])).toMatchObject({ changed: 0, unchanged: 1 })
    }
    // both pieces in one page
    expect(await pages.store('PAYOUTS', pieces)).toMatchObject({ changed: 0, unchanged: 3 })
  })

  it('goes forward only, and a corrected line replaces the one before', async () => {
    const paid = payoutRow({
      status: 'PAID',
      rawStatus: 'paid',
      paidOn: '2026-01-20',
      updatedAt: at(2),
    })
    await pages.store('PAYOUTS', [paid])
    const corrected = payoutLine('1', { gross: '1300', net: '1146.718' })
    await pages.store('PAYOUTS', [
      payoutRow({ status: 'OPEN', rawStatus: 'open', updatedAt: at(3), lines: [corrected] }),
    ])
    const { rows: [payout] } = await list()
    expect(payout).toMatchObject({
      ...{ settlement_state: 'PAID', raw_status: 'open', paid_on: '2026-01-20' },
      ...{ line_count: 2, lines_amount: '2292.4360' },
    })
    // older than what is stored: its lines are known better
    expect(await pages.store('PAYOUTS', [payoutRow()])).toMatchObject({ unchanged: 1 })
  })

  it('with a line that does not add up is put aside', async () => {
    const wrong = payoutRow({ lines: [payoutLine('1', { net: '1145.7181' })] })
    const float = payoutRow({ lines: [payoutLine('1', { net: '1e3' })] })
    for (const row of [wrong, float]) {
      expect(await pages.store('PAYOUTS', [row])).toMatchObject({ created: 0, rejected: 1 })
    }
  })
})

describe('a forecast', () => {
  const list = async () => (await createPayouts(pages.fresh.db).list(pages.seller.entry, all)).rows
  const forecast = (ids: readonly string[]) =>
    payoutRow({ externalId: 'EXP-1', forecast: true, lines: ids.map((id) => payoutLine(id)) })
  const paid = (ids: readonly string[], externalId = 'DOC-1') =>
    payoutRow({ externalId, status: 'PAID', lines: ids.map((id) => payoutLine(id)) })
  const told = async () =>
    (await list()).map((row) => [row.external_payout_id, row.line_count]).toSorted()

  it('gives its lines up to the payout that pays them, and goes with the last', async () => {
    await pages.store('PAYOUTS', [forecast(['7', '8', '9'])])
    await pages.store('PAYOUTS', [paid(['7'])])
    expect(await told()).toEqual([['DOC-1', 1], ['EXP-1', 2]])
    await pages.store('PAYOUTS', [paid(['8', '9'], 'DOC-2')])
    expect(await told()).toEqual([['DOC-1', 1], ['DOC-2', 2]])
  })

  it('that comes after the payment tells only what is not paid yet', async () => {
    await pages.store('PAYOUTS', [paid(['7', '8'])])
    await pages.store('PAYOUTS', [forecast(['7', '8', '9'])])
    expect(await told()).toEqual([['DOC-1', 2], ['EXP-1', 1]])
    // both in one page, and a forecast with nothing left
    await pages.store('PAYOUTS', [forecast(['9']), paid(['9'], 'DOC-2')])
    expect(await told()).toEqual([['DOC-1', 2], ['DOC-2', 1]])
  })

  it('is another thing than an open payout, whose lines may be numbered anew', async () => {
    await pages.store('PAYOUTS', [payoutRow({ externalId: 'OPEN-1', lines: [payoutLine('1')] })])
    await pages.store('PAYOUTS', [paid(['1'])])
    expect(await told()).toEqual([['DOC-1', 1], ['OPEN-1', 1]])
  })
})
