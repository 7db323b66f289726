/**
 * Exports of many parts: killed at random and gone on with, and in a process of their own, which tells how
 * much memory it took. `ROBNU_EXPORT_ROWS` says how many rows; `npm run proof -- exports` takes a million.
 */
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomFor } from '../../core/testing/sandbox/random.ts'
import { makeAccount, makeSeller, type TestSeller } from '../support/database.ts'
import { startCloudBeside, takenBy } from '../support/memory-taken.ts'
import { type ExportHouse, isHere, openExportHouse, type Told } from './house.ts'
import { makeOrders } from './rows.ts'

const rows = Number(process.env['ROBNU_EXPORT_ROWS'] ?? 20_000)
const isLong = rows > 100_000
const seed = Number(process.env['ROBNU_SEED'] ?? 7)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

describe.skipIf(!isHere)('a large export (plugins/exports)', () => {
  let house: ExportHouse
  let child: ChildProcess | undefined
  beforeAll(async () => {
    const beside = isLong ? await startCloudBeside() : undefined
    child = beside?.child
    house = await openExportHouse(beside ? { cloudUrl: beside.url } : {})
  })
  afterAll(async () => {
    await house?.close()
    child?.kill()
  })

  const filled = async (count: number, wide?: number): Promise<TestSeller> => {
    const seller = await makeSeller(house.fresh.db)
    const accountId = await makeAccount(house.fresh, seller)
    const more = wide === undefined ? {} : { wide }
    await makeOrders(house.fresh, { seller, accountId, count, ...more })
    return seller
  }
  const create = (seller: TestSeller) =>
    house.ask(seller, 'post', '/exports', { body: { what: 'orders' } })
  const view = (seller: TestSeller, id: string) =>
    house.ask(seller, 'get', '/exports/{id}', { params: { id } })

  /** The orders in the file, as it streams by, and its digest. */
  const look = async (seller: TestSeller, id: string) => {
    const told: Told = await house.ask(seller, 'get', '/exports/{id}/link', { params: { id } })
    const { body } = await fetch(told.url)
    const hash = createHash('sha256')
    const decoder = new TextDecoder()
    let [count, isInOrder, rest] = [0, true, '']
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      hash.update(chunk)
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const order = line.split(',')[3]
        if (order === 'order' && count === 0) continue
        count += 1
        isInOrder &&= order === `OD-${count}`
      }
    }
    return { count, isInOrder, rest, isWhole: hash.digest('hex') === told.sha256 }
  }

  it('that is killed anywhere goes on, and has every row once', async () => {
    const count = 5_200
    const seller = await filled(count, 2_500)
    const { id } = await create(seller)
    const [message] = await house.messagesOf(seller)
    if (!message) throw new Error('unreachable: it was sent')
    const random = randomFor(seed, 'exports')
    let kills = 0
    for (; kills < 100 && (await view(seller, id)).state !== 'DONE'; kills++) {
      const dying = killedAt(house, 1 + Math.floor(random.next() * 20), random.next() < 0.5)
      await house.deliver(message.body, dying.deps, dying.signal).catch(() => {})
    }
    const { state, rows, bytes } = await view(seller, id)
    say(`Killed: ${JSON.stringify({ seed, kills, bytes })}`)
    expect({ state, rows }).toEqual({ state: 'DONE', rows: count })
    expect(kills).toBeGreaterThan(3)
    expect(bytes).toBeGreaterThan(2 * 5 * 2 ** 20)
    expect(await look(seller, id))
      .toEqual({ count, isInOrder: true, rest: '', isWhole: true })
  }, 60_000)

  it(
    `of ${rows} rows takes no more than 64 MiB over a process that stood idle, and has every row once`,
    async () => {
      const seller = await filled(rows)
      const { id } = await create(seller)
      const [message] = await house.messagesOf(seller)
      const { app, platform } = house.fresh.urls
      const taken = await takenBy(new URL('./alone.ts', import.meta.url), {
        ...{ urls: { app, platform }, endpoint: house.endpoint, body: message?.body },
        idleMs: isLong ? 3_000 : 0,
      })
      const { idleMiB, grownMiB, seconds } = taken
      const { state, rows: written, bytes } = await view(seller, id)
      const perSecond = Math.round(rows / seconds)
      say(`Exported: ${JSON.stringify({ rows, bytes, idleMiB, grownMiB, perSecond })}`)
      expect({ state, written }).toEqual({ state: 'DONE', written: rows })
      expect(await look(seller, id))
        .toEqual({ count: rows, isInOrder: true, rest: '', isWhole: true })
      expect(grownMiB).toBeLessThanOrEqual(64)
      if (isLong) expect(perSecond).toBeGreaterThanOrEqual(20_000)
    },
    900_000,
  )
})

/**
 * Every transaction and every call of the storage is a step; at this one the job is gone, before it or
 * behind it.
 */
const killedAt = (house: ExportHouse, at: number, isBehind: boolean) => {
  const kill = new AbortController()
  let step = 0
  const dying = async <T>(work: () => Promise<T>): Promise<T> => {
    step += 1
    if (step === at && !isBehind) kill.abort(new Error('killed'))
    kill.signal.throwIfAborted()
    const value = await work()
    if (step === at) kill.abort(new Error('killed'))
    kill.signal.throwIfAborted()
    return value
  }
  const { deps, appending } = house
  const db: typeof deps.db = {
    ...deps.db,
    withSellerScope: (entry, work) => dying(() => deps.db.withSellerScope(entry, work)),
  }
  const pluginFiles = house.filesOver({
    db,
    appending: {
      ...appending,
      begin: (object) => dying(() => appending.begin(object)),
      append: (...part) => dying(() => appending.append(...part)),
      complete: (...whole) => dying(() => appending.complete(...whole)),
      readBack: (...whole) => dying(() => appending.readBack(...whole)),
    },
  })
  return { deps: { ...deps, db, pluginFiles }, signal: kill.signal }
}
