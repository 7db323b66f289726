import { expect, test } from 'vitest'
import { type Json, packed, packing, startShop } from './sandbox-shop.ts'

const labels = '/v3/shipments/labels'
const codes = ({ json }: { readonly json: Json }) =>
  json.shipments.map(({ errorCode }: Json) => errorCode)

test('a pack is asked for once, takes a while, and gives papers that name order and waybill', async () => {
  const shop = await startShop()
  const { orderIds: [orderId] } = await shop.place({ packSeconds: 8 })
  const [shipment] = await shop.shipments(orderId)
  const asked = { shipments: [packing(shipment)] }
  expect((await shop.get(`/v3/shipments/${shipment.shipmentId}/labels`)).status).toBe(422)
  expect(codes(await shop.post(labels, asked))).toEqual([null])
  expect(codes(await shop.post(labels, asked))).toEqual(['INVALID_ITEM_STATE'])
  expect((await shop.shipments(orderId))[0].orderItems[0].status).toBe('PACKING_IN_PROGRESS')
  expect((await shop.get(`/v3/shipments/${shipment.shipmentId}/invoices`)).status).toBe(422)
  await shop.wait(8)
  const [now] = await shop.shipments(orderId)
  expect(now.orderItems[0].status).toBe('PACKED')
  expect(now.subShipments[0].packages).toHaveLength(1)
  expect(codes(await shop.post(labels, asked))).toEqual(['INVALID_ITEM_STATE'])
  const { text, headers } = await shop.get(`/v3/shipments/${shipment.shipmentId}/labels`)
  expect(headers.get('content-type')).toBe('application/pdf')
  for (const part of [orderId, now.subShipments[0].packages[0].packageId.slice(4, 18), 'Ship to']) {
    expect(text).toContain(part)
  }
  expect(text).toContain('FK1-0001')
  const alone = await shop.post(
    `/v3/shipments/${shipment.shipmentId}/labelOnly/pdf?reprint=true`,
    {},
  )
  expect(alone.text).toContain('SHIPPING LABEL')
  expect(alone.text).not.toContain('TAX INVOICE')
})

test('a batch has an end for each line', async () => {
  const shop = await startShop()
  const lines = [{ sku: 'CAP-SPT-S', quantity: 1 }]
  const { orderIds } = await shop.place({ count: 7, lines })
  const all = (await Promise.all(orderIds.map(shop.shipments))).map(([one]: Json) => one)
  await shop.control('hold', { orderId: orderIds[1] })
  await shop.control('cancelAs', { orderId: orderIds[2], by: 'buyer' })
  const { orderIds: [late] } = await shop.place({ waitMinutes: 30 })
  const [early] = await shop.shipments(late)
  const requests = [
    packing(all[0]),
    packing(all[1]),
    packing(all[2], { taxItems: packing(all[3]).taxItems }),
    packing(early),
    packing(all[3], { taxItems: packing(all[4]).taxItems }),
    packing(all[4], { taxItems: [{ ...packing(all[4]).taxItems[0], taxRate: 7 }] }),
    packing(all[5], { locationId: 'LOC0' }),
    packing(all[6], { subShipments: [{ ...packing(all[6]).subShipments[0], subShipmentId: 'x' }] }),
    packing(all[0], { shipmentId: 'nobody' }),
  ]
  expect(codes(await shop.post(labels, { shipments: requests }))).toEqual([
    ...[null, 'OPERATION_NOT_ALLOWED', 'INVALID_ITEM_STATE', 'OPERATION_NOT_ALLOWED'],
    ...['INVALID_REQUEST_ITEM_ID', 'INVALID_REQUEST_TAX', 'INVALID_SHIPMENTS'],
    ...['UNPROCESSABLE_ENTITY', 'INVALID_SHIPMENTS'],
  ])
  await shop.control('updateDispatchSlot', {
    orderId: late,
    dispatchAfterDate: '2026-08-14T10:00:00+05:30',
    dispatchByDate: '2026-08-16T14:00:00+05:30',
  })
  await shop.control('unhold', { orderId: orderIds[1] })
  expect(codes(await shop.post(labels, { shipments: [packing(early), packing(all[1])] })))
    .toEqual([null, null])
})

