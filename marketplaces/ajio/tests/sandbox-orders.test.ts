import { expect, test } from 'vitest'
import {
  booksOf,
  confirmationOf,
  type Order,
  packageOf,
  packed,
  Refusal,
  startWorld,
} from './sandbox-world.ts'

const codesOf = (json: unknown) => Refusal.parse(json).errors.map(({ code }) => code)
const quantitiesOf = ({ lines }: Order) =>
  lines.map((line) => [
    line.orderQty,
    line.confirmedQty,
    line.shippedQty,
    line.cancelledQty,
    line.customerCancelledQty,
    line.sellerCancelledQty,
  ])
const two = { lines: [{ sku: 'KURTA-RED-M', quantity: 3 }, { sku: 'BELT-LTH-S', quantity: 1 }] }

test('an order is on hold for four and a half hours at least, and five and a half at most', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const numbers = await world.newOrders({ count: 30, onHold: true })
  const held = async () => {
    let count = 0
    // one after the other: two refreshes of one pair would end the session
    for (const no of numbers) count += (await gateway.order(no)).onHold ? 1 : 0
    return count
  }
  expect(await held()).toBe(30)
  await world.wait(4.5 * 60 - 1)
  expect(await held()).toBe(30)
  await world.wait(30)
  expect(await held()).toBeLessThan(30)
  await world.wait(31)
  expect(await held()).toBe(0)
})

test('without its B2B information an order stays on hold until it is there', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await world.newOrders({ onHold: true, poReady: false })
  await world.wait(5 * 24 * 60)
  const order = await gateway.order(no)
  expect(order).toMatchObject({ status: 'New', onHold: true })
  const info = await gateway.get(`/orders/${order.poNo}/b2b-info`)
  expect(gateway.outcome(info)).toBe('409 PO_NOT_READY')
  await world.control('poReady', { orderId: no })
  expect((await gateway.get(`/orders/${order.poNo}/b2b-info`)).json).toMatchObject({
    poNo: order.poNo,
    ready: true,
    billTo: { gstin: expect.stringMatching(/^\d{2}[A-Z]{5}\d{4}[A-Z]\dZ[0-9A-Z]$/) },
  })
  expect((await gateway.order(no)).onHold).toBe(false)
  expect(gateway.outcome(await gateway.get('/orders/4500000000/b2b-info'))).toBe('404 NOT_FOUND')
})

test('one bad line refuses the whole upload, and every bad line is named', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [good = '', above = '', done = '', gone = ''] = await world.newOrders({ count: 4, ...two })
  const [held = ''] = await world.newOrders({ onHold: true })
  const orders = Object.fromEntries(
    await Promise.all(
      [good, above, done, gone, held].map(async (no) => [no, await gateway.order(no)] as const),
    ),
  )
  const whole = (no: string, less = 0) => orders[no] ? confirmationOf(orders[no], less) : []
  await gateway.send('POST', '/orders/acknowledge', { lines: whole(done) })
  await world.control('cancelAs', { orderId: gone, by: 'buyer' })
  const lines = [
    ...whole(good),
    ...whole(above, -1),
    ...whole(done).slice(0, 1),
    ...whole(gone).slice(0, 1),
    ...whole(held).slice(0, 1),
    { custOrderNo: good, sellerOrderNo: 'NONE', jioCode: 'NONE', confirmedQty: 1 },
    ...whole(good).slice(0, 1),
  ]
  const refused = await gateway.send('POST', '/orders/acknowledge', { lines })
  expect(gateway.outcome(refused)).toBe('422 BATCH_REFUSED')
  expect(codesOf(refused.json)).toEqual([
    'QTY_ABOVE_ORDER',
    'ALREADY_ACKNOWLEDGED',
    'CANCELLED',
    'ON_HOLD',
    'UNKNOWN_LINE',
    'ALREADY_ACKNOWLEDGED',
  ])
  expect(await gateway.order(good)).toMatchObject({
    status: 'New',
    lines: [{ confirmedQty: null }, {}],
  })
  expect((await gateway.send('POST', '/orders/acknowledge', { lines: whole(good) })).json)
    .toEqual({ acknowledged: 2 })
  expect((await gateway.order(good)).status).toBe('Acknowledged')
  expect((await booksOf(world, gateway.pob)).done['acknowledge']).toBeGreaterThan(0)
})

