/** Whole runs against the sandbox with a bucket beside it: what is archived of them, and what becomes of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openFields } from '../../../core/crypto/opening.ts'
import { newId } from '../../../core/ids.ts'
import { openArchivedLine } from '../../../core/ledger/archive/open-line.ts'
import { planJoin } from '../../../core/ledger/archive/payload-rows.ts'
import { rawTable } from '../../../core/ledger/archive/raw-archive.ts'
import { command } from '../../../core/db/sql.ts'
import type { Files } from '../../../core/storage/files.ts'
import { makeSeller, type TestSeller } from '../../support/database.ts'
import { askForRun, runSlice, sync } from '../support/runs.ts'
import { type ArchiveHouse, type KeptLine, openArchiveHouse } from './house.ts'

let house: ArchiveHouse
let seller: TestSeller
let accountId: string
beforeAll(async () => {
  house = await openArchiveHouse()
})
afterAll(() => house?.close())
beforeEach(async () => {
  house.clock.ms = Date.parse('2026-01-31T23:20:00Z')
  seller = await makeSeller(house.world.fresh.db)
  accountId = await house.world.connectShop(seller, 0)
})

const run = () => sync(house.world, seller, accountId, { archive: house.archive })
const hours = (count: number) => void (house.clock.ms += count * 3_600_000)
const linesOf = async (): Promise<readonly KeptLine[]> =>
  (await house.textsOf(seller)).map((text) => JSON.parse(text))
const idsOf = async () => (await linesOf()).map(({ id }) => id).sort()
const parse = (texts: readonly string[]) => texts.map((text) => JSON.parse(text) as KeptLine)

describe('a run', () => {
  it('is archived as it was answered: every page once, no sign-in, and no buyer', async () => {
    const { id: run_id, pages } = await run()
    const texts = await house.textsOf(seller)
    expect(pages).toBe(5)
    const lines = parse(texts)
    expect(lines).toHaveLength(5)
    for (const line of lines) {
      expect(line).toMatchObject({
        ...{ account: accountId, run: run_id, operation: 'listOrders', method: 'GET', status: 200 },
        ...{ at: '2026-01-31T23:20:00.000Z', path: '/v3/shops/SHOP-0001/orders' },
      })
    }
    const found = lines.flatMap(({ body }) =>
      (body as { orders: { number: string; total: string }[] }).orders
    )
    const orders = await house.world.orders(0)
    expect(found.map(({ number, total }) => [number, total]).toSorted())
      .toEqual(orders.map(({ number, total }) => [number, total]).toSorted())
    const whole = texts.join()
    const words = orders.flatMap(({ buyer }) =>
      [buyer?.name, buyer?.phone, buyer?.mail, buyer?.street].filter((word) => word !== undefined)
    )
    expect(words.length).toBeGreaterThan(200)
    for (const word of words) expect(whole).not.toContain(word)
    const { credentials } = house.world.sandbox.accounts[0] ?? {}
    for (const secret of Object.values(credentials as object)) {
      if (typeof secret === 'string') expect(whole).not.toContain(secret)
    }
    expect(await house.keys(seller)).toEqual([
      expect.stringMatching(
        `^raw-payloads/${seller.sellerId}/BAZAAR/2026-01-31/23/[0-9a-f-]{36}\\.jsonl\\.gz$`,
      ),
    ])
    expect(await house.rowsOf(seller)).toEqual([{ number: null, joins: null, lines: 5 }])
  })

  it('opens with the key of its month, with a row in the ledger, and not once that is destroyed', async () => {
    await run()
    const { fresh } = house.world
    const [text = ''] = await house.textsOf(seller)
    const deps = { db: fresh.db, archiveKeys: house.archiveKeys }
    const { body } = await openArchivedLine(deps, seller.entry, text, 'A question of the seller')
    const { orders } = body as { orders: { number: string; buyer: unknown }[] }
    const known = await house.world.orders(0)
    for (const { number, buyer } of orders) {
      expect(buyer).toEqual(known.find((order) => order.number === number)?.buyer)
    }
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select purpose, table_name, opened, row_ids, reason from decrypt_ledger
        where seller_id = ${seller.sellerId} and table_name = 'raw_payloads'`
    )
    const { id } = JSON.parse(text) as KeptLine
    expect(row).toEqual({
      ...{ purpose: 'archive.read', table_name: 'raw_payloads', row_ids: [id] },
      ...{ opened: orders.filter(({ buyer }) => buyer).length, reason: 'A question of the seller' },
    })
    const other = await makeSeller(fresh.db)
    await house.archiveKeys.forMonth(other.entry, 202601)
    await expect(openArchivedLine(deps, other.entry, text, 'Curious')).rejects.toThrow(
      /Cannot open/,
    )
    const moved = text.replace(id, `${id.slice(0, -1)}${id.endsWith('0') ? 1 : 0}`)
    await expect(openArchivedLine(deps, seller.entry, moved, 'Curious'))
      .rejects.toThrow(/Cannot open/)
    await fresh.db.withSellerScope(seller.entry, (scope) =>
      scope.run(command`
        update seller_keys set state = 'DESTROYED'
        where seller_id = ${seller.sellerId} and purpose = 'archive'`))
    house.archiveKeys.forget(seller.sellerId)
    await expect(openArchivedLine(deps, seller.entry, text, 'Again')).rejects.toThrow(/not there/)
    // and nothing more can be archived in it, nor is the sync held up by that
    expect((await run()).state).toBe('SUCCEEDED')
    expect(await house.textsOf(seller)).toHaveLength(5)
    expect(house.log.lines.at(-1)).toMatchObject({ event: 'archive.lost', lines: 5 })
  })

  it('that is refused is archived with a body that is sealed whole', async () => {
    const trouble = { operation: 'listOrders', kind: '500', times: 1 }
    await house.world.control('failNext', trouble)
    await run()
    const refusals = (await linesOf()).filter(({ status }) => status >= 400)
    expect(refusals).toEqual([
      expect.objectContaining({ status: 500, body: { $sealed: expect.any(String) } }),
    ])
  })

  it('goes on while the storage is away, and what was lost of its archive is counted', async () => {
    const changes = { archive: house.archiveWithout }
    expect(await sync(house.world, seller, accountId, changes))
      .toMatchObject({ state: 'SUCCEEDED', received: 250 })
    expect(house.log.lines.at(-1)).toMatchObject({
      ...{ event: 'archive.lost', lines: 5, seller: seller.sellerId, account: accountId },
    })
    expect(await house.rowsOf(seller)).toEqual([])
    expect(await house.keys(seller)).toEqual([])
  })
})

it('each line has a key of its own', async () => {
  const month = await house.archiveKeys.forMonth(seller.entry, 202601)
  const [line, other] = [newId(), newId()]
  const value = month.sealing(line, (keys) => keys.seal(rawTable, 'a', line, '"x"'))
  const open = (by: string) =>
    month.opening(
      by,
      (keys) =>
        house.world.fresh.db.withSellerScope(seller.entry, (scope) =>
          openFields(scope, keys, {
            ...{
              table: rawTable,
              purpose: 'archive.read',
              rows: [{ id: line, fields: { a: value } }],
            },
          })),
    )
  expect(await open(line)).toEqual([{ a: '"x"' }])
  await expect(open(other)).rejects.toThrow(/Cannot open/)
})

describe('a slice', () => {
  it('waits for no storage that hangs: what it heard is counted as lost', async () => {
    expect(await sync(house.world, seller, accountId, { archive: house.archiveThatHangs }))
      .toMatchObject({ state: 'SUCCEEDED', received: 250 })
    expect(house.log.lines.at(-1)).toMatchObject({ event: 'archive.lost', lines: 5 })
  })

  it('that is ended from outside keeps what it has heard', async () => {
    const asked = await askForRun(house.world, seller, accountId)
    const end = new AbortController()
    const { deps } = house.world
    const files = new Set<string>()
    const archive: typeof house.archive = {
      open: (slice, marketplace) => {
        const own = house.archive.open(slice, marketplace)
        return {
          ...own,
          hear: (heard) => {
            own.hear(heard)
            files.add(heard.path)
            end.abort(new Error('the process stops'))
          },
        }
      },
    }
    await expect(runSlice(house.world, asked, { ...deps, archive }, { signal: end.signal }))
      .rejects.toThrow('the process stops')
    expect(files.size).toBe(1)
    expect(await linesOf()).toHaveLength(1)
  })
})

describe('an hour that is over', () => {
  beforeEach(async () => {
    accountId = await house.world.connectShop(seller, 1)
  })

  it('is joined to one object; what comes late makes another one', async () => {
    const { pages } = await run()
    hours(0.7)
    await run()
    hours(0.1)
    expect(await house.compact(seller)).toBe('none')
    const before = await idsOf()
    expect(before).toHaveLength(2 * pages)
    hours(1.5)
    const late = await house.keys(seller)
    expect(late).toHaveLength(2)
    expect(await house.compact(seller)).toBe('done')
    const hour = `raw-payloads/${seller.sellerId}/BAZAAR/2026-01-31/23`
    const next = `raw-payloads/${seller.sellerId}/BAZAAR/2026-02-01/00`
    expect(await house.keys(seller)).toEqual([`${hour}.jsonl.gz`, `${next}.jsonl.gz`])
    // no row tells of a part any more
    const told = await house.world.fresh.asSuperuser((admin) =>
      admin`select storage_key from storage_objects
        where seller_id = ${seller.sellerId} and state = 'STORED' order by storage_key`
    )
    expect(told.map(({ storage_key }) => storage_key)).toEqual(await house.keys(seller))
    expect(await idsOf()).toEqual(before)
    expect(await house.compact(seller)).toBe('none')
    house.clock.ms = Date.parse('2026-01-31T23:59:00Z')
    await run()
    house.clock.ms = Date.parse('2026-02-01T04:00:00Z')
    expect(await house.compact(seller)).toBe('done')
    expect(await house.keys(seller)).toEqual([
      ...[`${hour}-2.jsonl.gz`, `${hour}.jsonl.gz`, `${next}.jsonl.gz`],
    ])
    const rows = await house.rowsOf(seller)
    expect(rows.map(({ number, lines }) => [number, lines]))
      .toEqual([[1, pages], [2, pages], [1, pages]])
    expect(new Set(await idsOf()).size).toBe(3 * pages)
  })

  it('is joined to objects of a size that can be read again', async () => {
    for (let part = 0; part < 3; part++) await run()
    const hour = new Date('2026-01-31T23:00:00Z')
    const plan = (most: { readonly parts: number; readonly bytes: number }) =>
      house.world.fresh.db.withSellerScope(
        seller.entry,
        (scope) =>
          planJoin(scope, { sellerId: seller.sellerId, marketplaceCode: 'BAZAAR', hour }, most),
      )
    expect(await plan({ parts: 9, bytes: 1 })).toBeNull()
    expect((await plan({ parts: 2, bytes: 1e9 }))?.parts).toHaveLength(2)
    // and what was decided stays so
    expect((await plan({ parts: 9, bytes: 1e9 }))?.parts).toHaveLength(2)
  })

  it('loses no line and has none twice, wherever the job is killed', async () => {
    const { pages } = await run()
    for (let part = 1; part < 3; part++) await run()
    const before = await idsOf()
    hours(2)
    const killed = new Error('killed')
    const deadly = (name: 'put' | 'get' | 'remove', when: 'before' | 'behind'): Files => ({
      ...house.files,
      ...name === 'get' ? { get: dying } : {
        [name]: async (...args: readonly never[]) => {
          if (when === 'behind') {
            await (house.files[name] as (...all: unknown[]) => unknown)(...args)
          }
          throw killed
        },
      },
    })
    // one part comes whole, and then half of the next
    let parts = 0
    const dying: Files['get'] = async function* (object, signal) {
      for await (const chunk of house.files.get(object, signal)) {
        if (++parts === 2) throw killed
        yield chunk
      }
    }
    const alive = async () => {
      const kept = (await house.rowsOf(seller)).reduce((sum, { lines }) => sum + lines, 0)
      expect(kept).toBe(3 * pages)
    }
    for (
      const files of [deadly('get', 'before'), deadly('put', 'before'), deadly('put', 'behind')]
    ) {
      await house.compact(seller, { files }, 1)
      await alive()
      expect((await house.rowsOf(seller)).map(({ number }) => number)).toEqual([null, null, null])
    }
    // meanwhile one more came: it is not in what was decided to be joined
    house.clock.ms = Date.parse('2026-01-31T23:58:00Z')
    await run()
    hours(2)
    await house.compact(seller, { files: deadly('remove', 'before') }, 2)
    const rows = await house.rowsOf(seller)
    expect(rows.map(({ number, lines }) => [number, lines]))
      .toEqual([[1, 3 * pages], [2, pages]])
    const joined = (await house.keys(seller)).filter((key) => !/\/23\//.test(key))
    const texts = await Promise.all(joined.map(house.textOf))
    const ids = parse(texts.join('').split('\n').filter(Boolean)).map(({ id }) => id)
    expect(new Set(ids).size).toBe(4 * pages)
    expect(ids).toHaveLength(4 * pages)
    for (const id of before) expect(ids).toContain(id)
  })
})
