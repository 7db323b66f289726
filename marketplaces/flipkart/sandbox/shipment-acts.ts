/** What a seller's system does to shipments, in batches: each line has its own end. */
import { z } from 'zod'
import { cancelItems, mayCancel } from './cancelling.ts'
import { type Act, reading } from './commands.ts'
import { count, livingOf, type Seller, type Shipment } from './model.ts'
import { goOnPacking, leaveBySelf, makeReady, pack } from './shipping.ts'
import { deliver } from './shipping.ts'
import { dayOf } from './times.ts'
import { type LineAnswer, linesOf, ok, wireForms } from './wire.ts'
import { changeShipment, type World } from './world.ts'

const text = z.string().min(1).max(100)
const size = z.number().positive().max(1000)
const batch = <T extends z.ZodType>(line: T, most: number) =>
  z.object({ shipments: z.array(line).min(1).max(most) })

const PackRequest = z.object({
  shipmentId: text,
  locationId: text.optional(),
  taxItems: z.array(
    z.object({
      orderItemId: text,
      taxRate: z.number().min(0),
      quantity: z.number().int().min(1).optional(),
      purchasePrice: z.number().optional(),
    }),
  ),
  serialNumbers: z.array(z.unknown()).optional(),
  invoices: z.array(
    z.object({ orderId: text, invoiceDate: z.iso.date(), invoiceNumber: text.optional() }),
  ).min(1),
  subShipments: z.array(
    z.object({
      subShipmentId: text,
      dimensions: z.object({ length: size, breadth: size, height: size, weight: size }),
    }),
  ).min(1),
  ignoreWarning: z.boolean().optional(),
})
type PackRequest = z.infer<typeof PackRequest>
const Ack = z.object({
  shipmentId: text,
  forms: z.array(z.object({ name: text, ackNumber: text })).min(1),
})
const Cancel = z.object({
  shipmentId: text,
  locationId: text.optional(),
  reason: text,
  cancellationGroupIds: z.array(text).default([]),
})
const Dispatch = z.object({
  shipmentIds: z.array(text).min(1).max(25),
  locationId: text.optional(),
})
const SelfDispatch = z.object({
  shipmentId: text,
  locationId: text.optional(),
  dispatchDate: z.iso.datetime({ offset: true }),
  tentativeDeliveryDate: z.iso.datetime({ offset: true }),
  deliveryPartner: text.default('Self'),
  trackingId: text,
  invoice: z.object({
    invoiceNumber: text.optional(),
    invoiceDate: z.iso.date(),
    items: z.array(z.unknown()).min(1),
  }),
})
const SelfDeliver = z.object({
  shipmentId: text,
  locationId: text.optional(),
  deliveryDate: z.iso.datetime({ offset: true }),
})
const Update = z.object({
  shipmentId: text,
  trackingId: text,
  deliveryPartner: text.optional(),
  tentativeDeliveryDate: z.iso.datetime({ offset: true }).optional(),
})

/** A refusal of one line, or nothing. */
type Fault = readonly [code: string, message: string] | undefined
interface Asked {
  readonly shipmentId: string
  readonly locationId?: string | undefined
}

const wrongState = ({ state }: Shipment): Fault => [
  'INVALID_ITEM_STATE',
  `The shipment is in state ${state}`,
]
const each = <T extends Asked>(
  seller: Seller,
  operation: string,
  asked: readonly T[],
  run: (shipment: Shipment, one: T) => Fault,
) =>
  linesOf(asked.map((one): LineAnswer => {
    const shipment = seller.shipments.get(one.shipmentId)
    const isHere = shipment && (one.locationId ?? shipment.location) === shipment.location
    const fault: Fault = isHere
      ? run(shipment, one)
      : ['INVALID_SHIPMENTS', 'The shipment is not known at this location']
    if (!fault) count(seller.done, operation)
    return { id: one.shipmentId, code: fault?.[0], message: fault?.[1] }
  }))

const rates: ReadonlySet<number> = new Set([0, 3, 5, 12, 18, 28, 40])

const packFault = (world: World, shipment: Shipment, ask: PackRequest): Fault => {
  if (shipment.state !== 'APPROVED') return wrongState(shipment)
  if (shipment.hold) return ['OPERATION_NOT_ALLOWED', 'The shipment is on hold']
  if (world.at() < shipment.dispatchAfter) {
    return ['OPERATION_NOT_ALLOWED', 'The shipment cannot be processed before dispatchAfterDate']
  }
  const living = livingOf(shipment)
  const told = new Map(ask.taxItems.map((one) => [one.orderItemId, one]))
  const fits = told.size === ask.taxItems.length && told.size === living.length &&
    living.every(({ id }) => told.has(id))
  if (!fits) return ['INVALID_REQUEST_ITEM_ID', 'taxItems are not the items of the shipment']
  const taxed = living.every(({ id, quantity }) => {
    const one = told.get(id)
    return one !== undefined && rates.has(one.taxRate) && (one.quantity ?? quantity) === quantity
  })
  if (!taxed) return ['INVALID_REQUEST_TAX', 'Tax rate or quantity of an item is wrong']
  if (ask.invoices.some(({ orderId }) => orderId !== shipment.order.id)) {
    return ['UNPROCESSABLE_ENTITY', 'An invoice is of another order']
  }
  const boxes = new Set(ask.subShipments.map(({ subShipmentId }) => subShipmentId))
  return shipment.subs.length === boxes.size && shipment.subs.every(({ id }) => boxes.has(id))
    ? undefined
    : ['UNPROCESSABLE_ENTITY', 'Every sub-shipment needs its dimensions']
}

