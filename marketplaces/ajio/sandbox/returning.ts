/** What comes back: from the buyer's wish, or the courier's, to the credit note weeks later. */
import { randomFor } from 'robnu/testing'
import { nextNumber, type Parcel, type Pob, type Return, returnWords } from './model.ts'
import { awbOf } from './placing.ts'
import { accrueReturn } from './settling.ts'
import { dayMs, hourMs } from './words.ts'
import { changeParcel, changeReturn, type World } from './world.ts'

const reasons = ['Size too small', 'Size too large', 'Colour differs', 'Damaged', 'Changed my mind']

export const createReturn = (
  world: World,
  pob: Pob,
  parcel: Parcel,
  type: Return['type'],
  lines = parcel.lines,
): Return => {
  const number = nextNumber(pob, 'return')
  const digits = `${pob.mark}${String(number).padStart(5, '0')}`
  const random = randomFor(world.seed, `return/${pob.id}/${number}`)
  const at = world.at()
  const one: Return = {
    no: `RT${digits}`,
    type,
    order: parcel.order,
    parcel,
    shipmentId: `RS${digits}`,
    // a parcel that turns round keeps its number
    awb: type === 'RTO' ? parcel.awb : awbOf(world, '7', `RT${digits}`),
    reason: type === 'RTO' ? 'Customer refused delivery' : random.pick(reasons),
    createdAt: at,
    lines,
    status: 'RETURN_CREATED',
    courier: type === 'RTO' ? 'In Transit' : 'Created',
    deliveredAt: undefined,
    disposition: undefined,
    credit: undefined,
  }
  pob.returns.set(one.no, one)
  changeReturn(world, pob, one, () => {})
  return one
}

/** The way of a return that a buyer sends. */
export const planReturn = (world: World, pob: Pob, one: Return): void => {
  const random = randomFor(world.seed, `return-way/${one.no}`)
  const picked = world.at() + random.int(20, 70) * hourMs
  if (random.chance(0.04)) {
    world.plan(picked, () => moveReturn(world, pob, one, 'RETURN_CANCELLED'))
    return
  }
  const saysSo = random.chance(0.5)
  world.plan(picked, () => {
    if (saysSo) moveReturn(world, pob, one, 'RETURN_PICKED')
    else tellCourier(world, pob, one, 'Picked Up')
  })
  world.plan(picked + random.int(6, 30) * hourMs, () => tellCourier(world, pob, one, 'In Transit'))
  const delivered = picked + random.int(48, 140) * hourMs
  world.plan(delivered, () => moveReturn(world, pob, one, 'RETURN_DELIVERED'))
}

export const tellCourier = (world: World, pob: Pob, one: Return, courier: string): void => {
  if (one.status !== 'RETURN_CREATED' && one.status !== 'RETURN_PICKED') return
  changeReturn(world, pob, one, () => void (one.courier = courier))
}

/** Forward only; false when it is there already, or past it. */
export const moveReturn = (
  world: World,
  pob: Pob,
  one: Return,
  to: Return['status'],
  disposition = 'GOOD',
): boolean => {
  const isOver = one.status === 'RETURN_CANCELLED' || one.status === 'CREDIT_NOTE_CREATED'
  if (isOver || rank(to) <= rank(one.status)) return false
  if (to === 'RETURN_CANCELLED' && rank(one.status) >= rank('RETURN_DELIVERED')) return false
  const at = world.at()
  changeReturn(world, pob, one, () => {
    one.status = to
    if (to === 'RETURN_PICKED') one.courier = 'Picked Up'
    if (to === 'RETURN_CANCELLED') return
    if (rank(to) >= rank('RETURN_DELIVERED')) {
      one.courier = 'Delivered'
      one.deliveredAt ??= at
    }
    if (rank(to) >= rank('RETURN_PROCESSED')) one.disposition ??= disposition
    if (to === 'CREDIT_NOTE_CREATED') {
      const number = String(nextNumber(pob, 'credit')).padStart(5, '0')
      const paise = one.lines.reduce((sum, { line, quantity }) => {
        return sum + quantity * line.product.pricePaise
      }, 0)
      one.credit = { no: `CN${pob.mark}${number}`, at, paise }
    }
  })
  if (to === 'CREDIT_NOTE_CREATED') accrueReturn(pob, one)
  else if (to !== 'RETURN_CANCELLED' && rank(to) >= rank('RETURN_DELIVERED')) {
    arrived(world, pob, one)
  }
  return true
}

const rank = (status: Return['status']): number => returnWords.indexOf(status)

/** AJIO looks at what came back after a week, if the seller did not; it pays weeks later. */
const arrived = (world: World, pob: Pob, one: Return): void => {
  if (one.type === 'RTO' && one.parcel.status === 'RTO Initiated') {
    changeParcel(world, pob, one.parcel, 'RTO Delivered')
  }
  const random = randomFor(world.seed, `credit/${one.no}`)
  const processed = world.at() + random.int(5, 8) * dayMs
  const disposition = random.chance(0.85) ? 'GOOD' : 'BAD'
  world.plan(processed, () => moveReturn(world, pob, one, 'RETURN_PROCESSED', disposition))
  const credited = (one.deliveredAt ?? world.at()) + random.int(14, 28) * dayMs
  world.plan(credited, () => moveReturn(world, pob, one, 'CREDIT_NOTE_CREATED'))
}
