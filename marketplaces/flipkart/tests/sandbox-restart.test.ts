import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import startSandbox from '../sandbox.ts'
import { type Json, packed, type Shop, startShop } from './sandbox-shop.ts'

const truthOf = async (shop: Shop): Promise<Json> => {
  const [books, ledger] = [await shop.control('books'), await shop.control('ledger')]
  const known = (key: string, value: unknown) => key === 'asked' ? undefined : value
  return JSON.parse(JSON.stringify([books, ledger], known))
}

test('the same seed is the same world, another seed another one', async () => {
  const truths: string[] = []
  for (const seed of [7, 7, 8]) {
    const shop = await startShop(0, { seed })
    await packed(shop)
    await shop.wait(3 * 86_400)
    truths.push(JSON.stringify(await truthOf(shop)))
  }
  expect(truths[1]).toBe(truths[0])
  expect(truths[2]).not.toBe(truths[0])
})

test('a restart goes on where it stopped: what was done is done, and dead tokens stay dead', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'flipkart-sandbox-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const first = await startShop(1, { dir })
  const { ids } = await packed(first, { count: 1 })
  await first.post('/v3/shipments/dispatch', { shipmentIds: [ids], locationId: first.location })
  await first.control('createOrders', { account: first.id, natural: true, count: 3 })
  await first.control('setStock', { account: first.id, sku: 'CAP-SPT-S', quantity: 3 })
  await first.wait(2 * 86_400)
  const { credentials } = await first.control('connect', { account: first.id })
  await first.control('revokeToken', { account: first.id })
  const truth = await truthOf(first)
  await first.sandbox.stop()
  const second = await startShop(1, { dir })
  expect(await truthOf(second)).toEqual(truth)
  const headers = { authorization: `Bearer ${credentials.access_token}` }
  expect((await second.ask('/sellers/v3/shipments?orderIds=OD1', { headers })).status).toBe(401)
})

test('new orders come while the clock runs, as many as somebody says', async () => {
  const env = { ROBNU_SANDBOX_FLIPKART_ORDERS_PER_DAY: '40' }
  const shop = await startShop(0, { env })
  const orders = async () => (await shop.control('ledger')).accounts[shop.id].orders.length
  const before = await orders()
  await shop.wait(86_400)
  expect(await orders() - before).toBeGreaterThan(25)
  const wrong = { ROBNU_SANDBOX_FLIPKART_ORDERS_PER_DAY: 'many' }
  await expect(startSandbox({ speed: 0, env: wrong })).rejects.toThrow('no number from 0 to 10000')
})
