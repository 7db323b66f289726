/** The first stage: the order as Amazon has it now, and which way it goes. Nothing is written. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import type { Details } from '../schemas.ts'
import { parcelState, stateOf } from '../states.ts'
import type { Accepted } from './accepted.ts'
import { type Desk, done, hold } from './desk.ts'
import { type OrderToSend, readOrder } from './orders.ts'

export async function* accept(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.ready('accept')) {
    const found = await readOrder(desk.account, desk.ctx, order.externalId)
    yield found
      ? judged(order, found, desk.account.details)
      : hold('accept', order, 'not-found', 'Cannot accept the order: Amazon does not know it')
  }
}

const judged = (order: BatchOrder, found: OrderToSend, details: Details): StepResult => {
  const { status, rawStatus, onHold } = stateOf(found)
  const word = found.fulfillment?.fulfillmentStatus
  const stay = (code: string, why: string, more: Parameters<typeof hold>[4] = {}) =>
    hold('accept', order, code, `Cannot accept the order: ${why}`, more)
  if (onHold) return stay('on-hold', 'Amazon keeps it on hold, start it again when it is released')
  if (status === 'CANCELLED') return stay('cancelled', 'it is cancelled', { status })
  if (word === 'PARTIALLY_SHIPPED') {
    return stay('partially-shipped', 'a part of it has left, send the rest in Seller Central')
  }
  if (word === 'SHIPPED') {
    return stay('already-shipped', 'it has left already', status === null ? {} : { status })
  }
  if (word !== 'UNSHIPPED') {
    return stay('unknown-state', `Amazon calls it "${rawStatus.slice(0, 60)}", which is unknown`)
  }
  if (found.fulfillment?.fulfilledBy === 'AMAZON') {
    return stay('fulfilled-by-marketplace', 'Amazon ships it itself')
  }
  const fault = faultOf(order, found)
  if (fault) return stay(...fault)
  const way = wayOf(found, details)
  if (typeof way !== 'string') return stay(...way)
  const accepted: Accepted = {
    route: way,
    shipmentId: found.fulfillmentOrders?.[0]?.fulfillmentOrderId ?? null,
    packed: hasParcel(found),
    shipBy: found.fulfillment?.shipByWindow?.latestDateTime?.toISOString() ?? null,
  }
  return done('accept', order.id, { output: accepted })
}

type Fault = readonly [code: string, why: string]

/** Amazon's parcels hold an order whole: nothing less can be confirmed. */
const faultOf = (order: BatchOrder, found: OrderToSend): Fault | undefined => {
  const ordered = new Map(found.orderItems.map((item) => [item.orderItemId, item.quantityOrdered]))
  const known = new Map(order.lines.map((line) => [line.externalId, line]))
  for (const [id, quantity] of ordered) {
    const line = known.get(id)
    if (quantity === 0) continue
    if (line?.quantity !== quantity) {
      return ['lines-differ', 'Amazon has other lines of it, sync the orders and start it again']
    }
    if (line.confirmedQuantity !== quantity) {
      return [
        'partial-not-possible',
        `only ${line.confirmedQuantity} of ${quantity} of line ${id} can be sent, and Amazon takes ` +
        'an order whole: mend the stock, or cancel in Seller Central',
      ]
    }
  }
  return undefined
}

const wayOf = (found: OrderToSend, details: Details): Accepted['route'] | Fault => {
  const shipments = found.fulfillmentOrders ?? []
  if (details.ef_enabled && shipments.length > 0) {
    if (shipments.length === 1) return 'external'
    return ['several-shipments', 'Amazon sends it in several shipments, do it in Seller Central']
  }
  if (found.programs?.includes('AMAZON_EASY_SHIP')) return 'easy-ship'
  if (details.self_ship_carrier && details.b2b_invoice_series) return 'self-ship'
  return [
    'awb-missing',
    'it is no order of Easy Ship and nobody has told its waybill: confirm it in Seller Central, or ' +
    'name your own delivery and its series of numbers in the settings of the account',
  ]
}

const hasParcel = ({ packages }: OrderToSend): boolean =>
  (packages ?? []).some(({ packageStatus }) => {
    const state = parcelState(packageStatus?.detailedStatus ?? '')
    return state !== 'PACKED' && state !== 'NEW'
  })
