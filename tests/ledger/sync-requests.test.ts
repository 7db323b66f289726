/** Asking for syncs of an account, as the API calls it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fault, isFault } from '../../core/errors.ts'
import { type AccountsDeps, createAccounts } from '../../core/ledger/accounts.ts'
import { newId } from '../../core/ids.ts'
import { createRegistry } from '../../core/ledger/registry.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { failing } from './support/adapters.ts'
import { errorFrom } from './support/outbound.ts'
import { countIn, lease } from './support/runs.ts'

let base: World
let world: World
let seller: TestSeller
let wakes: number
beforeAll(async () => {
  base = await openWorld()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await anotherBazaar(base)
  seller = await makeSeller(world.fresh.db)
  wakes = 0
  return () => world.close()
})

const accounts = (changes: Partial<AccountsDeps> = {}) =>
  createAccounts({ ...world.deps, wake: () => void wakes++, ...changes })
const faultFrom = async (promise: Promise<unknown>): Promise<Fault> => {
  const error = await errorFrom(promise)
  if (!isFault(error)) throw error
  return error
}
const rowsOf = (table: string) =>
  world.fresh.asSuperuser((admin) =>
    admin`select * from ${admin(table)} where seller_id = ${seller.sellerId}`
  )

describe('asking for a sync', () => {
  const orders = { target: 'ORDERS' } as const

  it('starts a run of the one who asked', async () => {
    const accountId = await world.connectShop(seller, 0)
    const asked = await accounts().requestSync(seller.entry, accountId, orders)
    expect(asked).toMatchObject({
      created: true,
      run: { marketplace_account_id: accountId, reason: 'manual', state: 'QUEUED', received: 0 },
    })
    expect(await rowsOf('job_runs')).toMatchObject([{ requested_by_user_id: seller.userId }])
    expect(await rowsOf('outbox')).toHaveLength(1)
    expect(wakes).toBe(1)
  })

  it('joins the run that waits or is under way', async () => {
    const accountId = await world.connectShop(seller, 0)
    const first = await accounts().requestSync(seller.entry, accountId, orders)
    const second = await accounts().requestSync(seller.entry, accountId, orders)
    expect(second).toEqual({ created: false, run: first?.run })
    const [item] = await rowsOf('work_items')
    const runId = first?.run.id ?? ''
    await lease(world, { seller, accountId, runId, itemId: item?.['id'] })
    const third = await accounts().requestSync(seller.entry, accountId, orders)
    expect(third).toMatchObject({ created: false, run: { id: runId } })
    expect(await rowsOf('outbox')).toHaveLength(1)
  })

  it('ten times at once starts one run', async () => {
    const accountId = await world.connectShop(seller, 0)
    const asked = await Promise.all(
      Array.from({ length: 10 }, () => accounts().requestSync(seller.entry, accountId, orders)),
    )
    expect(asked.filter((one) => one?.created)).toHaveLength(1)
    expect(new Set(asked.map((one) => one?.run.id)).size).toBe(1)
    // and one event: who joins the run has changed nothing
    expect(await countIn(world, seller, 'audit_events')).toBe(1)
  })

  it('for a window starts a run beside the one that follows the account', async () => {
    const accountId = await world.connectShop(seller, 0)
    const from = new Date('2026-01-01T00:00:00Z')
    const to = new Date('2026-01-02T00:00:00Z')
    await accounts().requestSync(seller.entry, accountId, orders)
    const windowed = await accounts().requestSync(seller.entry, accountId, { ...orders, from, to })
    expect(windowed).toMatchObject({ created: true, run: { window_from: from, window_to: to } })
  })

  it('for another window is not answered by the run over the first', async () => {
    const accountId = await world.connectShop(seller, 0)
    const days = ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => new Date(day))
    const ask = (at: number) =>
      accounts().requestSync(seller.entry, accountId, {
        ...{ ...orders, from: days[at] ?? new Date(), to: days[at + 1] ?? new Date() },
      })
    const first = await ask(0)
    expect(await ask(1)).toMatchObject({
      created: true,
      run: { window_from: days[1], window_to: days[2] },
    })
    expect(await ask(0)).toMatchObject({ created: false, run: { id: first?.run.id } })
  })

  it('for what the plugin cannot do is refused', async () => {
    const accountId = await world.connectShop(seller, 0)
    const { syncPayouts: _, ...adapter } = world.marketplace.adapter
    const unable = createRegistry([{ ...world.marketplace, adapter }])
    const asked = accounts({ registry: unable })
      .requestSync(seller.entry, accountId, { target: 'PAYOUTS' })
    expect((await faultFrom(asked)).code).toBe('target-unsupported')
    const { registry } = failing(world, new Error('never run'))
    const without = accounts({ registry: { ...registry, find: () => undefined } })
    expect((await faultFrom(without.requestSync(seller.entry, accountId, orders))).code)
      .toBe('marketplace-unknown')
    expect(await rowsOf('job_runs')).toEqual([])
  })

  it("for another seller's account finds no account, as for one that nobody has", async () => {
    const other = await makeSeller(world.fresh.db)
    const theirs = await world.connectShop(other, 0)
    expect(await accounts().requestSync(seller.entry, theirs, orders)).toBeNull()
    expect(await accounts().requestSync(seller.entry, newId(), orders)).toBeNull()
    const [{ runs } = { runs: -1 }] = await world.fresh.asSuperuser((admin) =>
      admin<{ runs: number }[]>`
        select count(*)::int as runs from job_runs where marketplace_account_id = ${theirs}`
    )
    expect(runs).toBe(0)
  })
})
