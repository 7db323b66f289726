/** Money: what a parcel and a credit note come to, and the fortnightly clearing of it. */
import { hashOf } from 'robnu/testing'
import {
  type Amounts,
  nextNumber,
  type Parcel,
  type Pob,
  type Return,
  type Settlement,
  type SettlementLine,
} from './model.ts'
import { dayMs, dayOf, timeOfDay } from './words.ts'
import type { World } from './world.ts'

const cycleDays = 14
const clearingDays = 3 // from the cut of a cycle to the money
const none: Amounts = {
  ...{ gross: 0, commission: 0, logistics: 0, feeGst: 0 },
  ...{ tcs: 0, tds: 0, penalty: 0 },
}

/** Commission 15 % in whole rupees, GST 18 % on fees, TCS 0.5 % of the taxable value, TDS 0.1 %. */
const amountsOf = (sent: Parcel['lines'], logistics: number, sign: 1 | -1): Amounts => {
  let gross = 0
  let taxable = 0
  for (const { line: { product }, quantity } of sent) {
    const value = product.pricePaise * quantity
    gross += value
    taxable += Math.round(value * 100 / (100 + product.gstPercent))
  }
  const commission = -sign * Math.round(gross * 15 / 10_000) * 100
  return {
    gross: sign * gross,
    commission,
    logistics,
    feeGst: Math.round((commission + logistics) * 18 / 100),
    tcs: -sign * Math.round(taxable / 200),
    tds: -sign * Math.round(gross / 1000),
    penalty: 0,
  }
}

/** A parcel that left, and the penalty for one that left late. */
export const accrueForward = (world: World, pob: Pob, parcel: Parcel): void => {
  const near = hashOf(world.seed, `zone/${parcel.order.no}`) % 3 !== 0
  const amounts = amountsOf(parcel.lines, near ? -6000 : -9000, 1)
  accrue(pob, parcel, 'FORWARD', amounts)
  const { dispatchDate } = parcel.manifest ?? {}
  if (dispatchDate === undefined || dispatchDate <= dayOf(parcel.order.dispatchBy)) return
  // two per cent of the value, at least 25 rupees
  const penalty = -Math.max(2500, Math.round(amounts.gross / 50))
  accrue(pob, parcel, 'SLA_PENALTY', { ...none, penalty }, { penaltyReason: 'LATE_MANIFEST' })
}

/** One delivered parcel of fifty weighed more than was told. */
export const accrueWeight = (world: World, pob: Pob, parcel: Parcel): void => {
  if (hashOf(world.seed, `weight/${parcel.order.no}`) % 50 !== 0) return
  accrue(pob, parcel, 'ADJUSTMENT', { ...none, logistics: -2000, feeGst: -360 })
}

/** The commission comes back, the way back is paid by the seller; an RTO's way back is not. */
export const accrueReturn = (pob: Pob, one: Return): void => {
  const amounts = amountsOf(one.lines, one.type === 'RTO' ? 0 : -6500, -1)
  accrue(pob, one.parcel, 'RETURN', amounts, { creditNoteNo: one.credit?.no })
}

const accrue = (
  pob: Pob,
  parcel: Parcel,
  journey: SettlementLine['journey'],
  amounts: Amounts,
  { creditNoteNo, penaltyReason }: { creditNoteNo?: string | undefined; penaltyReason?: string } =
    {},
): void => {
  const docNo = `51${pob.mark}${String(nextNumber(pob, 'document')).padStart(7, '0')}`
  pob.pending.push({ docNo, journey, parcel, ...amounts, creditNoteNo, penaltyReason })
}

/** Every evening the expected settlement is told anew; every fortnight it is cut. */
export const planSettlements = (world: World, pob: Pob): void => {
  const cutAt = timeOfDay(world.at(), 0, cycleDays + pob.mark)
  planEvening(world, pob)
  planCut(world, pob, cutAt)
  pob.open = opened(cutAt)
}

const opened = (cutAt: number): Settlement => ({
  docNo: undefined,
  status: 'EXPECTED',
  expectedOn: dayOf(cutAt + clearingDays * dayMs),
  clearedOn: undefined,
  lines: [],
})

const planEvening = (world: World, pob: Pob): void =>
  world.plan(timeOfDay(world.at(), 21, world.at() < timeOfDay(world.at(), 21) ? 0 : 1), () => {
    gather(world, pob)
    planEvening(world, pob)
  })

/** Moves what has come up into the open settlement; undefined when that has no line at all. */
const gather = (world: World, pob: Pob): Settlement | undefined => {
  const { open, pending } = pob
  if (!open) return undefined
  if (pending.length > 0) {
    if (open.lines.length === 0) pob.settlements.push(open)
    change(world, pob, open, () => void (open.lines = [...open.lines, ...pending]))
    pob.pending = []
  }
  return open.lines.length > 0 ? open : undefined
}

const planCut = (world: World, pob: Pob, cutAt: number): void =>
  world.plan(cutAt, () => {
    const due = gather(world, pob)
    const next = timeOfDay(cutAt, 0, cycleDays)
    pob.open = opened(next)
    planCut(world, pob, next)
    if (!due) return
    clear(world, pob, due, 'RELEASED')
    world.plan(timeOfDay(cutAt, 20, clearingDays), () => clear(world, pob, due, 'CLEARED'))
  })

const clear = (
  world: World,
  pob: Pob,
  due: Settlement,
  status: 'RELEASED' | 'CLEARED',
): void =>
  change(world, pob, due, () => {
    due.docNo ??= `19${pob.mark}${String(nextNumber(pob, 'clearing')).padStart(7, '0')}`
    due.status = status
    if (status === 'CLEARED') due.clearedOn = dayOf(world.at())
  })

/** Cuts and clears now what is open; undefined when there is nothing. */
export const closeNow = (world: World, pob: Pob): Settlement | undefined => {
  const due = gather(world, pob)
  if (!due) return undefined
  pob.open = { ...due, lines: [] }
  clear(world, pob, due, 'CLEARED')
  return due
}

const change = (world: World, pob: Pob, one: Settlement, make: () => void): void =>
  pob.logs.settlements.change(one, world.at(), make)
