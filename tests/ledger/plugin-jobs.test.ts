/** Jobs of plugins: sent with a change, handled in the scope of their seller, with one effect each. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { newId } from '../../core/ids.ts'
import { createJobContext } from '../../core/ledger/plugin-context.ts'
import { consumersOf, runJob } from '../../core/ledger/plugin-jobs.ts'
import { silentLog } from '../../core/log.ts'
import { definePlugin, failure, type JobContext, type Plugin } from '../../core/plugin.ts'
import { runWorkItem, type WorkHandler } from '../../core/queues/run-work.ts'
import tally from '../support/bazaar/tally/mod.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { makeAccount, makeSeller, type TestSeller } from '../support/database.ts'

let world: World
let seller: TestSeller
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  seller = await makeSeller(world.fresh.db)
})

const Body = z.object({ n: z.number() })
type Handle = (body: z.infer<typeof Body>, ctx: JobContext) => Promise<void>
const pluginOf = (handle: Handle): Plugin =>
  definePlugin({
    ...tally,
    queues: [{ name: 'tally-later', kind: 'fifo' }],
    consumers: [{ queue: 'tally-later', body: Body, handle }],
  })
/** Sends a job as a route of the plugin would; answers how its message is handled. */
const send = async (
  plugin: Plugin,
  body: unknown,
  changes: { limitMs?: number; graceMs?: number } = {},
) => {
  const signal = new AbortController().signal
  const context = createJobContext(world.deps, plugin, { key: 'k', signal, entry: seller.entry })
  await context.scope((tx) => tx.send('tally-later', body))
  const [message] = await world.fresh.asSuperuser((admin) =>
    admin<{ body: { sellerId: string; workItemId: string } }[]>`
      select body from outbox where seller_id = ${seller.sellerId} order by created_at desc limit 1`
  )
  if (!message) throw new Error('unreachable: the message is there')
  const deps = { ...world.deps, consumers: consumersOf([plugin]) }
  const handler: WorkHandler = (work, signals) => {
    if (work.target !== 'JOB') throw new Error('unreachable: it is a job')
    return runJob(deps, work, signals)
  }
  const options = { log: silentLog, signal, waitMs: 0, ...changes }
  return {
    itemId: message.body.workItemId,
    deliver: () => runWorkItem(world.fresh.db, message.body, handler, options),
  }
}
const stateOf = async (itemId: string) => {
  const [row] = await world.fresh.asSuperuser((admin) =>
    admin<{ state: string; last_error: string | null; due: number }[]>`
      select state, last_error, extract(epoch from not_before - now())::float8 as due
      from work_items where id = ${itemId}`
  )
  return row
}
const events = async () =>
  (await world.fresh.asSuperuser((admin) =>
    admin<{ action: string; target: string; job_run_id: string; actor_kind: string }[]>`
      select action, target, job_run_id, actor_kind from audit_events
      where seller_id = ${seller.sellerId} order by seq`
  )).map((row) => ({ ...row }))

