/** Stages 1 and 2: the order as AJIO has it now, and whether AJIO will take it. */
import { type BatchOrder, isGstin, pinAgreesWithState, type StepResult } from 'robnu/plugin'
import { z } from 'zod'
import type { B2bInfo, Order } from '../answers.ts'
import { cancelledOf } from '../orders.ts'
import { lineId } from '../read.ts'
import { orderState, shipmentState } from '../states.ts'
import { type Desk, done, hold, holdBy, unlessMissing } from './desk.ts'

/** What the later stages know of the order without asking again. */
const Accepted = z.object({
  poNo: z.string().nullable(),
  /** AJIO has it acknowledged already: by a batch before, or at the portal. */
  acknowledged: z.boolean(),
  /** The package that it has already. */
  shipmentId: z.string().nullable(),
  /** Pieces by line that nobody has cancelled: once it is acknowledged, what was confirmed. */
  lines: z.array(z.object({ id: z.string(), open: z.number() })),
})
export type Accepted = z.infer<typeof Accepted>

export const acceptedOf = (desk: Desk, { id }: BatchOrder): Accepted =>
  Accepted.parse(desk.output('accept', id))

export async function* accept(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.ready('accept')) {
    const found = await unlessMissing(desk.transport.order(order.externalId))
    yield found ? standing(order, found) : hold('accept', order, 'not-found', unknownOrder)
  }
}

const unknownOrder = 'Cannot accept the order: AJIO does not know it at this POB'

const standing = (order: BatchOrder, found: Order): StepResult => {
  const state = orderState(found.status)
  if (state === 'CANCELLED') return holdBy('accept', order, 'CANCELLED')
  if (state === 'SHIPPED' || state === 'DELIVERED') {
    const message = 'Cannot accept the order: it has left already'
    return hold('accept', order, 'already-shipped', message, { status: state })
  }
  if (state === null) {
    const message = `Cannot accept the order: AJIO calls it "${found.status}", which is unknown`
    return hold('accept', order, 'unknown-state', message)
  }
  if (found.onHold) {
    const until = found.unholdAt ? ` until ${found.unholdAt.toISOString()}` : ''
    const message = `Cannot accept the order: AJIO keeps it on hold${until}, start it again then`
    return hold('accept', order, 'on-hold', message)
  }
  const acknowledged = state !== 'NEW'
  const accepted: Accepted = {
    poNo: found.poNo,
    acknowledged,
    shipmentId: livingShipment(found)?.shipmentId ?? null,
    lines: found.lines.map((line) => ({
      id: lineId(line),
      open: line.orderQty - cancelledOf(line),
    })),
  }
  return done('accept', order.id, { output: accepted })
}

/** The one package of an order. */
export const livingShipment = ({ shipments }: Order) =>
  shipments?.find(({ status }) => shipmentState(status) !== 'CANCELLED')

/** AJIO takes a list whole or not at all: what can be judged here is not sent there. */
export async function* validate(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.ready('validate')) {
    const accepted = acceptedOf(desk, order)
    const fault = faultOf(order, accepted)
    if (fault) {
      yield hold('validate', order, ...fault)
      continue
    }
    const info = accepted.poNo === null
      ? undefined
      : await unlessMissing(desk.transport.b2bInfo(accepted.poNo))
    if (info && 'refused' in info) yield holdBy('validate', order, info.refused.code)
    else if (!info?.value.ready) yield holdBy('validate', order, 'PO_NOT_READY')
    else {
      const wrong = buyerFault(info.value)
      yield wrong
        ? hold('validate', order, ...wrong)
        : done('validate', order.id, billedTo(info.value))
    }
  }
}

/** Whom the vendor invoice names. */
const billedTo = ({ billTo }: B2bInfo): Pick<StepResult, 'billTo'> => {
  if (!billTo?.name) return {}
  const { name, address, gstin, stateCode } = billTo
  return { billTo: { name, address: address === null ? [] : [address], gstin, stateCode } }
}

type Fault = readonly [code: string, message: string]

const faultOf = (order: BatchOrder, { acknowledged, lines }: Accepted): Fault | undefined => {
  const { postalCode, stateCode } = order
  if (postalCode !== null && stateCode !== null && !pinAgreesWithState(postalCode, stateCode)) {
    return ['pincode-mismatch', 'Cannot send the order: its PIN code is not one of its state']
  }
  const known = new Set(order.lines.map(({ externalId }) => externalId))
  if (lines.some(({ id, open }) => open > 0 && !known.has(id))) {
    return ['lines-differ', 'Cannot confirm the order: AJIO has more lines of it, sync the orders']
  }
  for (const { externalId, confirmedQuantity } of order.lines) {
    const line = lines.find(({ id }) => id === externalId)
    if (!line) {
      return ['unknown-line', `Cannot confirm the order: AJIO has no line ${externalId}`]
    }
    if (confirmedQuantity > line.open) {
      const message =
        `Cannot confirm ${confirmedQuantity} of line ${externalId}: ${line.open} are ` +
        'ordered, sync the orders and start it again'
      return ['quantity-above-order', message]
    }
    if (acknowledged && confirmedQuantity < line.open) {
      const message = `Cannot send ${confirmedQuantity} of line ${externalId}: AJIO has ` +
        `${line.open} confirmed already, sync the orders and start it again`
      return ['confirmed-differently', message]
    }
  }
  if (order.lines.every(({ confirmedQuantity }) => confirmedQuantity === 0)) {
    return [
      'no-stock',
      'Cannot confirm the order: nothing of it is in stock, mend the stock or cancel',
    ]
  }
  return undefined
}

/** AJIO buys the goods: what stands on the vendor invoice must be true. */
const buyerFault = ({ billTo }: B2bInfo): Fault | undefined => {
  const { gstin, stateCode } = billTo ?? { gstin: null, stateCode: null }
  if (gstin === null || !isGstin(gstin)) {
    return [
      'gstin-invalid',
      'Cannot invoice the order: the GSTIN of its purchase order is not valid',
    ]
  }
  if (stateCode !== null && !gstin.startsWith(stateCode)) {
    const message = 'Cannot invoice the order: the GSTIN of its purchase order is of another state'
    return ['gstin-state-mismatch', message]
  }
  return undefined
}
