/** Runs that stop in the middle: each goes on where its last page was stored. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { syncAccount } from '../../core/ledger/run-sync.ts'
import { hasCode } from '../../core/errors.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { throughPages } from './support/adapters.ts'
import { errorFrom } from './support/outbound.ts'
import { type Asked, askForRun, itemOf, lease, runOf, runSlice } from './support/runs.ts'
import { runToEnd, stored } from './support/runs.ts'

let world: World
let seller: TestSeller
let accountId: string
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  seller = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 0)
})

const pagesAsked = async (): Promise<number> =>
  (await world.control('asked') as { pages: number }).pages
const cursorRows = () =>
  world.fresh.asSuperuser((admin) =>
    admin`select cursor, seq::int from sync_cursors where marketplace_account_id = ${accountId}`
  ).then((rows) => rows.map((row) => ({ ...row })))
const untilPages = async (asked: Asked, pages: number): Promise<void> => {
  for (let i = 0; i < 500; i++) if ((await runOf(world, asked)).pages >= pages) return
  throw new Error(`The run has not stored ${pages} pages`)
}

describe('a run', () => {
  it('goes on behind its last page when its adapter fails in the middle', async () => {
    const asked = await askForRun(world, seller, accountId)
    const before = await pagesAsked()
    const item = await runSlice(
      world,
      asked,
      throughPages(world, (page, number) => {
        if (number === 3) throw new TypeError('a fault of the plugin')
        return page
      }),
    )
    expect(item).toMatchObject({ state: 'WAITING', attempts: 0 })
    expect(await stored(world, accountId)).toMatchObject({ orders: 100 })
    expect(await runOf(world, asked)).toMatchObject({ state: 'RUNNING', pages: 2, received: 100 })

    const run = await runToEnd(world, asked)
    expect(run).toMatchObject({ state: 'SUCCEEDED', received: 250, new: 250, pages: 5 })
    expect(await stored(world, accountId)).toEqual(await world.totals(0))
    // the third page was asked for twice
    expect(await pagesAsked() - before).toBe(6)
  })

  it('is put back with its progress when its slice is over', async () => {
    const asked = await askForRun(world, seller, accountId)
    let now = 0
    const slow = { sliceMs: 60_000, now: () => (now += 25_000) }
    const item = await runSlice(world, asked, slow)
    expect(item).toMatchObject({ state: 'WAITING', attempts: 0 })
    expect(item.dueInMs).toBeLessThanOrEqual(0)
    expect(await runOf(world, asked)).toMatchObject({ state: 'RUNNING', pages: 3, received: 150 })
    expect(await runToEnd(world, asked, slow)).toMatchObject({
      ...{ state: 'SUCCEEDED', received: 250, new: 250, pages: 5 },
    })
  })

  // not yet: a slice that is over with the last page begins the next walk
  it('comes to its end when every page takes a whole slice', async () => {
    const asked = await askForRun(world, seller, accountId)
    const run = await runToEnd(world, asked, { sliceMs: 0 })
    expect(run).toMatchObject({ state: 'SUCCEEDED', received: 250, pages: 5 })
  })

  it('has a message of its own for each slice', async () => {
    const asked = await askForRun(world, seller, accountId)
    await runSlice(world, asked, { sliceMs: 0 })
    const messages = await world.fresh.asSuperuser((admin) =>
      admin`select queue, group_key, body from outbox
        where seller_id = ${seller.sellerId} and body ->> 'workItemId' = ${asked.itemId}`
    )
    const message = {
      ...{ queue: 'account-sync', group_key: accountId },
      body: { sellerId: seller.sellerId, accountId, workItemId: asked.itemId },
    }
    expect(messages.map((row) => ({ ...row }))).toEqual([message, message])
  })

  it('ends its slice with the page in hand when the process is about to stop', async () => {
    const asked = await askForRun(world, seller, accountId)
    const item = await runSlice(world, asked, {}, { draining: AbortSignal.abort() })
    expect(item).toMatchObject({ state: 'WAITING', attempts: 0 })
    expect(await stored(world, accountId)).toMatchObject({ orders: 50 })
  })

  it('changes nothing any more when it is told to give up', async () => {
    const asked = await askForRun(world, seller, accountId)
    const giveUp = new AbortController()
    const stopped = runSlice(
      world,
      asked,
      throughPages(world, async (page, number) => {
        if (number < 3) return page
        await untilPages(asked, 2)
        giveUp.abort(new Error('stop'))
        return await Promise.reject(giveUp.signal.reason)
      }),
      { signal: giveUp.signal },
    )
    expect(await errorFrom(stopped)).toMatchObject({ message: 'stop' })
    expect(await itemOf(world, asked)).toMatchObject({ state: 'RUNNING' })
    expect(await runToEnd(world, asked)).toMatchObject({ state: 'SUCCEEDED', new: 250 })
  })
})

describe('a worker that has lost its lease', () => {
  it('commits nothing any more, and the other one ends the run', async () => {
    const asked = await askForRun(world, seller, accountId)
    const work = await lease(world, asked)
    const late = Promise.withResolvers<Awaited<ReturnType<typeof lease>>>()
    const never = new AbortController().signal
    const dying = syncAccount(
      {
        ...world.deps,
        ...throughPages(world, async (page, number) => {
          if (number !== 3) return page
          await untilPages(asked, 2)
          late.resolve(await lease(world, asked))
          return page
        }),
      },
      work,
      { signal: never, draining: never },
    )
    expect(hasCode(await errorFrom(dying), 'lease-lost')).toBe(true)
    expect(await stored(world, accountId)).toMatchObject({ orders: 100 })
    expect(await runOf(world, asked)).toMatchObject({ state: 'RUNNING', pages: 2, received: 100 })
    expect(await cursorRows()).toMatchObject([{ seq: 2 }])

    await syncAccount(world.deps, await late.promise, { signal: never, draining: never })
    expect(await itemOf(world, asked)).toMatchObject({ state: 'DONE' })
    expect(await runOf(world, asked)).toMatchObject({ state: 'SUCCEEDED', new: 250, unchanged: 0 })
    expect(await stored(world, accountId)).toEqual(await world.totals(0))
  })

  it('cannot store a page that the other one has stored already', async () => {
    const asked = await askForRun(world, seller, accountId)
    const item = await runSlice(
      world,
      asked,
      throughPages(world, async (page, number) => {
        if (number !== 2) return page
        await untilPages(asked, 1)
        await world.fresh.asSuperuser((admin) =>
          admin`update sync_cursors set seq = seq + 1 where marketplace_account_id = ${accountId}`
        )
        return page
      }),
    ).catch((error: unknown) => error)
    expect(hasCode(item, 'lease-lost')).toBe(true)
    expect(await stored(world, accountId)).toMatchObject({ orders: 50 })
  })
})

describe('a run over a window', () => {
  const window = { from: new Date('2026-01-07T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') }

  it('keeps a cursor of its own, and goes on from it', async () => {
    const live = await askForRun(world, seller, accountId)
    await runSlice(world, live, { sliceMs: 0 })
    const before = await cursorRows()
    expect(before).toMatchObject([{ seq: 1 }])

    const asked = await askForRun(world, seller, accountId, window)
    await runSlice(world, asked, { sliceMs: 0 })
    expect(await runOf(world, asked)).toMatchObject({ pages: 1, received: 50 })
    const run = await runToEnd(world, asked)
    const due = (await world.orders(0)).filter(({ changed_at }) =>
      changed_at >= window.from.toISOString()
    )
    expect(due.length).toBeGreaterThan(60)
    expect(run).toMatchObject({ state: 'SUCCEEDED', received: due.length })
    expect(await cursorRows()).toEqual(before)
  })
})
