import { afterAll, beforeAll, expect, it } from 'vitest'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { storeOrders } from '../../core/ledger/store-orders.ts'
import { makeSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { orderRow } from './support/rows.ts'
import { askForRun } from './support/runs.ts'
let world: World
beforeAll(async () => { world = await openWorld() })
afterAll(() => world.close())
it.each([['same', 1], ['same', 20], ['reversed', 20],['same,nouniq', 20], ['reversed,nouniq', 20]])('%s', async (mode, n) => {
  const seller = await makeSeller(world.fresh.db)
  const accountId = await world.connectShop(seller, 0)
  const { runId } = await askForRun(world, seller, accountId)
  if (mode === 'same,nouniq') await world.fresh.asSuperuser(async (a) => { await a`alter table orders drop constraint orders__account_external`; await a`alter table order_items drop constraint order_items__external` })
  const tally: Record<string, number> = {}
  for (let round = 0; round < 300; round++) {
    const rows = Array.from({ length: n }, (_, i) => orderRow({ externalId: `r${round} ${i}` }))
    const one = async (list: typeof rows) => {
      const keys = await world.keyring.forSeller(seller.entry, { willSeal: 400 })
      const { orders } = prepareOrders(keys, accountId, list)
      return await world.fresh.db.withSellerScope(seller.entry, (s) => storeOrders(s, keys, { accountId, runId }, orders))
    }
    const other = mode.startsWith('reversed') ? rows.toReversed() : rows
    const res = await Promise.allSettled([one(rows), one(other), one(rows), one(other)])
    for (const r of res) {
      const e = r.status === 'fulfilled' ? null : r.reason as Error
      const k = e ? `${e.message.slice(0, 70)} / ${(e.cause as Error | undefined)?.message ?? ''}` : 'ok'
      tally[k] = (tally[k] ?? 0) + 1
    }
  }
  console.log(mode, n, JSON.stringify(tally))
  expect(1).toBe(1)
}, 120000)
