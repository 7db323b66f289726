/** The moves of the sandbox beside the plugin, seen through its adapter. */
import { expect, onTestFinished, test } from 'vitest'
import { callVerb } from '../../core/testing/sandbox/call.ts'
import { sandboxContext } from '../../core/testing/fakes.ts'
import type { OrderRow } from '../../core/plugin.ts'
import bazaar from '../support/bazaar/mod.ts'
import startSandbox from '../support/bazaar/sandbox.ts'

test('orders are made, held, sent, cancelled and told by the adapter', async () => {
  const start = new Date('2026-03-01T00:00:00.000Z')
  const sandbox = await startSandbox({ seed: 7, speed: 0, start, env: {} })
  onTestFinished(() => sandbox.stop())
  // the clock was seeded
  expect(sandbox.clock.upstream).toBe(start.toISOString())
  const shop = sandbox.accounts[1]
  if (!shop) throw new Error('The sandbox has no second shop')
  const context = sandboxContext(sandbox, { hosts: bazaar.hosts, config: { pageSize: 100 } })
  const rowOf = async (id: string): Promise<OrderRow | undefined> => {
    const { syncOrders } = bazaar.adapter
    const account = { id: 'account', ...shop } as Parameters<NonNullable<typeof syncOrders>>[0]
    const pages = syncOrders?.(account, { cursor: null, reason: 'manual' }, context) ?? []
    let found: OrderRow | undefined
    for await (const page of pages) found ??= page.rows.find((row) => row.externalId === id)
    return found
  }
  const { orderIds: [orderId = ''] } = await callVerb(sandbox, 'test_orders', {
    shop: shop.externalAccountId,
  }) as { orderIds: readonly string[] }
  expect(orderId).toBe('BZ-0002-00041')
  expect(await rowOf(orderId)).toMatchObject({ status: 'NEW', onHold: false })
  const states = [
    ['hold', {}, { status: 'NEW', onHold: true }],
    ['unhold', {}, { status: 'NEW', onHold: false }],
    ['updateDispatchSlot', { dispatchBy: '2026-03-05T12:00:00+05:30' }, {
      shipBy: new Date('2026-03-05T06:30:00.000Z'),
    }],
    ['advance', { to: 'packed' }, { status: 'PACKED' }],
    ['shipped', {}, { status: 'SHIPPED' }],
    ['delivered', {}, { status: 'DELIVERED' }],
    ['cancelAs', { by: 'buyer' }, { status: 'CANCELLED' }],
  ] as const
  for (const [verb, body, row] of states) {
    await callVerb(sandbox, verb, { orderId, ...body })
    expect(await rowOf(orderId), verb).toMatchObject(row)
  }
  await expect(callVerb(sandbox, 'closeSettlement')).rejects.toThrow('as they stand')
  await expect(callVerb(sandbox, 'shipped', { orderId: 'none' })).rejects.toThrow('no order')
  await callVerb(sandbox, 'revokeToken', { kind: 'session' })
  await expect(rowOf(orderId)).rejects.toThrow('refuses the sign-in')
})
