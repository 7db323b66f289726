/** Orders stored by two workers that know nothing of each other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { type StoredCounts, storeOrders } from '../../core/ledger/store-orders.ts'
import type { OrderRow } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { orderRow } from './support/rows.ts'
import { type Asked, askForRun } from './support/runs.ts'

let world: World
let seller: TestSeller
let asked: Asked
beforeAll(async () => {
  world = await openWorld()
  seller = await makeSeller(world.fresh.db)
  asked = await askForRun(world, seller, await world.connectShop(seller, 0))
})
afterAll(() => world.close())

const store = async (rows: readonly OrderRow[]): Promise<StoredCounts> => {
  const { accountId, runId } = asked
  const keys = await world.keyring.forSeller(seller.entry, { willSeal: 4 * rows.length })
  const { orders } = prepareOrders(keys, accountId, rows)
  return await world.fresh.db.withSellerScope(
    seller.entry,
    (scope) => storeOrders(scope, keys, { accountId, runId }, orders),
  )
}
const view = async (externalId: string) => {
  const { list, get } = createOrders({ db: world.fresh.db, keyring: world.keyring })
  const { orders } = await list(seller.entry, { filter: {}, limit: 1_000, customer: false })
  const found = orders.filter((order) => order.external_order_id === externalId)
  expect(found).toHaveLength(1)
  return await get(seller.entry, found[0]?.id ?? '')
}
const at = (second: number) => new Date(Date.parse('2026-01-09T00:00:00Z') + second * 1_000)
const named = (externalId: string, second: number, name: string): OrderRow =>
  orderRow({
    ...{ externalId, updatedAt: at(second), rawStatus: name },
    customer: { name, phone: null, email: null, address: null },
    items: orderRow().items.map((item) => ({ ...item, title: name })),
  })

describe('two workers that bring one new order at once', () => {
  it.each([['first', 2, 1], ['last', 1, 2]])(
    'leave it once, readable, in its newer form, when that comes %s',
    async (where, ...seconds) => {
      const rows = seconds.map((second) => named(where, second, `of second ${second}`))
      const counts = await Promise.all(rows.map((row) => store([row])))
      expect(counts.reduce((sum, { created }) => sum + created, 0)).toBe(1)
      expect(await view(where)).toMatchObject({
        ...{ raw_status: 'of second 2', customer: { name: 'of second 2' } },
        items: [{ title: 'of second 2' }, { title: 'of second 2' }],
      })
    },
  )

  it('leave every order of two pages once, in whatever order each brings them', async () => {
    for (let round = 0; round < 5; round++) {
      const names = Array.from({ length: 100 }, (_, n) => `round ${round}, ${n}`)
      const rows = names.map((name) => named(name, 1, name))
      const both = await Promise.all([store(rows), store(rows.toReversed())])
      expect(both.reduce((sum, { created }) => sum + created, 0)).toBe(100)
      expect(both.reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(100)
    }
    expect((await view('round 4, 7'))?.customer?.name).toBe('round 4, 7')
  })
})
