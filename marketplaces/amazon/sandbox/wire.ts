/** Orders and errors as Amazon writes them (Orders API 2026-01-01). */
import { paiseOf } from 'robnu/plugin'
import { personFor, randomFor, type SandboxAnswer } from 'robnu/testing'
import type { Found } from './books.ts'
import { distinctLines, type Line, parcelStatus, type SandboxOrder } from './orders.ts'
import { parcelsAt, shipmentIdOf } from './parcels.ts'

export const marketplaceId = 'A21TJRUUN4KGV'

export const includedParts = [
  'BUYER',
  'RECIPIENT',
  'PROCEEDS',
  'EXPENSE',
  'PROMOTION',
  'CANCELLATION',
  'FULFILLMENT',
  'PACKAGES',
  'TAX',
  'PAYMENT',
  'FULFILLMENT_ORDERS',
] as const
export type IncludedPart = (typeof includedParts)[number]

/** An order with the parts that were asked for; others are absent, not null. */
export const wireOrder = (
  { order, standing }: Found,
  parts: ReadonlySet<IncludedPart>,
  seed: number,
): object => {
  const told = order.open || !standing.status.startsWith('PENDING')
  const found = { order, standing }
  const part = (name: IncludedPart, value: object | undefined): object =>
    parts.has(name) && value ? value : {}
  return {
    orderId: order.id,
    createdTime: iso(order.createdAt),
    lastUpdatedTime: iso(standing.at),
    programs: programsOf(order),
    salesChannel: { channelName: order.channel, marketplaceId, marketplaceName: 'Amazon.in' },
    ...(told ? part('BUYER', buyerOf(order, seed)) : {}),
    ...(told ? part('RECIPIENT', recipientOf(order, seed)) : {}),
    ...(told ? part('PROCEEDS', proceedsOf(order)) : {}),
    ...(told ? part('PAYMENT', paymentOf(order, seed)) : {}),
    ...part('FULFILLMENT', fulfillmentOf(found)),
    orderItems: order.lines.map((line) => ({
      orderItemId: line.itemId,
      quantityOrdered: line.quantity,
      product: {
        ...(line.asin ? { asin: line.asin } : {}),
        title: line.title,
        sellerSku: line.sku,
        condition: { conditionType: 'NEW', conditionSubtype: 'NEW' },
        ...(told ? unitPriceOf(line) : {}),
      },
      ...(told ? part('PROCEEDS', lineProceedsOf(line)) : {}),
      ...part('CANCELLATION', cancellationOf(found)),
      ...part('FULFILLMENT', { fulfillment: quantitiesOf(found, line) }),
    })),
    ...part('PACKAGES', packagesOf(found, seed)),
    ...part('FULFILLMENT_ORDERS', fulfillmentOrdersOf(found, seed)),
  }
}

/** Instants are whole seconds in these books. */
export const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

export const wireError = (
  status: number,
  code: string,
  message: string,
  details = '',
): SandboxAnswer => ({
  status,
  headers: { 'x-amzn-ErrorType': code },
  body: { errors: [{ code, message, details }] },
})

const programsOf = (order: SandboxOrder): string[] => [
  ...(order.fulfilledBy === 'MERCHANT' && !order.selfShip ? ['AMAZON_EASY_SHIP'] : []),
  ...(order.business ? ['AMAZON_BUSINESS'] : []),
]

const buyerOf = (order: SandboxOrder, seed: number): object => {
  const { name, email } = personOf(order, seed)
  return { buyer: { buyerName: name, buyerEmail: email } }
}

const recipientOf = (order: SandboxOrder, seed: number): object => {
  const { name, phone, line1, line2 } = personOf(order, seed)
  return {
    recipient: {
      deliveryAddress: {
        name,
        addressLine1: line1,
        addressLine2: line2,
        ...(order.city ? { city: order.city } : {}),
        ...(order.state ? { stateOrRegion: order.state } : {}),
        ...(order.postalCode ? { postalCode: order.postalCode } : {}),
        countryCode: 'IN',
        phone,
        addressType: order.business ? 'COMMERCIAL' : 'RESIDENTIAL',
      },
    },
  }
}

