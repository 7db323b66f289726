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
  const parcel = (status: 'UNSHIPPED' | 'SHIPPED', word: ParcelWord, least: number, most: number) =>
    story.push({ at: later(least * hourMs, most * hourMs), status, parcel: word })

  parcel('UNSHIPPED', 'PENDING_PICK_UP', 2, 20)
  parcel('SHIPPED', 'PICKED_UP', 4, 30)
  parcel('SHIPPED', 'AT_ORIGIN_FC', 3, 12)
  parcel('SHIPPED', 'AT_DESTINATION_FC', 18, 72)
  if (random.chance(0.004)) {
    parcel('SHIPPED', random.chance(0.8) ? 'LOST' : 'DAMAGED', 24, 96)
    return story
  }
  parcel('SHIPPED', 'OUT_FOR_DELIVERY', 4, 18)
  if (random.chance(0.07)) {
    parcel('SHIPPED', 'REJECTED_BY_BUYER', 2, 10)
    parcel('SHIPPED', 'RETURNING_TO_SELLER', 12, 48)
    parcel('SHIPPED', 'RETURNED_TO_SELLER', 48, 168)
  } else {
    parcel('SHIPPED', 'DELIVERED', 2, 10)
  }
  return story
}
