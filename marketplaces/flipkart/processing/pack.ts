/**
 * Stage 2: pack. Flipkart takes the request at once and makes package, label and invoice later, in some
 * seconds or up to half an hour; the batch waits for it, and asks again.
 */
import { type BatchOrder, failure, type StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { isLiving, type Parcel } from '../parcels.ts'
import { chunksOf } from '../read.ts'
import type { PackRequest } from '../transport.ts'
import { acceptedOf, type AcceptedShipment, formWords, isFormFailed, taxRateOf } from './accept.ts'
import { type Desk, done, hold, holdBy, started } from './desk.ts'
import { isOfState, send } from './lines.ts'
import { readParcels, rowsOf } from './parcels.ts'

const maxShipments = 25 // of one request
const pollMs = 10_000
/** Flipkart says half an hour; what takes this long never comes by itself. */
const patienceMs = 2 * 3_600_000

/** The shipments that Flipkart has taken, and since when. */
const Sent = z.object({ ids: z.array(z.string()), since: z.iso.datetime() })

export async function* pack(desk: Desk): AsyncGenerator<StepResult> {
  const orders = desk.ready('pack')
  let parcelsOf = await readParcels(desk, orders)
  const refused = new Map<string, string>()
  const toSend = orders.flatMap((order) =>
    unsent(desk, order, parcelsOf(order)).map((shipment) => ({ order, shipment }))
  )
  for (const group of chunksOf(toSend, maxShipments)) {
    for (const order of new Set(group.map((one) => one.order))) {
      if (!desk.inDoubt('pack', order.id)) yield started('pack', order.id)
    }
    const outcomes = await send(
      group.map(({ order, shipment }) => ({ id: shipment.id, order, shipment })),
      (part) => desk.transport.pack(part.map((one) => requestOf(desk, one.order, one.shipment))),
    )
    for (const { order, shipment } of group) {
      const code = outcomes.get(shipment.id)
      if (!outcomes.has(shipment.id) || code && isOfState(code)) continue
      if (code) refused.set(order.id, code)
      else yield started('pack', order.id, { output: withSent(desk, order, shipment) })
    }
  }
  if (toSend.length > 0) parcelsOf = await readParcels(desk, orders)
  let waiting = false
  for (const order of orders) {
    const parcels = parcelsOf(order)
    const code = refused.get(order.id)
    const end = code === undefined ? endOf(desk, order, parcels) : holdBy('pack', order, code)
    waiting ||= end === undefined
    if (!end) continue
    if (end.outcome === 'done') {
      for (const shipment of rowsOf(order, parcels).first) {
        yield started('pack', order.id, { shipment })
      }
    }
    yield end
  }
  if (!waiting) return
  const message = 'Flipkart is packing: it has not made all packages yet'
  throw failure('unavailable', message, { code: 'not-ready', retryAfterMs: pollMs })
}

/** Approved at Flipkart, and not in its hands by an answer that we have seen. */
const unsent = (
  desk: Desk,
  order: BatchOrder,
  parcels: readonly Parcel[],
): readonly AcceptedShipment[] => {
  const sent = new Set(sentOf(desk, order)?.ids)
  const approved = new Set(
    parcels.filter(({ standing, told }) => standing.status === 'NEW' && !told.hold)
      .map(({ told }) => told.shipmentId),
  )
  return acceptedOf(desk, order).filter(({ id }) => approved.has(id) && !sent.has(id))
}

const sentOf = (desk: Desk, { id }: BatchOrder): z.infer<typeof Sent> | undefined =>
  Sent.safeParse(desk.output('pack', id)).data

const withSent = (desk: Desk, order: BatchOrder, { id }: AcceptedShipment) => {
  const before = sentOf(desk, order)
  return { ids: [...before?.ids ?? [], id], since: before?.since ?? desk.now().toISOString() }
}

/** Undefined: Flipkart is not through with it. */
const endOf = (
  desk: Desk,
  order: BatchOrder,
  parcels: readonly Parcel[],
): StepResult | undefined => {
  const living = parcels.filter(({ standing }) => isLiving(standing))
  const not = (code: string, why: string) =>
    hold('pack', order, code, `Cannot pack the order: ${why}`)
  if (parcels.length === 0) return not('not-found', 'Flipkart does not know it any more')
  if (living.length === 0) return holdBy('pack', order, 'CANCELLED')
  if (living.some(isFormFailed)) return not('form-failed', formWords(living))
  const strange = living.find(({ standing }) => standing.status === null)
  if (strange) return not('unknown-state', `Flipkart calls it "${strange.standing.rawStatus}"`)
  const isThrough = (parcel: Parcel) =>
    parcel.standing.status !== 'NEW' && parcel.standing.rawStatus !== 'PACKING_IN_PROGRESS'
  if (living.every(isThrough)) {
    return done('pack', order.id, { status: 'PACKED', ...rowsOf(order, parcels).last })
  }
  const held = living.some(({ standing, told }) => standing.status === 'NEW' && told.hold)
  if (held) return not('on-hold', 'Flipkart has put it on hold, start it again later')
  const since = sentOf(desk, order)?.since
  const isOver = since !== undefined && desk.now().getTime() - Date.parse(since) > patienceMs
  return isOver
    ? not('pack-not-done', 'Flipkart has not made the package for two hours')
    : undefined
}

const requestOf = (
  { details }: Desk,
  order: BatchOrder,
  { id, locationId, subShipments, items }: AcceptedShipment,
): PackRequest => ({
  ...{ shipmentId: id, locationId, serialNumbers: [] },
  taxItems: items.map((item) => ({
    orderItemId: item.id,
    taxRate: taxRateOf(order, item.id, details),
    quantity: item.quantity,
  })),
  invoices: [{
    orderId: order.externalId,
    invoiceDate: order.invoice?.date ?? '',
    invoiceNumber: order.invoice?.number ?? '',
  }],
  subShipments: (subShipments.length > 0 ? subShipments : ['SS-1']).map((subShipmentId) => ({
    subShipmentId,
    dimensions: {
      length: details.package_length_cm,
      breadth: details.package_breadth_cm,
      height: details.package_height_cm,
      weight: details.package_weight_grams / 1000,
    },
  })),
})
