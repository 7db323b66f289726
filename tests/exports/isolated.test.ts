/** Exports by a process of its own: what the plugin is given there is enough. */
import { describe, expect, it } from 'vitest'
import { makeAccount, makeSeller } from '../support/database.ts'
import { isHere, openExportHouse } from './house.ts'
import { makeOrders, makePayout } from './rows.ts'

describe.skipIf(!isHere)('an export by a process of its own (plugins/exports)', () => {
  it('is the same, with no grant but to read the ledger and to write its own', async () => {
    const house = await openExportHouse({ trust: 'isolated' })
    try {
      const seller = await makeSeller(house.fresh.db)
      const accountId = await makeAccount(house.fresh, seller)
      await makeOrders(house.fresh, { seller, accountId, count: 60, items: true })
      await makePayout(house.fresh, { seller, accountId, day: 1, lines: 3 })
      const told: Record<string, number> = {}
      for (
        const what of [
          ...['orders', 'order-lines', 'shipments', 'returns'],
          ...['payouts', 'payout-lines', 'stock'],
        ]
      ) {
        const { id } = await house.ask(seller, 'post', '/exports', { body: { what } })
        await house.work(seller)
        const ask = { params: { id } }
        const { state, rows, bytes } = await house.ask(seller, 'get', '/exports/{id}', ask)
        expect(state, what).toBe('DONE')
        const { url } = await house.ask(seller, 'get', '/exports/{id}/link', ask)
        expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(bytes)
        told[what] = rows
      }
      expect(told).toEqual({
        ...{ orders: 60, 'order-lines': 60, shipments: 0, returns: 0 },
        ...{ payouts: 1, 'payout-lines': 3, stock: 0 },
      })
      const nobody = () => ({ only: [], except: [] })
      await expect(house.ask(seller, 'post', '/exports', { body: { what: 'orders' } }, nobody))
        .rejects.toMatchObject({ code: 'forbidden' })
    } finally {
      await house.close()
    }
  }, 60_000)
})
