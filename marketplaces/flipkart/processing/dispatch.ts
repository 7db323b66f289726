/** Stage 7: ready to dispatch, or, of what the seller ships by itself, on its way. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { courierOf, isLiving, type Parcel } from '../parcels.ts'
import { chunksOf } from '../read.ts'
import { inIndia } from '../times.ts'
import type { SelfShipped } from '../transport.ts'
import { acceptedOf, type AcceptedShipment } from './accept.ts'
import { type Desk, done, holdBy, started } from './desk.ts'
import { isOfState, send } from './lines.ts'
import { readParcels, rowsOf } from './parcels.ts'

const maxShipments = 25 // of one request
const selfShipDays = 7

/** Whom each shipment is handed over to. */
const Dispatched = z.object({
  parcels: z.array(z.object({
    id: z.string(),
    locationId: z.string(),
    vendor: z.string().nullable(),
    isMps: z.boolean(),
    isSelf: z.boolean(),
  })),
})
export const dispatchedOf = (desk: Desk, { id }: BatchOrder) =>
  Dispatched.parse(desk.output('dispatch', id)).parcels

interface Due {
  readonly order: BatchOrder
  readonly shipment: AcceptedShipment
}

export async function* dispatch(desk: Desk): AsyncGenerator<StepResult> {
  const orders = desk.ready('dispatch')
  let parcelsOf = await readParcels(desk, orders)
  const due = orders.flatMap((order) =>
    acceptedOf(desk, order)
      .filter(({ id }) => isPackedOnly(parcelsOf(order).find(({ told }) => told.shipmentId === id)))
      .map((shipment): Due => ({ order, shipment }))
  )
  const refused = new Map<string, string>()
  for (const group of groupsOf(due)) {
    for (const order of new Set(group.map((one) => one.order))) {
      if (!desk.inDoubt('dispatch', order.id)) yield started('dispatch', order.id)
    }
    const outcomes = await send(
      group.map((one) => ({ id: one.shipment.id, ...one })),
      (part) => write(desk, part),
    )
    for (const { order, shipment } of group) {
      const code = outcomes.get(shipment.id)
      if (code && !isOfState(code)) refused.set(order.id, code)
    }
  }
  if (due.length > 0) parcelsOf = await readParcels(desk, orders)
  for (const order of orders) yield* endOf(order, parcelsOf(order), refused.get(order.id))
}

const isPackedOnly = (parcel: Parcel | undefined): boolean => parcel?.standing.status === 'PACKED'

/** One request is of one location, and of one way. */
const groupsOf = (due: readonly Due[]): readonly (readonly Due[])[] =>
  [
    ...Map.groupBy(due, ({ shipment }) => `${shipment.isSelf} ${shipment.locationId}`).values(),
  ].flatMap((group) => chunksOf(group, maxShipments))

const write = async (desk: Desk, group: readonly Due[]) => {
  const [first] = group
  if (!first) return []
  const { isSelf, locationId } = first.shipment
  return isSelf
    ? await desk.transport.selfShipDispatch(group.map((one) => selfShipped(desk, one)))
    : await desk.transport.dispatch(locationId, group.map(({ shipment }) => shipment.id))
}

/** The contract knows no waybill of the seller's own courier: the shipment's number stands for it. */
const selfShipped = ({ details, now }: Desk, { order, shipment }: Due): SelfShipped => ({
  shipmentId: shipment.id,
  locationId: shipment.locationId,
  dispatchDate: inIndia(now()),
  tentativeDeliveryDate: inIndia(new Date(now().getTime() + selfShipDays * 86_400_000)),
  deliveryPartner: details.self_ship_carrier ?? 'SELF',
  trackingId: shipment.id,
  invoice: {
    invoiceNumber: order.invoice?.number ?? '',
    invoiceDate: order.invoice?.date ?? '',
    items: shipment.items.map(({ id, quantity }) => ({ orderItemId: id, quantity })),
  },
})

function* endOf(
  order: BatchOrder,
  parcels: readonly Parcel[],
  code: string | undefined,
): Generator<StepResult> {
  const living = parcels.filter(({ standing }) => isLiving(standing))
  if (living.length === 0) return yield holdBy('dispatch', order, 'CANCELLED')
  if (code !== undefined) return yield holdBy('dispatch', order, code)
  // Flipkart has taken no notice of it, or has said that its state is another one
  if (living.some(isPackedOnly)) return yield holdBy('dispatch', order, 'INVALID_ITEM_STATE')
  const { first, last } = rowsOf(order, living)
  for (const shipment of first) yield started('dispatch', order.id, { shipment })
  yield done('dispatch', order.id, {
    status: 'READY_TO_SHIP',
    ...last,
    output: {
      parcels: living.map((parcel) => ({
        id: parcel.told.shipmentId,
        locationId: parcel.told.locationId ?? '',
        vendor: courierOf(parcel).carrier,
        isMps: parcel.told.mps,
        isSelf: parcel.told.shipmentType === 'SELF',
      })),
    },
  })
}
