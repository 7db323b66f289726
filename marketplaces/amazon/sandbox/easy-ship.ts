/** The Easy Ship API 2022-03-23: slots, the one package of an order, and its courier's word. */
import { hashOf, type SandboxAnswer, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Guard } from './guard.ts'
import { type ParcelWord, type SandboxOrder, standingAt } from './orders.ts'
import { livingParcel, makeParcel, parcelsAt, reschedule, type StandingParcel } from './parcels.ts'
import { invalid, sellingHost, writeRoute } from './requests.ts'
import { createSlots, type Offer, type Slots } from './slots.ts'
import { iso, marketplaceId, wireError } from './wire.ts'
import type { Act, Partner, World } from './world.ts'

export interface EasyShip {
  readonly acts: Readonly<Record<string, Act>>
  readonly routes: (
    options: { readonly guard: Guard; readonly world: World },
  ) => readonly SandboxRoute[]
}

const path = '/easyShip/2022-03-23'
const words: Readonly<Record<ParcelWord, string>> = {
  PENDING_SCHEDULE: 'ReadyForPickup',
  PENDING_PICK_UP: 'ReadyForPickup',
  PENDING_DROP_OFF: 'ReadyForPickup',
  LABEL_CANCELLED: 'LabelCanceled',
  PICKED_UP: 'PickedUp',
  DROPPED_OFF: 'PickedUp',
  AT_ORIGIN_FC: 'AtOriginFC',
  AT_DESTINATION_FC: 'AtDestinationFC',
  OUT_FOR_DELIVERY: 'OutForDelivery',
  DELIVERED: 'Delivered',
  REJECTED_BY_BUYER: 'Rejected',
  UNDELIVERABLE: 'Undeliverable',
  RETURNING_TO_SELLER: 'Undeliverable',
  RETURNED_TO_SELLER: 'ReturnedToSeller',
  LOST: 'LostInTransit',
  DAMAGED: 'DamagedInTransit',
}

export const createEasyShip = (seed: number): EasyShip => {
  const slots = createSlots(seed)
  const acts: Record<string, Act> = {
    createScheduledPackage: reading(CreateOne, (world, partner, body) => {
      const { amazonOrderId, packageDetails: { packageTimeSlot: { slotId } } } = body
      const made = schedule(world, partner, slots, amazonOrderId, slotId)
      return 'status' in made ? made : { status: 200, body: wirePackage(...made) }
    }),
    updateScheduledPackages: reading(Update, (world, partner, { updatePackageDetailsList }) => {
      const packages: object[] = []
      for (const { scheduledPackageId, packageTimeSlot } of updatePackageDetailsList) {
        const { amazonOrderId } = scheduledPackageId
        const moved = move(world, partner, slots, amazonOrderId, packageTimeSlot.slotId)
        if ('status' in moved) return moved
        packages.push(wirePackage(...moved))
      }
      return { status: 200, body: { packages } }
    }),
  }
  const read = (world: World, partner: Partner, id: string) => {
    const order = partner.books.find(id)
    const known = order && standingAt(order, world.at())
    return order && known ? order : undefined
  }
  return {
    acts,
    routes: ({ guard, world }) => [
      writeRoute({ guard, world }, 'POST', `${path}/package`, 'createScheduledPackage'),
      writeRoute({ guard, world }, 'PATCH', `${path}/package`, 'updateScheduledPackages'),
      {
        ...{ method: 'POST', path: `${path}/timeSlot`, host: sellingHost },
        operation: 'listHandoverSlots',
        handle: guard('listHandoverSlots', ({ body }, partner) => {
          const asked = Asked.safeParse(jsonOf(body))
          if (!asked.success) return invalid('The request has missing or invalid parameters.')
          if (asked.data.marketplaceId !== marketplaceId) return regionless()
          const { amazonOrderId, packageDimensions: box, packageWeight } = asked.data
          const order = read(world, partner, amazonOrderId)
          if (!order) return notFound()
          const refusal = refusalOf(order, world)
          if (refusal) return refusal
          const offered = slots.offered(
            order.id,
            { ...box, grams: packageWeight.value },
            world.at(),
          )
          if (offered.length === 0) {
            return wireError(404, 'TimeSlotNotAvailable', 'No time slot is available.')
          }
          return { status: 200, body: { amazonOrderId, timeSlots: offered.map(wireSlot) } }
        }),
      },
      {
        ...{ method: 'GET', path: `${path}/package`, host: sellingHost },
        operation: 'getScheduledPackage',
        handle: guard('getScheduledPackage', ({ url }, partner) => {
          const order = read(world, partner, url.searchParams.get('amazonOrderId') ?? '')
          if (url.searchParams.get('marketplaceId') !== marketplaceId) return regionless()
          const last = order && parcelsAt(order, world.at(), world.seed).at(-1)
          return last ? { status: 200, body: wirePackage(order, last) } : notFound()
        }),
      },
    ],
  }
}

type Made = readonly [order: SandboxOrder, parcel: StandingParcel]

