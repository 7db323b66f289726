/** What happens to an invented order, from its placing to its end. */
import type { Random } from 'robnu/testing'
import type { Change, ParcelWord } from './orders.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Drawn once for each order: the same source gives the same story, whatever the clock shows. */
export const storyOf = (
  random: Random,
  createdAt: number,
  fulfilledBy: 'MERCHANT' | 'AMAZON',
): readonly Change[] => {
  const story: Change[] = [{ at: createdAt, status: 'PENDING' }]
  let at = createdAt
  const later = (leastMs: number, mostMs: number): number => {
    // whole seconds, as Amazon tells them
    at += random.int(leastMs / 1000, mostMs / 1000) * 1000
    return at
  }
  if (random.chance(0.04)) {
    story.push({ at: later(hourMs, 6 * hourMs), status: 'CANCELLED', cancelledBy: 'AMAZON' })
    return story
  }
  story.push({ at: later(5 * minuteMs, 45 * minuteMs), status: 'UNSHIPPED' })
  if (random.chance(0.08)) {
    const cancelledBy = random.chance(0.8) ? 'BUYER' : 'MERCHANT'
    story.push({ at: later(hourMs, 20 * hourMs), status: 'CANCELLED', cancelledBy })
    return story
  }
  if (fulfilledBy === 'AMAZON') {
    story.push({ at: later(4 * hourMs, 30 * hourMs), status: 'SHIPPED' })
    return story
  }
  story.push({ at: later(2 * hourMs, 20 * hourMs), status: 'UNSHIPPED', parcel: 'PENDING_PICK_UP' })
  story.push(...wayOf(random, later(4 * hourMs, 30 * hourMs)))
  return story
}

/** From the pick-up to the buyer's door, or back. */
export const wayOf = (random: Random, pickedUpAt: number): readonly Change[] => {
  const way: Change[] = [{ at: pickedUpAt, status: 'SHIPPED', parcel: 'PICKED_UP' }]
  let at = pickedUpAt
  const parcel = (word: ParcelWord, least: number, most: number): void => {
    at += random.int(least * hourMs / 1000, most * hourMs / 1000) * 1000
    way.push({ at, status: 'SHIPPED', parcel: word })
  }
  parcel('AT_ORIGIN_FC', 3, 12)
  parcel('AT_DESTINATION_FC', 18, 72)
  if (random.chance(0.004)) {
    parcel(random.chance(0.8) ? 'LOST' : 'DAMAGED', 24, 96)
    return way
  }
  parcel('OUT_FOR_DELIVERY', 4, 18)
  if (random.chance(0.07)) {
    parcel('REJECTED_BY_BUYER', 2, 10)
    parcel('RETURNING_TO_SELLER', 12, 48)
    parcel('RETURNED_TO_SELLER', 48, 168)
  } else {
    parcel('DELIVERED', 2, 10)
  }
  return way
}

const patienceMs = 7 * 24 * hourMs

/**
 * Before `start` somebody else packed. What was not packed by then waits for the seller, and Amazon
 * cancels it when it has waited for a week.
 */
export const untilPacked = (story: readonly Change[], start: number): readonly Change[] => {
  const packed = story.findIndex(({ parcel }) => parcel !== undefined)
  const packedAt = story[packed]?.at
  if (packedAt === undefined || packedAt < start) return story
  const before = story.slice(0, packed)
  const [placed] = before
  if (!placed) return story
  return [...before, { at: placed.at + patienceMs, status: 'CANCELLED', cancelledBy: 'AMAZON' }]
}
