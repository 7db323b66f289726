import { describe, expect, test } from 'vitest'
import { codeOf, startWorld, SubOrder, walk, type World } from './sandbox-world.ts'

const accept = async (world: World, at: number, numbers: readonly string[]) => {
  const answer = await world.as(at).ask('POST', '/v2/orders/accept', { sub_order_nos: numbers })
  const { results } = answer.json as { results: { status: string; code: string | null }[] }
  return results.map(({ status, code }) => code ?? status)
}

describe('acceptance', () => {
  test('MANUAL waits, ALWAYS does not, BY_INVENTORY where there is enough', async () => {
    const world = await startWorld()
    const gateway = world.as(0)
    const variant = { sku: 'KURTA-RED', size: 'M' }
    const status = async (body: object = {}) => {
      const [no = ''] = await gateway.place({ ...variant, ...body })
      return (await gateway.find(no)).status
    }
    const prefer = (preference: string) =>
      world.control('prefer', { supplier: gateway.id, preference })
    expect(await status()).toBe('PENDING')
    await prefer('BY_INVENTORY')
    await world.control('setStock', { supplier: gateway.id, sku: 'KURTA-RED|M', quantity: 1 })
    expect(await status()).toBe('READY_TO_SHIP')
    expect(await status({ quantity: 2 })).toBe('PENDING')
    await prefer('ALWAYS')
    expect(await status({ quantity: 2 })).toBe('READY_TO_SHIP')
    expect(await status({ quantity: 2, verified: false })).toBe('PENDING')
  })

  test('is told sub-order by sub-order, with its reasons', async () => {
    const world = await startWorld()
    const [fresh = '', doubted = '', held = '', gone = ''] = await world.as(0).place({ count: 4 })
    const [unsure = ''] = await world.as(0).place({ verified: false })
    await world.control('hold', { orderId: held })
    await world.control('cancelAs', { orderId: gone, by: 'buyer' })
    const [strange = ''] = await world.as(1).place()
    expect(await accept(world, 0, [fresh, doubted, unsure, held, gone, strange])).toEqual([
      ...['OK', 'OK', 'UNVERIFIED', 'ON_HOLD', 'CANCELLED', 'NOT_FOUND'],
    ])
    expect(await accept(world, 0, [fresh])).toEqual(['ALREADY_ACCEPTED'])
    const order = await world.as(0).find(fresh)
    expect(order).toMatchObject({ status: 'READY_TO_SHIP', packet_id: null })
    await world.control('verify', { orderId: unsure })
    await world.control('unhold', { orderId: held })
    expect(await accept(world, 0, [unsure, held])).toEqual(['OK', 'OK'])
  })

  test('what is doubtful becomes clear by itself, one way or the other', async () => {
    const env = { ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY: '500' }
    const world = await startWorld({ env })
    await world.wait(24 * 60)
    const rows = (await walk(world.as(0), '/v2/orders?limit=100')).map((row) => SubOrder.parse(row))
    const doubted = rows.filter(({ verified }) => !verified).map(({ sub_order_no: no }) => no)
    expect(doubted.length).toBeGreaterThan(3)
    await world.wait(26 * 60)
    const after = await Promise.all(doubted.map((no) => world.as(0).find(no)))
    // exchanges wait for the courier
    const clear = after.filter(({ exchange_of: first }) => first === null)
    expect(clear.every(({ verified }) => verified)).toBe(true)
    expect(new Set(clear.map(({ status }) => status)).has('PENDING')).toBe(true)
  })

  test('a seller may cancel until it has left', async () => {
    const world = await startWorld()
    const gateway = world.as(0)
    const [one = '', other = ''] = await gateway.place({ count: 2 })
    const cancel = (no: string) =>
      gateway.ask('POST', '/v2/orders/cancel', { sub_order_no: no, reason_code: 'OUT_OF_STOCK' })
    expect((await cancel(one)).json).toMatchObject({ status: 'CANCELLED' })
    expect(codeOf(await cancel(one))).toBe('INVALID_STATE')
    await world.control('shipped', { orderId: other })
    const refused = await cancel(other)
    expect([refused.status, codeOf(refused)]).toEqual([409, 'INVALID_STATE'])
    // nobody accepted this one: Meesho gives up
    const [late = ''] = await gateway.place()
    await world.wait(8 * 24 * 60)
    expect((await gateway.find(late)).status).toBe('CANCELLED')
  })
})

