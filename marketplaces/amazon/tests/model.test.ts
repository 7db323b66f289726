/** Sandbox and adapter against Amazon's own models, where they lie beside the repository. */
import process from 'node:process'
import { failureOf } from 'robnu/plugin'
import { fakeContext, type FakeRequest } from 'robnu/testing'
import { describe, expect, test } from 'vitest'
import type { AnyCursor } from '../cursors.ts'
import { limits } from '../limits.ts'
import amazon from '../mod.ts'
import { toReturnRow } from '../external-returns.ts'
import { toOrderRow } from '../rows.ts'
import { toForecast } from '../transactions.ts'
import { type Checked, checkedContext, type Reader } from './checked.ts'
import { type Any, loadModels, missing, type Models, samplesOf } from './models.ts'
import { batchOf, drain, newOrders, shopOver } from './processing-host.ts'
import { connect, type Connection, emptyLedger, pagesFrom, startWorld, store } from './support.ts'
import type { World } from './support.ts'

const found = await loadModels()
if (found === undefined) process.stdout.write(missing)

const settings = { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q', destinationId: 'd-1' }
const origin = 'https://sellingpartnerapi-eu.amazon.com'

describe.skipIf(found === undefined)("Amazon's models", () => {
  const models = found as Models
  const readers = new Map<string, Reader[]>()
  const statuses = new Map<string, Set<number>>()

  /** A world of its own for each part of the work; what was seen is kept for the tests below. */
  const inWorld = async (
    work: (world: World, checked: Checked, account: Connection) => unknown,
    at: 0 | 1 = 0,
  ) => {
    const world = await startWorld()
    const account = await connect(world, at)
    const checked = checkedContext(world, models, { notifications: settings })
    await work(world, checked, account)
    for (const [id, list] of checked.readers) readers.set(id, [...readers.get(id) ?? [], ...list])
    for (const [id, list] of checked.statuses) {
      statuses.set(id, new Set([...statuses.get(id) ?? [], ...list]))
    }
  }

  test('orders: every request and every answer, refusals too', async () => {
    await inWorld(async (world, checked, account) => {
      const ledger = emptyLedger()
      for await (const page of pagesFrom(account, null, checked.ctx)) store(ledger, page)
      expect(ledger.orders.size).toBe(2000)
      const token = account.credentials.access_token ?? ''
      const parameters: Any[] = models.find('GET', '/orders/2026-01-01/orders')?.spec.parameters
      const includedData: string = parameters.find(({ name }) => name === 'includedData')
        .items.enum.join(',')
      const ask = (path: string, query: Record<string, string>, given = token) =>
        checked.ask({
          url: new URL(`${origin}/orders/2026-01-01/orders${path}?${new URLSearchParams(query)}`),
          headers: { 'x-amz-access-token': given },
        })
      const after = '2022-06-20T00:00:00Z'
      expect(await ask('', { lastUpdatedAfter: after, includedData })).toBe(200)
      expect(await ask('', { createdAfter: after, includedData, fulfilledBy: 'MERCHANT' }))
        .toBe(200)
      expect(await ask(`/${[...ledger.orders.keys()][0]}`, { includedData })).toBe(200)
      expect(await ask('/171-0000000-0000000', {})).toBe(404)
      expect(await ask('', {})).toBe(400)
      expect(await ask('', { lastUpdatedAfter: after }, 'invented')).toBe(403)
      for (const kind of ['429', '500', '503']) {
        await world.control('failNext', { operation: 'searchOrders', kind })
        expect(await ask('', { lastUpdatedAfter: after })).toBe(Number(kind))
      }
    })
  })

  test('stock: listings, a feed, and External Fulfillment', async () => {
    await inWorld(async (world, checked, account) => {
      const { ctx } = checked
      const skus = new Set<string>()
      for await (const { rows } of pagesFrom(account, null, world.ctx)) {
        for (const { items } of rows) for (const { sku } of items) if (sku) skus.add(sku)
        if (skus.size >= 60) break
      }
      const change = (sku: string, at = 0) => ({
        ...{ sku, listingId: null, quantity: 3 + at, version: 1 },
      })
      const some = [...skus].slice(0, 12).map((sku) => change(sku))
      const unknown = Array.from({ length: 51 }, (_, at) => `no such sku ${at}`)
      const many = [...[...skus].slice(0, 60), ...unknown].map((sku) => change(sku, 1))
      await amazon.adapter.pushInventory?.(account, [...some, change('no such sku')], ctx)
      await amazon.adapter.readInventory?.(account, [...some, change('a,b')], ctx)
      for (let attempt = 0; attempt < 3; attempt++) {
        await amazon.adapter.pushInventory?.(account, many, ctx).catch(() => undefined)
        await world.control('clock', { bySeconds: 400 })
      }
      // the adapter asks so for a SKU with a comma in it, which nobody here has
      const path = `/listings/2021-08-01/items/A1DEMOSELLERIN/${some[0]?.sku}`
      const query = 'marketplaceIds=A21TJRUUN4KGV&includedData=fulfillmentAvailability,summaries'
      const headers = { 'x-amz-access-token': account.credentials.access_token ?? '' }
      expect(await checked.ask({ url: new URL(`${origin}${path}?${query}`), headers })).toBe(200)
      const details = { ...account.details, ef_enabled: true, ef_location_ids: ['EXDL'] }
      const external = { ...account, details }
      await amazon.adapter.pushInventory?.(external, [...some, change('no such sku')], ctx)
      await amazon.adapter.readInventory?.(external, some, ctx)
    })
  })

  test('notifications', async () => {
    await inWorld(async (_world, { ctx }, account) => {
      await amazon.adapter.verify(account, ctx)
      await amazon.adapter.verify(account, ctx)
    })
  })

  test('returns and payouts', async () => {
    await inWorld(async (world, { ctx }, account) => {
      const details = { ...account.details, ef_enabled: true, ef_location_ids: ['EXDL'] }
      const byFile = { ...account, details: { ...details, ef_enabled: false } }
      for (const own of [byFile, { ...account, details }]) {
        for (const sync of [amazon.adapter.syncReturns, amazon.adapter.syncPayouts]) {
          let cursor: AnyCursor | null = null
          await patiently(world, async () => {
            const pages = sync?.(own, { cursor, reason: 'manual' }, ctx)
            for await (const page of pages ?? []) cursor = page.cursor
          })
        }
      }
    }, 1)
  })

  test('processing, by all three ways, with refusals and lost answers', async () => {
    await inWorld(async (world, { ctx }, account) => {
      const own = { self_ship_carrier: 'Own riders', b2b_invoice_series: 'OWN' }
      for (const ef_enabled of [true, false]) {
        const shop = shopOver(world, ctx, account, {
          ...own,
          ef_enabled,
          ef_location_ids: ['EXDL'],
        })
        const orders = [
          ...await newOrders(shop, 2),
          ...await newOrders(shop, 1, { selfShip: true }),
        ]
        const nobody = { externalId: '171-0000000-0000000', id: 'id-171-0000000-0000000' }
        const lost = ef_enabled
          ? ['processShipment', 'generateInvoice', 'updatePackageStatus']
          : ['createScheduledPackage', 'confirmShipment']
        for (const operation of lost) await world.control('timeoutAfterCommit', { operation })
        const all = orders[0] ? [...orders, { ...orders[0], ...nobody }] : []
        const batch = await drain(shop, batchOf(all))
        expect(orders.map(({ externalId }) => batch.heldWith(externalId)))
          .toEqual([undefined, undefined, undefined])
      }
    }, 1)
  })

  test('every operation that the adapter has a bucket for was asked, and answered well', () => {
    const answered = [...statuses].filter(([, list]) => [...list].some((one) => one < 300))
    const wanted = limits.map(({ operation }) => operation)
    expect(wanted.filter((id) => !answered.some(([one]) => one === id))).toEqual([])
  })

  test("each of Amazon's sample answers goes through the parser of its operation", async () => {
    let pairs = 0
    for (const [id, list] of readers) {
      const operation = models.operations.find((one) => one.id === id)
      if (!operation) throw new Error(`no model has an operation ${id}`)
      for (const { status, response } of samplesOf(operation)) {
        for (const { schema, init } of list) {
          const asked = { operation: id, ...init }
          const ctx = fakeContext({ respond: () => ({ status, body: response }) })
          const failed = await ctx.http(schema, `${origin}/x`, asked).then(
            () => undefined,
            failureOf,
          )
          const name = `${id} ${status} ${JSON.stringify(response).slice(0, 200)}`
          if (status < 300) expect(failed, name).toBeUndefined()
          else {expect(['rejected', 'auth', 'rate-limit', 'unavailable'], name).toContain(
              failed?.kind,
            )}
          pairs += 1
        }
      }
    }
    expect(pairs).toBeGreaterThan(30)
  })

  test("Amazon's sample returns and transactions become rows, or are put aside with a reason", () => {
    const listed = (path: string, at: (response: Any) => Any[]) => {
      const operation = models.find('GET', path)
      const samples = operation ? samplesOf(operation).filter(({ status }) => status === 200) : []
      return samples.flatMap(({ response }) => at(response))
    }
    const returns = listed('/externalFulfillment/2024-09-11/returns', (one) => one.returns ?? [])
    const reasons = returns.map(toReturnRow).map((one) =>
      'row' in one ? 'row' : one.rejected.reason
    )
    expect(reasons.length).toBeGreaterThan(0)
    expect(reasons.filter((one) => one === 'malformed-return')).toEqual([])
    const exact = (value: Any) => JSON.parse(JSON.stringify(value), numbersAsText)
    const transactions = listed(
      '/finances/2024-06-19/transactions',
      (one) => exact(one).payload?.transactions ?? [],
    )
    const told = transactions.map(toForecast)
      .map((one) => 'row' in one ? 'row' : one.rejected.reason)
    expect(told.length).toBeGreaterThan(0)
    expect(told.filter((one) => one === 'malformed-transaction')).toEqual([])
  })

  test("Amazon's sample orders become rows", async () => {
    const world = await startWorld()
    const account = await connect(world)
    const operation = models.find('GET', '/orders/2026-01-01/orders')?.spec
    const samples = operation.responses[200]['x-amzn-api-sandbox'].static
    expect(samples.length).toBeGreaterThan(1)
    for (const { response } of samples) {
      const ledger = emptyLedger()
      const respond = ({ url }: FakeRequest) => ({
        body: url.searchParams.has('paginationToken') ? { orders: [] } : response,
      })
      const ctx = fakeContext({ respond, now: world.ctx.now })
      for await (const page of pagesFrom(account, null, ctx)) store(ledger, page)
      expect(ledger.rejected).toEqual([])
      expect(ledger.orders.size).toBe(response.orders.length)
    }
    const one = models.find('GET', '/orders/2026-01-01/orders/171-0000000-0000000')?.spec
    for (const { response } of one.responses[200]['x-amzn-api-sandbox'].static) {
      expect(toOrderRow(response.order)).toHaveProperty('row')
    }
    for (const { orders } of Object.values<Any>(operation.responses[200].examples)) {
      for (const order of orders) expect(toOrderRow(order)).toHaveProperty('row')
    }
  })
})

const numbersAsText = (_key: string, value: unknown, context?: { readonly source?: string }) =>
  typeof value === 'number' ? context?.source ?? String(value) : value

/** Waits for what Amazon has not finished, by the sandbox's clock. */
const patiently = async (world: World, work: () => Promise<void>): Promise<void> => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const failed = await work().then(() => undefined, (error: unknown) => {
      const found = failureOf(error)
      if (found?.kind !== 'unavailable' && found?.kind !== 'rate-limit') throw error
      return found
    })
    if (!failed) return
    await world.control('clock', { bySeconds: (failed.retryAfterMs ?? 60_000) / 1000 })
  }
  throw new Error('what was waited for has not come')
}
