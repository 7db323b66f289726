/** The other sheets of the payment file: advertising, referrals, compensation that belongs to no order. */
import { digitsOf, randomFor } from 'robnu/testing'
import type { Adjustment, Supplier } from './model.ts'
import { dayMs, dayOf, laterDay, rupees, timeOfDay } from './words.ts'
import type { World } from './world.ts'

/** Ads on Mondays, referrals on the first of a month, compensation and recovery in its middle. */
export const planAdjustments = (world: World, supplier: Supplier): void => {
  const next = timeOfDay(world.at(), 11, world.at() < timeOfDay(world.at(), 11) ? 0 : 1)
  world.plan(next, () => {
    const day = dayOf(world.at())
    if (new Date(`${day}T00:00:00Z`).getUTCDay() === 1) addAds(world, supplier, day)
    if (day.endsWith('-01')) addReferral(world, supplier, day)
    if (day.endsWith('-15')) addCompensation(world, supplier, day)
    planAdjustments(world, supplier)
  })
}

const add = (
  world: World,
  supplier: Supplier,
  sheet: Adjustment['sheet'],
  day: string,
  cells: readonly string[],
  netPaise: number,
): void => void supplier.adjustments.push({ sheet, day, at: world.at(), cells, netPaise })

/** Two campaigns; what was spent, what was given back, GST on the rest. */
const addAds = (world: World, supplier: Supplier, day: string): void => {
  const from = dayOf(world.at() - 7 * dayMs)
  for (const campaign of [1, 2]) {
    const id = digitsOf(world.seed, `campaign/${supplier.id}/${campaign}`, 7)
    const random = randomFor(world.seed, `ads/${supplier.id}/${day}/${campaign}`)
    const cost = random.int(8_000, 60_000)
    const credits = random.chance(0.3) ? random.int(500, 4_000) : 0
    const rest = -(cost - credits)
    const gst = Math.round(rest * 18 / 100)
    const cells = [`${from} to ${laterDay(day, -1)}`, day, id]
    const amounts = [cost, credits, rest, gst, rest + gst].map(rupees)
    add(world, supplier, 'Ads Cost', day, [...cells, ...amounts], rest + gst)
  }
}

const addReferral = (world: World, supplier: Supplier, day: string): void => {
  const id = `RW${digitsOf(world.seed, `reward/${supplier.id}/${day}`, 8)}`
  const taxes = -2_250
  const cells = [id, day, supplier.name, 'Supplier referral', rupees(45_000 + taxes), rupees(taxes)]
  add(world, supplier, 'Referral Payments', day, cells, 45_000 + taxes)
}

const addCompensation = (world: World, supplier: Supplier, day: string): void => {
  for (const [programme, reason, paise] of programmes) {
    const cells = [day, programme, reason, rupees(paise)]
    add(world, supplier, 'Compensation and Recovery', day, cells, paise)
  }
}
const programmes: readonly (readonly [string, string, number])[] = [
  ['Sale event', 'Price support', 25_000],
  ['Quality', 'Label recovery', -9_900],
]