const personOf = (order: SandboxOrder, seed: number) =>
  personFor(randomFor(seed, `buyer/${order.id}`))

/** The sum of the lines, a line without a price counting as nothing. */
const totalOf = (order: SandboxOrder): object => {
  const lines = distinctLines(order)
  const paise = lines.reduce((sum, { amount }) => sum + (paiseOf(amount ?? '0') ?? 0), 0)
  return money(decimal(paise), lines[0]?.currency ?? 'INR')
}
/** Of an order without any price there is none. */
const proceedsOf = (order: SandboxOrder): object | undefined =>
  order.lines.some(({ amount }) => amount !== null)
    ? { proceeds: { grandTotal: totalOf(order) } }
    : undefined

const lineProceedsOf = ({ amount, currency }: Line): object | undefined =>
  amount === null ? undefined : { proceeds: { proceedsTotal: money(amount, currency) } }

const unitPriceOf = ({ amount, currency, quantity }: Line): object => {
  const each = quantity > 0 && amount !== null ? (paiseOf(amount) ?? Number.NaN) / quantity : NaN
  // a price that is no whole number of paise cannot be told
  return Number.isInteger(each) ? { price: { unitPrice: money(decimal(each), currency) } } : {}
}

const paymentOf = (order: SandboxOrder, seed: number): object => {
  const cash = randomFor(seed, `payment/${order.id}`).chance(0.5)
  const paymentMethod = cash ? 'CashOnDelivery' : 'Other'
  return { payment: { paymentExecutions: [{ paymentMethod, paymentAmount: totalOf(order) }] } }
}

const dayMs = 86_400_000

const fulfillmentOf = ({ order, standing }: Found): object => ({
  fulfillment: {
    fulfillmentStatus: standing.status,
    fulfilledBy: order.fulfilledBy,
    fulfillmentServiceLevel: order.service,
    shipByWindow: {
      earliestDateTime: iso(order.createdAt),
      latestDateTime: iso(order.shipBy ?? order.createdAt + 2 * dayMs),
    },
    deliverByWindow: {
      earliestDateTime: iso(order.createdAt + 3 * dayMs),
      latestDateTime: iso(order.createdAt + 8 * dayMs),
    },
  },
})

const quantitiesOf = ({ standing }: Found, { quantity }: Line): object => {
  const fulfilled = standing.status === 'SHIPPED' ? quantity : 0
  const open = standing.status === 'CANCELLED' ? 0 : quantity - fulfilled
  return { quantityFulfilled: fulfilled, quantityUnfulfilled: open }
}

const cancellationOf = ({ standing: { cancelledBy } }: Found): object | undefined =>
  cancelledBy && {
    cancellation: {
      ...(cancelledBy === 'BUYER' ? { cancellationRequest: { requester: 'BUYER' } } : {}),
      cancellationExecution: { cancelledBy },
    },
  }

const packagesOf = ({ order, standing }: Found, seed: number): object | undefined => {
  const parcels = parcelsAt(order, standing.at, seed)
  if (parcels.length === 0) return undefined
  return {
    packages: parcels.map(({ parcel, word, leftAt }) => ({
      packageReferenceId: parcel.id,
      createdTime: iso(parcel.madeAt),
      packageStatus: { status: parcelStatus[word], detailedStatus: word },
      carrier: parcel.carrier,
      ...(leftAt === undefined ? {} : { shipTime: iso(leftAt) }),
      shippingService: parcel.route === 'SELF_SHIP' ? 'Standard' : 'Easy Ship',
      trackingNumber: parcel.trackingNumber,
      packageItems: distinctLines(order).map(({ itemId, quantity }) => ({
        orderItemId: itemId,
        quantity,
      })),
    })),
  }
}

const fulfillmentOrdersOf = ({ order, standing }: Found, seed: number): object | undefined => {
  const isEasyShip = order.fulfilledBy === 'MERCHANT' && !order.selfShip
  if (!isEasyShip || standing.status.startsWith('PENDING')) return undefined
  return { fulfillmentOrders: [{ fulfillmentOrderId: shipmentIdOf(order, seed) }] }
}

const money = (amount: string, currencyCode: string): object => ({ amount, currencyCode })

const decimal = (paise: number): string =>
  `${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, '0')}`
