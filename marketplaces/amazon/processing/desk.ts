/** What the stages share: the batch, the account, and what is recorded so far. */
import type { Batch, BatchOrder, Context, OrderState, ShipmentRow, StepResult } from 'robnu/plugin'
import { failure } from 'robnu/plugin'
import type { Connection } from '../client.ts'
import { kebab, wordsOf } from '../refusals.ts'
import { type Accepted, acceptedOf } from './accepted.ts'

/** Amazon's three ways to bring an order to its buyer. */
type Route = Accepted['route']
/** In the order in which they are passed; none begins for an order before the one before has ended. */
export const steps = [
  'accept',
  'confirm',
  'package',
  'packing-slip',
  'invoice',
  'label',
  'check',
  'manifest',
  'close',
] as const
export type Step = (typeof steps)[number]
const skipped: Readonly<Record<Route, readonly Step[]>> = {
  // Amazon accepts and invoices by itself
  'easy-ship': ['confirm', 'invoice'],
  external: [],
  'self-ship': ['confirm'],
}

export interface Desk {
  readonly account: Connection
  readonly batch: Batch
  readonly ctx: Context
  /** The orders that may take this step now: through the one before, not through this, not held. */
  readonly ready: (step: Step) => readonly BatchOrder[]
  /** Of those, the orders of one way. */
  readonly readyBy: (step: Step, route: Route) => readonly BatchOrder[]
  /** It was begun, and nobody knows how it ended: read at Amazon before it is written again. */
  readonly inDoubt: (step: Step, order: string | null) => boolean
  readonly isDone: (step: Step, order: string | null) => boolean
  /** What the last record of a step keeps. */
  readonly output: (step: Step, order: string | null) => unknown
  readonly note: (result: StepResult) => void
}
/** One stage for all orders that are ready for it. */
export type Stage = (desk: Desk) => AsyncIterable<StepResult>

export const openDesk = (account: Connection, batch: Batch, ctx: Context): Desk => {
  const records = new Map<string, StepResult>()
  const held = new Set<string>()
  const keyOf = (step: string, order: string | null) => `${step} ${order ?? ''}`
  const recordOf = (step: string, order: string | null) => records.get(keyOf(step, order))
  const note = (result: StepResult) => {
    const key = keyOf(result.step, result.order)
    // what a step has kept outlives its beginning anew
    const { output = records.get(key)?.output } = result
    records.set(key, { ...result, output })
    if (result.outcome === 'held' && result.order !== null) held.add(result.order)
  }
  const isDone = (step: Step, order: string | null) => recordOf(step, order)?.outcome === 'done'
  batch.done.forEach(note)
  const output: Desk['output'] = (step, order) => recordOf(step, order)?.output
  const routeOf = ({ id }: BatchOrder): Route | undefined =>
    isDone('accept', id) ? acceptedOf({ output }, id).route : undefined
  const ready: Desk['ready'] = (step) =>
    batch.orders.filter((order) => {
      if (held.has(order.id) || isDone(step, order.id)) return false
      if (step === 'accept') return true
      const route = routeOf(order)
      if (route === undefined || skipped[route].includes(step)) return false
      const own = steps.filter((one) => !skipped[route].includes(one))
      const before = own[own.indexOf(step) - 1]
      return before === undefined || isDone(before, order.id)
    })
  return {
    ...{ account, batch, ctx, ready, isDone, output, note },
    readyBy: (step, route) => ready(step).filter((order) => routeOf(order) === route),
    inDoubt: (step, order) => recordOf(step, order)?.outcome === 'started',
  }
}

export const started = (step: Step, order: string | null, output?: unknown): StepResult => ({
  step,
  order,
  outcome: 'started',
  ...(output === undefined ? {} : { output }),
})
export const done = (
  step: Step,
  order: string | null,
  more: Omit<StepResult, 'step' | 'order' | 'outcome'> = {},
): StepResult => ({ step, order, outcome: 'done', ...more })

/** The order stays behind; the others go on. */
export const hold = (
  step: Step,
  { id }: Pick<BatchOrder, 'id'>,
  code: string,
  message: string,
  more: { readonly status?: OrderState; readonly shipment?: ShipmentRow } = {},
): StepResult => ({ step, order: id, outcome: 'held', code, message, ...more })

/** As `hold`, for a code of Amazon's. */
export const holdBy = (step: Step, order: Pick<BatchOrder, 'id'>, code: string): StepResult =>
  hold(step, order, kebab(code), `Cannot go on with the order: ${wordsOf(code)}`)

/** The batch goes back, and comes again with what is recorded. */
export const notReady = (message: string, retryAfterMs: number) =>
  failure('unavailable', message, { code: 'not-ready', retryAfterMs })

/** Everything that was ordered: what the parcels of Amazon hold. */
export const itemsOf = ({ lines }: BatchOrder): ShipmentRow['items'] =>
  lines.filter(({ quantity }) => quantity > 0).map(({ externalId, quantity }) => ({
    itemExternalId: externalId,
    quantity,
  }))
