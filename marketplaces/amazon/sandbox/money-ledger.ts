/** Returns and payouts of the verb `ledger`: out of the world's own truth, in our words. */
import { transactionsBy } from './finances.ts'
import { sumOf } from './money.ts'
import { requestWord } from './returns-file.ts'
import { backAt, returnsBy, type ReturnWord, stepAt } from './returning.ts'
import { decimal, eventsIn, settlementsBy, totalOf } from './settling.ts'
import type { Partner, World } from './world.ts'

const states: Readonly<Record<ReturnWord, string>> = {
  CREATED: 'INITIATED',
  CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER: 'INITIATED',
  CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER: 'INITIATED',
  CUSTOMER_RESCHEDULED_PICK_UP: 'INITIATED',
  REPLANNED: 'INITIATED',
  CUSTOMER_DROPPED_OFF: 'PICKED_UP',
  PICKED_FROM_CUSTOMER: 'PICKED_UP',
  IN_TRANSIT: 'IN_TRANSIT',
  OUT_FOR_DELIVERY: 'IN_TRANSIT',
  DELIVERED: 'DELIVERED',
  PARTIALLY_PROCESSED: 'PROCESSED',
  PROCESSED: 'PROCESSED',
  CUSTOMER_CANCELLED_PICK_UP: 'CANCELLED',
  REJECTED: 'CANCELLED',
  CANCELLED: 'CANCELLED',
}

/** `isExternal`: the partner has External Fulfillment, which tells more than the flat file. */
export const returnsLedger = (
  world: World,
  partner: Partner,
  isExternal: boolean,
  at: number,
): object[] =>
  returnsBy(world, partner, at).flatMap((one) => {
    const status = stepAt(one, at)?.status
    if (!status || !isExternal && one.type === 'REJECT') return []
    const word = requestWord(one, at)
    const isBack = (backAt(one) ?? Infinity) <= at
    const byFile = word === 'Completed'
      ? 'PROCESSED'
      : word === 'Cancelled'
      ? 'CANCELLED'
      : isBack
      ? 'DELIVERED'
      : 'INITIATED'
    const kind = one.type === 'REJECT'
      ? 'RTO'
      : one.subType === 'EXCHANGE'
      ? 'EXCHANGE'
      : 'CUSTOMER_RETURN'
    return [{
      id: isExternal ? one.id : `${one.order.id}/${one.rmaId}/${one.line.sku}`,
      orderId: one.order.id,
      kind,
      state: isExternal ? states[status] : byFile,
      quantity: one.quantity,
    }]
  })

/** Nobody may ask for what is younger than two minutes, and clocks disagree. */
const youngestMs = 180_000

/** Settlements that are there, and what is posted, shows, and stands in none of them. */
export const payoutsLedger = (world: World, partner: Partner): object[] => {
  const at = world.at()
  const settlements = settlementsBy(world, partner, at)
  const paid = new Set<string>()
  const told = settlements.map((one) => {
    for (const { id } of eventsIn(world, partner, one)) paid.add(id)
    const { totalPaise, lines } = totalOf(world, partner, one)
    return { id: one.id, state: 'PAID', amount: decimal(totalPaise), lines }
  })
  const open = new Map<string, object>()
  for (
    const { event, status } of transactionsBy(world, partner, at, {
      from: -Infinity,
      to: at - youngestMs,
    })
  ) {
    const { kind, order, reference, rows } = event
    if (!order || paid.has(event.id)) continue
    const state = status === 'DEFERRED' ? 'OPEN' : 'RELEASED'
    const id = `${kind.toLowerCase()}/${order.id}/${reference}`
    open.set(id, { id, state, amount: decimal(sumOf(rows)), lines: 1 })
  }
  return [...told, ...open.values()]
}
