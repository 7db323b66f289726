/**
 * Poison among good work, with real parts: outbox, relay, SQS, consumers, dead-letter queue. What is bad
 * throws, hangs, is huge, is no JSON, has another form, or names another seller's work.
 * `ROBNU_POISON` says how many messages, one in fifty is bad.
 */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startWorkers, type WorkDeps } from '../../core/boot/work.ts'
import { newId } from '../../core/ids.ts'
import { createDeadLetters } from '../../core/ledger/dead-letters.ts'
import { createJobContext } from '../../core/ledger/plugin-context.ts'
import { consumersOf } from '../../core/ledger/plugin-jobs.ts'
import { silentLog } from '../../core/log.ts'
import { definePlugin } from '../../core/plugin.ts'
import { startRelay } from '../../core/queues/relay.ts'
import { createSqs, type Sqs } from '../../core/queues/sqs.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'
import tally from '../support/bazaar/tally/mod.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { until } from './support.ts'

const count = Number(process.env['ROBNU_POISON'] ?? 300)
const limitMs = 120_000 + count * 100

let world: World
let cloud: Cloud
let sqs: Sqs
let sellers: readonly TestSeller[]
beforeAll(async () => {
  ;[world, cloud] = await Promise.all([openWorld(), startCloud()])
  sellers = await Promise.all([1, 2, 3, 4].map(() => makeSeller(world.fresh.db)))
  sqs = createSqs({
    ...{ region: 'ap-south-1', endpoint: cloud.url, prefix: 'poison-', log: silentLog },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
})
afterAll(async () => {
  sqs?.close()
  await Promise.all([world?.close(), cloud?.stop()])
})

const queue = { name: 'tally-later', kind: 'standard' } as const
const Body = z.object({ n: z.number(), kind: z.enum(['good', 'throw', 'hang']) })
let mended = false
const done: number[] = []
const plugin = definePlugin({
  ...tally,
  queues: [queue],
  consumers: [{
    queue: queue.name,
    body: Body,
    handle: async ({ n, kind }, ctx) => {
      if (kind === 'throw' && !mended) throw new TypeError('cannot')
      if (kind === 'hang' && !mended) await new Promise(() => {})
      await ctx.make((tx) => tx.audit('counted', `n:${n}`))
      done.push(n)
    },
  }],
})

/** Stores jobs as the plugin's routes would, many in a transaction. */
const send = async (bodies: readonly unknown[]): Promise<void> => {
  for (let from = 0; from < bodies.length; from += 50) {
    const seller = sellers[(from / 50) % sellers.length]
    if (!seller) throw new Error('unreachable')
    const signal = new AbortController().signal
    const context = createJobContext(world.deps, plugin, { key: 'k', signal, entry: seller.entry })
    await context.scope(async (tx) => {
      for (const body of bodies.slice(from, from + 50)) await tx.send(queue.name, body)
    })
  }
}
const counted = async () =>
  (await world.fresh.asSuperuser((admin) =>
    admin<{ n: number; distinct: number }[]>`
      select count(*)::int as n, count(distinct target)::int as distinct from audit_events
      where action = 'tally.counted'`
  ))[0]
const dead = async () =>
  await world.fresh.asSuperuser((admin) =>
    admin<{ seller_id: string; id: string; reason: string; state: string }[]>`
      select seller_id, id, reason, state from dead_letters order by reason`
  )
const strays = async () =>
  (await world.fresh.asSuperuser((admin) =>
    admin<{ reason: string }[]>`select reason from stray_messages order by reason`
  )).map(({ reason }) => reason)

test(
  'good work ends, what is bad is counted exactly with its reason, and passes when it is mended',
  async () => {
    await sqs.ensureQueues([queue], { visibilitySeconds: 2 })
    const badEach = Math.max(1, Math.round(count / 50 / 3))
    const kinds = ['throw', 'hang', 'form'] as const
    const bad = kinds.flatMap((kind, k) =>
      Array.from({ length: badEach }, (_, i) => {
        const n = 1_000_000 * (k + 1) + i
        return kind === 'form' ? { n: `no number ${n}` } : { n, kind }
      })
    )
    const good = Array.from({ length: count - bad.length }, (_, n) => ({ n, kind: 'good' }))
    const all = [...good, ...bad].map((body) => ({ body, at: Math.random() }))
      .toSorted((a, b) => a.at - b.at).map(({ body }) => body)
    await send(all)
    // what nobody of ours has sent
    const [a, b] = sellers
    const [item] = await world.fresh.asSuperuser((admin) =>
      admin<{ id: string }[]>`select id from work_items where seller_id = ${
        a?.sellerId ?? ''
      } limit 1`
    )
    const foreign = JSON.stringify({ sellerId: b?.sellerId, workItemId: item?.id })
    const raw = ['no JSON', JSON.stringify('x'.repeat(250_000)), '{"sellerId":1}', foreign]
    await sqs.sendBatch(
      queue.name,
      raw.map((body, i) => ({ id: newId(), group: `raw-${i}`, body })),
    )

    const stop = new AbortController()
    const relay = startRelay({ db: world.fresh.db, sqs, log: silentLog, signal: stop.signal })
    const deps = {
      ...{ ...world.deps, log: silentLog, consumers: consumersOf([plugin]) },
    } as unknown as WorkDeps
    const stopWorkers = startWorkers({
      ...{ deps, sqs, queues: [queue], leaseMs: 2_000 },
      pace: { limitMs: 300, graceMs: 20, retryDelayMs: () => 1_000, lookEveryMs: 300 },
    })
    const began = performance.now()
    try {
      await until('the good ones are done', () => done.length >= good.length, limitMs)
      const goodMs = Math.round(performance.now() - began)
      const expected = bad.length
      await until('the bad ones are dead', async () => (await dead()).length >= expected, limitMs)
      await until('and the strays', async () => (await strays()).length >= raw.length, limitMs)
      await until('nothing is left', async () => {
        const depths = [await sqs.depth(queue.name), await sqs.depth(`${queue.name}-dlq`)]
        return depths.every(({ ready, inFlight }) => ready + inFlight === 0)
      }, limitMs)
      const letters = await dead()
      expect(letters).toHaveLength(expected)
      const reasons = (reason: string) =>
        letters.filter((letter) => letter.reason === reason).length
      expect({
        throws: reasons('internal: TypeError'),
        hangs: reasons('internal: hung'),
        forms: reasons('internal: wrong-body'),
      }).toEqual({ throws: badEach, hangs: badEach, forms: badEach })
      expect(await strays()).toEqual([
        'names no work item of its seller',
        'not JSON',
        'wrong shape: (whole)',
        'wrong shape: sellerId, workItemId',
      ])
      expect(await counted()).toEqual({ n: good.length, distinct: good.length })

      // somebody mends the plugin, and the bodies of another form are what it takes now
      mended = true
      await world.fresh.asSuperuser((admin) =>
        admin`update work_items set body = jsonb_build_object('kind', 'good',
          'n', substr(body ->> 'n', 11)::int)
        where target = 'JOB' and body ->> 'n' like 'no number %'`
      )
      const desk = createDeadLetters({ db: world.fresh.db, wake: relay.wake })
      for (const { seller_id, id } of letters) {
        const seller = sellers.find(({ sellerId }) => sellerId === seller_id)
        if (!seller) throw new Error('unreachable')
        const ask = { id, decision: 'redrive', reason: 'mended', accounts: null } as const
        expect(await desk.decide(seller.entry, ask)).toMatchObject({ state: 'REDRIVEN' })
      }
      await until('all are done', () => done.length >= count, limitMs)
      expect(await counted()).toEqual({ n: count, distinct: count })
      expect((await dead()).map(({ state }) => state)).toEqual(bad.map(() => 'REDRIVEN'))
      const figures = { messages: count, bad: bad.length + raw.length, goodMs }
      process.stdout.write(`Poisoned: ${JSON.stringify(figures)}\n`)
    } finally {
      await stopWorkers()
      stop.abort()
      await relay.done
    }
  },
  limitMs * 3,
)
