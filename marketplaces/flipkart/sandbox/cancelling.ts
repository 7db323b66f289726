/** Cancellation: by groups of items, and only before PACKED unless Flipkart itself does it. */
import { type Canceller, isLiving, type Item, type Seller, type Shipment } from './model.ts'
import { accrueCancellation } from './settling.ts'
import { changeShipment, tell, type World } from './world.ts'

export const mayCancel = ({ state }: Shipment): boolean =>
  state === 'APPROVED' || state === 'PACKING_IN_PROGRESS' || state === 'FORM_FAILED'

export const cancelItems = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  items: readonly Item[],
  by: Canceller,
  reason: string,
): void => {
  const some = items.filter(isLiving)
  if (some.length === 0) return
  changeShipment(world, seller, shipment, () => {
    for (const item of some) item.cancelled = { by, reason, at: world.at() }
  })
  for (const item of some) if (by === 'seller') accrueCancellation(world, seller, item)
  tell(world, seller, { shipmentId: shipment.id }, 'shipment_cancelled', {
    status: 'CANCELLED',
    orderItems: some.map(({ id, quantity }) => ({ orderItemId: id, quantity, reason })),
  })
}
