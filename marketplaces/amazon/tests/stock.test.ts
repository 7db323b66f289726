import { failureOf, type StockChange } from 'robnu/plugin'
import { describe, expect, test } from 'vitest'
import amazon from '../mod.ts'
import { connect, type Connection, startWorld, type World } from './support.ts'

const { pushInventory, readInventory } = amazon.adapter

const change = (sku: string, quantity: number, version = 1): StockChange => ({
  ...{ sku, listingId: null, quantity, version },
})
const push = async (
  account: Connection,
  changes: readonly StockChange[],
  ctx: World['ctx'],
) => await pushInventory?.(account, changes, ctx)
const read = async (account: Connection, skus: readonly string[], ctx: World['ctx']) =>
  Object.fromEntries(
    (await readInventory?.(account, skus.map((sku) => ({ sku, listingId: null })), ctx) ?? [])
      .map(({ sku, quantity }) => [sku, quantity]),
  )
const accepted = (...skus: readonly string[]) => skus.map((sku) => ({ sku, outcome: 'accepted' }))
const skusOf = async (world: World, account: Connection, most: number): Promise<string[]> => {
  const skus = new Set<string>()
  const pages = amazon.adapter.syncOrders?.(account, { cursor: null, reason: 'manual' }, world.ctx)
  if (!pages) throw new Error('unreachable')
  for await (const { rows } of pages) {
    for (const { items } of rows) for (const { sku } of items) if (sku) skus.add(sku)
    if (skus.size >= most) break
  }
  return [...skus].slice(0, most)
}
const external = (account: Connection): Connection => ({
  ...account,
  details: { ...account.details, ef_enabled: true, ef_location_ids: ['EXDL'] },
})
const asked = ({ ctx }: World, operation: string) =>
  ctx.requests.filter((request) => request.operation === operation)

describe('a few changes', () => {
  test('go to the listings one by one, and are read back together', async () => {
    const world = await startWorld()
    const account = await connect(world)
    const [one = '', two = '', three = ''] = await skusOf(world, account, 3)
    const results = await push(account, [
      change(one, 7, 2),
      change(two, 0),
      change('no/such sku+', 3),
      // an older quantity of a SKU that has a newer one
      change(one, 5, 1),
      change(three, 12),
    ], world.ctx)
    expect(results).toEqual([
      ...accepted(one, two),
      { sku: 'no/such sku+', outcome: 'rejected', reason: 'issue-13013' },
      ...accepted(one, three),
    ])
    const paths = asked(world, 'patchListingsItem').map(({ url }) => url.pathname)
    expect(paths).toEqual(
      [one, two, 'no/such sku+', three].map((sku) =>
        `/listings/2021-08-01/items/A1DEMOSELLERIN/${encodeURIComponent(sku)}`
      ),
    )
    const levels = await read(account, [one, two, three, 'no/such sku+', 'a,b', '..'], world.ctx)
    expect(levels).toEqual({ [one]: 7, [two]: 0, [three]: 12 })
    expect(asked(world, 'searchListingsItems')).toHaveLength(1)
  })

  test('a part that was answered stays answered when the next one fails', async () => {
    const world = await startWorld()
    const account = await connect(world)
    const [one = '', two = ''] = await skusOf(world, account, 2)
    await world.control('failNext', { operation: 'patchListingsItem', kind: '429', after: 1 })
    expect(await push(account, [change(one, 1), change(two, 2)], world.ctx)).toEqual(accepted(one))
    await world.control('failNext', { operation: 'patchListingsItem', kind: '429' })
    const failed = await push(account, [change(two, 2)], world.ctx).catch(failureOf)
    expect(failed).toMatchObject({ kind: 'rate-limit' })
  })

  test('nothing is sent for what Amazon ships itself', async () => {
    const world = await startWorld()
    const account = await connect(world)
    const own = { ...account, details: { ...account.details, fulfilment_program: 'FBA' as const } }
    expect(await push(own, [change('A', 1)], world.ctx)).toEqual([
      { sku: 'A', outcome: 'rejected', reason: 'fulfilled-by-amazon' },
    ])
    expect(await read(own, ['A'], world.ctx)).toEqual({})
    expect(asked(world, 'patchListingsItem')).toEqual([])
  })
})

