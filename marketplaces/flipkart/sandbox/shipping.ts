/** From the pack request to the buyer's door, or back. */
import { digitsOf, hashOf, randomFor } from 'robnu/testing'
import { type Dimensions, nextNumber, type Seller, type Shipment } from './model.ts'
import { completeReturn, createReturns, nameReturn, planCustomerReturn } from './returning.ts'
import { accrueSale } from './settling.ts'
import { dayMs, hourMs, minuteMs, timeOfDay } from './times.ts'
import { changeShipment, tell, type World } from './world.ts'

export interface Packing {
  readonly dimensions: ReadonlyMap<string, Dimensions>
  readonly invoice: { readonly number: string | undefined; readonly date: string }
}
const couriers = ['E-Kart Logistics', 'Delhivery', 'XpressBees', 'Shadowfax']

/** One package, ever: a second call finds it APPROVED no more. */
export const pack = (world: World, seller: Seller, shipment: Shipment, how: Packing): void => {
  const number = String(nextNumber(seller, 'invoice')).padStart(6, '0')
  changeShipment(world, seller, shipment, () => {
    shipment.state = 'PACKING_IN_PROGRESS'
    shipment.packs += 1
    shipment.invoice = {
      number: how.invoice.number ?? `FAAA${seller.mark}26${number}`,
      date: how.invoice.date,
    }
    for (const sub of shipment.subs) sub.dimensions = how.dimensions.get(sub.id)
  })
  goOnPacking(world, seller, shipment)
}

/** After so long it is packed, or a form is missing. */
export const goOnPacking = (world: World, seller: Seller, shipment: Shipment): void =>
  world.plan(world.at() + shipment.packMs, () => {
    if (shipment.state !== 'PACKING_IN_PROGRESS') return
    if (shipment.formFault === undefined) return setPacked(world, seller, shipment)
    changeShipment(world, seller, shipment, () => void (shipment.state = 'FORM_FAILED'))
    tell(world, seller, { shipmentId: shipment.id }, 'shipment_form_failed', {
      status: 'FORM_FAILED',
      forms: [shipment.formFault],
    })
  })

export const setPacked = (world: World, seller: Seller, shipment: Shipment): void => {
  const random = randomFor(world.seed, `parcel/${shipment.id}`)
  const isCod = shipment.order.payment === 'COD'
  changeShipment(world, seller, shipment, () => {
    shipment.state = 'PACKED'
    shipment.courier = shipment.type === 'SELF' ? undefined : random.pick(couriers)
    shipment.awb = `FMP${isCod ? 'C' : 'P'}${digitsOf(world.seed, `awb/${shipment.id}`, 10)}`
  })
  say(world, seller, shipment, 'shipment_packed')
}

const say = (world: World, seller: Seller, shipment: Shipment, event: string): void =>
  tell(world, seller, { shipmentId: shipment.id }, event, { status: shipment.state })

/** READY_TO_DISPATCH; the courier comes in the evening, for what is ready by 17:00. */
export const makeReady = (world: World, seller: Seller, shipment: Shipment): void => {
  changeShipment(world, seller, shipment, () => void (shipment.state = 'READY_TO_DISPATCH'))
  say(world, seller, shipment, 'shipment_ready_to_dispatch')
  const late = world.at() > timeOfDay(world.at(), 17)
  const minutes = hashOf(world.seed, `pickup/${shipment.id}`) % 180
  const evening = timeOfDay(world.at(), 18, late ? 1 : 0) + minutes * minuteMs
  world.plan(evening, () => pickUp(world, seller, shipment))
}

export const pickUp = (world: World, seller: Seller, shipment: Shipment): void => {
  if (shipment.state !== 'READY_TO_DISPATCH') return
  changeShipment(world, seller, shipment, () => void (shipment.state = 'PICKUP_COMPLETE'))
  say(world, seller, shipment, 'shipment_pickup_complete')
  const hours = 3 + hashOf(world.seed, `leave/${shipment.id}`) % 8
  world.plan(world.at() + hours * hourMs, () => leave(world, seller, shipment))
}

/** From here on the order goes by its fate. */
export const leave = (world: World, seller: Seller, shipment: Shipment): void => {
  if (shipment.state !== 'PICKUP_COMPLETE') return
  changeShipment(world, seller, shipment, () => void (shipment.state = 'SHIPPED'))
  say(world, seller, shipment, 'shipment_shipped')
  const way = randomFor(world.seed, `way/${shipment.id}`).int(30, 110) * hourMs
  const { end } = shipment.order.fate
  world.plan(
    world.at() + way,
    () => end === 'rto' ? turnBack(world, seller, shipment) : deliver(world, seller, shipment),
  )
}

/** The seller's own courier: it has left. */
export const leaveBySelf = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  { courier, awb }: { readonly courier: string; readonly awb: string },
): void => {
  changeShipment(world, seller, shipment, () => {
    shipment.state = 'SHIPPED'
    shipment.courier = courier
    shipment.awb = awb
  })
  say(world, seller, shipment, 'shipment_shipped')
}

export const deliver = (world: World, seller: Seller, shipment: Shipment): void => {
  if (shipment.state !== 'SHIPPED' || shipment.courierReturn) return
  changeShipment(world, seller, shipment, () => void (shipment.state = 'DELIVERED'))
  say(world, seller, shipment, 'shipment_delivered')
  accrueSale(world, seller, shipment)
  if (!shipment.order.fate.comesBack) return
  const random = randomFor(world.seed, `back/${shipment.id}`)
  const [item] = shipment.items.filter(({ cancelled }) => !cancelled)
  if (!item) return
  world.plan(world.at() + random.int(20, 150) * hourMs, () => {
    const pieces = [{ item, quantity: random.chance(0.8) ? item.quantity : 1 }]
    const made = createReturns(world, seller, shipment, 'customer_return', pieces)
    for (const one of made) planCustomerReturn(world, seller, one)
  })
}

/** Return to origin: the buyer would not take it. All pieces come back together. */
export const turnBack = (world: World, seller: Seller, shipment: Shipment): void => {
  if (shipment.state !== 'SHIPPED' || shipment.courierReturn) return
  changeShipment(world, seller, shipment, () => void (shipment.courierReturn = true))
  const pieces = shipment.items.filter(({ cancelled }) => !cancelled)
    .map((item) => ({ item, quantity: item.quantity }))
  const made = createReturns(world, seller, shipment, 'courier_return', pieces)
  const random = randomFor(world.seed, `rto/${shipment.id}`)
  const named = world.at() + random.int(2, 20) * hourMs
  const back = world.at() + random.int(3, 8) * dayMs + random.int(0, 600) * minuteMs
  for (const one of made) {
    world.plan(named, () => nameReturn(world, seller, one))
    world.plan(back, () => completeReturn(world, seller, one))
  }
}
