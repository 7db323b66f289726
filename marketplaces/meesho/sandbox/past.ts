/** Before the sandbox's clock starts, somebody else ran the shops: their sub-orders are the history. */
import { randomFor } from 'robnu/testing'
import { makeLabel } from './labels.ts'
import { makeManifest } from './manifests.ts'
import { nextNumber, type Order, type Supplier } from './model.ts'
import { acceptOrders } from './orders.ts'
import { placeOrder } from './placing.ts'
import { dayMs, hourMs, minuteMs, timeOfDay } from './words.ts'
import type { World } from './world.ts'

/** New sub-orders one after the other, for as long as `perDay` says more than none. */
export const planArrivals = (
  world: World,
  supplier: Supplier,
  perDay: (at: number) => number,
): void => {
  const next = (): void => {
    const rate = perDay(world.at())
    if (rate <= 0) return
    const key = `arrival/${supplier.id}/${nextNumber(supplier, 'arrival')}`
    const gap = dayMs / rate * (0.3 + 1.4 * randomFor(world.seed, key).next())
    world.plan(world.at() + Math.max(1000, gap), () => {
      if (perDay(world.at()) <= 0) return
      const order = placeOrder(world, supplier, { natural: true })
      if (order && world.at() < world.start) workLater(world, supplier, order)
      next()
    })
  }
  next()
}

const recentMs = 30 * hourMs // of such sub-orders some are left for whoever comes next

const workLater = (world: World, supplier: Supplier, order: Order): void => {
  const random = randomFor(world.seed, `past/${order.no}`)
  const isRecent = order.placedAt > world.start - recentMs
  const depth = isRecent ? random.pick(['none', 'none', 'accepted', 'labelled']) : 'labelled'
  if (depth === 'none') return
  const look = (): void => {
    if (world.at() >= world.start || order.status === 'CANCELLED') return
    if (order.status === 'PENDING') acceptOrders(world, supplier, [order.no])
    // on hold, or not verified: somebody looks again
    if (order.status === 'PENDING') return world.plan(world.at() + 3 * hourMs, look)
    if (depth !== 'labelled') return
    world.plan(world.at() + random.int(10, 60) * minuteMs, () => {
      if (world.at() < world.start && order.status === 'READY_TO_SHIP') {
        makeLabel(world, supplier, order)
      }
    })
  }
  world.plan(world.at() + random.int(5, 120) * minuteMs, look)
}

/** The manifests of each afternoon, one for each courier; exchanges are looked after as well. */
export const planPastManifests = (world: World, supplier: Supplier): void => {
  const afternoon = (): void => {
    for (const order of supplier.orders.values()) {
      const isLeft = order.placedAt > world.start - recentMs && order.exchangeOf === undefined
      if (isLeft) continue
      if (order.status === 'PENDING') acceptOrders(world, supplier, [order.no])
      if (order.status === 'READY_TO_SHIP') makeLabel(world, supplier, order)
    }
    const ready = [...supplier.orders.values()].filter((order) =>
      order.status === 'READY_TO_SHIP' && order.packet && !order.manifest
    )
    for (const [courier = '', orders] of Map.groupBy(ready, ({ packet }) => packet?.courier)) {
      makeManifest(world, supplier, { courier, sub_order_nos: orders.map(({ no }) => no) })
    }
    plan(1)
  }
  const plan = (daysLater: number): void => {
    const at = timeOfDay(world.at(), 15.5, daysLater)
    if (at < world.start) world.plan(at, afternoon)
  }
  plan(0)
}
