import { expect, test } from 'vitest'
import { packed, startShop, walk } from './sandbox-shop.ts'

const wide = { from: '2026-01-01T00:00:00+05:30', to: '2027-01-01T00:00:00+05:30' }

test('three lists hold every shipment of the history, and the books agree', async () => {
  const shop = await startShop()
  const lists = await Promise.all(
    ['preDispatch', 'postDispatch', 'cancelled'].map((type) =>
      walk(shop, { type, modifiedDate: wide })
    ),
  )
  const told = new Set(lists.flat().map(({ shipmentId }) => shipmentId))
  const { accounts } = await shop.control('books', { account: shop.id })
  const { orders } = accounts[shop.id]
  const all = orders.flatMap((order: { shipments: { id: string }[] }) => order.shipments)
  expect(told).toEqual(new Set(all.map(({ id }: { id: string }) => id)))
  expect(lists.every((list) => list.length > 0)).toBe(true)
  for (const list of lists) {
    const times = list.map(({ updatedAt }) => updatedAt)
    expect(times).toEqual(times.toSorted())
  }
})

test('a page leads to the next one by a relative address that knows its filter and dies', async () => {
  const shop = await startShop()
  const ask = { filter: { type: 'postDispatch' }, pagination: { pageSize: 5 } }
  const { json } = await shop.post('/v3/shipments/filter', ask)
  expect(json.nextPageUrl).toMatch(/^\/v3\/shipments\/filter\?next_token=/)
  const next = await shop.get(json.nextPageUrl)
  expect(next.json.shipments).toHaveLength(5)
  const same = json.shipments.map(({ shipmentId }: { shipmentId: string }) => shipmentId)
  expect(same).not.toContain(next.json.shipments[0].shipmentId)
  // the other seller's token opens nothing here
  const [, other] = shop.sandbox.accounts as readonly { credentials: { access_token: string } }[]
  const stranger = await shop.ask(`/sellers${json.nextPageUrl}`, {
    headers: { authorization: `Bearer ${other?.credentials.access_token}` },
  })
  expect(stranger).toMatchObject({ status: 400 })
  await shop.control('expirePages')
  const dead = await shop.get(json.nextPageUrl)
  expect([dead.status, dead.json.errors[0].code]).toEqual([400, 'INVALID_PAGE_TOKEN'])
  expect((await shop.get('/v3/shipments/filter?next_token=rubbish')).status).toBe(400)
  const again = await shop.post('/v3/shipments/filter', ask)
  await shop.wait(2 * 3600)
  expect((await shop.get(again.json.nextPageUrl)).status).toBe(400)
})

test('what changes between two pages is told again at the end, and nothing is lost', async () => {
  const shop = await startShop()
  const before = await walk(shop, { type: 'postDispatch' })
  await shop.wait(1)
  await shop.control('shiftPages')
  const { json } = await shop.post('/v3/shipments/filter', { filter: { type: 'postDispatch' } })
  await shop.control('shiftPages', { on: false })
  const rest: { shipmentId: string }[] = []
  let page = json
  while (page.hasMore) {
    page = (await shop.get(page.nextPageUrl)).json
    rest.push(...page.shipments)
  }
  const ids = [...json.shipments, ...rest].map(({ shipmentId }) => shipmentId)
  expect(new Set(ids)).toEqual(new Set(before.map(({ shipmentId }) => shipmentId)))
  expect(ids.filter((id) => id === ids[0])).toHaveLength(2)
})

