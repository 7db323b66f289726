/** What the stages share: the batch, Flipkart, and what is recorded so far. */
import { type Batch, type BatchOrder, type Context, failureOf, openSteps } from 'robnu/plugin'
import type { OrderState, StepBook, StepResult } from 'robnu/plugin'
import { connect } from '../client.ts'
import { kebab, wordsOf } from '../refusals.ts'
import type { Details } from '../schemas.ts'
import type { Connection, Transport } from '../transport.ts'

/** In the order in which they are passed; none begins for an order before the one before has ended. */
export const steps = [
  'accept',
  'pack',
  'packing-slip',
  'customer-invoice',
  'label',
  'check',
  'dispatch',
  'manifest',
  'close',
] as const
export type Step = (typeof steps)[number]

export interface Desk extends StepBook<Step> {
  readonly batch: Batch
  readonly details: Details
  readonly transport: Transport
  readonly now: () => Date
}
/** One stage for all orders that are ready for it. */
export type Stage = (desk: Desk) => AsyncIterable<StepResult>

export const openDesk = (account: Connection, batch: Batch, ctx: Context): Desk => ({
  ...openSteps(batch, () => steps),
  ...{ batch, details: account.details, transport: connect(account, ctx), now: ctx.now },
})

export const started = (
  step: Step,
  order: string | null,
  more: Pick<StepResult, 'output' | 'shipment'> = {},
): StepResult => ({ step, order, outcome: 'started', ...more })
export const done = (
  step: Step,
  order: string | null,
  more: Omit<StepResult, 'step' | 'order' | 'outcome'> = {},
): StepResult => ({ step, order, outcome: 'done', ...more })

/** The order stays behind; the others go on. */
export const hold = (
  step: Step,
  { id }: BatchOrder,
  code: string,
  message: string,
  more: Pick<StepResult, 'status' | 'shipment'> = {},
): StepResult => ({ step, order: id, outcome: 'held', code, message, ...more })

/** As `hold`, for a code of Flipkart's: `INVALID_REQUEST_TAX`. */
export const holdBy = (step: Step, order: BatchOrder, code: string): StepResult => {
  const cancelled: { status?: OrderState } = code === 'CANCELLED' ? { status: 'CANCELLED' } : {}
  const message = `Cannot go on with the order: ${wordsOf(code)}`
  return hold(step, order, kebab(code), message, cancelled)
}

/** Undefined where Flipkart does not know the thing; every other failure goes on. */
export const unlessMissing = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (failureOf(error)?.code === 'not-found') return undefined
    throw error
  })
