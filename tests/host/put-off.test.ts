/** Work of a plugin that is not here waits: it neither fails nor counts as an attempt. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createInHand } from '../../core/boot/in-hand.ts'
import { handlerOf, type WorkDeps } from '../../core/boot/work.ts'
import { createRegistry } from '../../core/ledger/registry.ts'
import { changePlugin, type PluginChange } from '../../core/queues/plugins.ts'
import { claimWork } from '../../core/queues/work.ts'
import { askForRun } from '../ledger/support/runs.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'

let world: World
let seller: TestSeller
let accountId: string
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  seller = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 0)
})

const want = (did: PluginChange['did']) =>
  world.fresh.db.withPlatformScope('test', (tx) =>
    changePlugin(tx, {
      ...{ did, reason: 'A test', by: 'asha' },
      plugin: {
        ...{ id: 'bazaar', use: './bazaar', enabled: did !== 'disabled', version: '1.0.0' },
        ...{ trust: 'in-process', integrity: null },
      },
    }))
const claim = async (itemId: string) =>
  await claimWork(world.fresh.db, { sellerId: seller.sellerId, itemId, leaseMs: 60_000 })
/** A worker whose process has no plugin. */
const meet = async (itemId: string): Promise<void> => {
  const work = await claim(itemId)
  if (!work?.claimed) throw new Error('It was not to be had')
  const deps = {
    ...{ ...world.deps, registry: createRegistry([]), consumers: { get: () => undefined } },
  } as unknown as WorkDeps
  const { signal } = new AbortController()
  await handlerOf(deps, createInHand())(work, { signal, draining: signal })
}
const rowOf = async (itemId: string) => {
  const [row] = await world.fresh.asSuperuser((sql) =>
    sql`select w.state, w.attempts, r.state as run,
        extract(epoch from w.not_before - now())::float8 as seconds
      from work_items w join job_runs r on r.seller_id = w.seller_id and r.id = w.job_run_id
      where w.id = ${itemId}`
  )
  return {
    state: row?.['state'],
    attempts: row?.['attempts'],
    run: row?.['run'],
    seconds: row?.['seconds'],
  }
}
const unsent = async () =>
  (await world.fresh.asSuperuser((sql) =>
    sql`select 1 from outbox where seller_id = ${seller.sellerId} and sent_at is null`
  )).length

describe('work that meets a process without its plugin', () => {
  it('waits a minute where nobody has said that the plugin is to be there', async () => {
    const { itemId } = await askForRun(world, seller, accountId)
    await meet(itemId)
    const { seconds, ...row } = await rowOf(itemId)
    expect(row).toEqual({ state: 'WAITING', attempts: 0, run: 'QUEUED' })
    expect(seconds).toBeGreaterThan(40)
  })

  it('waits for seconds where it is on its way', async () => {
    await want('enabled')
    const { itemId } = await askForRun(world, seller, accountId)
    await meet(itemId)
    const { seconds, ...row } = await rowOf(itemId)
    expect(row).toEqual({ state: 'WAITING', attempts: 0, run: 'QUEUED' })
    expect(seconds).toBeLessThan(4)
  })
})

it('while its plugin is disabled no work begins, and then all of it goes on', async () => {
  const { itemId } = await askForRun(world, seller, accountId)
  await want('disabled')
  expect(await claim(itemId)).toBeNull()
  await world.fresh.asSuperuser((sql) =>
    sql`update outbox set sent_at = now() where seller_id = ${seller.sellerId}`
  )
  await want('upgraded')
  expect(await unsent()).toBe(0)
  await want('disabled')
  await want('enabled')
  expect(await unsent()).toBe(1)
  expect(await claim(itemId)).toMatchObject({ claimed: true, pluginId: 'bazaar' })
})
