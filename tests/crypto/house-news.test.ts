/** Keys in a process as it is put together: their age, and word that they were destroyed. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { type House, openHouse } from '../../core/boot/house.ts'
import { openLiveHost } from '../../core/boot/live-host.ts'
import { readConfig } from '../../core/config.ts'
import { tellKeyNews } from '../../core/crypto/key-news.ts'
import { openHost } from '../../core/host/host.ts'
import { silentLog } from '../../core/log.ts'
import { migrateAll } from '../../scripts/migrate.ts'
import { environmentOf } from '../cli/support.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { fakeKms } from './fakes.ts'

let fresh: FreshDatabase
let house: House
const kms = fakeKms()
beforeAll(async () => {
  fresh = await freshDatabase()
  // nobody is asked anything there
  const env = { ...environmentOf(fresh), AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }
  await migrateAll(env, () => {})
  const config = readConfig(env)
  house = await openHouse(config, openLiveHost(await openHost([], '.')), { log: silentLog })
  Object.assign(house.kms, kms)
})
afterAll(async () => {
  await house.close()
  await fresh.close()
})
afterEach(() => void vi.useRealTimers())

it('word of destroyed keys is heard by those of the archive as well', async () => {
  const forgets = [house.keyring, house.archiveKeys].map((keys) => vi.spyOn(keys, 'forget'))
  const { sellerId } = await makeSeller(fresh.db)
  await fresh.db.withPlatformScope(
    'test',
    (tx) => tellKeyNews(tx, { sellerId, kind: 'destroyed' }),
  )
  await house.keyNews.look()
  for (const forget of forgets) expect(forget).toHaveBeenCalledWith(sellerId)
})

it('a clock that is set back makes no key younger', async () => {
  const seller = await makeSeller(fresh.db)
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  const before = Date.now()
  const load = async () => {
    await house.keyring.forSeller(seller.entry)
    await house.archiveKeys.forMonth(seller.entry, 202611)
    return kms.calls
  }
  expect([await load(), await load()]).toEqual([2, 2])
  vi.advanceTimersByTime(5 * 60_000)
  vi.setSystemTime(before)
  expect(await load()).toBe(4)
})
