/** Before the sandbox's clock starts, somebody else ran the shops: their orders are the history. */
import { hashOf, randomFor } from 'robnu/testing'
import { closeManifest, fillManifest, openManifest } from './manifests.ts'
import { cancelledOf, livingOf, nextNumber, type Order, type Pob } from './model.ts'
import { acknowledge } from './orders.ts'
import { placeOrder } from './placing.ts'
import { pack } from './shipping.ts'
import { financialYear } from './wire.ts'
import { dayMs, dayOf, hourMs, minuteMs, timeOfDay } from './words.ts'
import type { World } from './world.ts'

/** New orders one after the other, for as long as `perDay` says more than none. */
export const planArrivals = (
  world: World,
  pob: Pob,
  perDay: (at: number) => number,
): void => {
  const next = (): void => {
    const rate = perDay(world.at())
    if (rate <= 0) return
    const random = randomFor(world.seed, `arrival/${pob.id}/${nextNumber(pob, 'arrival')}`)
    const gap = dayMs / rate * (0.3 + 1.4 * random.next())
    world.plan(world.at() + Math.max(1000, gap), () => {
      if (perDay(world.at()) <= 0) return
      const order = placeOrder(world, pob, { natural: true })
      if (order && world.at() < world.start) workLater(world, pob, order)
      next()
    })
  }
  next()
}

const recentMs = 36 * hourMs // of such orders some are left for whoever comes next

const workLater = (world: World, pob: Pob, order: Order): void => {
  const random = randomFor(world.seed, `past/${order.no}`)
  const isRecent = order.placedAt > world.start - recentMs
  const depth = isRecent ? random.pick(['none', 'none', 'acknowledged', 'packed']) : 'packed'
  if (depth === 'none') return
  const free = Math.max(order.unholdAt, order.poReadyAt)
  const early = <T>(at: number, run: () => T) =>
    world.plan(at, () => void (world.at() < world.start && run()))
  const acknowledgedAt = free + random.int(5, 180) * minuteMs
  early(acknowledgedAt, () => {
    if (order.status !== 'New' || order.onHold) return
    const short = random.chance(0.05)
    acknowledge(
      world,
      pob,
      order.lines.filter((line) => livingOf(line) > 0).map((line) => ({
        custOrderNo: order.no,
        sellerOrderNo: line.sellerOrderNo,
        jioCode: line.product.jioCode,
        // one piece too few in the store
        confirmedQty: livingOf(line) - (short && cancelledOf(line) === 0 ? 1 : 0),
      })),
    )
  })
  if (depth === 'acknowledged') return
  early(acknowledgedAt + random.int(10, 90) * minuteMs, () => packAsBefore(world, pob, order))
}

/** With an invoice number of the series that was in use before. */
export const packAsBefore = (world: World, pob: Pob, order: Order): void => {
  if (order.status !== 'Acknowledged') return
  const number = String(nextNumber(pob, 'invoice')).padStart(5, '0')
  pack(world, pob, order, {
    custOrderNo: order.no,
    sellerInvoiceNo: `OLD${pob.mark}/${financialYear(world.at())}/${number}`,
    sellerInvoiceDate: dayOf(world.at()),
    lines: order.lines.filter((line) => livingOf(line) > 0).map((line) => ({
      sellerOrderNo: line.sellerOrderNo,
      jioCode: line.product.jioCode,
      quantity: livingOf(line),
    })),
  })
}

/** The manifest of each afternoon, and one that is left open in the end. */
export const planPastManifests = (world: World, pob: Pob): void => {
  const packed = () =>
    [...pob.parcels.values()].filter(({ status, manifest }) =>
      status === 'Ready to Ship' && !manifest
    )
  const afternoon = (): void => {
    const today = dayOf(world.at())
    // a parcel is overlooked now and then, and leaves late
    const found = packed().filter(({ id }) => hashOf(world.seed, `${id}/${today}`) % 16 !== 0)
    for (let at = 0; at < found.length; at += 250) {
      const manifest = openManifest(world, pob, `past-${today}`)
      const add = found.slice(at, at + 250).map(({ id }) => id)
      fillManifest(world, pob, manifest, { add, remove: [] })
      closeManifest(world, pob, manifest)
    }
    plan(1)
  }
  const plan = (daysLater: number): void => {
    const at = timeOfDay(world.at(), 16.75, daysLater)
    if (at < world.start) world.plan(at, afternoon)
  }
  plan(0)
  world.plan(world.start - 1000, () => {
    // and one package whose label is not made yet
    const next = [...pob.orders.values()].find(({ status }) => status === 'Acknowledged')
    if (next) packAsBefore(world, pob, next)
    const add = packed().slice(0, 2).map(({ id }) => id)
    if (add.length === 0) return
    fillManifest(world, pob, openManifest(world, pob, 'past-open'), { add, remove: [] })
  })
}
