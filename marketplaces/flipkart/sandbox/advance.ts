/** An order brought forward at once, as if seller and courier had done everything by now. */
import type { Order, Seller, Shipment } from './model.ts'
import { finish, packAsBefore } from './past.ts'
import { setHold } from './placing.ts'
import { completeReturn } from './returning.ts'
import { deliver, leave, pickUp, setPacked, turnBack } from './shipping.ts'
import { changeShipment, type World } from './world.ts'

/** In this order; then one of the ends. `end`: whatever is the order's fate. */
export const stages = [
  ...['PACKED', 'READY_TO_DISPATCH', 'PICKUP_COMPLETE', 'SHIPPED'],
  ...['DELIVERED', 'RTO', 'RTO_COMPLETED', 'end'],
] as const
export type Stage = typeof stages[number]

/** Throws when a shipment cannot go there: it is cancelled, or beyond it. */
export const advanceTo = (world: World, seller: Seller, order: Order, asked: Stage): void => {
  const end = order.fate.end === 'rto' ? 'RTO_COMPLETED' : 'DELIVERED'
  for (const shipment of order.shipments) {
    if (shipment.state !== 'CANCELLED' || order.shipments.length === 1) {
      move(world, seller, shipment, asked === 'end' ? end : asked)
    }
  }
}

const move = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  to: Exclude<Stage, 'end'>,
): void => {
  for (const step of steps) {
    step.run(world, seller, shipment)
    if (step.to === to) return assertAt(shipment, to)
  }
  if (to === 'DELIVERED') deliver(world, seller, shipment)
  else turnBack(world, seller, shipment)
  if (to === 'RTO_COMPLETED') {
    for (const one of seller.returns.values()) {
      if (one.shipment === shipment) completeReturn(world, seller, one)
    }
  }
  assertAt(shipment, to)
}

const assertAt = (shipment: Shipment, to: string): void => {
  const isThere = to.startsWith('RTO') ? shipment.courierReturn : shipment.state === to
  if (!isThere) throw new Error(`shipment "${shipment.id}" cannot become ${to}: ${shipment.state}`)
}

/** Each does nothing where the shipment is past it. */
const steps: readonly {
  readonly to: Stage
  readonly run: (world: World, seller: Seller, shipment: Shipment) => void
}[] = [
  {
    to: 'PACKED',
    run: (world, seller, shipment) => {
      if (shipment.state === 'APPROVED') {
        if (shipment.hold) setHold(world, seller, shipment, false)
        packAsBefore(world, seller, shipment)
      }
      if (shipment.state === 'FORM_FAILED') {
        changeShipment(world, seller, shipment, () => {
          shipment.formFault = undefined
          shipment.state = 'PACKING_IN_PROGRESS'
        })
      }
      if (shipment.state === 'PACKING_IN_PROGRESS') setPacked(world, seller, shipment)
    },
  },
  {
    to: 'READY_TO_DISPATCH',
    run: (world, seller, shipment) => {
      if (shipment.state === 'PACKED') finish(world, seller, shipment)
    },
  },
  { to: 'PICKUP_COMPLETE', run: pickUp },
  { to: 'SHIPPED', run: leave },
]
