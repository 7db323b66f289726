/** Runs as the API lists them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { createRuns, type RunPosition } from '../../core/ledger/runs.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { askForRun, sync } from './support/runs.ts'

let world: World
let seller: TestSeller
let accounts: readonly string[]
const ids: string[] = []
beforeAll(async () => {
  world = await openWorld()
  seller = await makeSeller(world.fresh.db)
  accounts = [await world.connectShop(seller, 1), await world.connectShop(seller, 0)]
  for (const accountId of [...accounts, ...accounts, accounts[0] ?? '']) {
    ids.unshift((await sync(world, seller, accountId)).id)
  }
  // what new orders do to the stock is a run of its own, asked for by the first sync of each account
  const stock = await world.fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`
      select id from job_runs where seller_id = ${seller.sellerId} and target = 'STOCK'`
  )
  expect(stock).toHaveLength(2)
  ids.push(...stock.map(({ id }) => id))
  ids.sort().reverse()
})
afterAll(() => world.close())

const list = async (limit: number, accountId?: string, by = seller): Promise<readonly string[]> => {
  const runs = createRuns(world.fresh.db)
  const found: string[] = []
  let after: RunPosition | undefined
  do {
    const ask = { limit, ...(accountId ? { accountId } : {}), ...(after ? { after } : {}) }
    const page = await runs.list(by.entry, ask)
    expect(page.runs.length).toBeLessThanOrEqual(limit)
    found.push(...page.runs.map(({ id }) => id))
    after = page.next ?? undefined
  } while (after && found.length < 100)
  return found
}

describe('a list of runs', () => {
  it.each([[1], [2], [5], [50]])(
    'has each run once, newest first, in pages of %i',
    async (limit) => {
      expect(await list(limit)).toEqual(ids)
    },
  )

  it('of an account has the runs of that account', async () => {
    // with the one for its stock
    expect(await list(2, accounts[1])).toHaveLength(2 + 1)
    expect(await list(2, accounts[0])).toHaveLength(3 + 1)
    expect(await list(2, newId())).toEqual([])
  })

  it('shows nothing of another seller, not even by its id', async () => {
    const other = await makeSeller(world.fresh.db)
    expect(await list(50, undefined, other)).toEqual([])
    expect(await list(50, accounts[0], other)).toEqual([])
    const runs = createRuns(world.fresh.db)
    expect(await runs.get(other.entry, ids[0] ?? '')).toBeNull()
    expect(await runs.get(seller.entry, newId())).toBeNull()
    expect(await runs.get(seller.entry, ids[0] ?? '')).toMatchObject({ id: ids[0] })
  })

  it('has runs of one instant each once', async () => {
    const by = await makeSeller(world.fresh.db)
    const accountId = await world.connectShop(by, 1)
    const day = (text: string) => ({ from: new Date(text), to: new Date('2026-02-01') })
    const asked = [
      await askForRun(world, by, accountId),
      await askForRun(world, by, accountId, day('2026-01-01')),
      await askForRun(world, by, accountId, day('2026-01-02')),
    ]
    await world.fresh.asSuperuser((admin) =>
      admin`update job_runs set created_at = '2026-01-10T06:00:00.123456Z'
        where seller_id = ${by.sellerId}`
    )
    expect((await list(1, undefined, by)).toSorted()).toEqual(
      asked.map(({ runId }) => runId).toSorted(),
    )
  })
})
