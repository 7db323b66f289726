/** Easy Ship 2022-03-23, as far as it is asked: slots, and the one package of an order. */
import type { Context, ShipmentRow } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from '../client.ts'
import { explained, type Outcome, outcomeOf } from '../refusals.ts'
import { shipmentIdOf } from '../rows.ts'
import { parcelState } from '../states.ts'

const path = '/easyShip/2022-03-23'
const time = z.iso.datetime({ offset: true })

const Slot = z.object({
  slotId: z.string().min(1),
  startTime: time.nullish(),
  endTime: time.nullish(),
  handoverMethod: z.string().nullish(),
})
export type Slot = z.infer<typeof Slot>
const Slots = z.object({ timeSlots: z.array(Slot) })

/** Strict on what we read: the courier's number, and the word for where the parcel is. */
export const Package = z.object({
  scheduledPackageId: z.object({ amazonOrderId: z.string().max(60) }),
  packageStatus: z.string().regex(/^\w{1,60}$/).nullish(),
  trackingDetails: z.object({
    trackingId: z.string().regex(/^[\x21-\x7e]{1,100}$/).nullish(),
  }).nullish(),
})
export type Package = z.infer<typeof Package>

/** What Easy Ship offers for a package of the account's usual size. */
export const listSlots = (
  account: Connection,
  ctx: Context,
  amazonOrderId: string,
): Promise<Outcome<readonly Slot[]>> => {
  const { details } = account
  return outcomeOf(
    askAmazon(account, ctx)(Slots, `${path}/timeSlot`, {
      method: 'POST',
      operation: 'listHandoverSlots',
      explain: explained,
      json: {
        marketplaceId: details.marketplace_id,
        amazonOrderId,
        packageDimensions: {
          length: details.package_length_cm,
          width: details.package_breadth_cm,
          height: details.package_height_cm,
          unit: 'cm',
        },
        packageWeight: { value: details.package_weight_g, unit: 'g' },
      },
    }).then(({ timeSlots }) => timeSlots),
  )
}

/** Books a slot: from here on the order has its label. Never twice: the second one is refused. */
export const schedulePackage = (
  account: Connection,
  ctx: Context,
  amazonOrderId: string,
  slot: Slot,
): Promise<Outcome<Package>> =>
  outcomeOf(
    askAmazon(account, ctx)(Package, `${path}/package`, {
      method: 'POST',
      operation: 'createScheduledPackage',
      explain: explained,
      json: {
        amazonOrderId,
        marketplaceId: account.details.marketplace_id,
        packageDetails: { packageTimeSlot: slot },
      },
    }),
  )

/** The package of the order; undefined where it has none, or only one whose label is void. */
export const readPackage = async (
  account: Connection,
  ctx: Context,
  amazonOrderId: string,
): Promise<Package | undefined> => {
  const outcome = await outcomeOf(
    askAmazon(account, ctx)(Package, `${path}/package`, {
      operation: 'getScheduledPackage',
      explain: (status, body) => status === 404 ? explained(status, body) : undefined,
      query: { amazonOrderId, marketplaceId: account.details.marketplace_id },
    }),
  )
  return 'value' in outcome ? outcome.value : undefined
}

export const isVoid = ({ packageStatus }: Package): boolean => packageStatus === 'LabelCanceled'

/** Null while the courier has given it no number. */
export const easyShipRow = (
  { scheduledPackageId, packageStatus, trackingDetails }: Package,
  items: ShipmentRow['items'],
  updatedAt: Date,
): ShipmentRow | null => {
  const awb = trackingDetails?.trackingId ?? null
  if (awb === null) return null
  const word = packageStatus ?? 'ReadyForPickup'
  const state = parcelState(word)
  return {
    externalId: shipmentIdOf(scheduledPackageId.amazonOrderId, awb),
    // the label is void: this parcel will never leave
    status: state === 'PACKED' ? 'CANCELLED' : state,
    rawStatus: word,
    awb,
    // the only carrier of Easy Ship in its own API, which does not name it
    carrier: 'ATS',
    manifestExternalId: null,
    updatedAt,
    items,
  }
}