test('filters narrow a list, and a request that is none is refused', async () => {
  const shop = await startShop()
  const { orderIds: [first] } = await shop.place({ lines: [{ sku: 'CAP-SPT-S', quantity: 2 }] })
  const bySku = await walk(shop, { type: 'preDispatch', sku: ['CAP-SPT-S'], orderDate: wide })
  expect(bySku.map(({ orderItems }) => orderItems[0].orderId)).toContain(first)
  expect(await walk(shop, { type: 'preDispatch', locationId: 'LOC0' })).toEqual([])
  expect(await walk(shop, { type: 'preDispatch', states: ['PACKED'], sku: ['CAP-SPT-S'] }))
    .toEqual([])
  const wrong = [
    { filter: {} },
    { filter: { type: 'all' } },
    { filter: { type: 'cancelled' }, pagination: { pageSize: 21 } },
    { filter: { type: 'cancelled', modifiedDate: { from: 'yesterday' } } },
    [],
  ]
  for (const body of wrong) expect((await shop.post('/v3/shipments/filter', body)).status).toBe(400)
  const ids = Array.from({ length: 101 }, (_, at) => `S${at}`).join(',')
  for (
    const path of [`?shipmentIds=${ids}`, '?orderIds=', '?orderIds=a&shipmentIds=b', `/${ids}`]
  ) {
    expect((await shop.get(`/v3/shipments${path}`)).status).toBe(400)
  }
})

test('a buyer cancels a line, and the shipment stands in two lists', async () => {
  const shop = await startShop()
  const { orderIds: [orderId] } = await shop.place({
    lines: [{ sku: 'CAP-SPT-S', quantity: 1 }, { sku: 'WAL-LTH-M', quantity: 1 }],
  })
  const [{ orderItems }] = await shop.shipments(orderId)
  await shop.control('cancelAs', { orderItemId: orderItems[0].orderItemId, by: 'buyer' })
  for (const type of ['preDispatch', 'cancelled']) {
    const found = await walk(shop, { type, sku: ['CAP-SPT-S'], modifiedDate: wide })
    const mine = found.find((one) => one.orderItems[0].orderId === orderId)
    expect(mine.orderItems.map(({ status }: { status: string }) => status)).toEqual([
      ...['CANCELLED', 'APPROVED'],
    ])
  }
  const byBuyers = await walk(shop, { type: 'cancelled', cancellationType: 'sellerCancellation' })
  expect(byBuyers).toEqual([])
})

test('details come in two shapes, and tell the buyer of self-ship shipments alone', async () => {
  const shop = await startShop()
  const { ids } = await packed(shop, { count: 1 })
  const shapes = new Set<boolean>()
  for (const { orderItems } of await walk(shop, { type: 'postDispatch' })) {
    const [{ orderId }] = orderItems
    const [{ shipmentId }] = await shop.shipments(orderId)
    const { json } = await shop.get(`/v3/shipments/${shipmentId}`)
    const [one] = json.shipments
    shapes.add('orderId' in one)
    expect(one.courierDetails.pickupDetails.trackingId).toMatch(/^FMP[CP]\d{10}$/)
    expect(one.deliveryAddress?.firstName).toBeUndefined()
    if (shapes.size === 2) break
  }
  expect(shapes).toEqual(new Set([true, false]))
  expect((await shop.get(`/v3/shipments/${ids}`)).json.shipments).toHaveLength(1)
  expect((await shop.get('/v3/shipments/nobody')).json).toEqual({ shipments: [] })
  // shipments by their hash: one of a few has the shape with addresses
  for (let tries = 0; tries < 12; tries++) {
    const { shipmentIds: [id] } = await shop.place({ selfShip: true })
    const [one] = (await shop.get(`/v3/shipments/${id}`)).json.shipments
    if (!one.deliveryAddress) continue
    expect(one.deliveryAddress.contactNumber).toMatch(/^\+910/)
    expect(one.buyerDetails.firstName).not.toBe('')
    return
  }
  expect.unreachable()
})

test('reads lag behind where somebody wants them to', async () => {
  const shop = await startShop()
  const { orderIds: [orderId] } = await shop.place()
  await shop.wait(5)
  await shop.control('lag', { seconds: 60 })
  await shop.control('hold', { orderId })
  // placed five seconds ago: it does not show at all
  expect(await shop.shipments(orderId)).toEqual([])
  await shop.wait(58)
  expect(await shop.shipments(orderId)).toMatchObject([{ hold: false }])
  await shop.wait(5)
  expect(await shop.shipments(orderId)).toMatchObject([{ hold: true }])
})
