/** Workers are killed while they pull orders and process them: nothing is lost, nothing is doubled. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFor } from '#core/testing/sandbox/random.ts'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { tempHome } from '../start/launcher.ts'
import {
  connectShops,
  openAjioHouse,
  processAll,
  readBooks,
  reconnect,
  type Shop,
  sync,
} from './ajio-house.ts'
import { expectedOf, ledgerOf } from './books.ts'

const number = (name: string, short: number): number => Number(process.env[name] || short)
/** Orders to pull, of them to process, how many kills at least, and the longest time between two. */
const pulled = number('ROBNU_KILL_ORDERS', 400)
const processed = number('ROBNU_KILL_PROCESSED', 6)
const kills = number('ROBNU_KILLS', 5)
const longestMs = number('ROBNU_KILL_MS', 3_000)
const seed = number('ROBNU_TEST_SEED', Date.now() % 1_000_000)
/** A killed worker keeps what it had for its lease of two seconds, and comes back in one. */
const patienceMs = 120_000

const place = tempHome()
let house: House
let api: App

beforeAll(async () => {
  house = await openAjioHouse(place.path, 600)
  api = await house.startApp({ ROBNU_RUN: 'api' })
}, 60_000)
afterAll(async () => {
  await house?.close()
  await place.remove()
})

/** Two workers, of which one is killed and started again, until the end is asked for. */
const killWorkers = async (random: ReturnType<typeof randomFor>) => {
  const worker = () => house.startApp({ ROBNU_RUN: 'worker' })
  const workers = await Promise.all([worker(), worker()])
  const end = new AbortController()
  let killed = 0
  const loop = async (): Promise<void> => {
    while (!end.signal.aborted) {
      await sleep(random.int(longestMs / 5, longestMs), undefined, { signal: end.signal })
        .catch(() => {})
      if (end.signal.aborted) return
      const at = random.int(0, workers.length - 1)
      await workers[at]?.kill()
      killed++
      await loseAnswer('createShipment')
      workers[at] = await worker()
    }
  }
  const running = loop()
  return {
    killed: () => killed,
    stop: async () => {
      end.abort()
      await running
    },
  }
}

/** The next answer to such a write is lost; the work is done. */
const loseAnswer = (operation: string): Promise<unknown> =>
  house.control('failNext', { operation, times: 1, kind: 'timeout-after-commit' }, 'ajio')
/** Each is asked for once a batch, or little more. */
const writesOfBatch = ['acknowledge', 'createManifest', 'manifestShipments']

/**
 * Again until it comes to its end. A worker that dies between AJIO's new pair of tokens and their
 * storing leaves a session that is over: the seller signs in anew, and it goes on.
 */
const insist = async (shop: Shop, work: () => Promise<unknown>): Promise<number> => {
  for (let reconnects = 0;; reconnects++) {
    try {
      await work()
      return reconnects
    } catch (error) {
      if (!String(error).includes('"kind":"auth"')) throw error
      await reconnect(house, shop)
    }
  }
}

/** Of these orders, those that are in no closed manifest yet. */
const openOf = (shop: Shop, ids: readonly string[]): Promise<readonly string[]> =>
  house.asSuperuser(async (sql) => {
    const rows = await sql<{ id: string }[]>`
      select o.id from orders o
      where o.marketplace_account_id = ${shop.accountId}
        and o.external_order_id = any (${ids as string[]})
        and not exists (
          select from shipments s
          join manifests m on m.seller_id = s.seller_id and m.id = s.manifest_id
          where s.seller_id = o.seller_id and s.order_id = o.id and m.state = 'CLOSED')`
    return rows.map(({ id }) => id)
  })

test('each order comes once, and each processed one is one package', async () => {
  const random = randomFor(seed, 'kills of a day')
  const [shop] = await connectShops(house, api, 1)
  if (!shop) throw new Error('There is no POB')
  const { orderIds } = await house.control('seedDay', { pob: shop.pob, n: pulled }, 'ajio') as {
    orderIds: readonly string[]
  }
  const mine = orderIds.slice(0, processed)
  const before = (await readBooks(house, shop.pob)).done['createShipment'] ?? 0
  const reaper = await killWorkers(random)
  let reconnects = 0
  let batches = 0
  try {
    reconnects += await insist(shop, () => sync(shop, 'ORDERS', patienceMs))
    // as many rounds as it takes to be killed so often
    for (;;) {
      const open = await openOf(shop, mine)
      if (open.length === 0 && reaper.killed() >= kills) break
      if (open.length === 0) {
        reconnects += await insist(shop, () => sync(shop, 'ORDERS', patienceMs))
        continue
      }
      const some = open.slice(0, Math.ceil(processed / 2))
      for (const operation of writesOfBatch) await loseAnswer(operation)
      reconnects += await insist(shop, () => processAll(shop, { order_ids: some }, patienceMs))
      batches++
    }
  } catch (error) {
    const lines = readFileSync(join(place.path, 'logs', 'app.log'), 'utf8').split('\n')
    process.stdout.write(lines.filter((line) => line.includes('"error"')).slice(-20).join('\n'))
    throw error
  } finally {
    await reaper.stop()
  }
  const books = await finalBooks(shop)
  const packed = books.orders.filter(({ no }) => mine.includes(no))
  expect(packed).toHaveLength(processed)
  expect(packed.map(({ packages }) => packages)).toEqual(packed.map(() => 1))
  const numbers = packed.map(({ shipment }) => shipment?.invoiceNo)
  expect(new Set(numbers).size).toBe(processed)
  expect((books.done['createShipment'] ?? 0) - before).toBe(processed)
  expect(await doubled(shop)).toEqual({ steps: 0, shipments: 0, open: 0 })
  const figures = {
    ...{ orders: pulled, processed, batches, killed: reaper.killed(), reconnects },
    ...{ lost: 0, doubled: 0, seed },
  }
  expect(figures.killed).toBeGreaterThanOrEqual(kills)
  process.stdout.write(`Killed: ${JSON.stringify(figures)}\n`)
}, 1_800_000)

/** A last look once nobody is killed any more: ledger and books agree in everything. */
const finalBooks = async (shop: Shop) => {
  for (let turn = 1;; turn++) {
    await sync(shop, 'ORDERS', patienceMs)
    const books = await readBooks(house, shop.pob)
    const { orders, shipments } = expectedOf(books)
    const ours = await ledgerOf(house, shop.accountId)
    const mine = { orders: ours.orders, shipments: ours.shipments }
    if (turn === 20 || JSON.stringify(mine) === JSON.stringify({ orders, shipments })) {
      expect(mine.orders.length).toBe(orders.length)
      expect(mine).toEqual({ orders, shipments })
      return books
    }
  }
}

/** What stands twice where it may stand once, and work that nobody will do any more. */
const doubled = (shop: Shop) =>
  house.asSuperuser(async (sql) => {
    const [found] = await sql<{ steps: number; shipments: number; open: number }[]>`
      select
        (select count(*)::int from (
          select from processing_steps s join batches b on b.seller_id = s.seller_id
            and b.id = s.batch_id
          where b.marketplace_account_id = ${shop.accountId} and s.outcome = 'done'
            and s.order_id is not null
          group by s.batch_id, s.order_id, s.step having count(*) > 1) d) as steps,
        (select count(*)::int from (
          select from shipments where marketplace_account_id = ${shop.accountId}
          group by order_id having count(*) > 1) d) as shipments,
        (select count(*)::int from work_items
          where marketplace_account_id = ${shop.accountId} and target = 'PROCESSING'
            and state in ('WAITING', 'RUNNING', 'DEAD')) as open`
    return found
  })
