/** What the stages share: the batch, Meesho, and what is recorded so far. */
import { type Batch, type BatchOrder, type Context, openSteps } from 'robnu/plugin'
import type { OrderState, StepBook, StepResult } from 'robnu/plugin'
import type { SubOrder } from '../answers.ts'
import { connect } from '../client.ts'
import { kebab, wordsOf } from '../refusals.ts'
import type { Details } from '../schemas.ts'
import type { Connection, Transport } from '../transport.ts'

/** In the order in which they are passed; none begins for an order before the one before has ended. */
export const steps = ['read', 'accept', 'pack', 'label', 'check', 'manifest', 'close'] as const
export type Step = (typeof steps)[number]

export interface Desk extends StepBook<Step> {
  readonly batch: Batch
  readonly details: Details
  readonly transport: Transport
  readonly now: () => Date
  /** The sub-orders as Meesho has them now, by number; those that it does not know are not there. */
  readonly read: (orders: readonly BatchOrder[]) => Promise<ReadonlyMap<string, SubOrder>>
}
/** One stage for all orders that are ready for it. */
export type Stage = (desk: Desk) => AsyncIterable<StepResult>

export const openDesk = (account: Connection, batch: Batch, ctx: Context): Desk => {
  const transport = connect(account, ctx)
  return {
    ...openSteps(batch, () => steps),
    ...{ batch, details: account.details, transport, now: ctx.now },
    read: async (orders) => {
      const found: SubOrder[] = []
      for (const chunk of chunksOf(orders.map(({ externalId }) => externalId), maxAsked)) {
        found.push(...await transport.subOrders(chunk))
      }
      return new Map(found.map((one) => [one.sub_order_no, one]))
    },
  }
}

/** Sub-orders of one question, one acceptance, one manifest. */
export const maxAsked = 100

export const chunksOf = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from(
    { length: Math.ceil(list.length / size) },
    (_, i) => list.slice(i * size, (i + 1) * size),
  )

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
  { id }: BatchOrder,
  code: string,
  message: string,
  more: Pick<StepResult, 'status' | 'shipment'> = {},
): StepResult => ({ step, order: id, outcome: 'held', code, message, ...more })

/** As `hold`, for a code of Meesho's: `NOT_ACCEPTED`. */
export const holdBy = (step: Step, order: BatchOrder, code: string): StepResult => {
  const cancelled: { status?: OrderState } = code === 'CANCELLED' ? { status: 'CANCELLED' } : {}
  const message = `Cannot go on with the order: ${wordsOf(code)}`
  return hold(step, order, kebab(code), message, cancelled)
}
