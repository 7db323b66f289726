/**
 * A day of three POBs at AJIO's sandbox (`ROBNU_DAY_POBS`), through the API and real processes, held
 * against its books. Not in the suite, which has `tests/month` of it: `npm run proof -- day`.
 */
import { createHash } from 'node:crypto'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quantitiesIn, textOfPdf } from '#core/ledger/documents/read-paper.ts'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { tempHome } from '../start/launcher.ts'
import {
  connectShops,
  idsOf,
  listAll,
  openAjioHouse,
  processAll,
  readBooks,
  type Shop,
  sync,
} from './ajio-house.ts'
import { type BookedOrder, expectedOf, ledgerOf } from './books.ts'

const pobs = Number(process.env['ROBNU_DAY_POBS'] || 3)

const place = tempHome()
let house: House
let app: App
let shops: readonly Shop[]

beforeAll(async () => {
  house = await openAjioHouse(place.path, 500)
  app = await house.startApp()
  shops = await connectShops(house, app, pobs)
}, 60_000)
afterAll(async () => {
  await house?.close()
  await place.remove()
})

/** The clock runs on: what changes while one looks comes with the next run; what is wrong stays. */
const turns = 20
const agrees = async (shop: Shop): Promise<void> => {
  for (let turn = 1; turn <= turns; turn++) {
    for (const target of ['ORDERS', 'RETURNS', 'PAYOUTS'] as const) await sync(shop, target)
    const ours = await ledgerOf(house, shop.accountId)
    const theirs = expectedOf(await readBooks(house, shop.pob))
    if (turn === turns || JSON.stringify(ours) === JSON.stringify(theirs)) {
      expect(ours).toEqual(theirs)
      return
    }
  }
}
const make = async (shop: Shop, body: object): Promise<readonly string[]> => {
  const made = await house.control('createOrders', { pob: shop.pob, ...body }, 'ajio')
  return (made as { orderIds: readonly string[] }).orderIds
}
const advance = (orderId: string, to: string) => house.control('advance', { orderId, to }, 'ajio')
const bookedOf = async (shop: Shop, ids: readonly string[]): Promise<readonly BookedOrder[]> => {
  const { orders } = await readBooks(house, shop.pob)
  return ids.map((id) => {
    const found = orders.find(({ no }) => no === id)
    if (!found) throw new Error(`The books have no order "${id}"`)
    return found
  })
}

test('what was before is brought by the first runs', async () => {
  await Promise.all(shops.map(async (shop) => {
    await agrees(shop)
    expect((await readBooks(house, shop.pob)).orders.length).toBeGreaterThan(50)
  }))
}, 60_000)

test('a day ends as the gateway has it in its books', async () => {
  await Promise.all(shops.map(liveThrough))
}, 120_000)

const liveThrough = async (shop: Shop): Promise<void> => {
  const ready = await make(shop, { count: 6, onHold: false })
  const [cancelled = ''] = await make(shop, { count: 1, onHold: false })
  const [held = ''] = await make(shop, { count: 1, poReady: false })
  const [wrongPin = ''] = await make(shop, { count: 1, onHold: false, spoiled: 'pin' })
  await sync(shop, 'ORDERS')
  // after we have heard of it, and before anything is processed
  await house.control('cancelAs', { orderId: cancelled, by: 'buyer' }, 'ajio')

  const batch = await processAll(shop)
  expect(batch).toMatchObject({ state: 'DONE', failure: null })
  const lines = await listAll<{ external_order_id: string; state: string; code: string | null }>(
    shop.client,
    `/v1/processing/${batch.id}/lines`,
  )
  const lineOf = (id: string) => lines.find((line) => line.external_order_id === id)
  for (const id of ready) expect(lineOf(id), id).toMatchObject({ state: 'DONE' })
  expect(lineOf(wrongPin)).toMatchObject({ state: 'HELD', code: expect.any(String) })
  expect(lineOf(cancelled)?.state).not.toBe('DONE')
  // what is on hold is not even asked for
  expect(lineOf(held)).toBeUndefined()

  const booked = await bookedOf(shop, ready)
  expect(booked.map(({ packages, shipment }) => [packages, shipment?.status])).toEqual(
    ready.map(() => [1, 'Manifested']),
  )
  const [manifest] = new Set(booked.map(({ shipment }) => shipment?.manifestId))
  const { body: ours } = await shop.client('GET', '/v1/manifests')
  expect(ours['data']).toEqual(expect.arrayContaining([
    expect.objectContaining({ external_manifest_id: manifest, state: 'CLOSED' }),
  ]))

  // all day long the courier scans
  const [one = '', two = '', three = '', ...rest] = ready
  for (const id of ready) await advance(id, 'Shipped')
  await sync(shop, 'ORDERS')
  for (const id of [one, two]) await advance(id, 'Delivered')
  await advance(three, 'RTO Delivered')
  for (const id of rest) await advance(id, 'Delivered')
  const back = await house.control('createReturn', { orderId: two }, 'ajio') as {
    returnOrderNo: string
  }
  const { returnOrderNo } = back
  for (const status of ['RETURN_PICKED', 'RETURN_DELIVERED', 'RETURN_PROCESSED']) {
    await house.control('returnEvent', { returnOrderNo, status }, 'ajio')
  }
  await agrees(shop)
  await house.control('returnEvent', { returnOrderNo, status: 'CREDIT_NOTE_CREATED' }, 'ajio')
  await house.control('closeSettlement', { pob: shop.pob }, 'ajio')
  await agrees(shop)
}

test('every paper of a processed order says what the order says', async () => {
  const [shop] = shops
  if (!shop) throw new Error('There is no POB')
  const made = await make(shop, { count: 4, onHold: false })
  await sync(shop, 'ORDERS')
  const ids = await idsOf(house, shop, made)
  const batch = await processAll(shop, { order_ids: ids })
  expect(batch).toMatchObject({ state: 'DONE', orders: { done: made.length } })
  for (const id of ids) {
    const { body: order } = await shop.client('GET', `/v1/orders/${id}`)
    const items = order['items'] as readonly Item[]
    const papers = await listAll<Paper>(shop.client, `/v1/orders/${id}/documents`, '')
    expect(papers.map(({ type }) => type).toSorted()).toEqual([
      ...['CUSTOMER_INVOICE', 'LABEL', 'PACKING_SLIP', 'VENDOR_INVOICE'],
    ])
    for (const paper of papers) {
      const { body } = await shop.client('GET', `/v1/documents/${paper.id}`)
      const bytes = new Uint8Array(await (await fetch(String(body['url']))).arrayBuffer())
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(paper.sha256)
      const text = await textOfPdf(bytes) ?? ''
      expect(text).toContain(String(order['external_order_id']))
      const lines = items.map(({ external_item_id: externalId, sku }) => ({ externalId, sku }))
      expect(quantitiesIn(text, lines), `${paper.type}\n${text}`).toEqual(
        Object.fromEntries(items.map((item) => [item.external_item_id, item.quantity])),
      )
    }
  }
}, 60_000)

interface Item {
  readonly external_item_id: string
  readonly sku: string | null
  readonly quantity: number
}
interface Paper {
  readonly id: string
  readonly type: string
  readonly sha256: string
}

test('as many POBs as were asked for have had their day', () => {
  expect(shops).toHaveLength(pobs)
  process.stdout.write(`Days: ${JSON.stringify({ pobs })}\n`)
})
