/**
 * Orders that the seller brings to their buyers. No courier gives a waybill: the parcel is known by the
 * number of its invoice, and Amazon is told of it when it leaves.
 */
import { type BatchOrder, failure, type ShipmentRow, type StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon } from '../client.ts'
import { explained, outcomeOf } from '../refusals.ts'
import { shipmentIdOf } from '../rows.ts'
import { type Desk, done, hold, itemsOf, notReady } from './desk.ts'
import { readOrder } from './orders.ts'

export async function* packOwn(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.readyBy('package', 'self-ship')) {
    const row = rowOf(desk, order)
    yield row
      ? done('package', order.id, { status: 'PACKED', shipment: row })
      : hold('package', order, 'invoice-missing', noInvoice)
  }
}

const noInvoice = 'Cannot pack the order: it has no invoice number, set the series of invoices'

const rowOf = ({ account, ctx }: Desk, order: BatchOrder): ShipmentRow | undefined =>
  order.invoice && {
    externalId: shipmentIdOf(order.externalId, order.invoice.number),
    status: 'PACKED',
    rawStatus: 'PACKED',
    awb: order.invoice.number,
    carrier: account.details.self_ship_carrier ?? null,
    manifestExternalId: null,
    updatedAt: ctx.now(),
    items: itemsOf(order),
  }

/** Papers of the seller's own. */
export async function* ownInvoices(desk: Desk): AsyncGenerator<StepResult> {
  for (const { id } of desk.readyBy('invoice', 'self-ship')) {
    yield done('invoice', id, { render: ['CUSTOMER_INVOICE'] })
  }
}
export async function* ownLabels(desk: Desk): AsyncGenerator<StepResult> {
  for (const { id } of desk.readyBy('label', 'self-ship')) {
    yield done('label', id, { status: 'READY_TO_SHIP', render: ['LABEL'] })
  }
}

export async function* checkOwn(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.readyBy('check', 'self-ship')) {
    const found = await readOrder(desk.account, desk.ctx, order.externalId)
    const word = found?.fulfillment?.fulfillmentStatus
    const row = rowOf(desk, order)
    if (word === 'CANCELLED' || word === 'UNFULFILLABLE') {
      yield hold('check', order, 'cancelled', gone, { status: 'CANCELLED' })
    } else if (!row) yield hold('check', order, 'invoice-missing', noInvoice)
    else yield done('check', order.id, { output: { shipment: row.externalId } })
  }
}

const gone = 'Cannot hand over the order: it is cancelled'

/** Amazon shows a change two minutes late at most; the third is for clocks that disagree. */
const showsMs = 3 * 60_000

/** Tells Amazon that the parcel has left, once: what it refuses may be told already. */
export const confirmOwn = async (
  { account, ctx }: Desk,
  orderId: string,
  trackingNumber: string,
  since: Date,
): Promise<void> => {
  const found = await readOrder(account, ctx, orderId)
  const isTold = (found?.packages ?? []).some((one) => one.trackingNumber === trackingNumber)
  if (isTold || !found) return
  const carrier = account.details.self_ship_carrier ?? 'Other'
  const outcome = await outcomeOf(
    askAmazon(account, ctx)(
      z.unknown(),
      `/orders/v0/orders/${encodeURIComponent(orderId)}/shipmentConfirmation`,
      {
        ...{ method: 'POST', operation: 'confirmShipment', answer: 'text', explain: explained },
        json: {
          marketplaceId: account.details.marketplace_id,
          packageDetail: {
            packageReferenceId: '1',
            carrierCode: 'Other',
            carrierName: carrier,
            shippingMethod: 'Standard',
            trackingNumber,
            shipDate: ctx.now().toISOString(),
            orderItems: found.orderItems.filter((item) => item.quantityOrdered > 0)
              .map((item) => ({ orderItemId: item.orderItemId, quantity: item.quantityOrdered })),
          },
        },
      },
    ),
  )
  if ('value' in outcome) return
  if (ctx.now().getTime() - since.getTime() < showsMs) {
    throw notReady('Amazon has not said yet whether the parcel has left', showsMs)
  }
  throw failure('rejected', `Cannot tell Amazon that order ${orderId} has left`, {
    code: 'not-confirmed',
  })
}
