/** Orders as the API reads them: pages, filters, and buyers only when they are asked for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import {
  createOrders,
  type OrderFilter,
  type OrderPosition,
} from '../../core/ledger/read-orders.ts'
import { storeOrders } from '../../core/ledger/store-orders.ts'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { readTotals } from '../../core/ledger/totals.ts'
import type { OrderSummary } from '../../core/ledger/order-views.ts'
import type { OrderRow } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { orderRow } from './support/rows.ts'
import { askForRun, countIn, sync } from './support/runs.ts'

let world: World
let seller: TestSeller
let other: TestSeller
let first: string
let second: string
let orders: ReturnType<typeof createOrders>
beforeAll(async () => {
  world = await openWorld()
  seller = await makeSeller(world.fresh.db)
  other = await makeSeller(world.fresh.db)
  first = await world.connectShop(seller, 0)
  second = await world.connectShop(seller, 1)
  await sync(world, seller, first)
  await sync(world, seller, second)
  orders = createOrders({ db: world.fresh.db, keyring: world.keyring })
})
afterAll(() => world.close())

const page = (
  filter: OrderFilter = {},
  { by = seller, limit = 50, customer = false, after }: {
    readonly by?: TestSeller
    readonly limit?: number
    readonly customer?: boolean
    readonly after?: OrderPosition | undefined
  } = {},
) => orders.list(by.entry, { filter, limit, customer, ...(after ? { after } : {}) })
/** Every page from the first to the last, and what `between` does after each. */
const walk = async (
  filter: OrderFilter,
  limit: number,
  { by = seller, between = () => Promise.resolve() }: {
    readonly by?: TestSeller
    readonly between?: () => Promise<unknown>
  } = {},
) => {
  const found: OrderSummary[] = []
  let after: OrderPosition | undefined
  for (let number = 0; number < 1_000; number++) {
    const { orders: some, next } = await page(filter, { by, limit, after })
    found.push(...some)
    if (!next) return found
    expect(some).toHaveLength(limit)
    after = next
    await between()
  }
  throw new Error('The walk does not end')
}
const insert = async (
  by: TestSeller,
  accountId: string,
  rows: readonly OrderRow[],
): Promise<void> => {
  const { runId } = await askForRun(world, by, accountId)
  const keys = await world.keyring.forSeller(by.entry, { willSeal: 4 * rows.length })
  const { orders: prepared } = prepareOrders(keys, accountId, rows)
  await world.fresh.db.withSellerScope(
    by.entry,
    (scope) => storeOrders(scope, keys, { accountId, runId }, prepared),
  )
}

describe('a list of orders', () => {
  it('has each order once, newest first, whatever the size of its pages', async () => {
    for (const limit of [7, 58, 290, 1_000]) {
      const found = await walk({}, limit)
      expect(found).toHaveLength(290)
      expect(new Set(found.map(({ id }) => id)).size).toBe(290)
      const times = found.map(({ ordered_at }) => ordered_at.getTime())
      expect(times).toEqual(times.toSorted((a, b) => b - a))
    }
  })

  it('has no next page when the last order is the last of its page', async () => {
    expect((await page({}, { limit: 290 })).next).toBeNull()
    expect((await page({}, { limit: 289 })).next).not.toBeNull()
  })

  it('tells apart orders of one instant', async () => {
    const by = await makeSeller(world.fresh.db)
    const orderedAt = new Date('2026-03-01T00:00:00.123Z')
    const names = Array.from({ length: 10 }, (_, at) => `same ${at}`)
    const rows = names.map((externalId) => orderRow({ externalId, orderedAt }))
    await insert(by, await world.connectShop(by, 0), rows)
    const found = await walk({}, 3, { by })
    expect(found.map((order) => order.external_order_id).toSorted()).toEqual(names)
  })

  it('shows what the shop says, and the code of the marketplace', async () => {
    const { orders: [order] } = await page({ accountId: second }, { limit: 1 })
    const newest = (await world.orders(1)).at(-1)
    expect(order).toEqual({
      id: expect.any(String),
      marketplace: 'BAZAAR',
      marketplace_account_id: second,
      external_order_id: newest?.number,
      status: expect.any(String),
      raw_status: newest?.state,
      on_hold: newest?.state === 'held',
      ordered_at: new Date(newest?.placed_at ?? 0),
      source_updated_at: new Date(newest?.changed_at ?? 0),
      ship_by: new Date(newest?.ship_by ?? 0),
      currency: 'INR',
      total_paise: Number(newest?.total?.replace('.', '')),
      fulfilled_by: 'SELLER',
      state_code: newest?.buyer ? expect.stringMatching(/^\d\d$/) : null,
      item_count: newest?.lines.length,
      customer_erased_at: null,
    })
  })

  it('is not shifted by orders that come in while it is read', async () => {
    const by = await makeSeller(world.fresh.db)
    const accountId = await world.connectShop(by, 1)
    await sync(world, by, accountId)
    let number = 0
    const between = async (): Promise<void> => {
      const orderedAt = new Date(Date.parse('2026-02-01T00:00:00Z') + ++number * 1_000)
      await insert(by, accountId, [orderRow({ externalId: `new ${number}`, orderedAt })])
    }
    const found = await walk({}, 9, { by, between })
    expect(number).toBe(4)
    expect(new Set(found.map(({ id }) => id)).size).toBe(40)
    expect(found).toHaveLength(40)
    expect(await walk({}, 9, { by })).toHaveLength(44)
  })
})

