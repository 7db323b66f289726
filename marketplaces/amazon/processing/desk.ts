/** What the stages share: the batch, the account, and what is recorded so far. */
import { type Batch, type BatchOrder, type Context, failure, openSteps } from 'robnu/plugin'
import type { OrderState, ShipmentRow, StepBook, StepResult } from 'robnu/plugin'
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

export interface Desk extends StepBook<Step> {
  readonly account: Connection
  readonly batch: Batch
  readonly ctx: Context
  /** Of the ready ones, the orders of one way. */
  readonly readyBy: (step: Step, route: Route) => readonly BatchOrder[]
}
/** One stage for all orders that are ready for it. */
export type Stage = (desk: Desk) => AsyncIterable<StepResult>

export const openDesk = (account: Connection, batch: Batch, ctx: Context): Desk => {
  const routeOf = ({ id }: BatchOrder, { isDone, output }: StepBook<Step>): Route | undefined =>
    isDone('accept', id) ? acceptedOf({ output }, id).route : undefined
  const book = openSteps<Step>(batch, (order, book) => {
    const route = routeOf(order, book)
    // which way it goes is known once it is accepted
    return route === undefined ? ['accept'] : steps.filter((one) => !skipped[route].includes(one))
  })
  return {
    ...{ ...book, account, batch, ctx },
    readyBy: (step, route) => book.ready(step).filter((order) => routeOf(order, book) === route),
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
