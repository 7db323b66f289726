/** A shop's orders as Bazaar keeps them: seeded, and changed by verbs. */
import { personFor, placeFor, randomFor } from 'robnu/testing'

/** On the wire as it stands here. */
export interface WireOrder {
  readonly number: string
  readonly channel: string
  readonly state: string
  readonly placed_at: string
  readonly changed_at: string
  readonly ship_by: string | null
  readonly currency: string
  readonly total: string | null
  readonly buyer: Readonly<Record<string, string>> | null
  readonly lines: readonly {
    readonly line_id: string
    readonly sku: string
    readonly title: string
    readonly pieces: number
    readonly amount: string | null
  }[]
}
export interface Books {
  readonly all: () => readonly WireOrder[]
  /** Changes from an instant on, oldest first, behind a position. */
  readonly page: (since: string, after: string | null, limit: number) => {
    readonly orders: readonly WireOrder[]
    readonly next: string | null
  }
  /** The changed order moves to the end of the walk. */
  readonly change: (number: string, members: Partial<WireOrder>, at: string) => WireOrder
  readonly add: (order: WireOrder) => void
}
/** What a ledger must hold once all is synced. */
export interface Totals {
  readonly orders: number
  readonly items: number
  readonly total_paise: number
}

/** The same seed, shop and count always give the same orders, the last one a minute before `end`. */
export const seededOrders = (
  { seed, shop, count, end, from = 0 }: {
    readonly seed: number
    readonly shop: string
    readonly count: number
    readonly end: number
    /** So many orders the shop has already. */
    readonly from?: number
  },
): readonly WireOrder[] =>
  Array.from({ length: count }, (_, at) => {
    const number = `BZ-${shop.slice(-4)}-${String(from + at + 1).padStart(5, '0')}`
    const random = randomFor(seed, number)
    const placed = end - (count - at) * 37 * 60_000
    const person = personFor(random)
    const place = placeFor(random)
    const lines = Array.from({ length: random.int(1, 3) }, (_line, line) => {
      const pieces = random.int(1, 4)
      return {
        line_id: `${number}/${line + 1}`,
        sku: `SKU-${random.int(100, 999)}`,
        title: `Cotton kurta ${random.int(1, 40)}`,
        pieces,
        amount: rupees(pieces * random.int(9_900, 249_900)),
      }
    })
    const total = lines.reduce((sum, line) => sum + paiseOf(line.amount), 0)
    return {
      number,
      channel: 'bazaar',
      state: random.pick(['placed', 'packed', 'shipped', 'delivered', 'cancelled', 'held']),
      placed_at: iso(placed),
      changed_at: iso(placed + random.int(0, 36) * 60_000),
      ship_by: iso(placed + 48 * 3_600_000),
      currency: 'INR',
      total: rupees(total),
      buyer: random.chance(0.9)
        ? {
          name: person.name,
          phone: person.phone,
          mail: person.email,
          street: person.line1,
          town: place.city,
          state: place.state,
          pin: place.postalCode,
        }
        : null,
      lines,
    }
  })

export const createBooks = (seeded: readonly WireOrder[]): Books => {
  const orders = new Map(seeded.map((order) => [order.number, order]))
  return {
    all: () => [...orders.values()],
    page: (since, after, limit) => {
      const due = [...orders.values()]
        .filter((order) => order.changed_at >= since && (after === null || placeOf(order) > after))
        .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
      const page = due.slice(0, limit)
      const last = page.at(-1)
      return { orders: page, next: due.length > limit && last ? placeOf(last) : null }
    },
    change: (number, members, at) => {
      const before = orders.get(number)
      if (!before) throw new Error(`Cannot change order "${number}": the shop has no such order`)
      const changed = { ...before, ...members, changed_at: at }
      orders.set(number, changed)
      return changed
    },
    add: (order) => void orders.set(order.number, order),
  }
}

export const totalsOf = (orders: readonly WireOrder[]): Totals => ({
  orders: orders.length,
  items: orders.reduce((sum, order) => sum + order.lines.length, 0),
  total_paise: orders.reduce((sum, order) => sum + (order.total ? paiseOf(order.total) : 0), 0),
})

const placeOf = ({ changed_at, number }: WireOrder): string => `${changed_at}|${number}`
const iso = (ms: number): string => new Date(ms).toISOString()
const rupees = (paise: number): string =>
  `${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, '0')}`
const paiseOf = (text: string): number => Number(text.replace('.', ''))
