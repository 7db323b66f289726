/** What a row makes of the order that is stored: where it has come to, and what goes to its trail. */
import { type OrderRow, type OrderState, orderStateRank } from '../plugin.ts'
import { type OrderEvent, wordEvent } from './order-events.ts'
import type { PreparedOrder } from './order-rows.ts'
import type { OrderStands } from './order-stands.ts'
import { further, isDoubtful, noParcels, orderStanding, type Standing } from './standing.ts'

type Word = OrderStands['told']

export interface OrderPlan {
  readonly order: PreparedOrder
  /** False: what is stored is of a later time, and its content stays. */
  readonly isNewer: boolean
  readonly own: Standing
  readonly status: OrderState
  /** The newest word, which stands on the order itself. */
  readonly told: Word
  /** All other words. */
  readonly events: readonly OrderEvent[]
  /** It may be that one of the words contradicts another. */
  readonly isDoubtful: boolean
}

/** `stands`: null for a new order. */
export const planOrder = (order: PreparedOrder, stands: OrderStands | undefined): OrderPlan => {
  const come = [...order.earlier, order.row].map(wordOf)
  const start: Standing = stands?.own ?? { status: 'NEW', at: null }
  let own = start
  let doubtful = false
  for (const { status, at } of come) {
    if (status === null) continue
    doubtful ||= isDoubtful(own.status, status)
    own = further(own, { status, at })
  }
  const words = stands ? [stands.told, ...come] : come
  const told = words.reduce((newest, word) => compare(newest, word) < 0 ? word : newest)
  return {
    order,
    isNewer: stands === undefined || stands.told.at <= order.row.updatedAt,
    own,
    status: orderStanding(own, stands?.parcels ?? noParcels).status,
    told,
    events: words
      .filter((word) => compare(word, told) !== 0)
      .map(({ status, ...word }) => wordEvent({ orderId: order.id, status, ...word })),
    isDoubtful: doubtful,
  }
}

const wordOf = ({ status, rawStatus, onHold, updatedAt }: OrderRow): Word => ({
  status,
  raw: rawStatus,
  onHold,
  at: updatedAt,
})

/** Newest last; of one instant always in the same order, whichever came first. */
const compare = (a: Word, b: Word): number =>
  a.at.getTime() - b.at.getTime() || rankOf(a) - rankOf(b) || compareText(a.raw, b.raw) ||
  Number(a.onHold) - Number(b.onHold)
const rankOf = ({ status }: Word): number => status === null ? -1 : orderStateRank(status)
const compareText = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
