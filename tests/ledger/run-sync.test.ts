/** Whole runs against the sandbox: what the books say is what the ledger holds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { askForRun, countIn, runSlice, runToEnd, stored, sync } from './support/runs.ts'

let world: World
let seller: TestSeller
let other: TestSeller
beforeAll(async () => {
  world = await openWorld({ config: { overlapHours: 100_000 } })
  seller = await makeSeller(world.fresh.db)
  other = await makeSeller(world.fresh.db)
})
afterAll(() => world.close())

describe('a whole run', () => {
  it('brings what is in the books of the shop', async () => {
    const accountId = await world.connectShop(seller, 0)
    const run = await sync(world, seller, accountId)
    expect(run).toMatchObject({ state: 'SUCCEEDED', received: 250, new: 250, pages: 5 })
    expect(await stored(world, accountId)).toEqual(await world.totals(0))
  })
})
void [askForRun, countIn, runSlice, runToEnd, other]