test('what is asked for in too great a number is refused as a whole', async () => {
  const shop = await startShop()
  const { orderIds: [orderId] } = await shop.place()
  const [shipment] = await shop.shipments(orderId)
  const many = (count: number) => Array.from({ length: count }, () => packing(shipment))
  const ids = (count: number) => Array.from({ length: count }, (_, at) => `S${at}`)
  const refusals = [
    shop.post(labels, { shipments: many(26) }),
    shop.post(labels, { shipments: [] }),
    shop.post(labels, { shipments: [{ ...packing(shipment), invoices: [] }] }),
    shop.post('/v3/shipments/dispatch', { shipmentIds: ids(26) }),
    shop.post('/v3/shipments/cancel', { shipments: many(26) }),
    shop.post('/v3/shipments/selfShip/delivery', { shipments: many(101) }),
    shop.get(`/v3/shipments/${ids(26).join(',')}/labels`),
    shop.post(`/v3/shipments/${ids(51).join(',')}/labelOnly/pdf`, {}),
    shop.post(`/v3/shipments/${ids(101).join(',')}/forms`, {}),
    shop.post('/v3/shipments/forms/updateAck', { shipments: many(26) }),
  ]
  expect((await Promise.all(refusals)).map(({ status }) => status)).toEqual(
    refusals.map(() => 400),
  )
  expect((await shop.shipments(orderId))[0].orderItems[0].status).toBe('APPROVED')
})

test('a form fails, and its number sends the shipment on', async () => {
  const shop = await startShop()
  const { orderIds: [orderId], shipmentIds: [id] } = await shop.place({ formFails: true })
  const [shipment] = await shop.shipments(orderId)
  await shop.post(labels, { shipments: [packing(shipment)] })
  await shop.wait(5)
  const [failed] = await shop.shipments(orderId)
  expect(failed.orderItems[0].status).toBe('FORM_FAILED')
  const { json } = await shop.post(`/v3/shipments/${id}/forms`, {})
  const [{ name, status }] = json.shipments[0].forms
  expect(status).toBe('FAILED')
  const ack = (form: string) =>
    shop.post('/v3/shipments/forms/updateAck', {
      shipments: [{ shipmentId: id, forms: [{ name: form, ackNumber: 'ACK-1' }] }],
    })
  expect(codes(await ack('ANOTHER'))).toEqual(['UNPROCESSABLE_ENTITY'])
  expect(codes(await ack(name))).toEqual([null])
  await shop.wait(5)
  expect((await shop.shipments(orderId))[0].orderItems[0].status).toBe('PACKED')
})

test('from the label to the courier: ready, handed over in groups, picked up in the evening', async () => {
  const shop = await startShop()
  const { orderIds: [orderId], shipmentIds: [id] } = await shop.place()
  await shop.post(labels, { shipments: [packing((await shop.shipments(orderId))[0])] })
  await shop.wait(10)
  const dispatch = () =>
    shop.post('/v3/shipments/dispatch', { shipmentIds: [id], locationId: shop.location })
  expect(codes(await dispatch())).toEqual(['OPERATION_NOT_ALLOWED'])
  await shop.get(`/v3/shipments/${id}/labels`)
  expect(codes(await dispatch())).toEqual([null])
  expect(codes(await dispatch())).toEqual(['INVALID_ITEM_STATE'])
  const counts = (await shop.get(`/v3/shipments/handover/counts?locationId=${shop.location}`)).json
  const [{ courierDetails }] = (await shop.get(`/v3/shipments/${id}`)).json.shipments
  const { vendorName, trackingId } = courierDetails.pickupDetails
  const group = counts.find(({ vendorGroupCode }: Json) => vendorGroupCode === vendorName)
  expect(group.count).toBeGreaterThan(0)
  const manifest = (code: string) =>
    shop.post('/v3/shipments/manifest', {
      params: { vendorGroupCode: code, locationId: shop.location, pickupDate: group.pickUpDate },
    })
  expect((await manifest('Nobody')).status).toBe(404)
  expect((await manifest(vendorName)).text).toContain(`AWB ${trackingId}`)
  const stateNow = async () => {
    const { accounts } = await shop.control('ledger', { account: shop.id })
    return accounts[shop.id].orders.find((one: Json) => one.id === orderId).state
  }
  expect(await stateNow()).toBe('MANIFESTED')
  const otc = await shop.get(`/v3/shipments/otc/${shop.location}?requestType=RETURN`)
  expect(otc.json.otcs[0].otc[0].code).toMatch(/^\d{6}$/)
  await shop.wait(11 * 3600)
  expect(['PICKUP_COMPLETE', 'SHIPPED']).toContain(
    (await shop.shipments(orderId))[0].orderItems[0].status,
  )
  await shop.wait(6 * 86_400)
  expect(['DELIVERED', 'RTO_IN_TRANSIT', 'RTO_RECEIVED']).toContain(await stateNow())
})

