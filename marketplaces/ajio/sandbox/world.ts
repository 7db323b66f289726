/** The whole world of the sandbox: its POBs, and time that passes in it. */
import { type Agenda, createAgenda } from 'robnu/testing'
import { catalogueOf } from './catalogue.ts'
import { createChangeLog } from './change-log.ts'
import type { Identity, Order, Parcel, Pob, Return } from './model.ts'
import { settlementStatus, wireOrder, wireReturn, wireSettlement } from './wire.ts'

export interface World {
  readonly seed: number
  /** Before this instant somebody else looked after the orders. */
  readonly start: number
  readonly pobs: ReadonlyMap<string, Pob>
  /** The instant that is lived just now, in whole seconds. */
  readonly at: () => number
  /** What is planned for the past happens at once. */
  readonly plan: (at: number, run: () => void) => void
  /** Lives on until an instant; never goes back. */
  readonly catchUp: (until: number) => void
}

export const createWorld = (
  options: {
    readonly seed: number
    readonly begin: number
    readonly start: number
    readonly identities: readonly Identity[]
    readonly lagMs: () => number
  },
): World => {
  const { seed, begin, start, identities, lagMs } = options
  const agenda: Agenda = createAgenda()
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
    seed,
    start,
    pobs: new Map(identities.map((one) => [one.id, newPob(one, seed, lagMs)])),
    at: () => present,
    plan: (at, run) => agenda.plan(Math.max(wholeSecond(at), present), run),
    catchUp,
  }
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000

const newPob = (identity: Identity, seed: number, lagMs: () => number): Pob => {
  const products = catalogueOf(seed, identity.storeCode)
  return {
    ...identity,
    products,
    stock: new Map(products.map(({ sku }, at) => [sku, 20 + at * 7 % 40])),
    ...{ orders: new Map(), byPo: new Map(), parcels: new Map(), manifests: new Map() },
    ...{ returns: new Map(), settlements: [], invoices: new Map(), pending: [], open: undefined },
    logs: {
      orders: createChangeLog(
        (order: Order, at) => wireOrder(order, at, seed),
        ({ status }) => status,
        lagMs,
      ),
      returns: createChangeLog(wireReturn, ({ status }) => status, lagMs),
      settlements: createChangeLog(wireSettlement, settlementStatus, lagMs),
    },
    ...{ asked: new Map(), done: new Map(), numbers: new Map() },
  }
}

export const changeOrder = (world: World, pob: Pob, order: Order, make: () => void): void =>
  pob.logs.orders.change(order, world.at(), make)

export const changeReturn = (world: World, pob: Pob, one: Return, make: () => void): void =>
  pob.logs.returns.change(one, world.at(), make)

/** A change of a parcel is a change of its order. */
export const changeParcel = (
  world: World,
  pob: Pob,
  parcel: Parcel,
  status: Parcel['status'],
  orderStatus: Order['status'] = parcel.order.status,
): void =>
  changeOrder(world, pob, parcel.order, () => {
    parcel.status = status
    parcel.updatedAt = world.at()
    parcel.order.status = orderStatus
  })
