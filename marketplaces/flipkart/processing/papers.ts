/**
 * Stages 3 to 6. The packing slip is the seller's own and made of the order's record; invoice and label
 * are Flipkart's. The last look before the parcel is handed over: a buyer may have called it off.
 */
import { type BatchOrder, type DocumentType, failureOf, type StepResult } from 'robnu/plugin'
import type { Download } from 'robnu/plugin'
import { z } from 'zod'
import { courierOf, isLiving } from '../parcels.ts'
import { acceptedOf } from './accept.ts'
import { type Desk, done, hold, holdBy, type Stage, started, type Step } from './desk.ts'
import { readParcels, rowsOf } from './parcels.ts'

/** A document that is not there after this long never comes by itself. */
const patienceMs = 6 * 3_600_000

export const packingSlip: Stage = async function* (desk) {
  for (const { id } of desk.ready('packing-slip')) {
    yield done('packing-slip', id, { render: ['PACKING_SLIP'] })
  }
}

/** Fetches what is ready for every order; waits, by a failure, when some of it is not. */
const fetched = (
  step: Step,
  type: DocumentType,
  load: (desk: Desk, order: BatchOrder) => Promise<Download>,
): Stage =>
  async function* (desk) {
    let notReady: unknown
    for (const order of desk.ready(step)) {
      try {
        yield done(step, order.id, { documents: [{ type, download: await load(desk, order) }] })
      } catch (error) {
        const { code } = failureOf(error) ?? {}
        if (code === 'not-found') yield hold(step, order, 'package-not-found', noPackage)
        else if (code !== 'not-ready') throw error
        else if (isOver(desk, step, order)) {
          yield hold(step, order, `${step}-not-made`, `${notMade} "${step}"`)
        } else {
          notReady = error
          if (!desk.inDoubt(step, order.id)) {
            yield started(step, order.id, { output: { since: desk.now().toISOString() } })
          }
        }
      }
    }
    if (notReady !== undefined) throw notReady
  }

const noPackage = 'Cannot fetch the document: Flipkart does not know the package any more'
const notMade =
  'Cannot go on with the order: Flipkart has not made its document for six hours, ask its ' +
  'support for the'

const Waiting = z.object({ since: z.iso.datetime() })

const isOver = (desk: Desk, step: Step, { id }: BatchOrder): boolean => {
  const waiting = Waiting.safeParse(desk.output(step, id))
  return waiting.success && desk.now().getTime() - Date.parse(waiting.data.since) > patienceMs
}

const idsOf = (desk: Desk, order: BatchOrder): readonly string[] =>
  acceptedOf(desk, order).map(({ id }) => id)

export const customerInvoice = fetched(
  'customer-invoice',
  'CUSTOMER_INVOICE',
  (desk, order) => desk.transport.invoices(idsOf(desk, order)),
)
const courierLabel = fetched(
  'label',
  'LABEL',
  (desk, order) => desk.transport.labels(idsOf(desk, order)),
)

/** What the seller ships by itself has no label of Flipkart's courier: ours stands for it. */
export const label: Stage = async function* (desk) {
  for (const order of desk.ready('label')) {
    if (acceptedOf(desk, order).every(({ isSelf }) => isSelf)) {
      yield done('label', order.id, { render: ['LABEL'] })
    }
  }
  yield* courierLabel(desk)
}

export async function* check(desk: Desk): AsyncGenerator<StepResult> {
  const orders = desk.ready('check')
  const parcelsOf = await readParcels(desk, orders)
  for (const order of orders) {
    const parcels = parcelsOf(order)
    const living = parcels.filter(({ standing }) => isLiving(standing))
    if (living.length < acceptedOf(desk, order).length) {
      const { last } = rowsOf(order, parcels.filter(({ standing }) => !isLiving(standing)))
      // what is left of an order cannot go with papers of the whole
      yield living.length === 0
        ? { ...holdBy('check', order, 'CANCELLED'), ...last }
        : hold('check', order, 'partly-cancelled', partlyGone, last)
    } else if (living.some(({ told }) => told.hold)) {
      yield hold('check', order, 'on-hold', onHold)
    } else if (
      living.some((one) => courierOf(one).awb === null && one.told.shipmentType !== 'SELF')
    ) {
      yield hold('check', order, 'awb-missing', noAwb)
    } else {
      const { first, last } = rowsOf(order, living)
      for (const shipment of first) yield started('check', order.id, { shipment })
      yield done('check', order.id, { ...last })
    }
  }
}

const partlyGone =
  'Cannot hand over the order: a part of it was cancelled, sync the orders and start it again'
const onHold = 'Cannot hand over the order: Flipkart has put it on hold, start it again later'
const noAwb =
  'Cannot hand over the order: Flipkart has given its package no waybill, start it again later'
