/** Interleaved slices: the variants take turns, so that the noise of the machine meets all of them. */
import process from 'node:process'

export interface Variant {
  readonly name: string
  /** One operation; `loop` counts from 0 to the number of loops that run at once. */
  readonly run: (loop: number) => Promise<unknown>
}
export interface Slices {
  readonly rounds: number
  readonly sliceMs: number
  /** How many operations are under way at once. */
  readonly loops: number
}
export interface Measured {
  readonly name: string
  /** One for each round. */
  readonly perSecond: readonly number[]
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of this process for one operation. */
  readonly cpuMicros: number
}

/** Runs one slice of every variant in each round, forwards and backwards in turn. */
export const measure = async (
  variants: readonly Variant[],
  slices: Slices,
): Promise<readonly Measured[]> => {
  const kept = variants.map((variant) => ({
    variant,
    perSecond: [] as number[],
    latencies: [] as number[],
    cpuMicros: [] as number[],
  }))
  for (const { run } of variants) await slice(run, slices, [])
  for (let round = 0; round < slices.rounds; round++) {
    for (const one of round % 2 === 0 ? kept : kept.toReversed()) {
      const before = process.cpuUsage()
      const { seconds, count } = await slice(one.variant.run, slices, one.latencies)
      const { user, system } = process.cpuUsage(before)
      one.perSecond.push(count / seconds)
      one.cpuMicros.push((user + system) / count)
    }
  }
  return kept.map(({ variant: { name }, perSecond, latencies, cpuMicros }) => ({
    name,
    perSecond,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    cpuMicros: median(cpuMicros),
  }))
}

/** Ratios of two variants, round by round: what slows a whole round down drops out. */
export const ratios = (over: readonly number[], under: readonly number[]): readonly number[] =>
  over.map((value, round) => value / (under[round] ?? Number.NaN))

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (low === undefined || high === undefined) throw new Error('Cannot take a quantile of nothing')
  return low + (high - low) * (at - Math.floor(at))
}

const slice = async (
  run: Variant['run'],
  { sliceMs, loops }: Slices,
  latencies: number[],
): Promise<{ readonly seconds: number; readonly count: number }> => {
  const began = performance.now()
  const until = began + sliceMs
  let count = 0
  await Promise.all(Array.from({ length: loops }, async (_, loop) => {
    let at = performance.now()
    while (at < until) {
      await run(loop)
      const now = performance.now()
      latencies.push(now - at)
      at = now
      count++
    }
  }))
  return { seconds: (performance.now() - began) / 1000, count }
}
