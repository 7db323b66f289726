import { expect, it } from 'vitest'
import { makeSeller } from '../support/database.ts'
import { openWorld } from '../support/bazaar/world.ts'
import { askForRun } from './support/runs.ts'
it('x', async () => {
  const world = await openWorld()
  const seller = await makeSeller(world.fresh.db)
  const id = await world.connectShop(seller, 0)
  console.log('connected')
  await askForRun(world, seller, id).catch((e) => console.log(JSON.stringify(e), e.where))
  await world.close()
  expect(1).toBe(1)
})
