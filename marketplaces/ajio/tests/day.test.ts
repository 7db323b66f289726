import { type OrderRow, orderStateRank, type PayoutRow, type ReturnRow } from 'robnu/plugin'
import { expect, test } from 'vitest'
import ajio from '../mod.ts'
import { orderStanding } from '../states.ts'
import { batchOf, emptyShelf, process, run, type Shelf } from './host.ts'
import { type Books, startWorld } from './world.ts'

const { syncOrders, syncReturns, syncPayouts, verify } = ajio.adapter

const expectOrders = (shelf: Shelf<OrderRow>, { orders }: Books): void => {
  expect(shelf.rejected).toEqual([])
  expect(new Set(shelf.rows.keys())).toEqual(new Set(orders.map(({ no }) => no)))
  for (const booked of orders) {
    const row = shelf.rows.get(booked.no)
    const parcels = booked.shipment ? [booked.shipment.status] : []
    expect(row, booked.no).toMatchObject({
      ...orderStanding(booked.status, parcels),
      totalPaise: booked.totalPaise,
    })
    expect(row?.items.map((item) => [item.externalId, item.quantity, item.cancelledQuantity]))
      .toEqual(booked.lines.map((line) => [
        `${line.sellerOrderNo}/${line.jioCode}`,
        line.orderQty,
        line.cancelledQty,
      ]))
    expect(row?.shipments?.map((one) => [one.externalId, one.rawStatus, one.manifestExternalId]))
      .toEqual(
        booked.shipment
          ? [[booked.shipment.id, booked.shipment.status, booked.shipment.manifestId]]
          : [],
      )
  }
}

test('everything that happened before is brought by the first runs, to the paisa', async () => {
  const world = await startWorld()
  await verify(world.account, world.ctx)
  const orders = emptyShelf<OrderRow>()
  const returns = emptyShelf<ReturnRow>()
  const payouts = emptyShelf<PayoutRow>()
  await run(world, syncOrders, orders)
  await run(world, syncReturns, returns)
  await run(world, syncPayouts, payouts)
  const books = await world.books()
  expect(books.orders.length).toBe(world.sandbox.accounts[0]?.orders)
  expectOrders(orders, books)
  expect([...orders.rows.values()].every(({ status }) => status !== null)).toBe(true)

  const booked = books.orders.flatMap((order) => order.returns)
  expect(booked.length).toBeGreaterThan(5)
  expect(returns.rejected).toEqual([])
  expect(returns.rows.size).toBe(booked.length)
  for (const { no, creditNotePaise } of booked) {
    const row = returns.rows.get(no)
    expect([row?.creditNote?.paise ?? null, row?.status === null]).toEqual([creditNotePaise, false])
  }
  expect(books.settlements.length).toBeGreaterThan(2)
  expect([payouts.rejected, payouts.rows.size]).toEqual([[], books.settlements.length])
  for (const { clearingDocNo, totalPaise, lines } of books.settlements) {
    const row = payouts.rows.get(clearingDocNo)
    expect(Math.round(Number(row?.amount) * 100)).toBe(totalPaise)
    expect(row?.lines.map(({ externalId, net }) => [externalId, Math.round(Number(net) * 100)]))
      .toEqual(lines.map(({ internalDocNo, netPaise }) => [internalDocNo, netPaise]))
  }
})

test('a day from the open order to the settlement ends as in AJIO’s own books', async () => {
  const world = await startWorld()
  const orders = emptyShelf<OrderRow>()
  await run(world, syncOrders, orders)
  const { orderIds: ids } = await world.control('createOrders', {
    ...{ count: 6, onHold: false, fate: 'delivered', comesBack: 'CUSTOMER' },
  }) as { orderIds: string[] }
  const { orderIds: rtos } = await world.control('createOrders', {
    ...{ count: 2, onHold: false, fate: 'rto' },
  }) as { orderIds: string[] }
  await run(world, syncOrders, orders)
  const fresh = [...ids, ...rtos]
  const rows = fresh.map((id) => orders.rows.get(id)).filter((row) => row !== undefined)
  expect(rows.map(({ status, onHold }) => [status, onHold])).toEqual(
    fresh.map(() => ['NEW', false]),
  )

  const ranks = new Map<string | null, number>()
  const batch = await process(world, batchOf(rows), ({ order, status }) => {
    if (!status) return
    expect(orderStateRank(status)).toBeGreaterThanOrEqual(ranks.get(order) ?? 0)
    ranks.set(order, orderStateRank(status))
  })
  for (const id of fresh) expect(batch.outcomeOf(id, 'close'), id).toBe('done')
  const documents = batch.done.flatMap((step) => step.documents ?? [])
  expect(documents.map(({ type }) => type).toSorted()).toEqual(
    fresh.flatMap(() => ['CUSTOMER_INVOICE', 'LABEL']).toSorted(),
  )
  for (const { download } of documents) {
    expect(world.papers.get(download.storageKey)).toMatch(/^%PDF/)
  }

  const afterwards = await world.books()
  const parcels = afterwards.orders.filter(({ no }) => fresh.includes(no))
  expect(parcels.map(({ packages }) => packages)).toEqual(fresh.map(() => 1))
  const [manifest, ...others] = afterwards.manifests.filter(({ reference }) =>
    reference === 'batch-1'
  )
  expect(others).toEqual([])
  expect([manifest?.status, manifest?.shipments.length]).toEqual(['CLOSED', fresh.length])
  await run(world, syncOrders, orders)
  expectOrders(orders, afterwards)
  for (const id of fresh) expect(orders.rows.get(id)?.status).toBe('MANIFESTED')

  const returns = emptyShelf<ReturnRow>()
  const payouts = emptyShelf<PayoutRow>()
  for (let day = 0; day < 70; day++) {
    await world.pass(86_400)
    if (day % 5 !== 0) continue
    await run(world, syncOrders, orders)
    await run(world, syncReturns, returns)
    await run(world, syncPayouts, payouts)
  }
  await run(world, syncOrders, orders)
  const books = await world.books()
  expectOrders(orders, books)
  for (const id of ids) expect(orders.rows.get(id)?.status).toBe('DELIVERED')
  for (const id of rtos) expect(orders.rows.get(id)?.status).toBe('RTO_RECEIVED')
  const kinds = (id: string) =>
    [...returns.rows.values()].filter((row) => row.orderExternalId === id)
      .map(({ kind, status }) => [kind, status])
  for (const id of ids) expect(kinds(id)).toEqual([['CUSTOMER_RETURN', 'CREDITED']])
  for (const id of rtos) expect(kinds(id)[0]?.[0]).toBe('RTO')
  const paid = new Set(
    [...payouts.rows.values()].filter(({ status }) => status === 'PAID')
      .flatMap(({ lines }) => lines.map((line) => line.orderExternalId)),
  )
  for (const id of fresh) expect(paid.has(id), id).toBe(true)
})