test('what is not confirmed is cancelled by the seller, and nothing confirmed is no order', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = '', none = ''] = await world.newOrders({ count: 2, ...two })
  const order = await gateway.order(no)
  await gateway.send('POST', '/orders/acknowledge', { lines: confirmationOf(order, 2) })
  const short = await gateway.order(no)
  expect(quantitiesOf(short)).toEqual([[3, 1, 0, 2, 0, 2], [1, 1, 0, 0, 0, 0]])
  expect(short.status).toBe('Acknowledged')
  const nothing = confirmationOf(await gateway.order(none)).map((line) => ({
    ...line,
    confirmedQty: 0,
  }))
  await gateway.send('POST', '/orders/acknowledge', { lines: nothing.slice(0, 1) })
  // the other line is not decided yet
  expect((await gateway.order(none)).status).toBe('New')
  await gateway.send('POST', '/orders/acknowledge', { lines: nothing.slice(1) })
  expect((await gateway.order(none)).status).toBe('Cancelled')
})

test('a buyer cancels on hold, acknowledged, packed and in a manifest, and not later', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [held = ''] = await world.newOrders({ onHold: true, ...two })
  const [free = '', boxed = '', listed = '', gone = ''] = await world.newOrders({
    count: 4,
    ...two,
  })
  const cancel = (orderId: string, more = {}) =>
    world.control('cancelAs', { orderId, by: 'buyer', ...more })
  await cancel(held)
  expect(await gateway.order(held)).toMatchObject({ status: 'Cancelled', onHold: false })

  await gateway.send('POST', '/orders/acknowledge', {
    lines: confirmationOf(await gateway.order(free)),
  })
  const [first] = (await gateway.order(free)).lines
  await cancel(free, { lines: [{ sellerOrderNo: first?.sellerOrderNo, quantity: 1 }] })
  const partly = await gateway.order(free)
  expect([partly.status, quantitiesOf(partly)[0]]).toEqual(['Acknowledged', [3, 3, 0, 1, 1, 0]])
  expect(packageOf(partly).lines[0]?.quantity).toBe(2)

  await packed(gateway, boxed)
  await cancel(boxed)
  expect(await gateway.order(boxed)).toMatchObject({
    status: 'Cancelled',
    shipments: [{ status: 'Cancelled' }],
  })

  const { shipmentId } = await packed(gateway, listed)
  const made = await gateway.send('POST', '/manifests', {
    storeCode: gateway.storeCode,
    reference: 'b1',
  })
  const { manifestId } = made.json as { manifestId: string }
  await gateway.send('POST', `/manifests/${manifestId}/shipments`, { add: [shipmentId] })
  await cancel(listed)
  expect((await gateway.get(`/manifests/${manifestId}`)).json).toMatchObject({ shipments: [] })
  const again = await gateway.send('POST', `/manifests/${manifestId}/shipments`, {
    add: [shipmentId],
  })
  expect(gateway.outcome(again)).toBe('409 CANCELLED')

  await world.control('advance', { orderId: gone, to: 'Shipped' })
  await expect(cancel(gone)).rejects.toThrow('cannot be cancelled')
})

test('AJIO cancels on its own account: neither the buyer nor the seller did', async () => {
  const world = await startWorld()
  const [no = ''] = await world.newOrders({ lines: [{ sku: 'KURTA-RED-M', quantity: 2 }] })
  await world.control('cancelAs', { orderId: no, by: 'marketplace' })
  const order = await world.as(0).order(no)
  expect([order.status, quantitiesOf(order)]).toEqual(['Cancelled', [[2, null, 0, 2, 0, 0]]])
  // and what nobody hands over for a week after its time is given up
  const [idle = ''] = await world.newOrders()
  await world.wait(10 * 24 * 60)
  expect((await world.as(0).order(idle)).status).toBe('Cancelled')
})