describe('a job', () => {
  it("is handled in its seller's scope, by the body that the schema gives", async () => {
    for (const one of [seller, await makeSeller(world.fresh.db)]) {
      await makeAccount(world.fresh, one)
    }
    const seen: unknown[] = []
    const { deliver, itemId } = await send(
      pluginOf(async (body, ctx) => {
        const rows = await ctx.scope(async (tx) => {
          await tx.audit('counted', 'orders')
          const sellers = 'select count(distinct seller_id)::int as n from marketplace_accounts'
          return await tx.any(z.object({ n: z.number() }), sellers)
        })
        seen.push(body, ctx.key, rows)
      }),
      { n: 7, more: 'than asked' },
    )
    expect(await deliver()).toBe('done')
    expect(seen).toEqual([{ n: 7 }, itemId, [{ n: 1 }]])
    expect(await events()).toEqual([
      { action: 'tally.counted', target: 'orders', job_run_id: itemId, actor_kind: 'run' },
    ])
    // a second delivery finds it done
    expect(await deliver()).toBe('done')
    expect(seen).toHaveLength(3)
    expect(await stateOf(itemId)).toMatchObject({ state: 'DONE' })
  })

  it('makes its effect once, however often it dies behind it', async () => {
    let tries = 0
    const { deliver, itemId } = await send(
      pluginOf(async (_body, ctx) => {
        tries++
        await ctx.make((tx) => tx.audit('counted', 'orders'))
        throw new Error('died behind its effect')
      }),
      { n: 1 },
    )
    await expect(deliver()).rejects.toThrow('died')
    expect(await stateOf(itemId)).toMatchObject({ state: 'WAITING', last_error: 'internal: Error' })
    expect(await deliver()).toBe('done')
    expect([tries, (await events()).length]).toEqual([2, 1])
    expect(await stateOf(itemId)).toMatchObject({ state: 'DONE', last_error: null })
  })

  it('whose effect was undone makes it again', async () => {
    let tries = 0
    const { deliver } = await send(
      pluginOf((_body, ctx) =>
        ctx.make(async (tx) => {
          await tx.audit('counted', 'orders')
          if (++tries === 1) throw new Error('not yet')
        })
      ),
      { n: 1 },
    )
    await expect(deliver()).rejects.toThrow('not yet')
    expect(await deliver()).toBe('done')
    expect([tries, (await events()).length]).toEqual([2, 1])
  })

  it('that is put off by the marketplace comes again at that time, by its own message', async () => {
    const plugin = pluginOf(() =>
      Promise.reject(failure('rate-limit', 'Slow down', { retryAfterMs: 90_000 }))
    )
    const { deliver, itemId } = await send(plugin, { n: 1 })
    expect(await deliver()).toBe('done')
    const item = await stateOf(itemId)
    expect(item).toMatchObject({ state: 'WAITING', last_error: 'rate-limit: Slow down' })
    expect(item?.due).toBeGreaterThan(80)
    const unsent = await world.fresh.asSuperuser((admin) =>
      admin`select 1 from outbox where body ->> 'workItemId' = ${itemId}
        and not_before > now() + interval '80 s'`
    )
    expect(unsent).toHaveLength(1)
  })

  it.each([
    ['of another form', pluginOf(() => Promise.resolve()), { n: 'seven' }, 'internal: wrong-body'],
    [
      'that the marketplace refuses',
      pluginOf(() => Promise.reject(failure('rejected', 'No such SKU'))),
      { n: 1 },
      'rejected: No such SKU',
    ],
  ])('%s fails, and keeps why', async (_name, plugin, body, why) => {
    const { deliver, itemId } = await send(plugin, body)
    await expect(deliver()).rejects.toBeInstanceOf(Error)
    expect(await stateOf(itemId)).toMatchObject({ state: 'WAITING', last_error: why })
  })

  it('that hangs is told to stop, and its worker goes on without it', async () => {
    let told = false
    const { deliver, itemId } = await send(
      pluginOf((_body, ctx) =>
        new Promise(() => ctx.signal.addEventListener('abort', () => void (told = true)))
      ),
      { n: 1 },
      { limitMs: 50, graceMs: 20 },
    )
    await expect(deliver()).rejects.toThrow('come to an end')
    expect(told).toBe(true)
    expect(await stateOf(itemId)).toMatchObject({ state: 'WAITING', last_error: 'internal: hung' })
  })

  it('whose consumer is not enabled any more waits for it', async () => {
    const { itemId } = await send(pluginOf(() => Promise.resolve()), { n: 1 })
    const message = { sellerId: seller.sellerId, workItemId: itemId }
    const deps = { ...world.deps, consumers: consumersOf([]) }
    const signal = new AbortController().signal
    const handler: WorkHandler = (work, signals) =>
      work.target === 'JOB' ? runJob(deps, work, signals) : Promise.reject(new Error('unreachable'))
    await expect(
      runWorkItem(world.fresh.db, message, handler, { log: silentLog, signal, waitMs: 0 }),
    ).rejects.toThrow('No enabled plugin')
    expect(await stateOf(itemId)).toMatchObject({ state: 'WAITING' })
  })

  it("of another seller is nobody else's to take", async () => {
    const { itemId } = await send(pluginOf(() => Promise.resolve()), { n: 1 })
    const other = await makeSeller(world.fresh.db)
    const signal = new AbortController().signal
    const nobody = () => Promise.reject(new Error('must not be handled'))
    for (const sellerId of [other.sellerId, newId()]) {
      await expect(
        runWorkItem(world.fresh.db, { sellerId, workItemId: itemId }, nobody, {
          ...{ log: silentLog, signal, waitMs: 0 },
        }),
      ).rejects.toThrow('no work item of its seller')
    }
  })
})
