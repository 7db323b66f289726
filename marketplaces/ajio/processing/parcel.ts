/** Stages 4 and 9: the one package of an order, and whether it is what was confirmed. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import type { Shipment } from '../answers.ts'
import { toShipmentRow } from '../orders.ts'
import { lineId, lineKeyOf } from '../read.ts'
import { orderState, shipmentState } from '../states.ts'
import type { NewShipment } from '../transport.ts'
import { acceptedOf, livingShipment } from './accept.ts'
import { type Desk, done, hold, holdBy, started, unlessMissing } from './desk.ts'

const Packed = z.object({ shipmentId: z.string() })

export const shipmentIdOf = (desk: Desk, { id }: BatchOrder): string =>
  Packed.parse(desk.output('shipment', id)).shipmentId

export async function* shipment(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.ready('shipment')) {
    const known = await knownShipment(desk, order)
    if (known) yield packed(order, known)
    else if (order.invoice) yield* pack(desk, order, order.invoice)
    else yield hold('shipment', order, 'invoice-missing', noInvoice)
  }
}

const noInvoice = 'Cannot pack the order: it has no invoice number, set the series of invoices'

/** The package that AJIO has already, by a batch before or by a request whose answer was lost. */
const knownShipment = async (desk: Desk, order: BatchOrder): Promise<Shipment | undefined> => {
  const { shipmentId } = acceptedOf(desk, order)
  if (shipmentId !== null) return await unlessMissing(desk.transport.shipment(shipmentId))
  if (!desk.inDoubt('shipment', order.id)) return undefined
  return livingShipment(await desk.transport.order(order.externalId))
}

async function* pack(
  desk: Desk,
  order: BatchOrder,
  invoice: NonNullable<BatchOrder['invoice']>,
): AsyncGenerator<StepResult> {
  if (!desk.inDoubt('shipment', order.id)) yield started('shipment', order.id)
  const outcome = await desk.transport.createShipment(packageOf(desk, order, invoice))
  if ('value' in outcome) return yield packed(order, outcome.value)
  const { code, shipmentId } = outcome.refused
  const known = code === 'ALREADY_SHIPPED' && shipmentId !== undefined
    ? await unlessMissing(desk.transport.shipment(shipmentId))
    : undefined
  yield known ? packed(order, known) : holdBy('shipment', order, code)
}

const packageOf = (
  { details }: Desk,
  order: BatchOrder,
  invoice: NonNullable<BatchOrder['invoice']>,
): NewShipment => ({
  custOrderNo: order.externalId,
  sellerInvoiceNo: invoice.number,
  sellerInvoiceDate: invoice.date,
  box: {
    weightGrams: details.box_weight_grams,
    lengthCm: details.box_length_cm,
    breadthCm: details.box_breadth_cm,
    heightCm: details.box_height_cm,
  },
  lines: order.lines.filter(({ confirmedQuantity }) => confirmedQuantity > 0).map((line) => ({
    ...lineKeyOf(line.externalId),
    quantity: line.confirmedQuantity,
  })),
})

const packed = ({ id }: BatchOrder, parcel: Shipment): StepResult =>
  done('shipment', id, {
    status: 'PACKED',
    shipment: toShipmentRow(parcel),
    output: { shipmentId: parcel.shipmentId },
  })

/** The last look before the parcel is handed over: a buyer may have called it off meanwhile. */
export async function* check(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.ready('check')) {
    const shipmentId = shipmentIdOf(desk, order)
    const found = await desk.transport.order(order.externalId)
    const parcel = found.shipments?.find((one) => one.shipmentId === shipmentId)
    const gone = orderState(found.status) === 'CANCELLED' || !parcel ||
      shipmentState(parcel.status) === 'CANCELLED'
    if (gone) {
      const row = parcel ? { shipment: toShipmentRow(parcel) } : {}
      yield { ...holdBy('check', order, 'CANCELLED'), ...row }
    } else if (found.onHold) yield holdBy('check', order, 'ON_HOLD')
    else if (!holdsWhatIsConfirmed(order, parcel)) yield holdBy('check', order, 'QTY_MISMATCH')
    else if (parcel.awb === null) yield hold('check', order, 'awb-missing', noAwb)
    else {
      const row = toShipmentRow(parcel)
      yield done('check', order.id, { status: row.status ?? 'READY_TO_SHIP', shipment: row })
    }
  }
}

const noAwb =
  'Cannot hand over the order: AJIO has given its package no waybill, start it again later'

const holdsWhatIsConfirmed = (order: BatchOrder, { lines }: Shipment): boolean => {
  const inParcel = new Map<string, number>()
  for (const line of lines) {
    inParcel.set(lineId(line), (inParcel.get(lineId(line)) ?? 0) + line.quantity)
  }
  const confirmed = order.lines.filter(({ confirmedQuantity }) => confirmedQuantity > 0)
  return inParcel.size === confirmed.length &&
    confirmed.every((line) => inParcel.get(line.externalId) === line.confirmedQuantity)
}