describe('the list', () => {
  test('comes oldest change first, each once, whatever changes between its pages', async () => {
    const world = await startWorld()
    const gateway = world.as(0)
    const all = (await world.ledger()).orders.map(({ id }) => id)
    const rows = await walk(gateway, '/v2/orders?limit=30')
    expect(rows.map((row) => row['sub_order_no']).toSorted()).toEqual(all.toSorted())
    const times = rows.map((row) => String(row['updated_at']))
    expect(times).toEqual(times.toSorted())

    const [moving = ''] = await gateway.place()
    await world.control('shiftPages', {})
    const shifted = await walk(gateway, '/v2/orders?limit=100', async () => {
      await world.wait(1)
      await world.control('updateDispatchSlot', {
        orderId: moving,
        dispatchBy: '2026-09-01T00:00:00Z',
      })
    })
    const seen = new Set(shifted.map((row) => row['sub_order_no']))
    expect(seen.size).toBe(all.length + 1)
    expect(shifted.length).toBeGreaterThan(seen.size)
  })

  test('has a window with both ends, a filter, and what is asked for by number', async () => {
    const world = await startWorld()
    const gateway = world.as(0)
    const rows = (await walk(gateway, '/v2/orders?limit=100')).map((row) => SubOrder.parse(row))
    const [first, last] = [rows[40], rows[80]]
    const window = `updated_from=${encodeURIComponent(first?.updated_at ?? '')}` +
      `&updated_to=${encodeURIComponent(last?.updated_at ?? '')}`
    const inside = await walk(gateway, `/v2/orders?limit=7&${window}`)
    expect(inside.length).toBe(
      rows.filter(({ updated_at: at }) =>
        at >= (first?.updated_at ?? '') && at <= (last?.updated_at ?? '')
      ).length,
    )
    const cancelled = await walk(gateway, '/v2/orders?status=CANCELLED')
    expect(cancelled.length).toBe(rows.filter(({ status }) => status === 'CANCELLED').length)
    const packed = rows.find(({ packet_id: id }) => id !== null)
    const found = await walk(gateway, `/v2/orders?packet_ids=${packed?.packet_id},PK999`)
    expect(found.map((row) => row['sub_order_no'])).toEqual([packed?.sub_order_no])
    const [strange] = await world.as(1).place()
    expect(await walk(gateway, `/v2/orders?sub_order_nos=${strange}`)).toEqual([])
  })

  test('lags where it is told to, and tells rows twice and in reverse', async () => {
    const world = await startWorld()
    const gateway = world.as(0)
    await world.control('lag', { seconds: 60 })
    const [no = ''] = await gateway.place()
    expect(await walk(gateway, `/v2/orders?sub_order_nos=${no}`)).toEqual([])
    await world.wait(2)
    expect((await gateway.find(no)).status).toBe('PENDING')
    await accept(world, 0, [no])
    expect((await gateway.find(no)).status).toBe('PENDING')
    await world.control('lag', { seconds: 0 })
    const window = `updated_from=${encodeURIComponent((await gateway.find(no)).updated_at)}`
    await world.control('duplicateNextPush', { operation: 'orders' })
    expect((await walk(gateway, `/v2/orders?${window}`)).length).toBe(2)
  })
})

test('a size is a part of what is in stock; a location that is not the supplier’s is refused', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const before = (await world.ledger()).stock
  const answer = await gateway.ask('PUT', '/v2/inventory', {
    location_external_identifier: 'LOC-1-MAIN',
    items: [
      { sku: 'KURTA-RED', size: 'M', quantity: 3 },
      { sku: 'KURTA-RED', size: '6 Feet', quantity: 4 },
      { sku: 'KURTA-BLACK', size: 'M', quantity: 5 },
      { sku: 'SAREE-CHF', size: 'Free Size', quantity: 6 },
    ],
  })
  const { results } = answer.json as { results: { status: string; code: string | null }[] }
  expect(results.map(({ code }) => code)).toEqual([null, 'UNKNOWN_SIZE', 'UNKNOWN_SKU', null])
  expect((await world.ledger()).stock).toEqual({ ...before, 'KURTA-RED|M': 3, 'SAREE-CHF': 6 })
})

test('the other faults refuse before anything is done, or cut the answer off', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await gateway.place()
  for (const kind of ['429', '500', '503']) {
    await world.control('failNext', { operation: 'accept', kind })
    const answer = await gateway.ask('POST', '/v2/orders/accept', { sub_order_nos: [no] })
    expect(answer.status).toBe(Number(kind))
    expect((await gateway.find(no)).status).toBe('PENDING')
  }
  await world.control('timeoutAfterCommit', { operation: 'accept' })
  await expect(gateway.ask('POST', '/v2/orders/accept', { sub_order_nos: [no] })).rejects.toThrow()
  expect((await gateway.find(no)).status).toBe('READY_TO_SHIP')
})