test('a token that dies in the middle of a walk is refreshed, and nothing is lost or asked twice', async () => {
  const world = await startWorld()
  const orders = emptyShelf<OrderRow>()
  await run(world, syncOrders, orders, () => world.pass(1700))
  const books = await world.books()
  expect(books.done['refresh']).toBeGreaterThan(2)
  const asked = world.ctx.requests.filter(({ operation }) => operation === 'orders')
  expect(asked.length).toBe(orders.pages)
  await run(world, syncOrders, orders)
  expectOrders(orders, await world.books())
})

test('a session that is withdrawn in the middle of a walk is the seller’s to mend', async () => {
  const world = await startWorld()
  await world.control('revokeToken', { kind: 'session', after: 3 })
  const orders = emptyShelf<OrderRow>()
  const failed = await run(world, syncOrders, orders).then(() => undefined, (error) => error)
  expect(failed).toMatchObject({ kind: 'auth', code: 'session-dead' })
  expect(orders.pages).toBe(3)
  // connected anew it goes on where it stopped
  const { credentials } = await world.control('connect') as { credentials: object }
  world.account = { ...world.account, credentials: credentials as never }
  await run(world, syncOrders, orders)
  expectOrders(orders, await world.books())
})

test('the session of another POB reads nothing', async () => {
  const world = await startWorld()
  const { details, externalAccountId } = world.account
  const other = world.sandbox.accounts[1]
  const mixed = { ...world.account, credentials: other?.credentials as never }
  await expect(verify(mixed, world.ctx)).rejects.toMatchObject({ code: 'pob-mismatch' })
  const wrongStore = {
    ...world.account,
    externalAccountId,
    details: { ...details, store_code: 'S999' },
  }
  await expect(verify(wrongStore, world.ctx)).rejects.toMatchObject({ kind: 'auth' })
})

test('a page whose rows shift while it is walked loses nothing', async () => {
  const world = await startWorld()
  await world.control('shiftPages')
  await world.control('seedDay', { n: 400 })
  const orders = emptyShelf<OrderRow>()
  await run(world, syncOrders, orders)
  await run(world, syncOrders, orders)
  expectOrders(orders, await world.books())
})

test('rows that come twice, or in another order than promised, are all met', async () => {
  const world = await startWorld()
  await world.control('seedDay', { n: 250 })
  await world.control('reorderPushes')
  await world.control('duplicateNextPush', { operation: 'orders', times: 3 })
  const orders = emptyShelf<OrderRow>()
  await run(world, syncOrders, orders)
  expectOrders(orders, await world.books())
})

test('at the true rates a walk waits as long as they ask for', async () => {
  const world = await startWorld({ limited: true })
  await world.control('seedDay', { n: 3000 })
  const began = world.ctx.now().getTime()
  const orders = emptyShelf<OrderRow>()
  await run(world, syncOrders, orders)
  expect(orders.rows.size).toBeGreaterThan(3000)
  const waited = (world.ctx.now().getTime() - began) / 1000
  // two a second after a burst of ten; a refusal asks for a whole second
  const computed = (orders.pages - 10) / 2
  expect(computed).toBeGreaterThan(5)
  expect(Math.abs(waited - computed)).toBeLessThan(2)
})

test('stock is pushed, read back, and what AJIO does not know is told', async () => {
  const world = await startWorld()
  const { stock } = await world.books()
  const skus = Object.keys(stock)
  const changes = [...skus, 'NOBODY-KNOWS'].map((sku, i) => ({
    sku,
    listingId: null,
    quantity: i,
    version: 1,
  }))
  const results = await ajio.adapter.pushInventory?.(world.account, changes, world.ctx)
  expect(results?.filter(({ outcome }) => outcome === 'rejected')).toEqual([
    { sku: 'NOBODY-KNOWS', outcome: 'rejected', reason: 'unknown-sku' },
  ])
  expect(results).toHaveLength(changes.length)
  const levels = await ajio.adapter.readInventory?.(world.account, changes, world.ctx)
  expect(levels).toHaveLength(skus.length)
  for (const { sku, quantity } of levels ?? []) expect(quantity).toBe(skus.indexOf(sku))
})
