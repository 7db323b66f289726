/** Orders API v0, what is left of it: a seller tells that a parcel of his own has left. */
import { randomFor, type SandboxAnswer, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Guard } from './guard.ts'
import { distinctLines, standingAt } from './orders.ts'
import { livingParcel } from './parcels.ts'
import { invalid, writeRoute } from './requests.ts'
import { wayOf } from './timeline.ts'
import { marketplaceId, wireError } from './wire.ts'
import { type Act, countDone, type World } from './world.ts'

export const selfShipRoutes = (
  options: { readonly guard: Guard; readonly world: World },
): readonly SandboxRoute[] => [
  writeRoute(
    options,
    'POST',
    '/orders/v0/orders/{orderId}/shipmentConfirmation',
    'confirmShipment',
  ),
]

const confirmShipment: Act = (world, partner, body): SandboxAnswer => {
  const asked = Confirmation.safeParse(body)
  if (!asked.success) return invalid('The request has missing or invalid parameters.')
  const { orderId, packageDetail, marketplaceId: market } = asked.data
  const order = partner.books.find(orderId)
  const standing = order && standingAt(order, world.at())
  if (!order || !standing || market !== marketplaceId) {
    return wireError(404, 'NotFound', 'The requested order was not found.')
  }
  const waits = standing.status === 'UNSHIPPED' && order.selfShip &&
    !livingParcel(order, world.at(), world.seed)
  if (!waits) return invalid('The order cannot be confirmed as shipped in its current state.')
  const lines = new Map(distinctLines(order).map((line) => [line.itemId, line.quantity]))
  const { orderItems, packageReferenceId, trackingNumber } = packageDetail
  const whole = orderItems.length === lines.size &&
    orderItems.every((one) => lines.get(one.orderItemId) === one.quantity)
  if (!whole) return invalid('The orderItems do not match the order.')
  const carrier = packageDetail.carrierName ?? packageDetail.carrierCode
  const made = { madeAt: world.at(), carrier, trackingNumber, route: 'SELF_SHIP' } as const
  order.parcels = [...(order.parcels ?? []), { id: packageReferenceId, ...made }]
  countDone(partner, 'parcel')
  partner.books.turn(order, ...wayOf(randomFor(world.seed, `way/${orderId}`), world.at()))
  return { status: 204, bytes: new Uint8Array() }
}
export const selfShipActs: Readonly<Record<string, Act>> = { confirmShipment }

const Confirmation = z.object({
  orderId: z.string(),
  marketplaceId: z.string(),
  packageDetail: z.object({
    packageReferenceId: z.string().regex(/^[1-9]\d*$/),
    carrierCode: z.string().min(1),
    carrierName: z.string().optional(),
    shippingMethod: z.string().optional(),
    trackingNumber: z.string().min(1),
    shipDate: z.iso.datetime({ offset: true }),
    orderItems: z.array(z.object({ orderItemId: z.string(), quantity: z.int().min(1) })).min(1),
  }),
})
