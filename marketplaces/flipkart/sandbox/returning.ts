/** What comes back: one return for each piece. Its waybill is known some hours later. */
import { digitsOf, randomFor } from 'robnu/testing'
import {
  type Item,
  nextNumber,
  type Return,
  type ReturnSource,
  type Seller,
  type Shipment,
} from './model.ts'
import { accrueReturn } from './settling.ts'
import { dayMs, hourMs } from './times.ts'
import { wireReturn } from './wire.ts'
import { changeReturn, tell, type World } from './world.ts'

const reasons = ['SIZE_FIT_ISSUE', 'QUALITY_ISSUE', 'DEFECTIVE_PRODUCT', 'MISSHIPMENT', 'NO_NEED']

export const createReturns = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  source: ReturnSource,
  pieces: readonly { readonly item: Item; readonly quantity: number }[],
): readonly Return[] =>
  pieces.flatMap(({ item, quantity }) =>
    Array.from({ length: quantity }, () => createReturn(world, seller, shipment, source, item))
  )

const createReturn = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  source: ReturnSource,
  item: Item,
): Return => {
  const number = nextNumber(seller, 'return')
  const digits = `${seller.mark}${String(number).padStart(6, '0')}`
  const random = randomFor(world.seed, `return/${digits}`)
  const at = world.at()
  const one: Return = {
    id: `12${digits}${digitsOf(world.seed, `return/${digits}`, 8)}`,
    ...{ source, item, shipment },
    reason: source === 'courier_return' ? 'ATTEMPTS_EXHAUSTED' : random.pick(reasons),
    createdAt: at,
    expectedAt: at + 7 * dayMs,
    status: 'CREATED',
    approvedAt: source === 'courier_return' ? undefined : at,
    trackingId: undefined,
    comments: undefined,
    updatedAt: at,
  }
  seller.returns.set(one.id, one)
  tell(world, seller, { returnId: one.id }, 'return_created', {
    status: 'RETURN_CREATED',
    returnItems: [{ ...wireReturn(one), source, action: 'return' }],
  })
  return one
}

/** The way of a return that a buyer sends. */
export const planCustomerReturn = (world: World, seller: Seller, one: Return): void => {
  const random = randomFor(world.seed, `return-way/${one.id}`)
  const named = world.at() + random.int(4, 30) * hourMs
  const picked = named + random.int(10, 40) * hourMs
  world.plan(named, () => nameReturn(world, seller, one))
  if (random.chance(0.06)) {
    world.plan(picked, () => void cancelReturn(world, seller, one))
    return
  }
  world.plan(picked, () => {
    if (one.status !== 'CREATED') return
    tell(world, seller, { returnId: one.id }, 'return picked up', { orderItemId: one.item.id })
  })
  world.plan(
    picked + random.int(48, 150) * hourMs,
    () => void completeReturn(world, seller, one),
  )
}

export const nameReturn = (world: World, seller: Seller, one: Return): void => {
  if (one.status !== 'CREATED' || one.trackingId !== undefined) return
  const isRto = one.source === 'courier_return'
  changeReturn(world, seller, one, () => {
    // a parcel that turns round keeps its number
    one.trackingId = isRto && one.shipment.awb !== undefined
      ? one.shipment.awb
      : `MYSR${digitsOf(world.seed, `rvp/${one.id}`, 10)}`
  })
  tell(world, seller, { returnId: one.id }, 'return_item_tracking_id_update', {
    returnItems: [{
      orderItemId: one.item.id,
      trackingId: one.trackingId,
      courierName: one.shipment.courier ?? null,
    }],
  })
}

/** False when it is over already. */
export const completeReturn = (world: World, seller: Seller, one: Return): boolean => {
  if (one.status !== 'CREATED') return false
  nameReturn(world, seller, one)
  changeReturn(world, seller, one, () => void (one.status = 'COMPLETED'))
  tell(world, seller, { returnId: one.id }, 'return_completed', { status: 'RETURN_COMPLETED' })
  accrueReturn(world, seller, one)
  return true
}

export const cancelReturn = (
  world: World,
  seller: Seller,
  one: Return,
  comments?: string,
): boolean => {
  if (one.status !== 'CREATED') return false
  changeReturn(world, seller, one, () => {
    one.status = 'CANCELLED'
    one.comments = comments
  })
  tell(world, seller, { returnId: one.id }, 'return_cancelled', { status: 'RETURN_CANCELLED' })
  return true
}
