/** P11: work items through a plugin that does nothing, against a bare client of the same SQS. */
import { z } from 'zod'
import { startWorkers, type WorkDeps } from '#core/boot/work.ts'
import { createLog } from '#core/log.ts'
import { newId } from '#core/ids.ts'
import { consumersOf } from '#core/ledger/plugin-jobs.ts'
import { createUpstream } from '#core/ledger/upstream.ts'
import { API, definePlugin } from '#core/plugin.ts'
import { startRelay } from '#core/queues/relay.ts'
import { createSqs, type Sqs } from '#core/queues/sqs.ts'
import { requestJob } from '#core/queues/work.ts'
import { startCloud } from '../local/cloud.ts'
import { type Finding, ratioFinding, say } from './findings.ts'
import type { LabDatabase } from './lab.ts'
import { type BenchSeller, makeSeller } from './sellers.ts'
import { median, quantile, ratios } from './slices.ts'
import type { House } from './sync.ts'

export interface WorkSize {
  readonly rounds: number
  /** Jobs of one round. */
  readonly jobs: number
}

const sellersCount = 16
const queue = { name: 'bench-later', kind: 'standard' } as const
const bareQueue = { name: 'bench-bare', kind: 'standard' } as const
const quiet = createLog(() => {}, () => new Date())
/** What a round may take before something is wrong. */
const patienceMs = 120_000

export const benchWork = async (
  house: House,
  lab: LabDatabase,
  { rounds, jobs }: WorkSize,
): Promise<readonly Finding[]> => {
  const cloud = await startCloud()
  const sqs = createSqs({
    ...{ region: 'ap-south-1', endpoint: cloud.url, prefix: 'bench-', log: quiet },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  await sqs.ensureQueues([queue, bareQueue])
  const sellers = await Promise.all(
    Array.from({ length: sellersCount }, () => makeSeller(house.db, lab)),
  )
  const works = openWorks(house, sqs)
  try {
    const [ours, bare, calm, dead]: number[][] = [[], [], [], []]
    for (let round = 0; round < rounds + 1; round++) {
      const bareRate = await bareRound(sqs, jobs)
      const rate = await works.rate(sellers, jobs)
      // one to warm up
      if (round === 0) continue
      bare?.push(bareRate)
      ours?.push(rate)
      calm?.push(await works.dwell(sellers, Math.ceil(jobs / 4)))
      dead?.push(await works.dwell(sellers, Math.ceil(jobs / 4), sellers[0]))
    }
    const [a = [], b = [], c = [], d = []] = [ours, bare, calm, dead]
    say(`  work items ${Math.round(median(a))}/s, bare client ${Math.round(median(b))}/s`)
    return [
      ratioFinding('P11', 'work items through a no-op plugin / bare SQS client', 0.8, {
        ratios: ratios(a, b),
        figures: `${Math.round(median(a))}/s against ${Math.round(median(b))}/s`,
      }),
      ratioFinding('P11', 'dwell of the others, p95: alone / while one seller is dead', 0.83, {
        ratios: ratios(c, d),
        figures: `${Math.round(median(c))} ms against ${Math.round(median(d))} ms`,
      }),
    ]
  } finally {
    await works.stop()
    sqs.close()
    await cloud.stop()
  }
}

/** Sends, receives and deletes in tens, four at a time, and does nothing else. */
const bareRound = async (sqs: Sqs, jobs: number): Promise<number> => {
  const began = performance.now()
  const tens = Array.from(
    { length: Math.ceil(jobs / 10) },
    () => Array.from({ length: 10 }, () => ({ id: newId(), group: 'g', body: '{}' })),
  )
  let got = 0
  const send = async (): Promise<void> => {
    for (let ten = tens.pop(); ten; ten = tens.pop()) await sqs.sendBatch(bareQueue.name, ten)
  }
  const take = async (): Promise<void> => {
    while (got < jobs) {
      const messages = await sqs.receive(bareQueue.name, { max: 10, waitSeconds: 0 })
      got += messages.length
      if (messages.length === 0) continue
      await sqs.deleteBatch(bareQueue.name, messages.map(({ receipt }) => receipt))
    }
  }
  await Promise.all([send(), take(), take(), take(), take()])
  return jobs / ((performance.now() - began) / 1000)
}

const Job = z.object({ at: z.number(), dead: z.boolean() })

/** Outbox, relay, consumer, lease and a plugin that does nothing. */
const openWorks = (house: House, sqs: Sqs) => {
  let handled = 0
  let waits: number[] = []
  let done = () => {}
  const plugin = definePlugin({
    ...{ id: 'bench', api: API, version: '1.0.0', queues: [queue] },
    consumers: [{
      queue: queue.name,
      body: Job,
      handle: ({ at, dead }) => {
        if (dead) return Promise.reject(new Error('dead'))
        waits.push(performance.now() - at)
        handled++
        done()
        return Promise.resolve()
      },
    }],
  })
  const real = createUpstream(undefined, Date.now)
  const deps = {
    ...{ db: house.db, log: quiet, fetch, configOf: () => ({}), upstreamOf: () => real },
    consumers: consumersOf([plugin]),
  } as unknown as WorkDeps
  const stop = new AbortController()
  const relay = startRelay({ db: house.db, sqs, log: quiet, signal: stop.signal })
  const stopWorkers = startWorkers({ deps, sqs, queues: [queue], leaseMs: 30_000 })

  /** Stores jobs, fifty in a transaction, and waits until they are handled. */
  const go = async (sellers: readonly BenchSeller[], jobs: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const target = handled + jobs
    done = () => {
      if (handled >= target) resolve()
    }
    const timer = setTimeout(resolve, patienceMs)
    let left = jobs
    for (let at = 0; left > 0; at++) {
      const seller = sellers[at % sellers.length]
      if (!seller) throw new Error('unreachable')
      const share = Math.min(50, left)
      left -= share
      await house.db.withSellerScope(seller.entry, async (scope) => {
        for (let i = 0; i < share; i++) {
          const body = { at: performance.now(), dead: false }
          await requestJob(scope, { queue: queue.name, accountId: null, body })
        }
      })
      relay.wake()
    }
    await promise
    clearTimeout(timer)
    if (handled < target) throw new Error('Work items are not handled')
  }
  return {
    rate: async (sellers: readonly BenchSeller[], jobs: number): Promise<number> => {
      const began = performance.now()
      await go(sellers, jobs)
      return jobs / ((performance.now() - began) / 1000)
    },
    /** Milliseconds from asking to handling, of 95 in 100; one seller's work fails each time. */
    dwell: async (
      sellers: readonly BenchSeller[],
      jobs: number,
      dead?: BenchSeller,
    ): Promise<number> => {
      const others = sellers.slice(1)
      if (dead) {
        await house.db.withSellerScope(dead.entry, (scope) =>
          requestJob(scope, {
            ...{ queue: queue.name, accountId: null },
            body: { at: performance.now(), dead: true },
          }))
      }
      waits = []
      await go(others, jobs)
      return quantile(waits, 0.95)
    },
    stop: async () => {
      await stopWorkers()
      stop.abort()
      await relay.done
    },
  }
}
