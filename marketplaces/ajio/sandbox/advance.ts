/** An order brought forward at once, as if seller and courier had done everything by now. */
import { closeManifest, fillManifest, openManifest } from './manifests.ts'
import { livingOf, type Order, type Parcel, type Pob } from './model.ts'
import { acknowledge, unhold } from './orders.ts'
import { packAsBefore } from './past.ts'
import { moveReturn } from './returning.ts'
import { deliver, lose, readyWord, scan, turnBack } from './shipping.ts'
import { changeParcel, type World } from './world.ts'

/** In this order up to Shipped; then one of the ends. `end`: whatever is the order's fate. */
export const stages = [
  ...['Acknowledged', 'PO created', 'Ready to Ship', 'Manifested', 'Shipped'],
  ...['Delivered', 'RTO Initiated', 'RTO Delivered', 'Lost', 'end'],
] as const

/** Throws when the order cannot go there: it is cancelled, or beyond it. */
export const advanceTo = (world: World, pob: Pob, order: Order, asked: string): void => {
  const { fate } = order
  const ends = { delivered: 'Delivered', rto: 'RTO Delivered', lost: 'Lost' }
  const to = asked === 'end' ? ends[fate.end] : asked
  for (const step of steps) {
    step.run(world, pob, order)
    if (step.to === to) return assertAt(order, to)
  }
  const parcel = parcelOf(order)
  if (to === 'Delivered') deliver(world, pob, parcel)
  if (to === 'Lost') lose(world, pob, parcel)
  if (to === 'RTO Initiated' || to === 'RTO Delivered') turnBack(world, pob, parcel)
  if (to === 'RTO Delivered') {
    const back = [...pob.returns.values()].find((one) => one.parcel === parcel)
    if (back) moveReturn(world, pob, back, 'RETURN_DELIVERED')
  }
  assertAt(order, to)
}

const assertAt = (order: Order, to: string): void => {
  const stands = order.parcel && to !== 'PO created' ? order.parcel.status : order.status
  const isThere = stands === to || (to === 'PO created' && order.parcel?.status === 'Created')
  if (!isThere) throw new Error(`order "${order.no}" cannot become ${to}: it is ${stands}`)
}

const parcelOf = ({ no, status, parcel }: Order): Parcel => {
  if (!parcel) throw new Error(`order "${no}" has no package: it is ${status}`)
  return parcel
}

/** Each does nothing where the order is past it. */
const steps: readonly {
  readonly to: string
  readonly run: (world: World, pob: Pob, order: Order) => void
}[] = [
  {
    to: 'Acknowledged',
    run: (world, pob, order) => {
      if (order.status !== 'New') return
      if (order.onHold) unhold(world, pob, order)
      order.poReadyAt = Math.min(order.poReadyAt, world.at())
      acknowledge(
        world,
        pob,
        order.lines.filter((line) => livingOf(line) > 0).map((line) => ({
          custOrderNo: order.no,
          sellerOrderNo: line.sellerOrderNo,
          jioCode: line.product.jioCode,
          confirmedQty: livingOf(line),
        })),
      )
    },
  },
  { to: 'PO created', run: packAsBefore },
  {
    to: 'Ready to Ship',
    run: (world, pob, order) => {
      const parcel = parcelOf(order)
      if (parcel.status !== 'Created') return
      changeParcel(world, pob, parcel, 'Ready to Ship', readyWord(order))
    },
  },
  {
    to: 'Manifested',
    run: (world, pob, order) => {
      const parcel = parcelOf(order)
      if (parcel.status !== 'Ready to Ship') return
      const manifest = parcel.manifest ?? openManifest(world, pob, `advance-${order.no}`)
      fillManifest(world, pob, manifest, { add: [parcel.id], remove: [] })
      closeManifest(world, pob, manifest)
    },
  },
  { to: 'Shipped', run: (world, pob, order) => scan(world, pob, parcelOf(order)) },
]
