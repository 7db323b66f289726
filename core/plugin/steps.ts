/** What is recorded of a batch, as `fullProcessing` asks for it from step to step. */
import type { Batch, BatchOrder, StepResult } from './processing.ts'

export interface StepBook<Step extends string = string> {
  /** The orders that may take this step now: through the one before, not through this, not held. */
  readonly ready: (step: Step) => readonly BatchOrder[]
  /** It was begun, and nobody knows how it ended: read at the marketplace before it is written again. */
  readonly inDoubt: (step: Step, order: string | null) => boolean
  readonly isDone: (step: Step, order: string | null) => boolean
  /** What the last record of a step keeps. */
  readonly output: (step: Step, order: string | null) => unknown
  /** Of each result that is yielded, in its order. */
  readonly note: (result: StepResult) => void
}

/** Opens it with what the host has recorded. `stepsOf`: those of an order, in the order of passing. */
export const openSteps = <Step extends string>(
  batch: Pick<Batch, 'orders' | 'done'>,
  stepsOf: (order: BatchOrder, book: StepBook<Step>) => readonly Step[],
): StepBook<Step> => {
  const records = new Map<string, StepResult>()
  const held = new Set<string>()
  const keyOf = (step: string, order: string | null) => `${step} ${order ?? ''}`
  const recordOf = (step: string, order: string | null) => records.get(keyOf(step, order))
  const book: StepBook<Step> = {
    ready: (step) =>
      batch.orders.filter((order) => {
        if (held.has(order.id) || book.isDone(step, order.id)) return false
        const own = stepsOf(order, book)
        const place = own.indexOf(step)
        const before = own[place - 1]
        return place >= 0 && (before === undefined || book.isDone(before, order.id))
      }),
    inDoubt: (step, order) => recordOf(step, order)?.outcome === 'started',
    isDone: (step, order) => recordOf(step, order)?.outcome === 'done',
    output: (step, order) => recordOf(step, order)?.output,
    note: (result) => {
      const key = keyOf(result.step, result.order)
      // what a step has kept outlives its beginning anew
      const { output = records.get(key)?.output } = result
      records.set(key, { ...result, output })
      if (result.outcome === 'held' && result.order !== null) held.add(result.order)
    },
  }
  batch.done.forEach(book.note)
  return book
}
