/** The panel's files of a world that has lived, read by the imports: they tell what the ledger knows. */
import type { OrderRow, ReturnRow } from 'robnu/plugin'
import { fakeContext } from 'robnu/testing'
import { expect, test } from 'vitest'
import { reports } from '../imports/reports.ts'
import { startWorld, type World } from './sandbox-world.ts'

const read = async <Row>(world: World, file: string, id: string): Promise<Map<string, Row>> => {
  const { text } = await world.control('download', { file })
  const report = reports.find((one) => one.id === id)
  const ctx = fakeContext({ respond: () => ({ body: text }) })
  const table = report && await ctx.table('https://panel.invalid/file', report)
  if (!report || !table) throw new Error(`${file} is not recognised`)
  const rows = new Map<string, Row>()
  const account = { externalAccountId: 'SUP100001', now: new Date(world.now()) }
  for await (const result of report.rows(table.columns, table.records, account)) {
    if (!('row' in result)) throw new Error(JSON.stringify(result))
    rows.set(result.row.externalId, result.row)
  }
  return rows
}

test('orders, returns and taxes of the panel are those of the ledger', async () => {
  const world = await startWorld({ env: { ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY: '10' } })
  await world.wait(2 * 24 * 60)
  const ledger = await world.ledger()
  const orders = await read<OrderRow>(world, 'orders', 'meesho-orders')
  expect(orders.size).toBe(ledger.orders.length)
  for (const { id, state, totalPaise } of ledger.orders) {
    // the panel knows no manifest
    const status = state === 'MANIFESTED' ? 'READY_TO_SHIP' : state
    expect(orders.get(id), id).toMatchObject({ status, totalPaise })
  }
  const returns = await read<ReturnRow>(world, 'returns', 'meesho-returns')
  expect(returns.size).toBe(ledger.returns.length)
  for (const { id, orderId, kind, state } of ledger.returns) {
    const row = returns.get(id)
    expect(row, id).toMatchObject({ orderExternalId: orderId, kind })
    expect([state, null], id).toContain(row?.status)
  }
  const sales = await read<OrderRow>(world, 'gst', 'meesho-gst-sales')
  expect(sales.size).toBeGreaterThan(150)
  for (const [id, { totalPaise, items }] of sales) {
    expect(totalPaise).toBe(orders.get(id)?.totalPaise)
    expect(items[0]?.hsn).toMatch(/^6\d{7}$/)
    expect([500, 1200]).toContain(items[0]?.gstRateBp)
  }
})
