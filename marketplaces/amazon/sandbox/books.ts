/** One selling partner's orders, found by time without looking at all of them. */
import { type Change, type SandboxOrder, standingAt } from './orders.ts'

type Position = readonly [at: number, id: string]
export interface Search {
  readonly by: 'createdTime' | 'lastUpdatedTime'
  /** Both ends belong to the window. */
  readonly from: number
  readonly to: number
  /** The state of the world that readers see: changes after it do not show yet. */
  readonly seenAt: number
  readonly accepts: (order: SandboxOrder, standing: Change) => boolean
  readonly limit: number
  /** Goes on behind this order, or behind so many orders. */
  readonly after?: Position
  readonly skip?: number
}
export interface Found {
  readonly order: SandboxOrder
  readonly standing: Change
}
export interface Books {
  readonly count: () => number
  readonly all: () => Iterable<SandboxOrder>
  readonly find: (id: string) => SandboxOrder | undefined
  /** `next` is absent when nothing is left. */
  readonly search: (
    search: Search,
  ) => { readonly found: readonly Found[]; readonly next?: Position }
  readonly add: (order: SandboxOrder) => void
  /** From the first of these changes on the order goes this way: what was to come is forgotten. */
  readonly turn: (order: SandboxOrder, ...changes: readonly Change[]) => void
}

interface Entry {
  readonly at: number
  readonly order: SandboxOrder
}

export const createBooks = (orders: readonly SandboxOrder[]): Books => {
  const byId = new Map(orders.map((order) => [order.id, order]))
  const entries = {
    createdTime: orders.map(placing).sort(byTime),
    lastUpdatedTime: orders.flatMap(changes).sort(byTime),
  }

  const search = ({ by, from, to, seenAt, accepts, limit, after, skip = 0 }: Search) => {
    const list = entries[by]
    const end = Math.min(to, seenAt)
    const found: Found[] = []
    let passed = 0
    for (let at = after ? firstBehind(list, after) : firstFrom(list, from);; at++) {
      const entry = list[at]
      if (!entry || entry.at > end) return { found }
      const standing = standingAt(entry.order, seenAt)
      // of all changes of one order only the newest that shows is its lastUpdatedTime
      if (!standing || (by === 'lastUpdatedTime' && standing.at !== entry.at)) continue
      if (!accepts(entry.order, standing) || passed++ < skip) continue
      const last = found.at(-1)
      if (found.length === limit && last) return { found, next: positionOf(last, by) }
      found.push({ order: entry.order, standing })
    }
  }
  const add = (order: SandboxOrder): void => {
    byId.set(order.id, order)
    insert(entries.createdTime, placing(order))
    for (const entry of changes(order)) insert(entries.lastUpdatedTime, entry)
  }
  const turn = (order: SandboxOrder, ...turned: readonly Change[]): void => {
    entries.lastUpdatedTime = entries.lastUpdatedTime.filter((entry) => entry.order !== order)
    const from = turned[0]?.at ?? Infinity
    order.changes = [...order.changes.filter(({ at }) => at < from), ...turned]
    for (const entry of changes(order)) insert(entries.lastUpdatedTime, entry)
  }
  return {
    count: () => byId.size,
    all: () => byId.values(),
    find: (id) => byId.get(id),
    search,
    add,
    turn,
  }
}

const placing = (order: SandboxOrder): Entry => ({ at: order.createdAt, order })
const changes = (order: SandboxOrder): Entry[] => order.changes.map(({ at }) => ({ at, order }))

const positionOf = ({ order, standing }: Found, by: Search['by']): Position => [
  by === 'createdTime' ? order.createdAt : standing.at,
  order.id,
]

const byTime = (one: Entry, other: Entry): number =>
  one.at - other.at || (one.order.id < other.order.id ? -1 : 1)

const firstFrom = (list: readonly Entry[], from: number): number =>
  firstWhere(list, (entry) => entry.at >= from)

const firstBehind = (list: readonly Entry[], [at, id]: Position): number =>
  firstWhere(list, (entry) => entry.at > at || (entry.at === at && entry.order.id > id))

/** Binary search: false … false true … true. */
const firstWhere = (list: readonly Entry[], isBehind: (entry: Entry) => boolean): number => {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = list[middle]
    if (entry && isBehind(entry)) high = middle
    else low = middle + 1
  }
  return low
}

const insert = (list: Entry[], entry: Entry): void => {
  list.splice(firstWhere(list, (other) => byTime(other, entry) > 0), 0, entry)
}
