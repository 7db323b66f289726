import { expect, test } from 'vitest'
import {
  booksOf,
  confirmationOf,
  type Gateway,
  packageOf,
  packed,
  Refusal,
  startWorld,
  type World,
} from './sandbox-world.ts'

const acknowledged = async (gateway: Gateway, no: string) => {
  await gateway.send('POST', '/orders/acknowledge', {
    lines: confirmationOf(await gateway.order(no)),
  })
  return await gateway.order(no)
}
const ship = (gateway: Gateway, body: object) => gateway.send('POST', '/shipments', body)
const openManifest = async (gateway: Gateway, reference = 'r1'): Promise<string> => {
  const made = await gateway.send('POST', '/manifests', { storeCode: gateway.storeCode, reference })
  return (made.json as { manifestId: string }).manifestId
}
const ready = async (world: World, count: number, at = 0): Promise<readonly string[]> => {
  const gateway = world.as(at)
  const numbers = await world.newOrders({ pob: gateway.pob, count })
  const ids: string[] = []
  for (const no of numbers) ids.push((await packed(gateway, no)).shipmentId)
  await world.wait(5)
  return ids
}

test('an order has one package: it needs a free order, the whole of it, and a number of its own', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = '', other = '', gone = ''] = await world.newOrders({
    count: 3,
    lines: [{ sku: 'KURTA-RED-M', quantity: 2 }],
  })
  const refused = async (body: object) => gateway.outcome(await ship(gateway, body))
  expect(await refused(packageOf(await gateway.order(no)))).toBe('409 NOT_ACKNOWLEDGED')
  const order = await acknowledged(gateway, no)
  await world.control('hold', { orderId: no })
  expect(await refused(packageOf(order))).toBe('409 ON_HOLD')
  await world.control('unhold', { orderId: no })
  await world.control('poReady', { orderId: no, ready: false })
  expect(await refused(packageOf(order))).toBe('409 PO_NOT_READY')
  await world.control('poReady', { orderId: no })
  const less = packageOf(order).lines.map((line) => ({ ...line, quantity: 1 }))
  expect(await refused({ ...packageOf(order), lines: less })).toBe('422 QTY_MISMATCH')
  expect(await refused({ ...packageOf(order), box: {} })).toBe('400 MALFORMED')

  const made = await ship(gateway, packageOf(order, 'AJ1/26-27/0001'))
  const { shipmentId } = made.json as { shipmentId: string }
  expect(made.json).toMatchObject({ status: 'Created', lines: [{ quantity: 2 }] })
  expect((await gateway.order(no)).status).toBe('PO created')
  const again = await ship(gateway, packageOf(order, 'AJ1/26-27/0002'))
  expect(gateway.outcome(again)).toBe('409 ALREADY_SHIPPED')
  expect(Refusal.parse(again.json).shipmentId).toBe(shipmentId)

  const second = await acknowledged(gateway, other)
  expect(await refused(packageOf(second, 'AJ1/26-27/0001'))).toBe('422 INVOICE_USED')
  await acknowledged(gateway, gone)
  await world.control('cancelAs', { orderId: gone, by: 'buyer' })
  expect(await refused(packageOf(second, 'AJ1/26-27/0003'))).toBe('ok')
  expect(await refused({ ...packageOf(second), custOrderNo: gone })).toBe('409 CANCELLED')

  await world.wait(5)
  expect((await gateway.order(no)).status).toMatch(/^Ready to Ship(ped)?$/)
  expect((await gateway.get(`/shipments/${shipmentId}`)).json).toMatchObject({
    status: 'Ready to Ship',
    custOrderNo: no,
  })
  const books = await booksOf(world, gateway.pob)
  expect(books.orders.find((one) => one.no === no)?.packages).toBe(1)
})

test('papers come minutes after the package, and tell order, AWB, SKU and quantity', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await world.newOrders({
    lines: [{ sku: 'KURTA-RED-M', quantity: 2 }, { sku: 'BELT-LTH-S', quantity: 1 }],
  })
  const { shipmentId, awb } = await packed(gateway, no)
  const names = ['label', 'customer-invoice', 'vendor-invoice', 'packing-slip']
  for (const name of names) {
    const early = await gateway.get(`/shipments/${shipmentId}/${name}`)
    expect(gateway.outcome(early)).toBe('404 NOT_READY')
  }
  await world.wait(8)
  for (const name of names) {
    const { status, headers, text } = await gateway.get(`/shipments/${shipmentId}/${name}`)
    expect([status, headers.get('content-type')]).toEqual([200, 'application/pdf'])
    expect(text).toMatch(/^%PDF-1\.4\n/)
    expect(text).toMatch(/%%EOF\n$/)
    for (const word of [no, awb, shipmentId, 'SKU KURTA-RED-M', 'SKU BELT-LTH-S']) {
      expect(text, name).toContain(word)
    }
    expect([...text.matchAll(/SKU (\S+) .*?Qty (\d+)/g)].map(([, sku, qty]) => [sku, qty]))
      .toEqual([['KURTA-RED-M', '2'], ['BELT-LTH-S', '1']])
  }
  expect(gateway.outcome(await gateway.get('/shipments/SH0/label'))).toBe('404 NOT_FOUND')
})

