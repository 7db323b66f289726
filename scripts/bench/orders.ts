/** Invented orders of an invented marketplace, the same in every run. */
import { personFor, placeFor } from '#core/testing/sandbox/people.ts'
import { randomFor } from '#core/testing/sandbox/random.ts'
import { type OrderRow, orderStates } from '#core/plugin.ts'

const seed = 20_260_131
const newest = Date.UTC(2026, 0, 31)
const historyMs = 90 * 86_400_000

/**
 * Orders `from` up to, not including, `to` of a shop, with 1 to 3 lines and a whole buyer. They
 * come in no order of time, so that a page of the newest lies scattered over the table.
 */
export const makeOrders = (shop: string, from: number, to: number): readonly OrderRow[] =>
  Array.from({ length: to - from }, (_, at) => makeOrder(shop, from + at))

const makeOrder = (shop: string, number: number): OrderRow => {
  const random = randomFor(seed, `${shop}/${number}`)
  const { name, phone, email, line1, line2 } = personFor(random)
  const place = placeFor(random)
  const externalId = `${shop}-${String(number).padStart(8, '0')}`
  const orderedAt = newest - random.int(0, historyMs)
  const items = Array.from({ length: random.int(1, 3) }, (_, line) => ({
    externalId: `${externalId}-${line + 1}`,
    sku: `SET-${random.int(100, 999)}-${random.pick(['S', 'M', 'L', 'XL', 'XXL'])}`,
    listingId: `B0${random.int(10_000_000, 99_999_999)}`,
    title: `Kurta ${random.pick(['blue', 'green', 'white', 'rust'])} cotton, pack of one`,
    quantity: random.int(1, 2),
    totalPaise: random.int(19_900, 249_900),
  }))
  return {
    externalId,
    status: random.pick(orderStates),
    rawStatus: random.pick(['Pending', 'Shipped', 'Shipped - Delivered to Buyer', 'Cancelled']),
    onHold: random.chance(0.02),
    orderedAt: new Date(orderedAt),
    updatedAt: new Date(orderedAt + random.int(0, 86_400_000)),
    shipBy: random.chance(0.7) ? new Date(orderedAt + 2 * 86_400_000) : null,
    currency: 'INR',
    totalPaise: items.reduce((sum, item) => sum + item.totalPaise, 0),
    fulfilledBy: random.pick(['SELLER', 'MARKETPLACE']),
    stateCode: String(random.int(1, 37)).padStart(2, '0'),
    customer: { name, phone, email, address: { line1, line2, ...place } },
    items,
  }
}