test('a shipment may have several packages, and an order several shipments', async () => {
  const shop = await startShop()
  const lines = [{ sku: 'CAP-SPT-S', quantity: 1 }, { sku: 'WAL-LTH-M', quantity: 2 }]
  const big = await packed(shop, { packages: 3, lines })
  const [shipment] = await shop.shipments(big.orderId)
  expect(shipment).toMatchObject({ mps: true })
  expect(shipment.subShipments.map(({ packages }: Json) => packages.length)).toEqual([1, 1, 1])
  expect((await shop.get(`/v3/shipments/${big.ids}/labelOnly`)).status).toBe(404)
  expect((await shop.post(`/v3/shipments/${big.ids}/labelOnly`, {})).text).toContain(
    'Package 3 of 3',
  )
  const { orderIds: [apart] } = await shop.place({ apart: true, lines })
  expect(await shop.shipments(apart)).toHaveLength(2)
})

test('before it is packed a seller may cancel a group of items, or all', async () => {
  const shop = await startShop()
  const lines = [{ sku: 'CAP-SPT-S', quantity: 1 }, { sku: 'WAL-LTH-M', quantity: 2 }]
  const { orderIds: [orderId], shipmentIds: [id] } = await shop.place({ lines })
  const [{ orderItems }] = await shop.shipments(orderId)
  const cancel = (cancellationGroupIds: readonly string[]) =>
    shop.post('/v3/shipments/cancel', {
      shipments: [{ shipmentId: id, locationId: shop.location, reason: 'x', cancellationGroupIds }],
    })
  expect(codes(await cancel(['grp0']))).toEqual(['INVALID_REQUEST_ITEM_ID'])
  expect(codes(await cancel([orderItems[1].cancellationGroupId]))).toEqual([null])
  const states = async () =>
    (await shop.shipments(orderId))[0].orderItems.map(({ status }: Json) => status)
  expect(await states()).toEqual(['APPROVED', 'CANCELLED'])
  expect(codes(await cancel([]))).toEqual([null])
  expect(await states()).toEqual(['CANCELLED', 'CANCELLED'])
  const done = await packed(shop)
  const late = { shipmentId: done.shipmentId, locationId: shop.location, reason: 'x' }
  expect(codes(await shop.post('/v3/shipments/cancel', { shipments: [late] }))).toEqual([
    'INVALID_ITEM_STATE',
  ])
})

test('a seller who ships by himself tells of waybill and delivery', async () => {
  const shop = await startShop()
  const { orderIds: [orderId], shipmentIds: [id] } = await shop.place({ selfShip: true })
  const [{ orderItems: [{ orderItemId }] }] = await shop.shipments(orderId)
  const send = (verb: string, more: object) =>
    shop.post(`/v3/shipments/selfShip/${verb}`, {
      shipments: [{ shipmentId: id, locationId: shop.location, ...more }],
    })
  const when = { deliveryDate: '2026-08-15T10:00:00+05:30' }
  expect(codes(await send('delivery', when))).toEqual(['INVALID_ITEM_STATE'])
  const gone = await send('dispatch', {
    dispatchDate: '2026-08-14T10:00:00+05:30',
    tentativeDeliveryDate: '2026-08-16T10:00:00+05:30',
    deliveryPartner: 'Blue Dart',
    trackingId: 'BD1',
    invoice: {
      invoiceNumber: 'F1',
      invoiceDate: '2026-08-14',
      items: [{ orderItemId, quantity: 1 }],
    },
  })
  expect(codes(gone)).toEqual([null])
  expect(codes(await send('deliveryAttempt', when))).toEqual([null])
  const other = { shipmentId: id, trackingId: 'BD2' }
  expect(codes(await shop.post(`/v3/shipments/${id}/update`, other))).toEqual([null])
  expect(codes(await send('delivery', when))).toEqual([null])
  expect((await shop.shipments(orderId))[0].orderItems[0].status).toBe('DELIVERED')
  const made = await shop.control('createReturn', { orderItemId })
  const { json } = await shop.post('/v2/returns/complete', { returnIds: made.returnIds })
  expect(json.returns[0]).toMatchObject({ processingStatus: 'SUCCESS', errorCode: null })
})
