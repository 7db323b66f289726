/** Shipments as External Fulfillment 2024-09-11 writes them. */
import { paiseOf } from 'robnu/plugin'
import { type Change, distinctLines, type ExternalStep, type Line } from './orders.ts'
import type { ParcelWord, SandboxOrder } from './orders.ts'
import { standingAt } from './orders.ts'
import { parcelsAt, shipmentIdOf, type StandingParcel } from './parcels.ts'
import { iso, marketplaceId } from './wire.ts'

export const locationId = 'EXDL'

const subStatuses: Readonly<Record<ParcelWord, string>> = {
  PENDING_SCHEDULE: 'PENDING_SCHEDULE',
  PENDING_PICK_UP: 'PENDING_PICKUP',
  PENDING_DROP_OFF: 'PENDING_DROP_OFF',
  LABEL_CANCELLED: 'LABEL_CANCELED',
  PICKED_UP: 'PICKED_UP',
  DROPPED_OFF: 'DROPPED_OFF',
  AT_ORIGIN_FC: 'AT_ORIGIN_FC',
  AT_DESTINATION_FC: 'AT_DESTINATION_FC',
  OUT_FOR_DELIVERY: 'OUT_FOR_DELIVERY',
  DELIVERED: 'DELIVERED',
  REJECTED_BY_BUYER: 'NOT_DELIVERED',
  UNDELIVERABLE: 'UNDELIVERABLE',
  RETURNING_TO_SELLER: 'UNDELIVERABLE',
  RETURNED_TO_SELLER: 'UNDELIVERABLE',
  LOST: 'LOST',
  DAMAGED: 'DAMAGED',
}
export type ShipmentStatus =
  | ExternalStep['status']
  | 'ACCEPTED'
  | 'SHIPLABEL_GENERATED'
  | 'CANCELLED'
  | 'SHIPPED'
  | 'DELIVERED'

export interface StandingShipment {
  readonly order: SandboxOrder
  readonly change: Change
  readonly status: ShipmentStatus
  readonly step: ExternalStep | undefined
  readonly parcel: StandingParcel | undefined
}

/** Undefined: External Fulfillment knows nothing of it, yet or at all. */
export const shipmentAt = (
  order: SandboxOrder,
  at: number,
  seed: number,
): StandingShipment | undefined => {
  const change = standingAt(order, at)
  const told = change && !change.status.startsWith('PENDING') && distinctLines(order).some(isThere)
  if (!told || order.fulfilledBy === 'AMAZON') return undefined
  const parcel = parcelsAt(order, at, seed).at(-1)
  const step = order.external?.at(-1)
  return { order, change, status: statusOf(change, parcel, step), step, parcel }
}

const statusOf = (
  { status }: Change,
  parcel: StandingParcel | undefined,
  step: ExternalStep | undefined,
): ShipmentStatus => {
  if (status === 'CANCELLED' || status === 'UNFULFILLABLE') return 'CANCELLED'
  if (status === 'SHIPPED') return parcel?.word === 'DELIVERED' ? 'DELIVERED' : 'SHIPPED'
  if (parcel && parcel.word !== 'LABEL_CANCELLED' && parcel.word !== 'PENDING_SCHEDULE') {
    return 'SHIPLABEL_GENERATED'
  }
  return step?.status ?? 'ACCEPTED'
}

const isThere = ({ quantity }: Line): boolean => quantity > 0

/** Lines by the number that packages name them by. */
export const linesOf = (order: SandboxOrder): ReadonlyMap<string, Line> =>
  new Map(distinctLines(order).filter(isThere).map((line, at) => [String(at + 1), line]))

export const wireShipment = (standing: StandingShipment, seed: number): object => {
  const { order, change, status, step, parcel } = standing
  const lines = [...linesOf(order)]
  const units = lines.reduce((sum, [, { quantity }]) => sum + quantity, 0)
  const sum = lines.reduce((all, [, { amount }]) => all + (paiseOf(amount ?? '0') ?? 0), 0)
  return {
    id: shipmentIdOf(order, seed),
    locationId,
    marketplaceAttributes: { marketplaceId, channelName: 'MFN' },
    shipmentInfo: {
      shipmentType: 'NEW',
      numberOfUnits: units,
      priority: order.service === 'EXPEDITED' ? 'HIGH' : 'LOW',
      buyerOrderId: order.id,
      orderStatesEligibleForRejection: ['ACCEPTED', 'CONFIRMED'],
      orderPlacedTimestamp: iso(order.createdAt),
      processingSource: 'EXTERNAL_PLATFORM',
      paymentMethod: 'PREPAID',
    },
    shipmentRequirements: {
      pSlip: { requirement: 'NOT_REQUIRED', status: 'NOT_GENERATED' },
      invoice: { requirement: 'REQUIRED', status: step?.pack ? 'AVAILABLE' : 'PENDING' },
    },
    charges: [chargeOf('TOTAL', sum)],
    status,
    ...(parcel ? { subStatus: subStatuses[parcel.word] } : {}),
    lineItems: lines.map(([id, { sku, quantity, amount }]) => ({
      shipmentLineItemId: id,
      merchantSku: sku,
      numberOfUnits: quantity,
      charges: [chargeOf('PRODUCT', paiseOf(amount ?? '0') ?? 0)],
      complianceAttributes: {
        hazmatLabelsRequirement: 'DISALLOWED',
        serialNumberRequirement: 'DISALLOWED',
        countryOfOriginRequirement: 'DISALLOWED',
        itemValueRequirement: 'DISALLOWED',
      },
    })),
    shippingInfo: {
      expectedShippingDateTimeInUTC: iso(order.shipBy ?? order.createdAt + 2 * 86_400_000),
      shippingType: order.selfShip ? 'SELF' : 'MARKETPLACE',
    },
    ...(step?.pack ? { packages: [wirePackage(standing, step.pack)] } : {}),
    creationDateTime: iso(order.createdAt),
    lastUpdatedDateTime: iso(Math.max(change.at, step?.at ?? 0)),
  }
}

const wirePackage = (
  { order, status }: StandingShipment,
  { id, box }: NonNullable<ExternalStep['pack']>,
): object => {
  const side = (value: number) => ({ value: `${value}.0`, dimensionUnit: 'CM' })
  return {
    id,
    dimensions: { length: side(box.length), width: side(box.width), height: side(box.height) },
    weight: { value: `${box.grams}.0`, weightUnit: 'G' },
    packageLineItems: [...linesOf(order)].map(([packageLineItemId, { quantity }]) => ({
      packageLineItemId,
      quantity,
    })),
    status: status === 'PACKAGE_CREATED' || status === 'ACCEPTED' || status === 'CONFIRMED'
      ? 'CREATED'
      : status,
  }
}

const chargeOf = (chargeType: string, paise: number): object => {
  const whole = { value: decimal(paise), currencyCode: 'INR' }
  const none = { value: '0.00', currencyCode: 'INR' }
  const breakup = { baseAmount: whole, discountAmount: none, netAmount: whole }
  const free = { baseAmount: none, discountAmount: none, netAmount: none }
  return {
    chargeType,
    baseCharge: breakup,
    totalCharge: breakup,
    totalTax: { type: 'TOTAL', charge: free },
  }
}

const decimal = (paise: number): string =>
  `${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, '0')}`