const schedule = (
  world: World,
  partner: Partner,
  slots: Slots,
  orderId: string,
  slotId: string,
): Made | SandboxAnswer => {
  const order = partner.books.find(orderId)
  if (!order || !standingAt(order, world.at())) return notFound()
  if (livingParcel(order, world.at(), world.seed)) {
    return wireError(400, 'ScheduledPackageAlreadyExists', 'The order has already been scheduled.')
  }
  const refusal = refusalOf(order, world)
  if (refusal) return refusal
  const slot = opened(slots, order.id, slotId, world.at())
  if ('status' in slot) return slot
  // now and then a window is full by the time that somebody takes it
  if (hashOf(world.seed, `full/${order.id}/${slot.start}`) % 40 === 0) {
    const message = 'The time slot cannot be used any more. Request a new one and try again.'
    return wireError(400, 'RetryableAfterGettingNewSlots', message)
  }
  makeParcel(world, partner, order, { route: 'EASY_SHIP', slot, box: slot.box })
  return standing(order, world)
}

const move = (
  world: World,
  partner: Partner,
  slots: Slots,
  orderId: string,
  slotId: string,
): Made | SandboxAnswer => {
  const order = partner.books.find(orderId)
  const living = order && livingParcel(order, world.at(), world.seed)
  if (!order || !living) return notFound()
  if (living.leftAt !== undefined) {
    const message = 'The order is not eligible for rescheduling.'
    return wireError(405, 'OrderNotEligibleForRescheduling', message)
  }
  const slot = opened(slots, orderId, slotId, world.at())
  if ('status' in slot) return slot
  reschedule(world, partner, order, living.parcel, slot)
  return standing(order, world)
}

const standing = (order: SandboxOrder, world: World): Made => {
  const parcel = parcelsAt(order, world.at(), world.seed).at(-1)
  if (!parcel) throw new Error(`order "${order.id}" has lost its parcel`)
  return [order, parcel]
}

const opened = (
  slots: Slots,
  orderId: string,
  slotId: string,
  at: number,
): Offer | SandboxAnswer => {
  const slot = slots.open(orderId, slotId, at)
  if (slot === 'invalid') return wireError(400, 'InvalidTimeSlotId', 'The time slot is not valid.')
  if (slot !== 'expired') return slot
  return wireError(400, 'ScheduleWindowExpired', 'The selected time slot has expired.')
}

/** Who may not have a parcel now. */
const refusalOf = (order: SandboxOrder, world: World): SandboxAnswer | undefined => {
  const waits = standingAt(order, world.at())?.status === 'UNSHIPPED'
  if (waits && order.fulfilledBy === 'MERCHANT' && !order.selfShip) return undefined
  const message = 'The request cannot be applied to the order in its current state.'
  return wireError(404, 'InvalidOrderState', message)
}

const wireSlot = ({ id, start, end, handover }: Omit<Offer, 'box'>): object => ({
  slotId: id,
  startTime: iso(start),
  endTime: iso(end),
  handoverMethod: handover,
})

const usualBox = { length: 30, width: 25, height: 5, grams: 500 }

const wirePackage = (order: SandboxOrder, { parcel, word }: StandingParcel): object => {
  const { length, width, height, grams } = parcel.box ?? usualBox
  const slot = parcel.slot ?? { id: 'past', start: parcel.madeAt, end: parcel.madeAt + 14_400_000 }
  return {
    scheduledPackageId: { amazonOrderId: order.id, packageId: parcel.id },
    packageDimensions: { length, width, height, unit: 'cm' },
    packageWeight: { value: grams, unit: 'g' },
    packageItems: order.lines.map(({ itemId }) => ({ orderItemId: itemId })),
    packageTimeSlot: wireSlot({ handover: 'PICKUP', ...slot }),
    invoice: { invoiceNumber: `IN-${order.id.slice(4)}`, invoiceDate: iso(order.createdAt) },
    packageStatus: words[word],
    trackingDetails: { trackingId: parcel.trackingNumber },
  }
}

const notFound = (): SandboxAnswer =>
  wireError(404, 'ResourceNotFound', 'The specified resource does not exist.')
const regionless = (): SandboxAnswer =>
  wireError(404, 'RegionNotSupported', 'Amazon Easy Ship is not supported in the marketplace.')

const reading = <T extends { readonly marketplaceId: string }>(
  schema: z.ZodType<T>,
  answer: (world: World, partner: Partner, body: T) => SandboxAnswer,
): Act =>
(world, partner, body) => {
  const read = schema.safeParse(body)
  if (!read.success) return invalid('The request has missing or invalid parameters.')
  return read.data.marketplaceId === marketplaceId
    ? answer(world, partner, read.data)
    : regionless()
}

const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const text = z.string().min(1).max(255)
const side = z.number().min(0.01)
const Asked = z.object({
  marketplaceId: text,
  amazonOrderId: text,
  packageDimensions: z.object({
    length: side,
    width: side,
    height: side,
    unit: z.literal('cm').optional(),
  }),
  packageWeight: z.object({ value: z.number().min(11), unit: z.enum(['g', 'grams']).optional() }),
})
const packageTimeSlot = z.object({ slotId: text })
const CreateOne = z.object({
  marketplaceId: text,
  amazonOrderId: text,
  packageDetails: z.object({ packageTimeSlot }),
})
const Update = z.object({
  marketplaceId: text,
  updatePackageDetailsList: z.array(z.object({
    scheduledPackageId: z.object({ amazonOrderId: text, packageId: text.optional() }),
    packageTimeSlot,
  })).min(1).max(500),
})
