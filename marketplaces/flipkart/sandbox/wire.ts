/** Shipments, returns and errors as Flipkart writes them. */
import { gstStateCode } from 'robnu/plugin'
import { hashOf, personFor, randomFor, type SandboxAnswer } from 'robnu/testing'
import { isLiving, type Item, type Return, type Seller, type Shipment } from './model.ts'
import { timeOrNull, timeText } from './times.ts'

export const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
export const refused = (
  status: number,
  code: string,
  description: string,
  path = '',
): SandboxAnswer => ({
  status,
  body: { errors: [{ severity: 'ERROR', code, description, path }] },
})
export const notFound = (what: string): SandboxAnswer => refused(404, 'NOT_FOUND', what)

/** One line of a batch; Flipkart's schema does not say how the word is written. */
export interface LineAnswer {
  readonly id: string
  readonly code?: string | undefined
  readonly message?: string | undefined
}
export const linesOf = (lines: readonly LineAnswer[]): SandboxAnswer =>
  ok({
    shipments: lines.map(({ id, code, message }) => ({
      shipmentId: id,
      status: wordOf(code ? 'FAILURE' : 'SUCCESS', id),
      errorCode: code ?? null,
      errorMessage: message ?? null,
    })),
  })
const wordOf = (word: string, key: string): string =>
  hashOf(0, key) % 4 === 0 ? word.toLowerCase() : word

export const stateOf = (item: Item, shipment: Shipment): string =>
  isLiving(item) ? shipment.state : 'CANCELLED'

export const wireShipment = (shipment: Shipment): object => ({
  shipmentId: shipment.id,
  locationId: shipment.location,
  hold: shipment.hold,
  mps: shipment.subs.length > 1,
  packagingPolicy: 'DEFAULT',
  shipmentType: shipment.type,
  dispatchAfterDate: timeText(shipment.dispatchAfter),
  dispatchByDate: timeText(shipment.dispatchBy),
  updatedAt: timeText(shipment.updatedAt),
  subShipments: shipment.subs.map(({ id, dimensions }, at) => ({
    subShipmentId: id,
    packages: dimensions && shipment.awb !== undefined
      ? [{
        packageId: `PKG-${shipment.awb}-${at + 1}`,
        packageTitle: shipment.items[0]?.product.title,
        packageSku: shipment.items[0]?.product.sku,
        dimensions,
      }]
      : [],
  })),
  forms: wireForms(shipment),
  orderItems: shipment.items.map((item) => wireItem(item, shipment)),
})

export const wireForms = ({ formFault, state }: Shipment): readonly object[] =>
  formFault === undefined ? [] : [{ name: formFault, link: '', automated: state !== 'FORM_FAILED' }]

const wireItem = (item: Item, shipment: Shipment): object => {
  const { product, quantity, totalPaise, shippingPaise, discountPaise, cancelled } = item
  return {
    orderItemId: item.id,
    orderId: item.order.id,
    cancellationGroupId: item.group,
    orderDate: timeText(item.order.placedAt),
    paymentType: item.order.payment,
    status: stateOf(item, shipment),
    quantity,
    fsn: product.fsn,
    sku: product.sku,
    listingId: product.listingId,
    hsn: product.hsn,
    title: product.title,
    packageIds: shipment.awb === undefined
      ? []
      : shipment.subs.map((_, at) => `PKG-${shipment.awb}-${at + 1}`),
    serviceProfile: 'NON_FBF',
    is_replacement: false,
    courierReturn: shipment.courierReturn,
    ...(cancelled
      ? {
        cancellationDate: timeText(cancelled.at),
        cancellationReason: cancelled.reason,
        cancellationSubReason: null,
      }
      : {}),
    priceComponents: {
      sellingPrice: product.pricePaise / 100,
      totalPrice: totalPaise / 100,
      shippingCharge: shippingPaise / 100,
      customerPrice: (totalPaise - discountPaise) / 100,
      flipkartDiscount: discountPaise / 100,
    },
  }
}

/** Flipkart's own sources disagree on the shape: every third shipment comes in that of the filter. */
export const wireDetails = (shipment: Shipment, view: object, seller: Seller, seed: number) => {
  const { order, awb, courier } = shipment
  const party = awb === undefined ? null : { vendorName: courier ?? null, trackingId: awb }
  const courierDetails = party && { pickupDetails: party, deliveryDetails: party }
  if (hashOf(0, shipment.id) % 3 === 0) return { ...view, courierDetails }
  const { city, state, postalCode } = order.place
  const place = { pinCode: postalCode, city, state, stateCode: `IN-${gstStateCode(state) ?? ''}` }
  const ours = {
    firstName: seller.name,
    pinCode: '560001',
    city: 'BENGALURU',
    state: 'KARNATAKA',
    addressLine1: 'Warehouse 7, Hosur Road',
  }
  const isSelf = shipment.type === 'SELF'
  const buyer = personFor(randomFor(seed, `buyer/${order.id}`))
  const [firstName, lastName] = buyer.name.split(' ')
  const address = isSelf
    ? {
      ...{ firstName, lastName, ...place },
      addressLine1: buyer.line1,
      addressLine2: buyer.line2,
      contactNumber: buyer.phone,
    }
    : place
  return {
    orderId: order.id,
    shipmentId: shipment.id,
    orderItems: (view as { readonly orderItems: unknown }).orderItems,
    weighingRequired: false,
    deliveryAddress: address,
    billingAddress: address,
    ...{ sellerAddress: ours, returnAddress: ours },
    ...(isSelf ? { buyerDetails: { firstName, lastName } } : {}),
    courierDetails,
  }
}

export const wireReturn = (one: Return): object => ({
  returnId: one.id,
  orderItemId: one.item.id,
  orderId: one.item.order.id,
  shipmentId: one.shipment.id,
  locationId: one.shipment.location,
  quantity: 1,
  orderDate: timeText(one.item.order.placedAt),
  status: one.status,
  type: one.source,
  reason: one.reason,
  subReason: null,
  trackingId: one.trackingId ?? null,
  courierName: one.trackingId === undefined ? null : one.shipment.courier ?? null,
  createdDate: timeText(one.createdAt),
  updatedDate: timeText(one.updatedAt),
  approvedOn: timeOrNull(one.approvedAt),
  expectedDate: timeText(one.expectedAt),
  shipmentStatus: one.source === 'courier_return' ? 'SHIPPED' : 'DELIVERED',
  comments: one.comments ?? null,
  serviceProfile: 'NON_FBF',
  services: [],
})
