/** Drains a batch as the host does: each step is recorded before the adapter is asked for the next. */
import type { Batch, Marketplace, OrderRow, StepResult } from '../../plugin.ts'
import type { Bench } from './bench.ts'
import { fullRun, patiently, walk } from './walk.ts'
import type { Intercept, KitRequest } from './wire.ts'
import type { World } from './world.ts'

export interface Processed {
  /** What is recorded in the end, the latest of each step and order. */
  readonly done: readonly StepResult[]
  /** All that was yielded, attempts after a failure included. */
  readonly yielded: readonly StepResult[]
  /** How many writes had been made before each of them. */
  readonly written: readonly number[]
  /** Writes, each with what was recorded when it was asked for. */
  readonly writes: readonly { readonly request: KitRequest; readonly open: readonly string[] }[]
}
export interface ProcessOptions {
  /** Throws to lose the step before it is recorded, as a kill does. */
  readonly look?: (step: StepResult, at: number) => void
  /** Counts writes from 0. */
  readonly meddle?: (write: number) => ReturnType<Intercept>
}

const keyOf = ({ step, order }: StepResult): string => `${step} ${order ?? ''}`

export const drainBatch = async (
  world: World,
  batch: Batch,
  { look, meddle }: ProcessOptions = {},
): Promise<Processed> => {
  const recorded = new Map(batch.done.map((one) => [keyOf(one), one] as const))
  const yielded: StepResult[] = []
  const written: number[] = []
  const writes: { request: KitRequest; open: readonly string[] }[] = []
  const intercept: Intercept = (request) => {
    if (request.method === 'GET') return undefined
    const open = [...recorded.values()].filter(({ outcome }) => outcome === 'started').map(keyOf)
    writes.push({ request, open })
    return meddle?.(writes.length - 1)
  }
  const context = world.context({ intercept })
  await patiently(world, context, 40, async () => {
    const ask = { ...batch, done: [...recorded.values()].map((one) => structuredClone(one)) }
    const steps = world.plugin.adapter.fullProcessing?.(world.account, ask, context)
    for await (const result of steps ?? []) {
      yielded.push(result)
      written.push(writes.length)
      look?.(result, yielded.length - 1)
      const key = keyOf(result)
      const { output = recorded.get(key)?.output } = result
      recorded.set(key, { ...result, ...(output === undefined ? {} : { output: cloned(output) }) })
    }
  })
  return { done: [...recorded.values()], yielded, written, writes }
}

/** Outputs are kept as JSON. */
const cloned = (output: unknown): unknown => JSON.parse(JSON.stringify(output))

/** The batch of the sample, and the session that it needs. */
export const batchIn = async (
  bench: Bench<Marketplace>,
  world: World,
  make = world.sample.batch,
): Promise<Batch> => {
  const { rows } = await fullRun(bench, 'ORDERS')
  await walk(world, 'ORDERS', { pages: 1 })
  if (!make) throw new Error('the sample makes no batch')
  const batch = make([...rows.values()] as unknown as readonly OrderRow[])
  if (batch.orders.length === 0) throw new Error('the batch of the sample has no order')
  return batch
}

/** What became of each order, and of the batch: the end of every step, without times. */
export const endsOf = ({ done }: Processed): Readonly<Record<string, string>> =>
  Object.fromEntries(
    done.map((one) => [keyOf(one), one.code ? `${one.outcome} ${one.code}` : one.outcome] as const)
      .toSorted(([a], [b]) => a < b ? -1 : 1),
  )
