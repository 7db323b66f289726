import { expect, test } from 'vitest'
import { connect, startWorld } from './support.ts'

test('an order goes its way by the names that every sandbox has', async () => {
  const world = await startWorld()
  const { credentials } = await connect(world)
  const { orderIds } = await world.control('createOrders') as { orderIds: readonly string[] }
  const [orderId = ''] = orderIds
  const parcel = async () => {
    // changes show two minutes late
    await world.control('clock', { bySeconds: 121 })
    const address = `${world.sandbox.url}/orders/2026-01-01/orders/${orderId}`
    const headers = { 'x-amz-access-token': credentials.access_token ?? '' }
    const answer = await fetch(`${address}?includedData=FULFILLMENT,PACKAGES`, { headers })
    const { order } = await answer.json()
    const [one] = order.packages ?? []
    return [order.fulfillment.fulfillmentStatus, one?.packageStatus.detailedStatus]
  }
  await world.control('on_hold', { orderId })
  expect(await parcel()).toEqual(['PENDING', undefined])
  await world.control('unhold', { orderId })
  expect((await parcel())[0]).toBe('UNSHIPPED')
  for (
    const [verb, word] of [
      ['pick_up_complete', 'PICKED_UP'],
      ['shipped', 'AT_ORIGIN_FC'],
      ['delivered', 'DELIVERED'],
    ] as const
  ) {
    await world.control(verb, { orderId })
    expect(await parcel()).toEqual(['SHIPPED', word])
  }
  expect(await world.control('createReturn', { orderId })).toMatchObject({ orderId })
  await expect(world.control('hold', { orderId, why: 'mine' })).rejects.toThrow('why')
})
