/** Stage 3: what the seller confirms. AJIO takes a list whole or not at all. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import type { Order } from '../answers.ts'
import { cancelledOf } from '../orders.ts'
import { lineId, lineKeyOf } from '../read.ts'
import { orderState } from '../states.ts'
import type { ConfirmedLine } from '../transport.ts'
import { acceptedOf } from './accept.ts'
import { type Desk, done, hold, holdBy, started } from './desk.ts'

const maxOrders = 250 // of one list, so that a request stays small

export async function* upload(desk: Desk): AsyncGenerator<StepResult> {
  // a list was on its way: AJIO says which of its orders it has taken
  const doubt = desk.inDoubt('upload', null)
  for (const order of desk.ready('upload')) {
    if (acceptedOf(desk, order).acknowledged) yield taken(order)
    else if (doubt) yield* settle(desk, order)
  }
  let begun = doubt
  while (true) {
    const orders = desk.ready('upload').slice(0, maxOrders)
    if (orders.length === 0) break
    if (!begun) yield started('upload', null)
    begun = true
    const lines = orders.flatMap((order) => linesOf(desk, order))
    const outcome = await desk.transport.acknowledge(lines)
    if ('value' in outcome) {
      for (const order of orders) yield taken(order)
      continue
    }
    const { code, errors = [] } = outcome.refused
    const named = new Map(errors.map((error) => [error.custOrderNo, error.code]))
    const bad = orders.filter(({ externalId }) => named.has(externalId))
    // nothing was applied: without the bad ones the list is sent once more
    for (const order of bad) {
      const why = named.get(order.externalId) ?? code
      // of an order, or of one line of it: the order itself says which
      if (why === 'ALREADY_ACKNOWLEDGED' || why === 'CANCELLED') yield* settle(desk, order, why)
      else yield holdBy('upload', order, why)
    }
    if (bad.length === 0) { for (const order of orders) yield holdBy('upload', order, code) }
  }
  if (begun && !desk.isDone('upload', null)) yield done('upload', null)
}

const taken = ({ id }: BatchOrder): StepResult => done('upload', id, { status: 'ACKNOWLEDGED' })

/** Done, or held, as AJIO has the order now; nothing where it is still new. */
async function* settle(desk: Desk, order: BatchOrder, code?: string): AsyncGenerator<StepResult> {
  const found = await desk.transport.order(order.externalId)
  const state = orderState(found.status)
  if (state === 'CANCELLED') yield holdBy('upload', order, 'CANCELLED')
  else if (state !== 'NEW') yield confirmedAs(order, found) ? taken(order) : differs(order)
  else if (code === 'CANCELLED') yield hold('upload', order, 'quantity-above-order', partIsGone)
  else if (code !== undefined) yield holdBy('upload', order, code)
}

const partIsGone =
  'Cannot confirm the order: a part of it was cancelled, sync the orders and start ' +
  'it again'

const differs = (order: BatchOrder): StepResult =>
  hold(
    'upload',
    order,
    'confirmed-differently',
    'Cannot go on with the order: AJIO has other quantities confirmed, sync the orders and start ' +
      'it again',
  )

const confirmedAs = ({ lines }: BatchOrder, found: Order): boolean =>
  lines.every(({ externalId, confirmedQuantity }) => {
    const line = found.lines.find((one) => lineId(one) === externalId)
    return (line ? line.orderQty - cancelledOf(line) : 0) === confirmedQuantity
  })

/** A line that is cancelled already is not spoken of any more. */
const linesOf = (desk: Desk, order: BatchOrder): ConfirmedLine[] => {
  const open = new Set(
    acceptedOf(desk, order).lines.filter((line) => line.open > 0).map(({ id }) => id),
  )
  return order.lines.filter(({ externalId }) => open.has(externalId)).map((line) => ({
    custOrderNo: order.externalId,
    ...lineKeyOf(line.externalId),
    confirmedQty: line.confirmedQuantity,
  }))
}
