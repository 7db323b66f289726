/** No buyer's data on disk: not in PostgreSQL and its WAL, not in the cloud's files, not in a log. */
import { Buffer } from 'node:buffer'
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { askForRun, connectShop, followRun } from '../../scripts/proof/support/runs.ts'
import { listAllOrders, type ListedOrder } from './demo.ts'
import { openBazaarHouse } from './house.ts'
import { tempHome } from './launcher.ts'
import { formsOf, type Searched, searchFolder } from './needles.ts'

const place = tempHome()
/** Stored in clear on purpose, to show that the search sees where such a thing would lie. */
const planted = {
  row: 'Planted Buyer of a row',
  wal: 'Planted Buyer of the write-ahead log',
  log: 'Planted Buyer of a log',
}
let buyers: readonly ListedOrder['customer'][] = []
let refusedName = ''
let found: Searched
let house: House | undefined

beforeAll(async () => {
  house = await openBazaarHouse(place.path)
  const app = await house.startApp()
  await syncWithTrouble(house, app)
  buyers = (await listAllOrders(await house.owner(app, 0), '&include=customer'))
    .flatMap(({ customer }) => customer ? [customer] : [])
  await plant(house)
  await app.stop()
  await house.close()
  house = undefined
  found = searchFolder(place.path, [...needlesOf(), ...Object.values(planted)])
}, 60_000)
afterAll(async () => {
  await house?.close()
  await place.remove()
})

/** Orders that come, that change, that are refused, and answers that break in the middle. */
const syncWithTrouble = async (house: House, app: App): Promise<void> => {
  const shop = house.shop.external_account_id
  const change = (number: string, members: object) =>
    house.control('change', { shop, number, members })
  const client = await house.owner(app, 0)
  const accountId = await connectShop(client, house)
  const sync = async () =>
    await followRun(client, await askForRun(client, accountId), { patienceMs: 30_000 })
  await sync()

  const [order] = await house.control('orders', { shop }) as { buyer: object }[]
  refusedName = 'Refused Rajeshwari Venkataraman'
  await change('BZ-0001-00009', {
    buyer: { ...order?.buyer, name: refusedName },
    lines: 'none of the form',
  })
  await change('BZ-0001-00011', { channel: 'elsewhere' })
  await change('BZ-0001-00013', { state: 'a word that nobody knows' })
  for (const kind of ['truncated-body', 'timeout-after-commit']) {
    await house.control('failNext', { operation: 'listOrders', kind })
    await sync()
  }
  // what cannot be asked for says so, with the marketplace's words or ours
  await client('POST', '/v1/marketplace-accounts', { ...house.shop, credentials: { api_key: 7 } })
  await client('GET', `/v1/orders?account=${encodeURIComponent(refusedName)}`)
  await client('GET', `/v1/orders/${encodeURIComponent(refusedName)}`)
}

const plant = async (house: House): Promise<void> => {
  await house.asSuperuser(async (sql) => {
    await sql`create table planted (name text)`
    await sql`insert into planted values (${planted.row})`
    // gone from the table before anybody looks: only the log of writes has it
    await sql`select pg_logical_emit_message(true, 'planted', ${planted.wal})`
  })
  appendFileSync(join(place.path, 'logs/app.log'), `${planted.log}\n`)
}

/** Name, phone without its plus sign, e-mail and street of each buyer. */
const needlesOf = (): readonly string[] =>
  buyers.flatMap((buyer) => {
    const { name, phone, email, address } = buyer ?? {}
    return [name, phone?.replace('+', ''), email, address?.['line1']]
      .filter((text) => typeof text === 'string')
  }).concat(refusedName)

test('the buyers to look for are there, each with four fields', () => {
  expect(buyers.length).toBeGreaterThanOrEqual(100)
  expect(needlesOf()).toHaveLength(4 * buyers.length + 1)
  expect(new Set(needlesOf()).size).toBeGreaterThan(3 * buyers.length)
})

test('the search sees the database, its write-ahead log, the cloud, the logs and the keys', () => {
  const filesIn = (folder: string) => found.files.filter((file) => file.startsWith(folder))
  expect(filesIn('postgres/base/').length).toBeGreaterThan(100)
  expect(filesIn('postgres/pg_wal/').length).toBeGreaterThan(0)
  expect(filesIn('cloud/')).toEqual(['cloud/fauxqs.db', 'cloud/kms.json'])
  expect(filesIn('logs/')).toEqual(['logs/app.log', 'logs/postgres.log'])
  expect(filesIn('keys/').length).toBeGreaterThan(5)
  // the marketplace's own side writes its clock and no order: nothing has to be left out
  expect(readdirSync(join(place.path, 'sandbox'), { recursive: true }).toSorted())
    .toEqual(['bazaar', 'bazaar/clock.json'])
  expect(found.bytes).toBeGreaterThan(20_000_000)
})

test('a name that lies in clear in a table, in the write-ahead log or in a log is found', () => {
  const places = (needle: string) =>
    found.hits.filter((hit) => hit.needle === needle).map(({ file }) => file.split('/').slice(0, 2))
  expect(places(planted.row)).toContainEqual(['postgres', 'base'])
  expect(places(planted.wal)).toEqual([['postgres', 'pg_wal']])
  expect(places(planted.log)).toEqual([['logs', 'app.log']])
})

test('a name is found in every form, wherever it stands in a file', () => {
  const name = 'Śānti Iyer-Menon'
  const forms = formsOf(name)
  expect(forms.map(([form]) => form)).toHaveLength(7)
  const folder = tempHome()
  try {
    for (const [at, [, bytes]] of forms.entries()) {
      for (
        const [side, parts] of [
          ['begin', [bytes, Buffer.alloc(9)]],
          ['odd', [Buffer.alloc(4_097 + at), bytes, Buffer.alloc(3)]],
          ['end', [Buffer.alloc(50), bytes]],
        ] as const
      ) {
        writeFileSync(join(folder.path, `../${at}-${side}`), Buffer.concat(parts))
      }
    }
    const coded = Buffer.from(`x"y ${name} and more`).toString('base64')
    writeFileSync(join(folder.path, '../whole'), `{"raw":"${coded}"}`)
    const { files, hits } = searchFolder(join(folder.path, '..'), [name])
    expect(files).toHaveLength(3 * forms.length + 1)
    expect([...new Set(hits.map(({ file }) => file))].toSorted()).toEqual(files.toSorted())
  } finally {
    void folder.remove()
  }
})

test("no buyer's name, phone, e-mail or street is in any file, the refused orders' neither", () => {
  const own = new Set<string>(Object.values(planted))
  expect(found.hits.filter(({ needle }) => !own.has(needle))).toEqual([])
})
