/** Orders stored by two workers that know nothing of each other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SellerScope } from '../../core/db/database.ts'
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

/** Stores the rows; `meanwhile` runs when the worker has seen what is there, and nothing is. */
const store = async (
  rows: readonly OrderRow[],
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<StoredCounts> => {
  const { accountId, runId } = asked
  const keys = await world.keyring.forSeller(seller.entry, { willSeal: 4 * rows.length })
  const { orders } = prepareOrders(keys, accountId, rows)
  return await world.fresh.db.withSellerScope(seller.entry, async (scope) => {
    let looked = false
    const late: SellerScope = {
      ...scope,
      any: async (statement) => {
        const found = await scope.any(statement)
        if (!looked) await meanwhile()
        looked = true
        return found
      },
    }
    return await storeOrders(late, keys, { accountId, runId }, orders)
  })
}
const view = async (externalId: string) => {
  const { list, get } = createOrders({ db: world.fresh.db, keyring: world.keyring })
  const { orders } = await list(seller.entry, { filter: {}, limit: 100, customer: false })
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
  it('leave it once, readable, in its newer form: the newer one comes first', async () => {
    const [older, newer] = [named('a', 1, 'older'), named('a', 2, 'newer')]
    const counts: StoredCounts[] = []
    counts.push(await store([older], async () => counts.push(await store([newer]))))
    expect(counts).toMatchObject([{ created: 1 }, { created: 0, changed: 0, unchanged: 1 }])
    expect(await view('a')).toMatchObject({
      ...{ raw_status: 'newer', customer: { name: 'newer' } },
      items: [{ title: 'newer' }, { title: 'newer' }],
    })
  })

  it('leave it once, readable, in its newer form: the newer one comes last', async () => {
    const [older, newer] = [named('b', 1, 'older'), named('b', 2, 'newer')]
    const counts: StoredCounts[] = []
    counts.push(await store([newer], async () => counts.push(await store([older]))))
    expect(counts).toMatchObject([{ created: 1 }, { created: 0, changed: 1, unchanged: 0 }])
    expect(await view('b')).toMatchObject({
      ...{ raw_status: 'newer', customer: { name: 'newer' } },
      items: [{ title: 'newer' }, { title: 'newer' }],
    })
  })

  it('leave every order of two pages once, in whatever order each brings them', async () => {
    const names = Array.from({ length: 60 }, (_, n) => `many ${n}`)
    const rows = names.map((name) => named(name, 1, name))
    const both = await Promise.all([store(rows), store(rows.toReversed())])
    expect(both.reduce((sum, { created }) => sum + created, 0)).toBe(60)
    expect((await view('many 7'))?.customer?.name).toBe('many 7')
  })
})
