/** Stage 1: the order as Flipkart has it now. It knows no acceptance: an approved shipment is ours. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { findParcels, isLiving, livingItems, ordersOf, type Parcel } from '../parcels.ts'
import type { Details } from '../schemas.ts'
import { isWithSeller } from '../states.ts'
import { type Desk, done, hold, holdBy } from './desk.ts'

/** What the later stages know of the order without asking again: what is to be done with. */
const Accepted = z.object({
  shipments: z.array(z.object({
    id: z.string(),
    locationId: z.string(),
    isSelf: z.boolean(),
    isMps: z.boolean(),
    subShipments: z.array(z.string()),
    items: z.array(z.object({ id: z.string(), quantity: z.number() })),
  })),
})
export type AcceptedShipment = z.infer<typeof Accepted>['shipments'][number]

export const acceptedOf = (desk: Desk, { id }: BatchOrder): readonly AcceptedShipment[] =>
  Accepted.parse(desk.output('accept', id)).shipments

export async function* accept(desk: Desk): AsyncGenerator<StepResult> {
  const orders = desk.ready('accept')
  if (orders.length === 0) return
  const ids = orders.map(({ externalId }) => externalId)
  const { parcels, broken } = await findParcels(desk.transport, ids)
  for (const order of orders) {
    yield broken.has(order.externalId)
      ? hold('accept', order, 'unreadable', unreadable)
      : standing(desk, order, parcels.get(order.externalId) ?? [])
  }
}

const unreadable = 'Cannot accept the order: Flipkart tells one of its shipments in a strange form'

const standing = (
  { now }: Desk,
  order: BatchOrder,
  parcels: readonly Parcel[],
): StepResult => {
  const not = (code: string, why: string, more = {}) =>
    hold('accept', order, code, `Cannot accept the order: ${why}`, more)
  if (parcels.length === 0) return not('not-found', 'Flipkart does not know it')
  const living = parcels.filter((parcel) => isLiving(parcel.standing))
  if (living.length === 0) return holdBy('accept', order, 'CANCELLED')
  const strange = living.find((parcel) => parcel.standing.status === null)
  if (strange) {
    return not('unknown-state', `Flipkart calls it "${strange.standing.rawStatus}", unknown to us`)
  }
  const waiting = living.filter((parcel) => isWithSeller(parcel.standing))
  if (waiting.length === 0) {
    const status = living[0]?.standing.status
    return not('already-shipped', 'it has left already', status ? { status } : {})
  }
  if (waiting.some(({ told }) => ordersOf(told).length > 1)) {
    return not(
      'shared-shipment',
      'it lies in one shipment with another order, use the seller portal',
    )
  }
  if (waiting.every(isTheirs)) return not('fulfilled-by-marketplace', 'Flipkart ships it itself')
  if (waiting.some(isFormFailed)) return not('form-failed', formWords(waiting))
  const open = waiting.filter(({ told }) => !told.hold)
  if (open.length === 0) return not('on-hold', 'Flipkart keeps it on hold, start it again later')
  const due = open.filter((parcel) => isPacked(parcel) || isDue(parcel, now()))
  if (due.length === 0) {
    return not('too-early', 'Flipkart does not allow its processing yet, start it again later')
  }
  if (due.some(({ told }) => told.locationId === null)) {
    return not('location-missing', 'Flipkart names no location for it')
  }
  const fault = faultOf(order, due, living)
  if (fault) return not(...fault)
  return done('accept', order.id, {
    status: 'ACKNOWLEDGED',
    output: { shipments: due.map((parcel) => toAccepted(parcel, order)) },
  })
}

const isTheirs = ({ told }: Parcel): boolean =>
  told.orderItems.every(({ serviceProfile }) => serviceProfile === 'FBF')
export const isFormFailed = ({ standing }: Pick<Parcel, 'standing'>): boolean =>
  standing.rawStatus === 'FORM_FAILED'
const isPacked = ({ standing }: Pick<Parcel, 'standing'>): boolean =>
  standing.status !== 'NEW' && standing.status !== null
const isDue = ({ told }: Parcel, now: Date): boolean =>
  told.dispatchAfterDate === null || told.dispatchAfterDate <= now

export const formWords = (parcels: readonly Parcel[]): string => {
  const names = parcels.filter(isFormFailed).flatMap(({ told }) => told.forms ?? [])
    .flatMap(({ name }) => name && /^[\w .-]{1,60}$/.test(name) ? [name] : [])
  const which = names.length > 0 ? ` (${[...new Set(names)].join(', ')})` : ''
  return `Flipkart could not make its state entry form${which}, give the acknowledgement number ` +
    'in the seller portal'
}

/** A shipment goes whole or not at all. */
const faultOf = (
  { externalId, lines, invoice }: BatchOrder,
  due: readonly Parcel[],
  living: readonly Parcel[],
): readonly [code: string, why: string] | undefined => {
  const unpacked = due.filter((parcel) => !isPacked(parcel))
  if (unpacked.length === 0) return undefined
  const ordered = Map.groupBy(
    unpacked.flatMap((parcel) => livingItems(parcel, externalId)),
    ({ orderItemId }) => orderItemId,
  )
  for (const [id, items] of ordered) {
    const line = lines.find((one) => one.externalId === id)
    const quantity = items.reduce((sum, item) => sum + item.quantity, 0)
    if (!line || line.quantity < quantity) {
      return [
        'lines-differ',
        'Flipkart has other quantities of it, sync the orders and start again',
      ]
    }
    // what of the line lies in other shipments may be the part that is short
    if (line.confirmedQuantity < quantity || line.confirmedQuantity < line.quantity) {
      const why =
        `line ${id} is short of stock, and Flipkart ships all of it or nothing: mend the ` +
        'stock, or cancel it in the seller portal'
      return ['short-stock', why]
    }
  }
  const there = new Set(
    living.flatMap((parcel) => livingItems(parcel, externalId)).map((item) => item.orderItemId),
  )
  if (lines.some((line) => line.confirmedQuantity > 0 && !there.has(line.externalId))) {
    return ['lines-differ', 'a part of it was cancelled, sync the orders and start it again']
  }
  if (!invoice) return ['invoice-missing', 'it has no invoice number, set the series of invoices']
  return undefined
}

const toAccepted = (parcel: Parcel, { externalId }: BatchOrder): AcceptedShipment => ({
  id: parcel.told.shipmentId,
  locationId: parcel.told.locationId ?? '',
  isSelf: parcel.told.shipmentType === 'SELF',
  isMps: parcel.told.mps,
  subShipments: (parcel.told.subShipments ?? []).map(({ subShipmentId }) => subShipmentId),
  items: livingItems(parcel, externalId).map(({ orderItemId, quantity }) => ({
    ...{ id: orderItemId, quantity },
  })),
})

/** In per cent: of the line, else of the account. */
export const taxRateOf = (
  { lines }: BatchOrder,
  itemId: string,
  { gst_rate_bp }: Details,
): number => (lines.find(({ externalId }) => externalId === itemId)?.gstRateBp ?? gst_rate_bp) / 100
