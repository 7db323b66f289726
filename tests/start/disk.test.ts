/**
 * No buyer's data and no secret on disk: not in PostgreSQL and its WAL, not in the cloud's files, not
 * in a log, and in no answer that refuses.
 */
import { Buffer } from 'node:buffer'
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { askForRun, connectShop, followRun } from '../../scripts/proof/support/runs.ts'
import { listAllOrders, type ListedOrder } from './demo.ts'
import { openBazaarHouse } from './house.ts'
import { houseSecrets } from './house-secrets.ts'
import { tempHome } from './launcher.ts'
import { type Secrets, type Used, useSecrets } from './secrets.ts'
import {
  createFinder,
  formsOf,
  type Needle,
  type Searched,
  searchFolder,
} from '../support/needles.ts'
import { refusedText } from './refused-input.ts'

const place = tempHome()
/** Stored in clear on purpose, to show that the search sees where such a thing would lie. */
const planted = {
  row: 'Planted Buyer of a row',
  wal: 'Planted Buyer of the write-ahead log',
  log: 'Planted Buyer of a log',
}
let buyers: readonly ListedOrder['customer'][] = []
let refusedName = ''
let used: Used
let ofTheHouse: Secrets
let found: Searched
let house: House | undefined

beforeAll(async () => {
  house = await openBazaarHouse(place.path)
  const app = await house.startApp()
  await syncWithTrouble(house, app)
  used = await useSecrets(house, app, place.path)
  ofTheHouse = await houseSecrets(house, app, place.path)
  buyers = (await listAllOrders(await house.owner(app, 0), '&include=customer'))
    .flatMap(({ customer }) => customer ? [customer] : [])
  await plant(house)
  await app.stop()
  await house.close()
  house = undefined
  const secrets = [...used.secrets.values(), ...ofTheHouse.values()]
  found = searchFolder(place.path, [...needlesOf(), ...secrets, ...Object.values(planted)])
}, 90_000)
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
  expect(forms.map(([form]) => form)).toHaveLength(9)
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

test('the secrets to look for are there', () => {
  expect(used.secrets.size).toBeGreaterThan(30)
  expect([...ofTheHouse.keys()]).toEqual(expect.arrayContaining([
    'file keys/app',
    'file keys/jwt.json',
    'file keys/audit.json',
    'seal key of a seller',
    'index key of a seller',
    'key 0 of KMS',
    'token of staff',
  ]))
  expect(used.refusals.length).toBeGreaterThan(200)
})

test('a secret lies in the file that is made to keep it, and nowhere else', () => {
  const nameOf = (needle: Needle) => typeof needle === 'string' ? needle : needle.name
  const places = new Map(
    found.hits.map(({ needle, file }) => [`${needle} ${file}`, { needle, file }]),
  )
  const lying = [...used.secrets, ...ofTheHouse].flatMap(([what, needle]) =>
    [...places.values()].filter((hit) => hit.needle === nameOf(needle))
      .map(({ file }) => [what, file] as const)
  )
  const isHome = ([what, file]: readonly [string, string]): boolean =>
    what === `file ${file}` ||
    what.includes('of KMS') && file === 'cloud/kms.json' ||
    // a mail holds the token of its link, and its file is the owner's alone
    what.startsWith('token of ') && file.startsWith('outbox/')
  expect(lying.filter((one) => !isHome(one))).toEqual([])
  // what must lie somewhere is seen there
  for (const what of ['file keys/app', 'token of an invitation', 'key 0 of KMS']) {
    expect(lying.map(([one]) => one)).toContain(what)
  }
})

test('no answer that refuses tells a secret, or a text of the request', () => {
  const find = createFinder([...used.secrets.values(), ...ofTheHouse.values()])
  for (const { text, headers } of used.refusals) {
    const told = [...headers].filter(([name]) => name !== 'set-cookie').join('\n')
    expect(find(Buffer.from(`${told}\n${text}`)), text).toEqual([])
  }
  expect(find(Buffer.from(`{"echo":"${refusedText}"}`))).toHaveLength(1)
})

test("no buyer's name, phone, e-mail or street is in any file, the refused orders' neither", () => {
  const theirs = new Set(needlesOf())
  expect(found.hits.filter(({ needle }) => theirs.has(needle))).toEqual([])
})
