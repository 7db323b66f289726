/** Word of changed keys: in the transaction of the change, heard by every process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followKeyNews } from '../../core/boot/key-news.ts'
import { createKeyNews, tellKeyNews } from '../../core/crypto/key-news.ts'
import { createKeyring } from '../../core/crypto/keyring.ts'
import { openFields } from '../../core/crypto/opening.ts'
import { command } from '../../core/db/sql.ts'
import { hasCode } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { createLog, silentLog } from '../../core/log.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { fakeKms, isZero } from './fakes.ts'
import { sealKeyOf } from './keyring-set-up.ts'

let fresh: FreshDatabase
const closing: (() => void)[] = []
beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(async () => {
  closing.forEach((close) => close())
  await fresh.close()
})

const vault = new Map<string, Uint8Array>()
const newProcess = (log = silentLog) => {
  const kms = fakeKms(vault)
  const clock = { ms: 0 }
  const keyring = createKeyring({
    ...{ db: fresh.db, kms, log, aliasOf: () => 'alias/test', createMissingAlias: false },
    now: () => clock.ms,
  })
  closing.push(keyring.close)
  const heard: string[] = []
  const news = createKeyNews({ db: fresh.db, keyring, log })
  news.onDestroyed((sellerId) => void heard.push(sellerId))
  return { kms, clock, keyring, news, heard }
}

it('is looked for again and again, also after a look that failed', async () => {
  const thrice = Promise.withResolvers<void>()
  let looks = 0
  const look = () => {
    looks += 1
    if (looks === 3) thrice.resolve()
    return looks === 1 ? Promise.reject(new Error('no database')) : Promise.resolve()
  }
  const stop = followKeyNews({ look }, { log: silentLog, everyMs: 1 })
  await thrice.promise
  await stop()
  const before = looks
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(looks).toBe(before)
})

describe('word of changed keys', () => {
  it('makes every process zero what was destroyed, and tell its hooks once', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const processes = [newProcess(), newProcess(), newProcess()]
    const held: Uint8Array[] = []
    for (const { keyring, news } of processes) {
      await news.look()
      held.push(sealKeyOf(await keyring.forSeller(seller.entry)))
    }
    await fresh.db.withPlatformScope(
      'test',
      (tx) => tellKeyNews(tx, { sellerId: seller.sellerId, kind: 'destroyed' }),
    )
    for (const [i, { keyring, news, heard }] of processes.entries()) {
      const ofOther = sealKeyOf(await keyring.forSeller(other.entry))
      expect(held.slice(i).some(isZero)).toBe(false)
      await news.look()
      expect(held.slice(0, i + 1).every(isZero)).toBe(true)
      expect(isZero(ofOther)).toBe(false)
      await news.look()
      await news.look()
      expect(heard).toEqual([seller.sellerId])
    }
    // who begins now hears it too: the seller's keys may be asked for by what it has in hand
    const late = newProcess()
    await late.news.look()
    expect(late.heard).toContain(seller.sellerId)
  })

  it('makes every process load rotated keys again, while handles that are out go on', async () => {
    const seller = await makeSeller(fresh.db)
    const { keyring, news, kms, clock, heard } = newProcess()
    await news.look()
    const calls = async () => {
      await keyring.forSeller(seller.entry)
      return kms.calls
    }
    const held = await keyring.forSeller(seller.entry, { willSeal: 1 })
    const before = await calls()
    await fresh.db.withSellerScope(
      seller.entry,
      (tx) => tellKeyNews(tx, { sellerId: seller.sellerId, kind: 'rotated' }),
    )
    expect(await calls()).toBe(before)
    await news.look()
    const id = newId()
    const rows = [{ id, fields: { a: held.seal('t', 'a', id, 'word') } }]
    const loaded = await calls()
    expect(loaded).toBeGreaterThan(before)
    await news.look()
    expect(await calls()).toBe(loaded)
    const keys = await keyring.forSeller(seller.entry)
    expect(
      await fresh.db.withSellerScope(
        seller.entry,
        (tx) => openFields(tx, keys, { table: 't', purpose: 'orders.list', rows }),
      ),
    )
      .toEqual([{ a: 'word' }])
    clock.ms += 60_000
    await keyring.forSeller(seller.entry)
    expect(() => held.hash(['x'])).toThrow()
    expect(heard).not.toContain(seller.sellerId)
  })

  it('is not overlooked when it commits after a later one', async () => {
    const [slow, quick] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const { news, heard } = newProcess()
    await news.look()
    heard.length = 0
    const told = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const late = fresh.db.withPlatformScope('test', async (tx) => {
      await tellKeyNews(tx, { sellerId: slow.sellerId, kind: 'destroyed' })
      told.resolve()
      await go.promise
    })
    await told.promise
    for (let i = 0; i < 3; i++) {
      await fresh.db.withPlatformScope(
        'test',
        (tx) => tellKeyNews(tx, { sellerId: quick.sellerId, kind: 'destroyed' }),
      )
      await news.look()
    }
    expect(heard.splice(0)).toEqual(Array(3).fill(quick.sellerId))
    go.resolve()
    await late
    await news.look()
    await news.look()
    expect(heard).toEqual([slow.sellerId])
  })

  it('is said of nothing that was rolled back, and of no other seller', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const { news, heard } = newProcess()
    await news.look()
    heard.length = 0
    await expect(fresh.db.withSellerScope(seller.entry, async (tx) => {
      await tellKeyNews(tx, { sellerId: seller.sellerId, kind: 'destroyed' })
      throw new Error('later')
    })).rejects.toThrow('later')
    await expect(
      fresh.db.withSellerScope(
        seller.entry,
        (tx) => tellKeyNews(tx, { sellerId: other.sellerId, kind: 'destroyed' }),
      ),
    ).rejects.toThrow()
    await expect(fresh.db.inSellerScope(seller.entry).any(command`select from key_news`))
      .rejects.toThrow('permission')
    await news.look()
    expect(heard).toEqual([])
  })

  it('goes to a hook that throws again, ten times', async () => {
    const seller = await makeSeller(fresh.db)
    const events: unknown[] = []
    const { news } = newProcess(
      createLog((line) => events.push(JSON.parse(line).event), () => new Date(0)),
    )
    await news.look()
    let calls = 0
    news.onDestroyed((sellerId) => {
      calls += sellerId === seller.sellerId ? 1 : 0
      if (calls < 3) throw new Error('not yet')
    })
    const told = { sellerId: seller.sellerId, kind: 'destroyed' } as const
    await fresh.db.withPlatformScope('test', (tx) => tellKeyNews(tx, told))
    for (let i = 0; i < 5; i++) await news.look()
    expect(calls).toBe(3)
    expect(events.filter((event) => event === 'keys.news-hook-failed')).toHaveLength(2)
    calls = -100
    await fresh.db.withPlatformScope('test', (tx) => tellKeyNews(tx, told))
    for (let i = 0; i < 15; i++) await news.look()
    expect(calls).toBe(-90)
  })

  it('is kept for a day', async () => {
    const seller = await makeSeller(fresh.db)
    const rows = () =>
      fresh.asSuperuser(async (admin) =>
        (await admin`select id from key_news where seller_id = ${seller.sellerId}`).length
      )
    await fresh.db.withPlatformScope('test', async (tx) => {
      await tellKeyNews(tx, { sellerId: seller.sellerId, kind: 'rotated' })
      await tellKeyNews(tx, { sellerId: seller.sellerId, kind: 'rotated' })
    })
    await fresh.asSuperuser((admin) =>
      admin`
        update key_news set told_at = now() - interval '25 hours' where id = (
          select id from key_news where seller_id = ${seller.sellerId} limit 1)`
    )
    const { news } = newProcess()
    expect(await rows()).toBe(2)
    await news.look()
    expect(await rows()).toBe(1)
    const keyring = { forget: () => {}, renew: () => {} }
    const down = createKeyNews({
      ...{ keyring, log: silentLog },
      db: { withPlatformScope: () => Promise.reject(new Error('down')) },
    })
    await expect(down.look()).rejects.toSatisfy((error) => !hasCode(error, 'keys-unavailable'))
  })
})
