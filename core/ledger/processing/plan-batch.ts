/** Which orders of a batch can go ahead, and how much of each line. Pure. */
import { type OrderState, orderStateRank } from '../../plugin.ts'

export interface Candidate {
  readonly id: string
  readonly externalId: string
  readonly status: OrderState
  readonly isOnHold: boolean
  /** By the clock of the marketplace. */
  readonly processAfter: Date | null
  readonly orderedAt: Date
  /** The marketplace ships it itself. */
  readonly isTheirs: boolean
  /** It is in another living batch. */
  readonly isBusy: boolean
  /** Nothing of its buyer is kept any more. */
  readonly isErased: boolean
  readonly lines: readonly {
    readonly itemId: string
    readonly externalId: string
    readonly sku: string | null
    /** Ordered and not cancelled. */
    readonly quantity: number
    /** What the batch before has confirmed to the marketplace; null: nothing was confirmed by us. */
    readonly confirmedBefore: number | null
  }[]
}
interface Held {
  readonly code: string
  readonly message: string
}
export interface PlannedOrder {
  readonly id: string
  /** Why it stays behind; null: it goes ahead. */
  readonly held: Held | null
  readonly lines: readonly {
    readonly externalId: string
    readonly quantity: number
    readonly confirmed: number
    /** Why it is less. */
    readonly reason: 'short-stock' | 'asked' | 'confirmed-before' | null
  }[]
}

export const planBatch = (
  orders: readonly Candidate[],
  { allowed, asked, now }: {
    /** What stock allows, by the id of the line; no limit where nothing stands. */
    readonly allowed: ReadonlyMap<string, number>
    /** What a person has said, by the id of the line. */
    readonly asked: ReadonlyMap<string, number>
    readonly now: Date
  },
): readonly PlannedOrder[] =>
  orders.map((order) => {
    const isFixed = orderStateRank(order.status) >= orderStateRank('ACKNOWLEDGED')
    const lines = order.lines.map(({ itemId, externalId, quantity, confirmedBefore }) => {
      if (isFixed) {
        // the marketplace has our word already, whatever the shelf says now
        const confirmed = Math.min(quantity, confirmedBefore ?? quantity)
        const reason = confirmed === quantity ? null : 'confirmed-before'
        return { externalId, quantity, confirmed, reason } as const
      }
      const most = Math.min(quantity, allowed.get(itemId) ?? quantity)
      const confirmed = Math.min(most, asked.get(itemId) ?? most)
      const reason = confirmed === quantity ? null : confirmed < most ? 'asked' : 'short-stock'
      return { externalId, quantity, confirmed, reason } as const
    })
    return { id: order.id, held: whyNot(order, lines, now), lines }
  })

const whyNot = (
  order: Candidate,
  lines: PlannedOrder['lines'],
  now: Date,
): Held | null => {
  const { status, isOnHold, processAfter, isTheirs, isBusy, isErased } = order
  if (isBusy) return held('in-another-batch', 'Another batch has this order in hand')
  if (status === 'CANCELLED') return held('cancelled', 'The order is cancelled')
  if (isTheirs) return held('fulfilled-by-marketplace', 'The marketplace ships this order itself')
  if (orderStateRank(status) >= orderStateRank('MANIFESTED')) {
    return held('already-manifested', 'The order is in a closed manifest, or on its way')
  }
  if (isErased) return buyerErased
  if (isOnHold) return held('on-hold', 'The marketplace has the order on hold')
  if (processAfter !== null && processAfter > now) {
    return held('too-early', 'The marketplace does not allow its processing yet')
  }
  if (lines.every(({ quantity }) => quantity === 0)) {
    return held('nothing-to-ship', 'All lines of the order are cancelled')
  }
  if (lines.every(({ confirmed }) => confirmed === 0)) {
    return held('no-stock', 'There is no stock for any line of the order')
  }
  return null
}

/** No paper shows where it is to go. */
export const buyerErased: Held = {
  code: 'buyer-erased',
  message: 'What was kept of the buyer was erased, so there is no address for its papers',
}

const held = (code: string, message: string): Held => ({ code, message })
