/**
 * Each message delivered one to five times, shuffled, by several workers at once, some of which die behind
 * the effect: one effect each. `ROBNU_DELIVERIES` says how many deliveries, `ROBNU_SEED` which ones.
 */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createJobContext } from '../../core/ledger/plugin-context.ts'
import { consumersOf, runJob } from '../../core/ledger/plugin-jobs.ts'
import { silentLog } from '../../core/log.ts'
import { definePlugin } from '../../core/plugin.ts'
import { runWorkItem, type WorkHandler } from '../../core/queues/run-work.ts'
import type { WorkBody } from '../../core/queues/work.ts'
import { randomFor } from '../../core/testing/sandbox/random.ts'
import tally from '../support/bazaar/tally/mod.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'

const wanted = Number(process.env['ROBNU_DELIVERIES'] ?? 300)
const seed = Number(process.env['ROBNU_SEED'] ?? 20261122)
const workers = 8

let world: World
let sellers: readonly TestSeller[]
beforeAll(async () => {
  world = await openWorld()
  sellers = await Promise.all(Array.from({ length: 20 }, () => makeSeller(world.fresh.db)))
})
afterAll(() => world?.close())

test('a message that comes one to five times has one effect', async () => {
  const random = randomFor(seed, 'deliveries')
  let died = 0
  const plugin = definePlugin({
    ...tally,
    queues: [{ name: 'tally-later', kind: 'standard' }],
    consumers: [{
      queue: 'tally-later',
      body: z.object({ n: z.number() }),
      handle: async ({ n }, ctx) => {
        if (random.next() < 0.05) throw new Error('died before it')
        await ctx.make((tx) => tx.audit('counted', `n:${n}`))
        if (random.next() < 0.1) {
          died++
          throw new Error('died behind it')
        }
      },
    }],
  })
  const deps = { ...world.deps, log: silentLog, consumers: consumersOf([plugin]) }
  const signal = new AbortController().signal
  const messages = Math.round(wanted / 3)
  for (const [at, seller] of sellers.entries()) {
    const context = createJobContext(world.deps, plugin, { key: 'k', signal, entry: seller.entry })
    const own = Array.from({ length: messages }, (_, n) => n)
      .filter((n) => n % sellers.length === at)
    for (let from = 0; from < own.length; from += 100) {
      await context.scope(async (tx) => {
        for (const n of own.slice(from, from + 100)) await tx.send('tally-later', { n })
      })
    }
  }
  const bodies = (await world.fresh.asSuperuser((admin) =>
    admin<{ body: WorkBody }[]>`select body from outbox where queue = 'tally-later'`
  )).map(({ body }) =>
    body
  )
  expect(bodies).toHaveLength(messages)
  const deliveries = bodies.flatMap((body) =>
    Array.from({ length: 1 + Math.floor(random.next() * 5) }, () => ({ body, at: random.next() }))
  ).toSorted((a, b) => a.at - b.at).map(({ body }) => body)
  expect(deliveries.length).toBeGreaterThan(messages * 2)

  const handler: WorkHandler = (work, signals) =>
    work.target === 'JOB' ? runJob(deps, work, signals) : Promise.reject(new Error('unreachable'))
  const options = { log: silentLog, signal, leaseMs: 30_000, waitMs: 0 }
  let handed = 0
  const work = async (): Promise<void> => {
    for (let body = deliveries.pop(); body; body = deliveries.pop()) {
      handed++
      const outcome = await runWorkItem(world.fresh.db, body, handler, options)
        .catch(() => 'retry' as const)
      // as SQS hands it out again
      if (outcome !== 'done') {
        deliveries.splice(
          Math.floor(random.next() * deliveries.length),
          0,
          body,
        )
      }
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  const [told] = await world.fresh.asSuperuser((admin) =>
    admin<{ events: number; effects: number; open: number }[]>`
      select count(*)::int as events, count(distinct target)::int as effects,
        (select count(*)::int from work_items where state <> 'DONE') as open
      from audit_events where action = 'tally.counted'`
  )
  expect(told).toEqual({ events: messages, effects: messages, open: 0 })
  expect(died).toBeGreaterThan(0)
  process.stdout.write(`Delivered: ${JSON.stringify({ seed, messages, handed, died })}\n`)
}, 60_000 + wanted * 20)
