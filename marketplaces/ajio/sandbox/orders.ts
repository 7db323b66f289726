/** What happens to an order before it is packed: hold, acknowledgement, cancellation. */
import type { SandboxAnswer } from 'robnu/testing'
import {
  type Canceller,
  countDone,
  type Line,
  livingOf,
  type Order,
  type Parcel,
  type Pob,
} from './model.ts'
import { batchRefused, ok, refused } from './wire.ts'
import { timeOfDay } from './words.ts'
import { changeOrder, type World } from './world.ts'

/** Ends the hold that AJIO began, as soon as the B2B information is there. */
export const release = (world: World, pob: Pob, order: Order): void => {
  const { status, onHold, holdReason, unholdAt, poReadyAt } = order
  if (status === 'Cancelled' || !onHold || holdReason !== 'B2B_INFO_PENDING') return
  const due = Math.max(unholdAt, poReadyAt)
  if (due <= world.at()) unhold(world, pob, order)
  else if (Number.isFinite(due)) world.plan(due, () => release(world, pob, order))
}
export const unhold = (world: World, pob: Pob, order: Order): void =>
  changeOrder(world, pob, order, () => {
    order.onHold = false
    order.dispatchBy = timeOfDay(world.at(), 17.5, 1)
  })

interface LineKey {
  readonly sellerOrderNo: string
  readonly jioCode: string
}
export interface Confirmation extends LineKey {
  readonly custOrderNo: string
  readonly confirmedQty: number
}

/** All or nothing. */
export const acknowledge = (
  world: World,
  pob: Pob,
  confirmations: readonly Confirmation[],
): SandboxAnswer => {
  const told = new Map<Order, Map<Line, number>>()
  const errors: object[] = []
  for (const { custOrderNo, sellerOrderNo, jioCode, confirmedQty } of confirmations) {
    const order = pob.orders.get(custOrderNo)
    const line = order && lineOf(order, { sellerOrderNo, jioCode })
    const code = order && line ? faultOf(order, line, confirmedQty, told) : 'UNKNOWN_LINE'
    if (code) errors.push({ custOrderNo, sellerOrderNo, jioCode, code })
    if (!order || !line) continue
    const lines = told.get(order) ?? new Map()
    told.set(order, lines.set(line, confirmedQty))
  }
  if (errors.length > 0) return batchRefused(errors)
  for (const [order, lines] of told) {
    changeOrder(world, pob, order, () => {
      for (const [line, quantity] of lines) {
        line.cancelled.seller += livingOf(line) - quantity
        line.confirmedQty = quantity
      }
      settleWord(order)
    })
  }
  countDone(pob, 'acknowledge')
  return ok({ acknowledged: confirmations.length })
}

const faultOf = (
  order: Order,
  line: Line,
  quantity: number,
  told: ReadonlyMap<Order, ReadonlyMap<Line, number>>,
): string | undefined => {
  if (line.confirmedQty !== null || told.get(order)?.has(line)) return 'ALREADY_ACKNOWLEDGED'
  if (order.status === 'Cancelled' || livingOf(line) === 0) return 'CANCELLED'
  if (order.onHold) return 'ON_HOLD'
  return quantity > livingOf(line) ? 'QTY_ABOVE_ORDER' : undefined
}

/** The order's word after its lines have changed: one is acknowledged when all of its lines are. */
const settleWord = (order: Order): void => {
  if (order.lines.every((line) => livingOf(line) === 0)) {
    order.status = 'Cancelled'
    order.onHold = false
  } else if (
    order.status === 'New' &&
    order.lines.every((line) => line.confirmedQty !== null || livingOf(line) === 0)
  ) order.status = 'Acknowledged'
}

export const lineOf = (order: Order, { sellerOrderNo, jioCode }: LineKey): Line | undefined =>
  order.lines.find((line) =>
    line.sellerOrderNo === sellerOrderNo && line.product.jioCode === jioCode
  )

/** Nobody but the courier can take it from here. */
export const isWithSeller = ({ status, parcel }: Order): boolean =>
  status !== 'Cancelled' && (!parcel || beforeCourier.has(parcel.status))
const beforeCourier: ReadonlySet<Parcel['status']> = new Set([
  'Created',
  'Ready to Ship',
  'Manifested',
])

/** Cancels some pieces, or all; false when it has left, or is cancelled already. */
export const cancelOrder = (
  world: World,
  pob: Pob,
  order: Order,
  by: Canceller,
  some?: ReadonlyMap<Line, number>,
): boolean => {
  if (!isWithSeller(order)) return false
  changeOrder(world, pob, order, () => {
    const { parcel } = order
    for (const line of order.lines) {
      line.cancelled[by] += some ? some.get(line) ?? 0 : livingOf(line)
    }
    settleWord(order)
    if (order.status !== 'Cancelled' || !parcel) return
    parcel.status = 'Cancelled'
    parcel.updatedAt = world.at()
    const { manifest } = parcel
    // a closed manifest stays as it was printed
    if (!manifest || manifest.closedAt !== undefined) return
    manifest.parcels.delete(parcel)
    manifest.updatedAt = world.at()
    parcel.manifest = undefined
  })
  return true
}

/** The seller's cancellation, line by line. */
export const cancelLines = (
  world: World,
  pob: Pob,
  order: Order,
  asked: readonly (LineKey & { readonly quantity: number })[],
): SandboxAnswer => {
  if (order.status === 'Cancelled') return refused(409, 'CANCELLED', 'The order is cancelled.')
  if (!isWithSeller(order)) return refused(409, 'QC_PASSED', 'The order has left.')
  const some = new Map<Line, number>()
  const errors: object[] = []
  for (const { sellerOrderNo, jioCode, quantity } of asked) {
    const line = lineOf(order, { sellerOrderNo, jioCode })
    const sum = line ? (some.get(line) ?? 0) + quantity : 0
    if (line) some.set(line, sum)
    const code = !line ? 'UNKNOWN_LINE' : sum > livingOf(line) ? 'QTY_ABOVE_ORDER' : undefined
    if (code) errors.push({ custOrderNo: order.no, sellerOrderNo, jioCode, code })
  }
  if (errors.length > 0) return batchRefused(errors)
  const all = order.lines.every((line) => livingOf(line) === (some.get(line) ?? 0))
  if (order.parcel && !all) {
    return refused(422, 'QTY_MISMATCH', 'The package is made: only all of it can be cancelled.')
  }
  cancelOrder(world, pob, order, 'seller', some)
  countDone(pob, 'cancel')
  return ok(pob.logs.orders.view(order, world.at()))
}