test('a seller cancels by line until the courier has it', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = '', boxed = '', gone = ''] = await world.newOrders({ count: 3, ...two })
  const order = await gateway.order(no)
  const lineOf = (one: Order, at: number, quantity: number) => ({
    sellerOrderNo: one.lines[at]?.sellerOrderNo,
    jioCode: one.lines[at]?.jioCode,
    quantity,
  })
  const cancel = async (one: string, lines: object[]) =>
    gateway.outcome(
      await gateway.send('POST', `/orders/${one}/cancel`, { lines, reason: 'none left' }),
    )
  expect(await cancel(no, [lineOf(order, 0, 4)])).toBe('422 BATCH_REFUSED')
  expect(await cancel(no, [lineOf(order, 0, 2)])).toBe('ok')
  expect(quantitiesOf(await gateway.order(no))[0]).toEqual([3, null, 0, 2, 0, 2])
  expect(await cancel(no, [lineOf(order, 0, 1), lineOf(order, 1, 1)])).toBe('ok')
  expect((await gateway.order(no)).status).toBe('Cancelled')
  expect(await cancel(no, [lineOf(order, 0, 1)])).toBe('409 CANCELLED')

  await packed(gateway, boxed)
  const box = await gateway.order(boxed)
  expect(await cancel(boxed, [lineOf(box, 0, 1)])).toBe('422 QTY_MISMATCH')
  expect(await cancel(boxed, [lineOf(box, 0, 3), lineOf(box, 1, 1)])).toBe('ok')

  await world.control('advance', { orderId: gone, to: 'Shipped' })
  expect(await cancel(gone, [lineOf(await gateway.order(gone), 0, 1)])).toBe('409 QC_PASSED')
  expect(await cancel('FN0', [lineOf(order, 0, 1)])).toBe('404 NOT_FOUND')
})

test('hold and unhold are a flag, whatever the clock says', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await world.newOrders()
  await world.control('hold', { orderId: no, reason: 'FRAUD_CHECK' })
  await world.wait(24 * 60)
  const order = await gateway.order(no)
  expect(order).toMatchObject({ status: 'New', onHold: true })
  const refused = await gateway.send('POST', '/orders/acknowledge', {
    lines: confirmationOf(order),
  })
  expect([...new Set(codesOf(refused.json))]).toEqual(['ON_HOLD'])
  await world.control('unhold', { orderId: no })
  expect((await gateway.order(no)).onHold).toBe(false)
})

test('a spoiled order has a PIN of nowhere, or a GSTIN that does not add up', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [pin = ''] = await world.newOrders({ spoiled: 'pin' })
  const [gstin = ''] = await world.newOrders({ spoiled: 'gstin' })
  expect((await gateway.get(`/orders/${pin}`)).json).toMatchObject({
    shipTo: { pincode: expect.stringMatching(/^(?:682001|110001)$/) },
  })
  const infoOf = async (no: string) => {
    const { poNo } = await gateway.order(no)
    return (await gateway.get(`/orders/${poNo}/b2b-info`)).json as { billTo: { gstin: string } }
  }
  const [right, wrong] = [(await infoOf(pin)).billTo.gstin, (await infoOf(gstin)).billTo.gstin]
  expect([isTrue(right), isTrue(wrong)]).toEqual([true, false])
})

/** The checksum of a GSTIN once more, so that the sandbox does not check itself. */
const isTrue = (gstin: string): boolean => {
  const values = [...gstin].map((one) => Number.parseInt(one, 36))
  const sum = values.slice(0, 14).reduce((total, value, at) => {
    const product = value * (at % 2 + 1)
    return total + Math.floor(product / 36) + product % 36
  }, 0)
  return (sum + (values[14] ?? 0)) % 36 === 0
}
