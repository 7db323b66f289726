/** The whole world of the sandbox: its suppliers, and time that passes in it. */
import { randomFor } from 'robnu/testing'
import { createAgenda } from 'robnu/testing'
import { catalogueOf, variantKey } from './catalogue.ts'
import { createChangeLog } from './change-log.ts'
import { type Identity, nextNumber, type Order, type Return, type Supplier } from './model.ts'
import { wireOrder, wireReturn } from './wire.ts'
import { minuteMs } from './words.ts'

export interface World {
  readonly seed: number
  /** Before this instant somebody else looked after the orders. */
  readonly start: number
  readonly suppliers: ReadonlyMap<string, Supplier>
  /** How long a file's address lives. */
  readonly fileLifeMs: number
  /** The instant that is lived just now, in whole seconds. */
  readonly at: () => number
  /** What is planned for the past happens at once. */
  readonly plan: (at: number, run: () => void) => void
  /** Lives on until an instant; never goes back. */
  readonly catchUp: (until: number) => void
}

export const createWorld = (
  options: Pick<World, 'seed' | 'start' | 'fileLifeMs'> & {
    readonly begin: number
    readonly identities: readonly Identity[]
    readonly lagMs: () => number
  },
): World => {
  const { seed, begin, start, identities, lagMs, fileLifeMs } = options
  const agenda = createAgenda()
  let present = begin

  const catchUp = (until: number): void => {
    const end = wholeSecond(until)
    for (let event = agenda.due(end); event; event = agenda.due(end)) {
      present = Math.max(present, event.at)
      event.run()
    }
    present = Math.max(present, end)
  }
  return {
    ...{ seed, start, fileLifeMs, catchUp },
    suppliers: new Map(identities.map((one) => [one.id, newSupplier(one, seed, lagMs)])),
    at: () => present,
    plan: (at, run) => agenda.plan(Math.max(wholeSecond(at), present), run),
  }
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000

const newSupplier = (identity: Identity, seed: number, lagMs: () => number): Supplier => {
  const variants = catalogueOf(seed, identity.id)
  return {
    ...identity,
    variants,
    stock: new Map(
      variants.map((one, at) => [variantKey(one), at % 11 === 7 ? 0 : 15 + at * 7 % 40]),
    ),
    ...{
      orders: new Map(),
      packed: new Map(),
      jobs: new Map(),
      manifests: new Map(),
      returns: new Map(),
    },
    ...{ dues: [], payments: [], adjustments: [], pushes: [] },
    logs: {
      orders: createChangeLog(wireOrder, ({ status }: Order) => status, lagMs),
      returns: createChangeLog(wireReturn, ({ status }: Return) => status, lagMs),
    },
    preference: identity.firstPreference,
    keyNumber: 1,
    keyEndsAfter: Infinity,
    ...{ asked: new Map(), done: new Map(), numbers: new Map() },
  }
}

/** A change that is told, and pushed. */
export const changeOrder = (
  world: World,
  supplier: Supplier,
  order: Order,
  make: () => void,
): void => {
  supplier.logs.orders.change(order, world.at(), make)
  const isNew = supplier.orders.get(order.no) !== order
  supplier.orders.set(order.no, order)
  push(world, supplier, isNew ? 'ORDER_CREATED' : 'ORDER_UPDATED', wireOrder(order, world.at()))
}

export const changeReturn = (
  world: World,
  supplier: Supplier,
  one: Return,
  make: () => void,
): void => {
  supplier.logs.returns.change(one, world.at(), make)
  push(world, supplier, 'RETURN_UPDATED', wireReturn(one, world.at()))
}

const mostPushes = 5_000 // nobody has asked for them

/** One of twenty is lost, one comes twice, one comes late: up to two hours. */
const push = (
  world: World,
  supplier: Supplier,
  type: Supplier['pushes'][number]['type'],
  data: object,
): void => {
  const at = world.at()
  if (at < world.start) return
  const id = `ev-${supplier.mark}-${nextNumber(supplier, 'event')}`
  const random = randomFor(world.seed, `push/${id}`)
  const draw = random.next()
  if (draw < 0.05) return
  const dueAt = draw < 0.1 ? at + random.int(10, 120) * minuteMs : at
  supplier.pushes.push({ id, type, at, dueAt, data })
  if (draw > 0.95) supplier.pushes.push({ id, type, at, dueAt: at + minuteMs, data })
  if (supplier.pushes.length > mostPushes) supplier.pushes = supplier.pushes.slice(-mostPushes / 2)
}
