/** Eight people sign in at once, again and again: how long the event loop is held up meanwhile. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import type { Proof } from '../proof.ts'
import { openSignInLab, type SignInLab } from './support/sign-in-lab.ts'

const atOnce = 8
const rounds = 40
const limitMs = 50
const everyMs = 5
/** Two hashes at once hold 19 MiB each; eight, or what they leave behind, would go beyond. */
const limitMiB = 150
const say = (line: string): void => void process.stdout.write(`${line}\n`)

export const run = async (): Promise<Proof> => {
  const lab = await openSignInLab()
  try {
    const figures = await measure(lab)
    if (figures.p99Ms >= limitMs) {
      throw new Error(`Not proved: the p99 of the delay is ${figures.p99Ms} ms of ${limitMs}`)
    }
    if (figures.rssGrownMiB >= limitMiB) {
      throw new Error(`Not proved: the process has grown by ${figures.rssGrownMiB} MiB`)
    }
    return { name: 'logins', figures }
  } finally {
    await lab.close()
  }
}

const measure = async (lab: SignInLab) => {
  const emails = await lab.makePeople(atOnce)
  let source = 0
  const signInAll = () =>
    Promise.all(emails.map(async (email) => {
      const answer = await lab.post('/v1/auth/login', { email, password: lab.password }, source++)
      await answer.body?.cancel()
      if (answer.status !== 200) throw new Error(`Nobody signed in: ${answer.status}`)
    }))
  await signInAll()
  const before = process.memoryUsage().rss
  // at rest: what the machine itself does to a timer
  const resting = await delaysDuring(() => new Promise((resolve) => setTimeout(resolve, 3_000)))
  const histogram = startHistogram()
  const began = performance.now()
  const delays = await delaysDuring(async () => {
    for (let round = 0; round < rounds; round++) await signInAll()
  })
  const seconds = (performance.now() - began) / 1000
  const found = {
    runtime: 'Deno' in globalThis ? 'Deno' : 'Node',
    signIns: rounds * atOnce,
    perSecond: round(rounds * atOnce / seconds),
    samples: delays.length,
    p50Ms: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
    maxMs: quantile(delays, 1),
    atRestP99Ms: quantile(resting, 0.99),
    ...histogram(),
    rssGrownMiB: Math.round((process.memoryUsage().rss - before) / 2 ** 20),
  }
  say(`  ${JSON.stringify(found)}`)
  return found
}

/** How much later than it should each of many timers comes. */
const delaysDuring = async (work: () => Promise<unknown>): Promise<readonly number[]> => {
  const delays: number[] = []
  let isOver = false
  const sample = async (): Promise<void> => {
    while (!isOver) {
      const due = performance.now() + everyMs
      await new Promise((resolve) => setTimeout(resolve, everyMs))
      delays.push(Math.max(0, performance.now() - due))
    }
  }
  const sampling = sample()
  await work()
  isOver = true
  await sampling
  return delays
}

/** What the runtime itself measures, where it does. */
const startHistogram = (): () => Readonly<Record<string, number>> => {
  try {
    const histogram = monitorEventLoopDelay({ resolution: everyMs })
    histogram.enable()
    return () => {
      histogram.disable()
      const p99 = histogram.percentile(99) / 1e6 - everyMs
      return Number.isFinite(p99) && p99 > 0 ? { histogramP99Ms: round(p99) } : {}
    }
  } catch {
    return () => ({})
  }
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN)
}
const round = (value: number): number => Math.round(value * 10) / 10
