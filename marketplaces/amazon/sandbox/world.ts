/**
 * The world of the sandbox: selling partners, their orders, and time that passes. What happens by
 * itself is a function of the seed; what was done from outside is a journal of acts.
 */
import { type Journal, randomFor } from 'robnu/testing'
import { type Books, createBooks } from './books.ts'
import type { SandboxOrder } from './orders.ts'
import { seededOrder } from './seeded.ts'

export interface Partner {
  readonly id: string
  readonly books: Books
  /** What the seller's pushes made of it, by SKU. */
  readonly stock: Map<string, number>
  /** How often a write changed something, by its name. */
  readonly done: Map<string, number>
}
export interface World {
  readonly seed: number
  /** Before this instant somebody else looked after the orders. */
  readonly start: number
  readonly partners: ReadonlyMap<string, Partner>
  /** The instant that is lived just now, in whole seconds. */
  readonly at: () => number
  /** Lives on until now: orders come, and what was waited for ends. */
  readonly catchUp: () => void
  /** Does something now, and again at the same instant after every restart. */
  readonly run: (act: string, partner: string, body: unknown) => unknown
}
/**
 * Something that changes the world: a write of the API, or a verb. A thrown error is what the caller
 * of a verb reads; an answer of 400 and above has changed nothing.
 */
export type Act = (world: World, partner: Partner, body: unknown) => unknown

/** A partner as the clock starts. */
export interface Opening {
  readonly id: string
  readonly orders: readonly SandboxOrder[]
  /** New ones, from the start of the clock on. */
  readonly ordersPerDay: number
}

const dayMs = 86_400_000

export const createWorld = (options: {
  readonly seed: number
  readonly start: number
  readonly now: () => number
  readonly openings: readonly Opening[]
  readonly acts: Readonly<Record<string, Act>>
  readonly journal: Journal
  /** Of others, whose work ends by the clock: feeds. */
  readonly settle?: (at: number) => void
}): World => {
  const { seed, start, now, openings, acts, journal, settle } = options
  const partners = new Map<string, Partner>()
  const arrivals: ((until: number) => void)[] = []
  for (const { id, orders, ordersPerDay } of openings) {
    const partner = { id, books: createBooks(orders), stock: new Map(), done: new Map() }
    partners.set(id, partner)
    if (ordersPerDay > 0) arrivals.push(arrivalsOf({ seed, start }, partner, dayMs / ordersPerDay))
  }
  let present = start
  const live = (until: number): void => {
    present = Math.max(present, Math.floor(until / 1000) * 1000)
    for (const arrive of arrivals) arrive(present)
    settle?.(present)
  }
  const act = (name: string, id: string, body: unknown): unknown => {
    const partner = partners.get(id)
    const one = acts[name]
    if (!partner) throw new Error(`there is no selling partner "${id}"`)
    if (!one) throw new Error(`there is no act "${name}"`)
    return one(world, partner, body)
  }
  const world: World = {
    ...{ seed, start, partners },
    at: () => present,
    catchUp: () => live(now()),
    run: (name, id, body) => {
      live(now())
      const result = act(name, id, body)
      if (!isRefusal(result)) journal.add({ at: present, operation: name, account: id, body })
      return result
    },
  }
  for (const entry of journal.before) {
    live(entry.at)
    act(entry.operation, entry.account, entry.body)
  }
  live(now())
  return world
}

const isRefusal = (result: unknown): boolean =>
  result instanceof Object && 'status' in result && Number(result.status) >= 400

/** Places, one after the other, what has come until an instant. */
const arrivalsOf = (
  { seed, start }: Pick<World, 'seed' | 'start'>,
  { id, books }: Partner,
  gapMs: number,
): (until: number) => void => {
  let number = 0
  const gap = () => {
    const share = 0.3 + 1.4 * randomFor(seed, `${id}/arrival/${number}`).next()
    return Math.max(1, Math.floor(gapMs * share / 1000)) * 1000
  }
  let next = start + gap()
  return (until) => {
    for (; next <= until; next += gap()) {
      books.add(seededOrder({ seed, partner: id }, `later/${number}`, next, start))
      number += 1
    }
  }
}

export const countDone = ({ done }: Partner, name: string): void => {
  done.set(name, (done.get(name) ?? 0) + 1)
}
