/** What listings may offer reaches the marketplace: the newest, and once it is quiet exactly that. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stockHealth } from '../../../core/ledger/inventory/health.ts'
import { command } from '../../../core/db/sql.ts'
import { createListings } from '../../../core/ledger/inventory/listings.ts'
import { askForPushes, lockPushes } from '../../../core/ledger/inventory/refresh-listings.ts'
import { createStock } from '../../../core/ledger/inventory/stock.ts'
import { type Adapter, failure } from '../../../core/plugin.ts'
import { requestWork } from '../../../core/queues/work.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { depsWith, openItems, openShelf, rowsOf, settle, type Shelf, take, work } from './shelf.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

let shelf: Shelf
let first: string
beforeEach(async () => {
  shelf = await openShelf(world)
  first = shelf.accounts[0]
})

const stock = () => createStock({ ...shelf.deps, db: world.fresh.db })
const listings = () => createListings({ ...shelf.deps, db: world.fresh.db })
const count = (sku: string, on_hand: number) =>
  stock().change(shelf.seller.entry, sku, { on_hand, reason: 'COUNT' })
const map = (sku: string) => listings().map(shelf.seller.entry, { accountId: first, sku })
const listing = async (sku: string) => {
  const { listings: all } = await listings().list(shelf.seller.entry, { limit: 200 })
  return all.find((one) => one.sku === sku)
}
const health = () => stockHealth(world.fresh.db.inSellerScope(shelf.seller.entry), first)
/** Work of the day, as a schedule asks for it. */
const askForDay = () =>
  world.fresh.db.withSellerScope(shelf.seller.entry, (scope) =>
    requestWork(scope, {
      ...{ sellerId: shelf.seller.sellerId, accountId: first, target: 'INVENTORY' },
      ...{ reason: 'schedule', queue: 'account-sync' },
    }))
const withMembers = (members: Partial<Adapter>) => ({
  ...shelf,
  deps: depsWith(world, { ...shelf.own, ...members }),
})

const withoutMember = (member: 'pushInventory' | 'readInventory') => {
  const adapter = { ...world.marketplace.adapter, ...shelf.own, [member]: undefined } as Adapter
  const find = () => ({ ...world.marketplace, adapter })
  return { ...shelf, deps: { ...shelf.deps, registry: { ...shelf.deps.registry, find } } }
}

it('a listing of a product that nobody has counted is never pushed', async () => {
  await map('TEA')
  await settle(shelf)
  expect(shelf.shopOf(first).pushes).toEqual([])
  expect(await listing('TEA')).toMatchObject({ quantity: null, pushed: null })
  await count('TEA', 0)
  await settle(shelf)
  expect(shelf.shopOf(first).pushes).toMatchObject([{ sku: 'TEA', quantity: 0, version: 1 }])
})

it('five hundred changes go at a time, and nothing that has not changed', async () => {
  await count('TEA', 7)
  await world.fresh.asSuperuser((admin) =>
    admin`
      insert into catalog_listings (
        seller_id, id, marketplace_account_id, product_id, sku, quantity, version
      )
      select seller_id, gen_random_uuid(), ${first}, id, 'SKU ' || n, 7, 1
      from catalog_products, generate_series(1, 501) n where seller_id = ${shelf.seller.sellerId}`
  )
  const sizes: number[] = []
  const counting = withMembers({
    pushInventory: (account, changes) => {
      sizes.push(changes.length)
      return Promise.resolve(take(shelf.shopOf(account.id), changes))
    },
  })
  await count('TEA', 8)
  await settle(counting)
  expect(sizes).toEqual([500, 1])
  await askForDay()
  await settle(counting)
  expect(sizes).toEqual([500, 1])
  expect(await health()).toMatchObject({ listings: 501, waiting: 0, drifting: 0 })
})

