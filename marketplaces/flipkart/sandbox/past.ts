/** New orders, and who looked after them before the sandbox's clock began. */
import { randomFor } from 'robnu/testing'
import { nextNumber, type Order, type Seller, type Shipment } from './model.ts'
import { placeOrder } from './placing.ts'
import { makeReady, pack } from './shipping.ts'
import { dayMs, dayOf, hourMs, minuteMs } from './times.ts'
import type { World } from './world.ts'

/** New orders one after the other, for as long as `perDay` says more than none. */
export const planArrivals = (
  world: World,
  seller: Seller,
  perDay: (at: number) => number,
): void => {
  const next = (): void => {
    const rate = perDay(world.at())
    if (rate <= 0) return
    const random = randomFor(world.seed, `arrival/${seller.id}/${nextNumber(seller, 'arrival')}`)
    const gap = dayMs / rate * (0.3 + 1.4 * random.next())
    world.plan(world.at() + Math.max(1000, gap), () => {
      if (perDay(world.at()) <= 0) return
      const order = placeOrder(world, seller, { natural: true })
      if (world.at() < world.start) workLater(world, seller, order)
      next()
    })
  }
  next()
}

const recentMs = 30 * hourMs // of such orders some are left for whoever comes next

const workLater = (world: World, seller: Seller, order: Order): void => {
  const random = randomFor(world.seed, `past/${order.id}`)
  const isRecent = order.placedAt > world.start - recentMs
  const depth = isRecent ? random.pick(['none', 'none', 'packed', 'ready']) : 'ready'
  if (depth === 'none') return
  for (const shipment of order.shipments) work(world, seller, shipment, depth === 'ready', 0)
}

/** Tries again some hours later while it is on hold. */
const work = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  toTheEnd: boolean,
  tries: number,
): void => {
  const random = randomFor(world.seed, `past/${shipment.id}/${tries}`)
  const at = Math.max(world.at(), shipment.dispatchAfter) + random.int(10, 200) * minuteMs
  const early = (time: number, run: () => void) =>
    world.plan(time, () => void (world.at() < world.start && run()))
  early(at, () => {
    if (shipment.state !== 'APPROVED') return
    if (shipment.hold || world.at() < shipment.dispatchAfter) {
      return work(world, seller, shipment, toTheEnd, tries + 1)
    }
    packAsBefore(world, seller, shipment)
    if (!toTheEnd) return
    early(world.at() + shipment.packMs + random.int(10, 60) * minuteMs, () => {
      if (shipment.state === 'PACKED') finish(world, seller, shipment)
    })
  })
}

/** With the forms that were asked for, and a label in hand. */
export const packAsBefore = (world: World, seller: Seller, shipment: Shipment): void => {
  const box = { length: 28, breadth: 22, height: 6, weight: 0.4 }
  shipment.formFault = undefined
  pack(world, seller, shipment, {
    dimensions: new Map(shipment.subs.map(({ id }) => [id, box])),
    invoice: { number: undefined, date: dayOf(world.at()) },
  })
}
export const finish = (world: World, seller: Seller, shipment: Shipment): void => {
  shipment.labelFetched = true
  makeReady(world, seller, shipment)
}