test('a manifest takes 250 shipments, each in one manifest only, all or nothing', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const ids = await ready(world, 252)
  const [one, two] = [await openManifest(gateway), await openManifest(gateway, 'r2')]
  const fill = (manifest: string, add: readonly (string | undefined)[], remove: unknown[] = []) =>
    gateway.send('POST', `/manifests/${manifest}/shipments`, { add, remove })
  const code = async (answer: ReturnType<typeof fill>) => gateway.outcome(await answer)
  expect(await code(fill(one, ids.slice(0, 251)))).toBe('409 MANIFEST_FULL')
  expect((await gateway.get(`/manifests/${one}`)).json).toMatchObject({ shipments: [] })
  expect(await code(fill(one, ids.slice(0, 250)))).toBe('ok')
  expect(await code(fill(one, ids.slice(0, 3)))).toBe('ok')
  expect(await code(fill(one, ids.slice(250, 251)))).toBe('409 MANIFEST_FULL')
  expect(await code(fill(two, [ids[251], ids[0]]))).toBe('409 IN_OTHER_MANIFEST')
  expect(await code(fill(two, [ids[251], 'SH0']))).toBe('422 UNKNOWN_SHIPMENT')
  expect(await code(fill(one, ids.slice(250, 251), ids.slice(0, 1)))).toBe('ok')
  expect(await code(fill(two, ids.slice(0, 1)))).toBe('ok')
  const found = await gateway.get('/manifests?reference=r2')
  expect(found.json).toMatchObject({ content: [{ manifestId: two, shipments: [ids[0]] }] })
  const elsewhere = await world.as(1).get(`/manifests/${one}`)
  expect(elsewhere.status).toBe(404)
})

test('a closed manifest is final; after 17:30 it is the next day’s, and the answer never changes', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [first = '', second = '', third = ''] = await ready(world, 3)
  const close = async (id: string) => await gateway.send('POST', `/manifests/${id}/close`)
  const early = await openManifest(gateway)
  expect(gateway.outcome(await close(early))).toBe('409 MANIFEST_EMPTY')
  await gateway.send('POST', `/manifests/${early}/shipments`, { add: [first] })
  const paper = `/manifests/${early}/document`
  expect(gateway.outcome(await gateway.get(paper))).toBe('404 NOT_READY')
  // 10:05 in India
  const closed = await close(early)
  expect(closed.json).toMatchObject({ status: 'CLOSED', dispatchDate: '2026-08-14' })
  expect(gateway.outcome(await gateway.get(paper))).toBe('404 NOT_READY')
  await world.control('clock', { to: '2026-08-14T17:30:01+05:30' })
  expect((await close(early)).json).toEqual(closed.json)
  const late = await openManifest(gateway, 'late')
  await gateway.send('POST', `/manifests/${late}/shipments`, { add: [second] })
  expect((await close(late)).json).toMatchObject({ dispatchDate: '2026-08-15' })
  const more = await gateway.send('POST', `/manifests/${late}/shipments`, { add: [third] })
  expect(gateway.outcome(more)).toBe('409 MANIFEST_CLOSED')

  const { text } = await gateway.get(paper)
  expect(text).toContain(early)
  expect(text).toContain(first)
  const statusOf = async (id: string) =>
    ((await gateway.get(`/shipments/${id}`)).json as { status: string }).status
  expect(await statusOf(first)).toBe('Manifested')
  await world.control('clock', { to: '2026-08-15T21:00:00+05:30' })
  expect(await statusOf(first)).toBe('Shipped')
  expect(await statusOf(third)).toBe('Ready to Ship')
})

test('stock is absolute, and one unknown SKU refuses all', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const put = (items: object[], storeCode = gateway.storeCode) =>
    gateway.send('PUT', '/inventory', { storeCode, items })
  const item = (sellerSku: string, quantity: number) => ({ ean: null, sellerSku, quantity })
  const read = async (query: string) => (await gateway.get(`/inventory?${query}`)).json
  expect((await put([item('KURTA-RED-M', 7), item('KURTA-RED-L', 0)])).json).toEqual({ updated: 2 })
  const refused = await put([item('KURTA-RED-M', 1), item('NO-SUCH', 1)])
  expect(refused.json).toMatchObject({
    code: 'BATCH_REFUSED',
    errors: [{ sellerSku: 'NO-SUCH', code: 'UNKNOWN_SKU' }],
  })
  const both = { items: [{ sellerSku: 'KURTA-RED-M', quantity: 7 }, { quantity: 0 }] }
  expect(await read('sellerSku=KURTA-RED-M&sellerSku=KURTA-RED-L')).toMatchObject(both)
  expect(await read('sellerSku=KURTA-RED-M,KURTA-RED-L')).toMatchObject(both)
  await world.control('setStock', { pob: gateway.pob, sku: 'KURTA-RED-M', quantity: 3 })
  expect(await read('sellerSku=KURTA-RED-M')).toMatchObject({ items: [{ quantity: 3 }] })
  expect(gateway.outcome(await put([item('KURTA-RED-M', 1)], 'S999'))).toBe('403 POB_MISMATCH')
  const many = Array.from({ length: 501 }, () => item('KURTA-RED-M', 1))
  expect(gateway.outcome(await put(many))).toBe('400 MALFORMED')
})
