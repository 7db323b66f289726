/** A shop's orders as Nukkad keeps them: seeded, and changed by verbs. */
import { personFor, placeFor, randomFor } from 'robnu/testing'

/** On the wire as it stands here. */
export interface WireOrder {
  readonly number: string
  readonly state: string
  readonly placed_at: string
  readonly changed_at: string
  readonly ship_by: string
  readonly total: string
  readonly buyer: Readonly<Record<string, string>>
  readonly lines: readonly object[]
}
interface PageAsk {
  readonly since: string
  readonly until: string
  /** Of the answer before; empty: from the beginning. */
  readonly after: string
  readonly limit: number
  readonly seenAt: string
}
export type Books = ReturnType<typeof createBooks>

/** The same seed, shop and count always give the same orders, all of them before `end`. */
export const seededOrders = ({ seed, shop, count, end, from = 0 }: {
  readonly seed: number
  readonly shop: string
  readonly count: number
  readonly end: number
  /** So many orders the shop has already. */
  readonly from?: number
}): readonly WireOrder[] =>
  Array.from({ length: count }, (_, at) => {
    const number = `${shop.slice(-4)}-${String(from + at + 1).padStart(5, '0')}`
    const random = randomFor(seed, number)
    const placed = end - 60_000 - (count - at) * 37 * 60_000
    const { city, state, postalCode: pin } = placeFor(random)
    const prices = Array.from({ length: random.int(1, 3) }, () => random.int(9_900, 249_900))
    return {
      number,
      state: random.pick(['placed', 'packed', 'shipped', 'delivered', 'cancelled']),
      placed_at: iso(placed),
      changed_at: iso(placed + random.int(0, 36) * 60_000),
      ship_by: iso(placed + 48 * 3_600_000),
      total: rupees(prices.reduce((sum, price) => sum + price, 0)),
      buyer: { ...personFor(random), city, state, pin },
      lines: prices.map((price, line) => ({
        id: `${number}-${line + 1}`,
        sku: `SKU-${random.int(100, 999)}`,
        title: `Clay lamp ${random.int(1, 40)}`,
        quantity: random.int(1, 4),
        amount: rupees(price),
      })),
    }
  })

export const createBooks = (seeded: readonly WireOrder[]) => {
  // of each order all that it ever was, the newest last
  const orders = new Map(seeded.map((order) => [order.number, [order]]))
  return {
    count: () => orders.size,
    has: (number: string) => orders.has(number),
    put: (order: WireOrder) => {
      orders.set(order.number, [...orders.get(order.number) ?? [], order])
    },
    /** The changed order moves to the end of the walk. */
    turn: (number: string, state: string, at: number) => {
      const before = orders.get(number) ?? []
      const latest = before.at(-1)
      if (latest) orders.set(number, [...before, { ...latest, state, changed_at: iso(at) }])
    },
    /** Changes by their time, the oldest first: a position, so that no change shifts a page. */
    page: ({ since, until, after, limit, seenAt }: PageAsk) => {
      const due = [...orders.values()]
        .flatMap((versions) => versions.findLast(({ changed_at }) => changed_at <= seenAt) ?? [])
        .filter((one) => one.changed_at >= since && one.changed_at < until && placeOf(one) > after)
        .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
      const page = due.slice(0, limit)
      const last = page.at(-1)
      return { orders: page, next: due.length > limit && last ? placeOf(last) : null }
    },
  }
}

const placeOf = ({ changed_at, number }: WireOrder): string => `${changed_at}|${number}`
const iso = (ms: number): string => new Date(ms).toISOString()
const rupees = (paise: number): string =>
  `${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, '0')}`
