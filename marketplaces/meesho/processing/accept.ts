/** Stages 1 and 2: the sub-order as Meesho has it now, and our word that it will be sent. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import type { SubOrder } from '../answers.ts'
import { isHeld, stateOf } from '../orders.ts'
import { chunksOf, type Desk, done, hold, holdBy, maxAsked, started } from './desk.ts'

/** What the next stage knows without asking again. */
const Found = z.object({ accepted: z.boolean() })

export async function* read(desk: Desk): AsyncGenerator<StepResult> {
  const orders = desk.ready('read')
  const found = await desk.read(orders)
  for (const order of orders) yield standing('read', order, found.get(order.externalId))
}

/** Done, with what it is; or held. */
const standing = (
  step: 'read' | 'accept',
  order: BatchOrder,
  found: SubOrder | undefined,
): StepResult => {
  if (!found) return holdBy(step, order, 'NOT_FOUND')
  const state = stateOf(found)
  if (state === 'CANCELLED') return holdBy(step, order, 'CANCELLED')
  if (state === null) {
    const message = `Cannot accept the order: Meesho calls it "${found.status}", which is unknown`
    return hold(step, order, 'unknown-state', message)
  }
  if (!open.includes(state)) {
    const message = 'Cannot accept the order: it has left already'
    return hold(step, order, 'already-shipped', message, { status: state })
  }
  if (isHeld(found)) return holdBy(step, order, found.verified ? 'ON_HOLD' : 'UNVERIFIED')
  if (quantityOf(order) !== found.quantity) {
    const message = `Cannot accept the order: ${found.quantity} are ordered and not ` +
      `${quantityOf(order)}, sync the orders and start it again`
    return hold(step, order, 'quantity-differs', message)
  }
  return done(step, order.id, { output: { accepted: state !== 'NEW' } })
}
const open: readonly string[] = ['NEW', 'ACKNOWLEDGED', 'READY_TO_SHIP', 'MANIFESTED']

const quantityOf = ({ lines }: BatchOrder): number =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0)
const confirmedOf = ({ lines }: BatchOrder): number =>
  lines.reduce((sum, { confirmedQuantity }) => sum + confirmedQuantity, 0)

export async function* accept(desk: Desk): AsyncGenerator<StepResult> {
  const doubtful = desk.inDoubt('accept', null)
  // a list was on its way: Meesho says which of it is accepted
  const now = doubtful ? await desk.read(desk.ready('accept')) : undefined
  for (const order of desk.ready('accept')) {
    const known = now && standing('accept', order, now.get(order.externalId))
    if (known?.outcome === 'held') {
      yield known
      continue
    }
    const output = known?.output ?? desk.output('read', order.id)
    const fault = faultOf(desk, order, Found.parse(output).accepted)
    if (fault) yield hold('accept', order, ...fault)
    else if (Found.parse(output).accepted) yield taken(order)
  }
  let begun = doubtful
  for (const orders of chunksOf(desk.ready('accept'), maxAsked)) {
    if (!begun) yield started('accept', null)
    begun = true
    const results = await desk.transport.accept(orders.map(({ externalId }) => externalId))
    const told = new Map(results.map((one) => [one.sub_order_no, one]))
    for (const order of orders) {
      const { status, code } = told.get(order.externalId) ??
        { status: 'FAILED', code: 'UNANSWERED' }
      yield status === 'OK' || code === 'ALREADY_ACCEPTED'
        ? taken(order)
        : holdBy('accept', order, code ?? 'REFUSED')
    }
  }
  if (begun) yield done('accept', null)
}

const taken = ({ id }: BatchOrder): StepResult => done('accept', id, { status: 'ACKNOWLEDGED' })

/**
 * Who accepts is the seller's choice at Meesho. ALWAYS: Meesho itself, so that we never do. BY_INVENTORY:
 * Meesho where its own count of the stock is enough, and we where the shelf has it. MANUAL: nobody but
 * we, by a batch.
 */
const faultOf = (
  { details }: Desk,
  order: BatchOrder,
  accepted: boolean,
): readonly [code: string, message: string] | undefined => {
  const confirmed = confirmedOf(order)
  if (confirmed === 0) {
    return ['no-stock', 'Cannot send the order: it is not in stock, mend the stock or cancel it']
  }
  if (confirmed < quantityOf(order)) {
    const message = `Cannot send ${confirmed} of ${quantityOf(order)}: Meesho splits no order, ` +
      'mend the stock or cancel it'
    return ['cannot-split', message]
  }
  if (accepted || details.acceptance_preference !== 'ALWAYS') return undefined
  const message =
    'Cannot send the order: Meesho accepts the orders of this account by itself and ' +
    'has not accepted it, start it again later or mend the acceptance preference of the account'
  return ['not-accepted', message]
}