export const shipmentActs: Readonly<Record<string, Act>> = {
  pack: reading(
    batch(PackRequest, 25),
    (world, seller, { shipments }) =>
      each(seller, 'pack', shipments, (shipment, ask) => {
        const fault = packFault(world, shipment, ask)
        if (fault) return fault
        const [invoice] = ask.invoices
        pack(world, seller, shipment, {
          dimensions: new Map(ask.subShipments.map((one) => [one.subShipmentId, one.dimensions])),
          invoice: {
            number: invoice?.invoiceNumber,
            date: invoice?.invoiceDate ?? dayOf(world.at()),
          },
        })
        return undefined
      }),
  ),
  updateAck: reading(
    batch(Ack, 25),
    (world, seller, { shipments }) =>
      each(seller, 'updateAck', shipments, (shipment, { forms }) => {
        if (shipment.state !== 'FORM_FAILED') return wrongState(shipment)
        if (!forms.some(({ name }) => name === shipment.formFault)) {
          return ['UNPROCESSABLE_ENTITY', 'The form that is missing is another one']
        }
        changeShipment(world, seller, shipment, () => {
          shipment.formFault = undefined
          shipment.state = 'PACKING_IN_PROGRESS'
        })
        goOnPacking(world, seller, shipment)
        return undefined
      }),
  ),
  forms: reading(z.object({ ids: z.array(text).min(1).max(100) }), (_world, seller, { ids }) =>
    ok({
      shipments: ids.flatMap((id) => {
        const shipment = seller.shipments.get(id)
        if (!shipment) return []
        const status = shipment.state === 'FORM_FAILED' ? 'FAILED' : 'GENERATED'
        const forms = wireForms(shipment).map((form) => ({ ...form, status }))
        return [{ shipmentId: id, forms }]
      }),
    })),
  labelFetched: (_world, seller, body) => {
    for (const id of z.object({ ids: z.array(z.string()) }).parse(body).ids) {
      const shipment = seller.shipments.get(id)
      if (shipment) shipment.labelFetched = true
    }
  },
  manifested: (_world, seller, body) => {
    for (const id of z.object({ ids: z.array(z.string()) }).parse(body).ids) {
      const shipment = seller.shipments.get(id)
      if (shipment) shipment.manifested = true
    }
    count(seller.done, 'manifest')
  },
  cancel: reading(
    batch(Cancel, 25),
    (world, seller, { shipments }) =>
      each(seller, 'cancel', shipments, (shipment, { cancellationGroupIds, reason }) => {
        if (!mayCancel(shipment)) return wrongState(shipment)
        const living = livingOf(shipment)
        const some = cancellationGroupIds.length === 0
          ? living
          : living.filter(({ group }) => cancellationGroupIds.includes(group))
        if (some.length < cancellationGroupIds.length) {
          return ['INVALID_REQUEST_ITEM_ID', 'A cancellation group is not of this shipment']
        }
        cancelItems(world, seller, shipment, some, 'seller', reason)
        return undefined
      }),
  ),
  dispatch: reading(Dispatch, (world, seller, { shipmentIds, locationId }) =>
    each(
      seller,
      'dispatch',
      shipmentIds.map((shipmentId) => ({ shipmentId, locationId })),
      (shipment) => {
        if (shipment.state !== 'PACKED') return wrongState(shipment)
        if (!shipment.labelFetched) return ['OPERATION_NOT_ALLOWED', 'Download the label first']
        makeReady(world, seller, shipment)
        return undefined
      },
    )),
  selfDispatch: reading(
    batch(SelfDispatch, 100),
    (world, seller, { shipments }) =>
      each(seller, 'selfDispatch', shipments, (shipment, ask) => {
        if (shipment.type !== 'SELF') return ['OPERATION_NOT_ALLOWED', 'Not a self-ship shipment']
        if (shipment.state !== 'APPROVED' && shipment.state !== 'PACKED') {
          return wrongState(shipment)
        }
        if (shipment.hold || world.at() < shipment.dispatchAfter) {
          return ['OPERATION_NOT_ALLOWED', 'The shipment cannot be processed now']
        }
        leaveBySelf(world, seller, shipment, { courier: ask.deliveryPartner, awb: ask.trackingId })
        return undefined
      }),
  ),
  selfDeliver: reading(
    batch(SelfDeliver, 100),
    (world, seller, { shipments }) =>
      each(seller, 'selfDeliver', shipments, (shipment) => {
        if (shipment.type !== 'SELF' || shipment.state !== 'SHIPPED') return wrongState(shipment)
        deliver(world, seller, shipment)
        return undefined
      }),
  ),
  selfAttempt: reading(batch(SelfDeliver, 100), (_world, seller, { shipments }) =>
    each(
      seller,
      'selfAttempt',
      shipments,
      (shipment) =>
        shipment.type === 'SELF' && shipment.state === 'SHIPPED' ? undefined : wrongState(shipment),
    )),
  updateTracking: reading(
    Update,
    (world, seller, ask) =>
      each(seller, 'updateTracking', [ask], (shipment) => {
        if (shipment.type !== 'SELF' || shipment.state !== 'SHIPPED') return wrongState(shipment)
        changeShipment(world, seller, shipment, () => {
          shipment.awb = ask.trackingId
          shipment.courier = ask.deliveryPartner ?? shipment.courier
        })
        return undefined
      }),
  ),
}