describe('a filter', () => {
  it('by account shows that account alone', async () => {
    expect(await walk({ accountId: first }, 100)).toHaveLength(250)
  })

  it('by state shows what has it, and all states together are all orders', async () => {
    const all = await walk({ accountId: first }, 500)
    const states = ['NEW', 'PACKED', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'LOST'] as const
    const counts: number[] = []
    for (const status of states) {
      const found = await page({ accountId: first, status }, { limit: 500 })
      expect(found.orders.every((order) => order.status === status)).toBe(true)
      counts.push(found.orders.length)
    }
    expect(counts.reduce((sum, count) => sum + count)).toBe(all.length)
    expect(counts.at(-1)).toBe(0)
    expect(Math.min(...counts.slice(0, -1))).toBeGreaterThan(10)
  })

  it('by time includes its beginning and not its end', async () => {
    const placed = (await world.orders(0)).map(({ placed_at }) => placed_at).toSorted()
    const [from, to] = [placed[10], placed[20]].map((at) => new Date(at ?? 0))
    if (!from || !to) throw new Error('unreachable')
    const found = await page({ accountId: first, from, to }, { limit: 50 })
    expect(found.orders.map(({ ordered_at }) => ordered_at.toISOString()).toSorted())
      .toEqual(placed.slice(10, 20))
  })

  it('by another account than that of the seller shows nothing', async () => {
    expect((await page({ accountId: first }, { by: other })).orders).toEqual([])
    expect((await page({ accountId: newId() })).orders).toEqual([])
  })
})

describe('a buyer', () => {
  it('is not in a list that did not ask, and nothing is opened for it', async () => {
    const before = await countIn(world, seller, 'decrypt_ledger')
    const { orders: some } = await page()
    expect(some).toHaveLength(50)
    expect(some.every((order) => !('customer' in order))).toBe(true)
    expect(JSON.stringify(some)).not.toMatch(/_enc|buyers\.invalid/)
    expect(await countIn(world, seller, 'decrypt_ledger')).toBe(before)
  })

  it('is opened for a list that asks, and every value is in the ledger', async () => {
    const opened = async (): Promise<number> => {
      const [{ n } = { n: -1 }] = await world.fresh.asSuperuser((admin) =>
        admin<{ n: number }[]>`select coalesce(sum(opened), 0)::int as n from decrypt_ledger
          where seller_id = ${seller.sellerId} and purpose = 'orders.list'`
      )
      return n
    }
    const before = await opened()
    const { orders: some } = await page({ accountId: first }, { limit: 250, customer: true })
    const buyers = new Map((await world.orders(0)).map(({ number, buyer }) => [number, buyer]))
    let values = 0
    for (const { external_order_id, customer } of some) {
      const buyer = buyers.get(external_order_id)
      expect(customer).toEqual(
        buyer
          ? {
            ...{ name: buyer['name'], phone: buyer['phone'], email: buyer['mail'] },
            address: {
              ...{ line1: buyer['street'], line2: null, city: buyer['town'] },
              ...{ state: buyer['state'], postal_code: buyer['pin'] },
            },
          }
          : null,
      )
      if (buyer) values += 4
    }
    expect(values).toBeGreaterThan(800)
    expect(await opened() - before).toBe(values)
    expect(some.some(({ customer }) => customer === null)).toBe(true)
  })

  it('comes with the order itself, and its lines in their order', async () => {
    const wire = (await world.orders(0)).find(({ lines, buyer }) => lines.length === 3 && buyer)
    const { orders: all } = await page({ accountId: first }, { limit: 250 })
    const listed = all.find(({ external_order_id }) => external_order_id === wire?.number)
    const detail = await orders.get(seller.entry, listed?.id ?? '')
    expect(detail).toMatchObject({ ...listed, customer: { name: wire?.buyer?.['name'] } })
    expect(detail?.items.map((item) => [item.external_item_id, item.quantity])).toEqual(
      wire?.lines.map((line) => [line.line_id, line.pieces]),
    )
    expect(JSON.stringify(detail)).not.toContain('_enc')
    const [entry] = await world.fresh.asSuperuser((admin) =>
      admin`select opened, row_ids, actor from decrypt_ledger
        where seller_id = ${seller.sellerId} and purpose = 'orders.detail'`
    )
    expect({ ...entry }).toEqual({
      ...{ opened: 4, row_ids: [listed?.id], actor: `user:${seller.userId}` },
    })
  })
})

describe('an order', () => {
  it('of another seller does not exist, and neither does one that nobody has', async () => {
    const { orders: [mine] } = await page({ accountId: first }, { limit: 1 })
    expect(await orders.get(other.entry, mine?.id ?? '')).toBeNull()
    expect(await orders.get(seller.entry, newId())).toBeNull()
  })
})

it('the totals of a seller are those of the books, account by account', async () => {
  const alone = await makeSeller(world.fresh.db)
  const ids = [await world.connectShop(alone, 0), await world.connectShop(alone, 1)]
  await sync(world, alone, ids[0] ?? '')
  expect(await readTotals(world.fresh.db, alone.entry)).toEqual([
    {
      ...{ account_id: ids[0], marketplace: 'BAZAAR', external_account_id: 'SHOP-0001' },
      ...await world.totals(0),
    },
    {
      ...{ account_id: ids[1], marketplace: 'BAZAAR', external_account_id: 'SHOP-0002' },
      ...{ orders: 0, items: 0, total_paise: 0 },
    },
  ])
})