it('what changes while a push is on its way goes out behind it', async () => {
  await count('TEA', 7)
  await map('TEA')
  let changed = false
  const changing = withMembers({
    pushInventory: async (account, changes) => {
      if (!changed) {
        changed = true
        await count('TEA', 3)
        // one at a time: the change has joined the work that is under way
        const items = await rowsOf<{ target: string }>(shelf, 'work_items')
        expect(items.filter(({ target }) => target === 'INVENTORY')).toHaveLength(1)
      }
      return take(shelf.shopOf(account.id), changes)
    },
  })
  await settle(changing)
  expect(shelf.shopOf(first).pushes.map(({ quantity }) => quantity)).toEqual([7, 3])
  expect(await listing('TEA')).toMatchObject({ version: 2, pushed: { quantity: 3, version: 2 } })
})

it('a change that commits while the worker comes to its end is not left behind', async () => {
  await count('TEA', 7)
  await map('TEA')
  await settle(shelf)
  // open work that finds nothing to do: not even a row to wait for
  await askForDay()
  const quiet = withoutMember('readInventory')
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  // as if the sum had become another one: the whole way in one transaction, which is held open
  const changing = world.fresh.db.withSellerScope(shelf.seller.entry, async (scope) => {
    await lockPushes(scope, first)
    await scope.run(command`
      update catalog_listings set quantity = 3, version = version + 1
      where seller_id = ${scope.sellerId}`)
    await askForPushes(scope, shelf.deps, [first])
    ask()
    await gate
  })
  await asked
  const working = work(quiet, 'INVENTORY')
  await world.fresh.asSuperuser(async (admin) => {
    for (let waits = 0; waits === 0;) {
      const rows = await admin`
        select from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`
      waits = rows.length
    }
  })
  open()
  await Promise.all([changing, working])
  await settle(shelf)
  expect(shelf.shopOf(first).stock.get('TEA')).toBe(3)
})

describe('a push whose answer is lost', () => {
  it('goes out again with the newest quantity, and changes nothing', async () => {
    await count('TEA', 7)
    await map('TEA')
    let lost = 0
    const losing = withMembers({
      pushInventory: (account, changes) => {
        const results = take(shelf.shopOf(account.id), changes)
        if (lost++ > 0) return Promise.resolve(results)
        throw failure('unavailable', 'The line was cut behind the write')
      },
    })
    await work(losing, 'INVENTORY')
    expect(await health()).toMatchObject({ waiting: 1 })
    expect(await listing('TEA')).toMatchObject({ pushed: null })
    await count('TEA', 6)
    await settle(losing)
    expect(shelf.shopOf(first).pushes.map(({ quantity }) => quantity)).toEqual([7, 6])
    expect(await health()).toMatchObject({ waiting: 0 })
  })
})

describe('a refusal', () => {
  it('of one SKU is shown with its reason, is tried again on the day, and holds no other', async () => {
    await count('TEA', 7)
    await map('TEA')
    await map('CUP')
    await count('CUP', 2)
    let knows = false
    const refusing = withMembers({
      pushInventory: (account, changes) => {
        const known = changes.filter(({ sku }) => knows || sku !== 'TEA')
        const accepted = take(shelf.shopOf(account.id), known)
        return Promise.resolve(changes.map(({ sku }) =>
          accepted.find((one) => one.sku === sku) ??
            { sku, outcome: 'rejected', reason: 'No such SKU' }
        ))
      },
    })
    await settle(refusing)
    expect(await listing('TEA')).toMatchObject({ pushed: null, rejection: 'No such SKU' })
    expect(await listing('CUP')).toMatchObject({ pushed: { quantity: 2 }, rejection: null })
    expect(await health()).toMatchObject({ waiting: 0, rejected: 1 })
    const { listings: shown } = await listings().list(shelf.seller.entry, {
      ...{ state: 'REJECTED', limit: 10 },
    })
    expect(shown.map(({ sku }) => sku)).toEqual(['TEA'])
    await askForDay()
    await settle(refusing)
    expect(await listing('TEA')).toMatchObject({ rejection: 'No such SKU' })
    knows = true
    await askForDay()
    await settle(refusing)
    expect(await listing('TEA')).toMatchObject({ rejection: null, pushed: { quantity: 7 } })
  })

  it('of everything gives the work back, and the next change asks anew', async () => {
    await count('TEA', 7)
    await map('TEA')
    const silent = withMembers({ pushInventory: () => Promise.resolve([]) })
    await work(silent, 'INVENTORY')
    expect(await openItems(shelf, 'INVENTORY')).toHaveLength(1)
    const refused = withMembers({
      pushInventory: () => Promise.reject(failure('rejected', 'This shop is closed')),
    })
    await work(refused, 'INVENTORY')
    expect(await openItems(shelf, 'INVENTORY')).toHaveLength(0)
    expect(await health()).toMatchObject({ waiting: 1 })
    await count('TEA', 8)
    await settle(shelf)
    expect(shelf.shopOf(first).stock.get('TEA')).toBe(8)
  })
})

