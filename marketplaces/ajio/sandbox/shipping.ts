/** From the package to the buyer's door, or back. */
import { hashOf, randomFor, type SandboxAnswer } from 'robnu/testing'
import {
  countDone,
  type Line,
  livingOf,
  nextNumber,
  type Order,
  type Parcel,
  type Pob,
} from './model.ts'
import { lineOf } from './orders.ts'
import { awbOf } from './placing.ts'
import { createReturn, moveReturn, planReturn } from './returning.ts'
import { accrueForward, accrueWeight } from './settling.ts'
import { ok, refused, wireParcel } from './wire.ts'
import { dayMs, hourMs, minuteMs } from './words.ts'
import { changeOrder, changeParcel, type World } from './world.ts'

export interface PackRequest {
  readonly custOrderNo: string
  readonly sellerInvoiceNo: string
  readonly sellerInvoiceDate: string
  readonly lines: readonly {
    readonly sellerOrderNo: string
    readonly jioCode: string
    readonly quantity: number
  }[]
}
const carriers = ['DELHIVERY', 'XPRESSBEES', 'SHADOWFAX', 'BLUEDART']

/** One package for each order, ever. */
export const pack = (world: World, pob: Pob, order: Order, ask: PackRequest): SandboxAnswer => {
  const refusal = refusalOf(world, pob, order, ask)
  if (refusal) return refusal
  const random = randomFor(world.seed, `parcel/${order.no}`)
  const number = nextNumber(pob, 'shipment')
  const at = world.at()
  const parcel: Parcel = {
    id: `SH${pob.mark}${String(number).padStart(5, '0')}`,
    order,
    carrier: random.pick(carriers),
    awb: awbOf(world, '1', order.no),
    packedAt: at,
    labelAt: at + random.int(60, 240) * 1000,
    invoiceNo: ask.sellerInvoiceNo,
    invoiceDate: ask.sellerInvoiceDate,
    lines: order.lines.filter((line) => livingOf(line) > 0).map((line) => ({
      line,
      quantity: livingOf(line),
    })),
    status: 'Created',
    manifest: undefined,
    updatedAt: at,
  }
  pob.parcels.set(parcel.id, parcel)
  pob.invoices.set(ask.sellerInvoiceNo, order)
  changeOrder(world, pob, order, () => {
    order.parcel = parcel
    order.status = 'PO created'
  })
  world.plan(parcel.labelAt, () => {
    if (parcel.status === 'Created') {
      changeParcel(world, pob, parcel, 'Ready to Ship', readyWord(order))
    }
  })
  countDone(pob, 'createShipment')
  return ok(wireParcel(parcel))
}

/** AJIO writes it in two ways. */
export const readyWord = ({ no }: Order): Order['status'] =>
  hashOf(0, no) % 5 === 0 ? 'Ready to Shipped' : 'Ready to Ship'

const refusalOf = (
  world: World,
  pob: Pob,
  order: Order,
  ask: PackRequest,
): SandboxAnswer | undefined => {
  const { status, parcel, onHold, poReadyAt } = order
  if (status === 'Cancelled') return refused(409, 'CANCELLED', 'The order is cancelled.')
  if (parcel) {
    const more = { shipmentId: parcel.id }
    return refused(409, 'ALREADY_SHIPPED', 'The order has its package.', more)
  }
  if (onHold) return refused(409, 'ON_HOLD', 'The order is on hold.')
  if (status === 'New') return refused(409, 'NOT_ACKNOWLEDGED', 'Acknowledge the order first.')
  if (poReadyAt > world.at()) return refused(409, 'PO_NOT_READY', 'The PO is not complete yet.')
  const holder = pob.invoices.get(ask.sellerInvoiceNo)
  if (holder && holder !== order) {
    return refused(422, 'INVOICE_USED', 'Another order has this invoice number.')
  }
  const told = new Map<Line, number>()
  let fits = true
  for (const one of ask.lines) {
    const line = lineOf(order, one)
    if (!line) fits = false
    else told.set(line, (told.get(line) ?? 0) + one.quantity)
  }
  fits &&= order.lines.every((line) => livingOf(line) === (told.get(line) ?? 0))
  return fits
    ? undefined
    : refused(422, 'QTY_MISMATCH', 'Send what was confirmed, no more, no less.')
}

/** The courier has it: from here on the order goes by its fate. */
export const scan = (world: World, pob: Pob, parcel: Parcel): void => {
  if (parcel.status !== 'Manifested') return
  const { order } = parcel
  for (const { line, quantity } of parcel.lines) line.shippedQty = quantity
  changeParcel(world, pob, parcel, 'Shipped', 'Shipped')
  accrueForward(world, pob, parcel)
  const random = randomFor(world.seed, `way/${order.no}`)
  const way = random.int(30, 120) * hourMs
  const { end } = order.fate
  if (end === 'delivered') world.plan(world.at() + way, () => deliver(world, pob, parcel))
  if (end === 'lost') world.plan(world.at() + way + 5 * dayMs, () => lose(world, pob, parcel))
  if (end === 'rto') world.plan(world.at() + way, () => turnBack(world, pob, parcel))
}

export const deliver = (world: World, pob: Pob, parcel: Parcel): void => {
  if (parcel.status !== 'Shipped') return
  changeParcel(world, pob, parcel, 'Delivered', 'Delivered')
  accrueWeight(world, pob, parcel)
  const { comesBack } = parcel.order.fate
  if (!comesBack) return
  const random = randomFor(world.seed, `back/${parcel.order.no}`)
  world.plan(world.at() + random.int(20, 160) * hourMs, () => {
    planReturn(world, pob, createReturn(world, pob, parcel, comesBack))
  })
}

export const lose = (world: World, pob: Pob, parcel: Parcel): void => {
  if (parcel.status === 'Shipped') changeParcel(world, pob, parcel, 'Lost')
}

/** Return to origin: the buyer would not take it. */
export const turnBack = (world: World, pob: Pob, parcel: Parcel): void => {
  if (parcel.status !== 'Shipped') return
  changeParcel(world, pob, parcel, 'RTO Initiated')
  const back = createReturn(world, pob, parcel, 'RTO')
  const random = randomFor(world.seed, `rto/${parcel.order.no}`)
  world.plan(world.at() + random.int(3, 8) * dayMs + random.int(0, 600) * minuteMs, () => {
    moveReturn(world, pob, back, 'RETURN_DELIVERED')
  })
}
