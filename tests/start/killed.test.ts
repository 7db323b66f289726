/** The app is killed again and again in one sync: what comes out is what undisturbed work brings. */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readChain, readHead } from '#core/audit/chain.ts'
import { verifyChain } from '#core/audit/verify.ts'
import { randomFor } from '#core/testing/sandbox/random.ts'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { askForRun, connectShop, followRun } from '../../scripts/proof/support/runs.ts'
import { listAllOrders } from './demo.ts'
import { openBazaarHouse } from './house.ts'
import { tempHome } from './launcher.ts'
import type { Totals } from '../support/bazaar/sandbox/books.ts'

const kills = 3
const place = tempHome()
let house: House

beforeAll(async () => {
  house = await openBazaarHouse(place.path)
})
afterAll(async () => {
  await house?.close()
  await place.remove()
})

/** Orders that the run has to refuse, so that refusals are counted once as well. */
const spoilt = ['BZ-0001-00003', 'BZ-0001-00101', 'BZ-0001-00197', 'BZ-0001-00250']

test('a worker killed three times in one sync ends in the numbers of one left alone', async () => {
  // the sandbox alone would be done before the first kill
  await house.control('trouble', { slowMs: 60 })
  const shop = house.shop.external_account_id
  const books = await house.control('books', { shop }) as Totals
  for (const number of spoilt) {
    await house.control('change', { shop, number, members: { channel: 'elsewhere' } })
  }
  const seed = Number(process.env['ROBNU_TEST_SEED'] || Date.now() % 1_000_000)
  const random = randomFor(seed, 'kills')

  let app = await house.startApp()
  const disturbed = await connect(app, 0)
  const moments: string[] = []
  for (let kill = 0; kill < kills; kill++) {
    const pages = random.int(1, 3)
    const ms = random.int(0, 60)
    await app.pages(pages)
    await new Promise((resolve) => setTimeout(resolve, ms))
    await app.kill()
    moments.push(`${pages} pages + ${ms} ms`)
    // killed in the middle, or nothing was shown
    expect(await stateOf(disturbed.runId)).toBe('RUNNING')
    app = await house.startApp()
  }
  process.stdout.write(`Killed with ROBNU_TEST_SEED=${seed}: ${moments.join(', ')}\n`)
  const first = await runToEnd(app, 0, disturbed.runId)

  await house.control('trouble', { slowMs: 0 })
  const left = await connect(app, 1)
  const second = await runToEnd(app, 1, left.runId)

  const { received, rejected } = first
  expect(first).toEqual(second)
  expect(first).toMatchObject({ state: 'SUCCEEDED', changed: 0, unchanged: 0 })
  expect([received, rejected]).toEqual([books.orders, spoilt.length])
  expect(first.new).toBe(received - rejected)

  // orders ask for more work, such as that of stock, which may still be under way
  for (const { accountId } of [disturbed, left]) await atRest(accountId)
  const mine = await ledgerOf(disturbed.accountId)
  const theirs = await ledgerOf(left.accountId)
  expect(mine.orders).toHaveLength(books.orders - spoilt.length)
  expect(mine.items.length).toBeGreaterThan(mine.orders.length)
  expect(mine.refused.map(({ external_key }) => external_key)).toEqual(spoilt)
  expect(mine).toEqual(theirs)
  // each page moved the cursor once, and no page was stored that the run does not know
  expect(mine.cursors).toMatchObject([{ seq: String(first.pages), cursor: { after: null } }])
  expect(await buyersOf(app, 0)).toEqual(await buyersOf(app, 1))
  expect(await chainOf(disturbed.accountId)).toMatchObject({ ok: true })
  await app.stop()
}, 90_000)

/** A run comes with the account, and is joined. */
const connect = async (app: App, at: number) => {
  const client = await house.owner(app, at)
  const accountId = await connectShop(client, house)
  return { accountId, runId: await askForRun(client, accountId) }
}
const runToEnd = async (app: App, at: number, runId: string) =>
  await followRun(await house.owner(app, at), runId, { patienceMs: 40_000 })

const stateOf = async (runId: string): Promise<unknown> => {
  const [run] = await house.asSuperuser((sql) =>
    sql`select state from job_runs where id = ${runId}`
  )
  return run?.['state']
}

const openOf = (accountId: string) =>
  house.asSuperuser((sql) =>
    sql`
      select target, state from work_items
      where marketplace_account_id = ${accountId} and state in ('WAITING', 'RUNNING')`
  )
/** Waits until nothing of the account is open; what stays open is seen in its ledger. */
const atRest = async (accountId: string): Promise<void> => {
  for (let left = 200; left > 0 && (await openOf(accountId)).length > 0; left--) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Everything of the account that does not hang on its seller's ids and keys, from every table. */
const ledgerOf = (accountId: string) =>
  house.asSuperuser(async (sql) => ({
    orders: [
      ...await sql`
        select external_order_id, status, status_rank, raw_status, on_hold, ordered_at,
          source_updated_at, ship_by, currency, total_paise, fulfilled_by, state_code, item_count
        from orders where marketplace_account_id = ${accountId} order by external_order_id`,
    ],
    items: [
      ...await sql`
        select o.external_order_id, i.external_item_id, i.line, i.sku, i.title, i.quantity,
          i.total_paise
        from order_items i join orders o on o.seller_id = i.seller_id and o.id = i.order_id
        where o.marketplace_account_id = ${accountId}
        order by o.external_order_id, i.line, i.external_item_id`,
    ],
    refused: [
      ...await sql`
        select external_key, reason from quarantined_rows
        where marketplace_account_id = ${accountId} order by external_key`,
    ],
    cursors: [
      ...await sql`
        select target, cursor, seq from sync_cursors where marketplace_account_id = ${accountId}`,
    ],
    open: [...await openOf(accountId)],
  }))

/** Opened through the API: what was sealed before a kill and what after it. */
const buyersOf = async (app: App, at: number) =>
  (await listAllOrders(await house.owner(app, at), '&include=customer'))
    .map(({ external_order_id, customer }) => [external_order_id, customer])

const chainOf = async (accountId: string) => {
  const [row] = await house.asSuperuser((sql) =>
    sql<{ seller_id: string }[]>`
      select seller_id from marketplace_accounts where id = ${accountId}`
  )
  const sellerId = row?.seller_id ?? ''
  const head = await readHead(house.everything, sellerId)
  expect(head?.seq).toBeGreaterThan(20)
  return await verifyChain(readChain(house.everything, sellerId), head)
}