describe('reading back', () => {
  it('mends what somebody changed at the portal', async () => {
    await count('TEA', 7)
    await map('TEA')
    await settle(shelf)
    expect(await listing('TEA')).toMatchObject({ read: { quantity: 7 }, drifts: false })
    shelf.shopOf(first).stock.set('TEA', 70)
    await askForDay()
    await settle(shelf)
    expect(shelf.shopOf(first).stock.get('TEA')).toBe(7)
    expect(await listing('TEA')).toMatchObject({ read: { quantity: 7 }, drifts: false })
    expect(await health()).toMatchObject({ drifting: 0 })
  })

  it('says that a listing drifts which says something else twice, and once it does not, no more', async () => {
    await count('TEA', 7)
    await map('TEA')
    let deaf = true
    const stubborn = withMembers({
      readInventory: (_account, items) =>
        Promise.resolve(items.map(({ sku }) => ({ sku, quantity: deaf ? 9 : 7 }))),
    })
    await settle(stubborn)
    // told, told once more, and left alone
    expect(shelf.shopOf(first).pushes).toHaveLength(2)
    expect(await listing('TEA')).toMatchObject({ read: { quantity: 9 }, drifts: true })
    expect(await health()).toMatchObject({ drifting: 1 })
    expect(world.logged.some((line) => line.includes('stock.differs'))).toBe(true)
    deaf = false
    await askForDay()
    await settle(stubborn)
    expect(await listing('TEA')).toMatchObject({ read: { quantity: 7 }, drifts: false })
    expect(await health()).toMatchObject({ drifting: 0 })
  })
})

it('a marketplace that takes no stock is asked for none', async () => {
  const plain = withoutMember('pushInventory')
  await createStock({ ...plain.deps, db: world.fresh.db })
    .change(shelf.seller.entry, 'TEA', { on_hand: 7, reason: 'COUNT' })
  await createListings({ ...plain.deps, db: world.fresh.db })
    .map(shelf.seller.entry, { accountId: first, sku: 'TEA' })
  expect(await openItems(shelf, 'INVENTORY')).toEqual([])
  expect(await listing('TEA')).toMatchObject({ quantity: 7, pushed: null })
})

it('Bazaar itself is told over its API, after its token was refreshed', async () => {
  const real = { ...shelf, deps: world.deps }
  const shop = world.sandbox.accounts[0]?.externalAccountId
  await count('TEA', 7)
  await map('TEA')
  await map('CUP')
  await count('CUP', 3)
  await world.control('stock', { shop, forget: ['CUP'] })
  await world.control('revokeToken', { shop })
  await settle(real)
  expect(await world.control('stock', { shop })).toMatchObject({ stock: { TEA: 7 } })
  expect(await listing('TEA')).toMatchObject({ read: { quantity: 7 }, pushed: { quantity: 7 } })
  expect(await listing('CUP')).toMatchObject({ rejection: 'No such SKU in this shop' })
})
