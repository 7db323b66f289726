/**
 * The part of Flipkart's answers that we read: strict on that, blind to the rest. Numbers come as their
 * own text (`answer: 'exact'`), so that an amount never is a float.
 */
import { z } from 'zod'
import { flipkartTime } from './times.ts'

// PostgreSQL cannot store this character in text
const text = z.string().max(2000).refine((value) => !value.includes('\0'), 'holds a zero character')
const isBlank = (value: unknown): boolean =>
  value === null || value === undefined ||
  typeof value === 'string' && ['', 'na', 'null'].includes(value.trim().toLowerCase())
const blankable = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => isBlank(value) ? null : value, schema.nullable())

const word = text.min(1).max(100)
const optional = blankable(text.transform((value) => value.trim()))
/** Stands in keys and stays in clear, so it must look like an id: never a name in the wrong place. */
const id = z.string().regex(/^[\w./-]{1,80}$/, 'is not an id')
const optionalId = blankable(id)
const time = z.string().transform((value, ctx) => {
  const at = flipkartTime(value)
  if (!at) ctx.addIssue({ code: 'custom', message: 'is not a time' })
  return at ?? z.NEVER
})
const optionalTime = blankable(time)
/** A whole number, by its text. */
const count = z.string().regex(/^\d{1,9}$/, 'is not a count').transform(Number)
const optionalFlag = z.preprocess((value) => isBlank(value) ? false : value, z.boolean())

export const TokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).nullish(),
  refresh_token_expires_in: z.number().positive().nullish(),
})

/** Each shipment is parsed on its own, so that one bad row is not a bad page. */
export const ShipmentsPage = z.object({
  shipments: z.array(z.unknown()),
  hasMore: z.boolean().nullish(),
  nextPageUrl: z.string().nullish(),
})
export const ShipmentList = z.object({ shipments: z.array(z.unknown()) })

const OrderItem = z.object({
  orderItemId: id,
  orderId: id,
  orderDate: time,
  status: word,
  quantity: count,
  fsn: optionalId,
  sku: blankable(text.max(300)),
  hsn: blankable(text.max(20)),
  title: optional,
  serviceProfile: optional,
  courierReturn: optionalFlag,
  // the members differ from call to call: the total of the line is what we count by
  priceComponents: z.object({ totalPrice: text.nullish() }).nullish(),
})
export type OrderItem = z.infer<typeof OrderItem>

export const Shipment = z.object({
  shipmentId: id,
  locationId: optionalId,
  hold: optionalFlag,
  mps: optionalFlag,
  shipmentType: optional,
  dispatchAfterDate: optionalTime,
  dispatchByDate: optionalTime,
  updatedAt: time,
  subShipments: z.array(z.object({ subShipmentId: id })).nullish(),
  forms: z.array(z.object({ name: text.nullish(), link: text.nullish() })).nullish(),
  orderItems: z.array(OrderItem).min(1).max(1000),
})
export type Shipment = z.infer<typeof Shipment>

const Leg = z.object({ vendorName: optional, trackingId: blankable(text.max(100)) }).nullish()
/** Official sources disagree on its shape: what both have, and courier and addresses of the one. */
export const ShipmentDetails = z.object({
  shipmentId: id,
  deliveryAddress: z.object({
    ...{ stateCode: optional, state: optional, pinCode: optional, city: optional },
    ...{ firstName: optional, lastName: optional, contactNumber: optional },
    ...{ addressLine1: optional, addressLine2: optional },
  }).nullish(),
  courierDetails: z.object({ pickupDetails: Leg, deliveryDetails: Leg }).nullish(),
})
export type ShipmentDetails = z.infer<typeof ShipmentDetails>

/** What became of each shipment of a write: 200 even where some have failed. */
export const WriteLines = z.object({
  shipments: z.array(z.object({
    shipmentId: z.string(),
    status: z.string().nullish(),
    errorCode: z.string().nullish(),
    errorMessage: z.string().nullish(),
  })),
})
export type WriteLine = z.infer<typeof WriteLines>['shipments'][number]

export const HandoverCounts = z.array(z.object({
  vendorGroupCode: text.min(1),
  count: count.nullish(),
  pickUpDate: z.object({ from: text.nullish(), to: text.nullish() }).nullish(),
  isMps: optionalFlag,
}))
export type HandoverCount = z.infer<typeof HandoverCounts>[number]

export const ReturnsPage = z.object({
  returnItems: z.array(z.unknown()),
  hasMore: z.boolean().nullish(),
  nextUrl: z.string().nullish(),
})
export const Return = z.object({
  returnId: id,
  orderItemId: id,
  orderId: id,
  shipmentId: optionalId,
  quantity: count,
  status: word,
  reason: blankable(text.max(500)),
  subReason: blankable(text.max(500)),
  trackingId: blankable(text.max(100)),
  courierName: blankable(text.max(100)),
  shipmentStatus: blankable(text.max(100)),
  createdDate: time,
  updatedDate: time,
})
export type Return = z.infer<typeof Return>

/** By SKU; each is parsed on its own, so that no message repeats what stands there. */
export const BySku = z.record(z.string(), z.unknown())
export const InventoryLine = z.object({
  status: z.string(),
  errors: z.array(z.object({ code: z.string().nullish() })).nullish(),
  attribute_errors: z.array(z.object({ code: z.string().nullish() })).nullish(),
})
export const Listings = z.object({ available: BySku.nullish() })
export const Listing = z.object({
  locations: z.array(z.object({ id: text.nullish(), inventory: count.nullish() })).nullish(),
})

export const ReportTriggered = z.object({ report_id: z.string().regex(/^[\w.-]{1,100}$/) })
export const ReportDetail = z.object({ status: word, location: z.url().max(4000).nullish() })

/** A refusal of a whole request. */
export const RefusalBody = z.object({
  errors: z.array(z.object({ code: z.string().nullish() })).nullish(),
  error: z.string().nullish(),
})
