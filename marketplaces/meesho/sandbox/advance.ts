/** A sub-order brought forward at once, as if seller and courier had done everything by now. */
import { makeLabel } from './labels.ts'
import { makeManifest } from './manifests.ts'
import type { Order, Supplier } from './model.ts'
import { acceptOrders, setHold, verify } from './orders.ts'
import { comeHome, deliver, goOut, lose, pickUp, turnBack } from './shipping.ts'
import type { World } from './world.ts'

/** `end`: whatever is the sub-order's fate. */
export const stages = [
  ...['ACCEPTED', 'READY_TO_SHIP', 'MANIFESTED', 'SHIPPED', 'OUT_FOR_DELIVERY', 'DELIVERED'],
  ...['RTO_INITIATED', 'RTO_COMPLETE', 'LOST', 'end'],
] as const

/** Throws when it cannot go there: it is cancelled, or beyond it. */
export const advanceTo = (
  world: World,
  supplier: Supplier,
  order: Order,
  asked: (typeof stages)[number],
): void => {
  const ends = { delivered: 'DELIVERED', rto: 'RTO_COMPLETE', lost: 'LOST' } as const
  const to = asked === 'end' ? ends[order.fate.end] : asked
  const steps: readonly (readonly [string, () => void])[] = [
    ['ACCEPTED', () => {
      verify(world, supplier, order)
      setHold(world, supplier, order, false)
      acceptOrders(world, supplier, [order.no])
    }],
    ['READY_TO_SHIP', () => {
      if (order.status === 'READY_TO_SHIP') makeLabel(world, supplier, order)
    }],
    ['MANIFESTED', () => {
      const { courier = '' } = order.packet ?? {}
      makeManifest(world, supplier, { courier, sub_order_nos: [order.no] })
    }],
    ['SHIPPED', () => pickUp(world, supplier, order)],
  ]
  for (const [name, run] of steps) {
    run()
    if (name === to) return assertAt(order, to)
  }
  if (to !== 'LOST') goOut(world, supplier, order)
  if (to === 'DELIVERED') deliver(world, supplier, order)
  if (to === 'LOST') lose(world, supplier, order)
  if (to === 'RTO_INITIATED' || to === 'RTO_COMPLETE') turnBack(world, supplier, order)
  if (to === 'RTO_COMPLETE') comeHome(world, supplier, order)
  assertAt(order, to)
}

const assertAt = (order: Order, to: string): void => {
  const { no, status, packet, manifest } = order
  const isThere = to === 'ACCEPTED'
    ? status === 'READY_TO_SHIP'
    : to === 'READY_TO_SHIP'
    ? status === to && packet !== undefined
    : to === 'MANIFESTED'
    ? status === 'READY_TO_SHIP' && manifest !== undefined
    : status === to || (to === 'LOST' && status === 'SHIPMENT_LOST')
  if (!isThere) throw new Error(`sub-order "${no}" cannot become ${to}: it is ${status}`)
}
