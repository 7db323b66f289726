/** Easy Ship: a slot is booked, and with it the order has its one package and its label. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { acceptedOf } from './accepted.ts'
import { type Desk, done, hold, holdBy, itemsOf, started } from './desk.ts'
import { easyShipRow, isVoid, listSlots, type Package, readPackage } from './easy-ship-api.ts'
import { schedulePackage, type Slot } from './easy-ship-api.ts'

/** A slot does not live long: the next ones are asked for so often before the order is held. */
const mostSlots = 4
/** Refusals that say no more than that this slot cannot be had. */
const otherSlot = ['ScheduleWindowExpired', 'RetryableAfterGettingNewSlots', 'InvalidTimeSlotId']

export async function* bookSlots(desk: Desk): AsyncGenerator<StepResult> {
  const { account, ctx } = desk
  for (const order of desk.readyBy('package', 'easy-ship')) {
    const isKnown = acceptedOf(desk, order.id).packed || desk.inDoubt('package', order.id)
    const found = isKnown ? await readPackage(account, ctx, order.externalId) : undefined
    if (found && !isVoid(found)) yield packed(desk, order, found)
    else yield* book(desk, order)
  }
}

async function* book(desk: Desk, order: BatchOrder): AsyncGenerator<StepResult> {
  const { account, ctx } = desk
  let last = 'TimeSlotNotAvailable'
  const full = new Set<string>()
  for (let times = 0; times < mostSlots; times++) {
    const slots = await listSlots(account, ctx, order.externalId)
    if ('refused' in slots) return yield holdBy('package', order, slots.refused)
    const open = slots.value.filter(({ slotId, startTime }) => !full.has(startTime ?? slotId))
    const slot = choose(open, acceptedOf(desk, order.id).shipBy)
    if (!slot) break
    if (!desk.inDoubt('package', order.id)) yield started('package', order.id)
    const outcome = await schedulePackage(account, ctx, order.externalId, slot)
    if ('value' in outcome) return yield packed(desk, order, outcome.value)
    last = outcome.refused
    if (last === 'ScheduledPackageAlreadyExists') {
      // by a request whose answer was lost, or by somebody in Seller Central
      const found = await readPackage(account, ctx, order.externalId)
      return yield found ? packed(desk, order, found) : holdBy('package', order, last)
    }
    if (!otherSlot.includes(last)) break
    // one that has expired may be had by its new id; of others another window is taken
    if (last !== 'ScheduleWindowExpired') full.add(slot.startTime ?? slot.slotId)
  }
  yield holdBy('package', order, last)
}

/** The first by which the courier comes in time; where there is none, the first of all. */
const choose = (slots: readonly Slot[], shipBy: string | null): Slot | undefined => {
  const startOf = ({ startTime }: Slot) => startTime ? Date.parse(startTime) : Infinity
  const inTime = ({ endTime }: Slot) =>
    shipBy === null || (endTime ? Date.parse(endTime) : Infinity) <= Date.parse(shipBy)
  // a parcel that somebody must carry to the courier is nobody's first choice
  const isFetched = ({ handoverMethod }: Slot) => handoverMethod !== 'DROPOFF'
  const rank = (slot: Slot) => (isFetched(slot) ? 0 : 2) + (inTime(slot) ? 0 : 1)
  return slots.toSorted((one, other) => rank(one) - rank(other) || startOf(one) - startOf(other))[0]
}

const Packed = z.object({ shipment: z.string().nullable() })

/** What the parcel is called in the ledger; null: it had no waybill when it was packed. */
export const parcelOf = (desk: Desk, { id }: BatchOrder): string | null => {
  const output = Packed.safeParse(desk.output('check', id))
  return output.success ? output.data.shipment : null
}

const packed = (desk: Desk, order: BatchOrder, found: Package): StepResult => {
  const row = easyShipRow(found, itemsOf(order), desk.ctx.now())
  return done('package', order.id, {
    // with its slot it has its label; further on than that is what the sync will tell
    status: 'READY_TO_SHIP',
    ...(row ? { shipment: row } : {}),
  })
}

/** The last look before the parcel is handed over: a buyer may have called it off meanwhile. */
export async function* checkPackages(desk: Desk): AsyncGenerator<StepResult> {
  const { account, ctx } = desk
  for (const order of desk.readyBy('check', 'easy-ship')) {
    const found = await readPackage(account, ctx, order.externalId)
    const row = found && easyShipRow(found, itemsOf(order), ctx.now())
    if (!found || !row) yield hold('check', order, 'awb-missing', noAwb)
    else if (isVoid(found)) yield hold('check', order, 'label-cancelled', voided, { shipment: row })
    else yield done('check', order.id, { shipment: row, output: { shipment: row.externalId } })
  }
}

const noAwb =
  'Cannot hand over the order: Amazon has given its package no waybill, start it again later'
const voided =
  'Cannot hand over the order: its label was cancelled, sync the orders and start it again if it ' +
  'is still to be sent'
