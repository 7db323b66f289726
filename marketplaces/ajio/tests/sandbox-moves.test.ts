import { expect, test } from 'vitest'
import { startWorld } from './sandbox-world.ts'

test('an order goes its way by the names that every sandbox has', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await world.newOrders()
  const orderId = no
  await world.control('on_hold', { orderId })
  expect(await gateway.order(no)).toMatchObject({ status: 'New', onHold: true })
  await world.control('un_hold', { orderId })
  expect(await gateway.order(no)).toMatchObject({ onHold: false })
  const dispatchBy = async () => (await gateway.get(`/orders/${no}`)).json as { dispatchBy: string }
  const before = await dispatchBy()
  await world.control('updateDispatchSlot', { orderId, dispatchBy: '2026-08-20T17:30:00+05:30' })
  expect((await dispatchBy()).dispatchBy).toMatch(/Aug 20|20-08|2026-08-20|20 Aug|20-Aug|20\/08/)
  expect(await dispatchBy()).not.toEqual(before)
  expect(await world.control('shipped', { orderId })).toMatchObject({ shipment: 'Shipped' })
  expect(await world.control('delivered', { orderId })).toMatchObject({ shipment: 'Delivered' })
  await expect(world.control('pick_up_complete', { orderId })).rejects.toThrow('one word')
})
