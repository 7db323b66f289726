/**
 * Stages 5 to 8. Packing slip and vendor invoice are the seller's own and made of the order's record;
 * the customer invoice and the label are AJIO's, which takes some minutes to make them.
 */
import { type BatchOrder, type DocumentType, failureOf, type StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { papers } from '../documents.ts'
import { type Desk, done, hold, type Stage, started, type Step } from './desk.ts'
import { shipmentIdOf } from './parcel.ts'

/** AJIO's documents take minutes; one that is not there after this long never comes by itself. */
const patienceMs = 6 * 3_600_000

const rendered = (step: Step, type: DocumentType): Stage =>
  async function* (desk) {
    for (const { id } of desk.ready(step)) yield done(step, id, { render: [type] })
  }

/** Fetches what is ready for every order; waits, by a failure, when some of it is not. */
const fetched = (step: Step, type: DocumentType): Stage =>
  async function* (desk) {
    let notReady: unknown
    for (const order of desk.ready(step)) {
      try {
        yield await fetchOne(desk, step, type, order)
      } catch (error) {
        const { code } = failureOf(error) ?? {}
        if (code === 'not-found') yield hold(step, order, 'package-not-found', noPackage)
        else if (code !== 'not-ready') throw error
        else if (isOver(desk, step, order)) {
          yield hold(step, order, `${step}-not-made`, `${notMade} "${step}"`)
        } else {
          notReady = error
          if (!desk.inDoubt(step, order.id)) {
            yield started(step, order.id, { since: desk.now().toISOString() })
          }
        }
      }
    }
    if (notReady !== undefined) throw notReady
  }

const noPackage = 'Cannot fetch the document: AJIO does not know the package any more'
const notMade =
  'Cannot go on with the order: AJIO has not made its document for six hours, ask its ' +
  'support for the'

const fetchOne = async (
  desk: Desk,
  step: Step,
  type: DocumentType,
  order: BatchOrder,
): Promise<StepResult> => {
  const paper = papers[type]
  if (paper === undefined) throw new Error(`AJIO makes no ${type}`)
  const download = await desk.transport.paper(shipmentIdOf(desk, order), paper)
  const labelled = step === 'label' ? { status: 'READY_TO_SHIP' as const } : {}
  return done(step, order.id, { documents: [{ type, download }], ...labelled })
}

const Waiting = z.object({ since: z.iso.datetime() })

const isOver = (desk: Desk, step: Step, { id }: BatchOrder): boolean => {
  const waiting = Waiting.safeParse(desk.output(step, id))
  return waiting.success && desk.now().getTime() - Date.parse(waiting.data.since) > patienceMs
}

export const packingSlip = rendered('packing-slip', 'PACKING_SLIP')
export const vendorInvoice = rendered('vendor-invoice', 'VENDOR_INVOICE')
export const customerInvoice = fetched('customer-invoice', 'CUSTOMER_INVOICE')
export const label = fetched('label', 'LABEL')
