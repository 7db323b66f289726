/** The breaker of a marketplace: nobody asks one that does not answer, but one probe every half minute. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { claimWork, finishWork, type LeasedWork } from '../../core/queues/work.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { makeWork } from './support.ts'

let fresh: FreshDatabase
let seller: TestSeller
let accountId: string
let code: string
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh?.close())
beforeEach(async () => {
  seller = await makeSeller(fresh.db)
  // a marketplace of the test's own: its breaker is for all its accounts
  code = `M${newId().replaceAll('-', '').slice(-12).toUpperCase()}`
  accountId = await makeAccount(fresh, seller, { code })
})

const asAdmin = <T extends object[]>(text: string): Promise<T> =>
  fresh.asSuperuser((admin) => admin.unsafe(text)) as unknown as Promise<T>
const claim = (itemId: string, by = seller) =>
  claimWork(fresh.db, { sellerId: by.sellerId, itemId, leaseMs: 60_000 })
const leased = async (itemId: string, by = seller): Promise<LeasedWork> => {
  const work = await claim(itemId, by)
  if (!work?.claimed || work.target === 'JOB') throw new Error('The item cannot be leased')
  return work
}
const unsent = async (itemId: string) =>
  (await asAdmin<{ n: number }[]>(`select count(*)::int as n from outbox
    where sent_at is null and body ->> 'workItemId' = '${itemId}'`))[0]?.n
const sentAll = () => asAdmin(`update outbox set sent_at = now() where sent_at is null`)

describe('a marketplace that does not answer', () => {
  /** Ends a slice in which the marketplace did not answer. */
  const fail = async (itemId: string, by = seller) => {
    const work = await leased(itemId, by)
    await fresh.db.withSellerScope(
      work.entry,
      (scope) =>
        finishWork(scope, { ...work, state: 'WAITING', down: true, error: 'unavailable: silence' }),
    )
    return work
  }
  const breaker = async () =>
    (await asAdmin<{ failures: number; open: boolean; probe_in_ms: number }[]>(
      `select failures, opened_at is not null as open,
        extract(epoch from probe_at - now())::float8 * 1000 as probe_in_ms
      from breakers where marketplace_code = '${code}'`,
    ))[0]
  const probeDue = () =>
    asAdmin(`update breakers set probe_at = now() where marketplace_code = '${code}'`)
  const open = async (): Promise<string[]> => {
    const items: string[] = []
    for (let i = 0; i < 5; i++) {
      const account = await makeAccount(fresh, seller, { code })
      const { itemId } = await makeWork(fresh, seller, account)
      await fail(itemId)
      items.push(itemId)
    }
    return items
  }

  it('opens its breaker after five slices in a row, of whichever account', async () => {
    await open()
    expect(await breaker()).toMatchObject({ failures: 5, open: true })
    expect((await breaker())?.probe_in_ms).toBeGreaterThan(25_000)
  })

  it('is asked by nobody then: work goes back with its own message, and counts no attempt', async () => {
    const [itemId = ''] = await open()
    await sentAll()
    const told = await claim(itemId)
    expect(told).toMatchObject({ claimed: false, why: 'later' })
    expect(await unsent(itemId)).toBe(1)
    const [item] = await asAdmin<{ attempts: number; state: string; due: number }[]>(
      `select attempts, state, extract(epoch from not_before - now())::float8 as due
      from work_items where id = '${itemId}'`,
    )
    expect(item).toMatchObject({ attempts: 1, state: 'WAITING' })
    expect(item?.due).toBeGreaterThan(25)
    expect(item?.due).toBeLessThan(45)
  })

  it('is tried by one of all workers every half minute, and never counted against it', async () => {
    const items = await open()
    for (let round = 0; round < 3; round++) {
      await probeDue()
      await asAdmin(`update work_items set not_before = now() - interval '1 s'`)
      const told = await Promise.all(items.map((itemId) => claim(itemId)))
      const probes = told.filter((work) => work?.claimed)
      expect(probes).toHaveLength(1)
      const [probe] = probes
      if (!probe?.claimed) throw new Error('unreachable')
      expect(probe.attempts).toBe(1)
      await fresh.db.withSellerScope(
        probe.entry,
        (scope) => finishWork(scope, { ...probe, state: 'WAITING', down: true }),
      )
      expect(await breaker()).toMatchObject({ open: true })
    }
  })

  it('closes when a probe gets on, and all go on', async () => {
    const items = await open()
    await probeDue()
    const [first = '', ...others] = items
    const probe = await leased(first)
    await fresh.db.withSellerScope(
      probe.entry,
      (scope) => finishWork(scope, { ...probe, state: 'DONE' }),
    )
    expect(await breaker()).toMatchObject({ failures: 0, open: false })
    for (const itemId of others) expect(await claim(itemId)).toMatchObject({ claimed: true })
  })

  it('says nothing of another marketplace, nor of work that asks none', async () => {
    await open()
    const elsewhere = await makeAccount(fresh, seller, { code: `${code}B` })
    const other = await makeWork(fresh, seller, elsewhere)
    expect(await claim(other.itemId)).toMatchObject({ claimed: true })
    const { itemId } = await makeWork(fresh, seller, accountId)
    await asAdmin(`update work_items set target = 'STOCK' where id = '${itemId}'`)
    expect(await claim(itemId)).toMatchObject({ claimed: true })
  })

  it('that answers others in between stays open to all', async () => {
    const good = await makeAccount(fresh, seller, { code })
    for (let i = 0; i < 8; i++) {
      const bad = await makeAccount(fresh, seller, { code })
      await fail((await makeWork(fresh, seller, bad)).itemId)
      if (i % 4 !== 3) continue
      const work = await leased((await makeWork(fresh, seller, good)).itemId)
      await fresh.db.withSellerScope(
        work.entry,
        (scope) => finishWork(scope, { ...work, state: 'DONE' }),
      )
    }
    expect(await breaker()).toMatchObject({ failures: 0, open: false })
  })
})