describe('many changes', () => {
  const many = async (world: World) => {
    const account = await connect(world)
    const skus = await skusOf(world, account, 55)
    expect(skus).toHaveLength(55)
    return { account, skus, changes: skus.map((sku, at) => change(sku, 100 + at)) }
  }
  const notReady = { kind: 'unavailable', code: 'not-ready' }

  test('go as one feed, and are accepted when Amazon has them', async () => {
    const world = await startWorld()
    const { account, skus, changes } = await many(world)
    const all = [...changes, change('no such sku', 1)]
    expect(await push(account, all, world.ctx).catch(failureOf)).toMatchObject(notReady)
    // a second call while Amazon works makes no second feed
    expect(await push(account, all, world.ctx).catch(failureOf)).toMatchObject(notReady)
    await world.control('clock', { bySeconds: 400 })
    expect(await push(account, all, world.ctx)).toEqual([
      ...accepted(...skus),
      { sku: 'no such sku', outcome: 'rejected', reason: 'issue-13013' },
    ])
    expect(asked(world, 'createFeed')).toHaveLength(1)
    expect(asked(world, 'patchListingsItem')).toHaveLength(1)
    expect(await read(account, skus.slice(0, 2), world.ctx))
      .toEqual({ [skus[0] ?? '']: 100, [skus[1] ?? '']: 101 })
  })

  test('an answer that got lost after the feed was made makes no second one', async () => {
    const world = await startWorld()
    const { account, skus, changes } = await many(world)
    await world.control('timeoutAfterCommit', { operation: 'createFeed' })
    expect(await push(account, changes, world.ctx).catch(failureOf))
      .toMatchObject({ kind: 'unavailable' })
    await world.control('clock', { bySeconds: 400 })
    expect(await push(account, changes, world.ctx)).toEqual(accepted(...skus))
    expect(asked(world, 'createFeed')).toHaveLength(1)
    expect(asked(world, 'patchListingsItem')).toEqual([])
  })

  test('what is refused in a feed is told with its reason, what is newer goes out after it', async () => {
    const world = await startWorld()
    const { account, skus, changes } = await many(world)
    const strange = Array.from({ length: 51 }, (_, at) => change(`strange ${at}`, 1))
    await push(account, [...changes, ...strange], world.ctx).catch(() => undefined)
    await world.control('clock', { bySeconds: 400 })
    const [first = ''] = skus
    const newer = [change(first, 900, 2), ...changes.slice(1), ...strange]
    const results = await push(account, newer, world.ctx) ?? []
    expect(results.filter(({ outcome }) => outcome === 'rejected')).toEqual(
      strange.map(({ sku }) => ({ sku, outcome: 'rejected', reason: 'issue-13013' })),
    )
    expect(asked(world, 'patchListingsItem')).toHaveLength(1)
    expect(await read(account, [first], world.ctx)).toEqual({ [first]: 900 })
    const [document] = world.ctx.requests.filter(({ url }) => url.host.startsWith('tortuga'))
    // its URL is its key: no token goes there
    expect(document?.headers).toEqual({ 'content-type': 'application/json; charset=UTF-8' })
  })
})

describe('External Fulfillment', () => {
  test('takes ten at a time, each with a number that grows', async () => {
    const world = await startWorld()
    const account = external(await connect(world))
    const skus = await skusOf(world, account, 12)
    const changes = [...skus.map((sku, at) => change(sku, at, at)), change('no such sku', 1)]
    expect(await push(account, changes, world.ctx)).toEqual([
      ...accepted(...skus),
      { sku: 'no such sku', outcome: 'rejected', reason: 'invalid-sku' },
    ])
    const batches = asked(world, 'batchInventory').map(({ body }) => JSON.parse(body ?? ''))
    expect(batches.map(({ requests }) => requests.length)).toEqual([10, 3])
    expect(batches[0].requests[1].body).toEqual({
      quantity: 1,
      clientSequenceNumber: world.now() + 1,
      marketplaceAttributes: { marketplaceId: 'A21TJRUUN4KGV', channelName: 'MFN' },
    })
    expect(await read(account, [...skus, 'no such sku'], world.ctx))
      .toEqual(Object.fromEntries(skus.map((sku, at) => [sku, at])))
  })

  test('a number that is older than the last one is no error to repeat', async () => {
    const world = await startWorld()
    const account = external(await connect(world))
    const [one = '', two = ''] = await skusOf(world, account, 2)
    await push(account, [change(one, 9, 50), change(two, 4, 50)], world.ctx)
    expect(await push(account, [change(one, 9, 3), change(two, 5, 3)], world.ctx)).toEqual([
      ...accepted(one),
      { sku: two, outcome: 'rejected', reason: 'stale-sequence' },
    ])
    expect(await read(account, [two], world.ctx)).toEqual({ [two]: 4 })
    await world.control('clock', { bySeconds: 1 })
    expect(await push(account, [change(two, 5, 3)], world.ctx)).toEqual(accepted(two))
  })

  test('needs a location', async () => {
    const world = await startWorld()
    const account = external(await connect(world))
    const details = { ...account.details, ef_location_ids: [] }
    const failed = await push({ ...account, details }, [change('A', 1)], world.ctx).catch(failureOf)
    expect(failed).toMatchObject({ kind: 'rejected', code: 'no-location' })
  })
})
