/** The whole world of the sandbox: its sellers, and time that passes in it. */
import { hashOf, randomFor } from 'robnu/testing'
import { type Agenda, createAgenda } from 'robnu/testing'
import { catalogueOf } from './catalogue.ts'
import { type Identity, isLiving, type Return, type Seller, type Shipment } from './model.ts'
import { minuteMs, timeText } from './times.ts'
import { createViews } from './views.ts'
import { stateOf, wireReturn, wireShipment } from './wire.ts'

export interface World {
  readonly seed: number
  /** Before this instant somebody else looked after the orders. */
  readonly start: number
  readonly sellers: ReadonlyMap<string, Seller>
  /** How long a report takes, when somebody says so: then none fails. */
  readonly reportMs: number | undefined
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
    readonly reportMs?: number | undefined
  },
): World => {
  const { seed, begin, start, identities, lagMs, reportMs } = options
  const agenda: Agenda = createAgenda()
  let present = begin
  const at = () => present

  const catchUp = (until: number): void => {
    const end = wholeSecond(until)
    for (let event = agenda.due(end); event; event = agenda.due(end)) {
      present = Math.max(present, event.at)
      event.run()
    }
    present = Math.max(present, end)
  }
  return {
    ...{ seed, start, reportMs, at, catchUp },
    sellers: new Map(identities.map((one) => [one.id, newSeller(one, seed, lagMs, at)])),
    plan: (time, run) => agenda.plan(Math.max(wholeSecond(time), present), run),
  }
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000

const newSeller = (
  identity: Identity,
  seed: number,
  lagMs: () => number,
  now: () => number,
): Seller => {
  const products = catalogueOf(seed, identity.id)
  return {
    ...identity,
    products,
    stock: new Map(products.map(({ sku }, at) => [sku, 15 + at * 11 % 35])),
    prices: new Map(products.map(({ sku, pricePaise }) => [sku, pricePaise])),
    ...{ orders: new Map(), shipments: new Map(), returns: new Map(), reportsMade: new Map() },
    ...{ dues: [], nefts: [], events: [] },
    views: {
      shipments: createViews<Shipment>({ render: wireShipment, words: wordsOf }, lagMs, now),
      returns: createViews<Return>(
        { render: wireReturn, words: ({ status }) => [status] },
        lagMs,
        now,
      ),
    },
    ...{ asked: new Map(), done: new Map(), numbers: new Map() },
  }
}

const wordsOf = (shipment: Shipment): readonly string[] =>
  shipment.items.map((item) => stateOf(item, shipment))

export const changeShipment = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  make: () => void,
): void => {
  seller.views.shipments.keep(shipment)
  make()
  if (!shipment.items.some(isLiving)) {
    shipment.state = 'CANCELLED'
    shipment.hold = false
  }
  shipment.updatedAt = world.at()
}

export const changeReturn = (
  world: World,
  seller: Seller,
  one: Return,
  make: () => void,
): void => {
  seller.views.returns.keep(one)
  make()
  one.updatedAt = world.at()
}

/** What Flipkart tells about a shipment or a return: at once, or an hour or two later. */
export const tell = (
  world: World,
  seller: Seller,
  about: { readonly shipmentId: string } | { readonly returnId: string },
  eventType: string,
  attributes: object,
): void => {
  if (world.at() < world.start) return
  const number = (seller.numbers.get('event') ?? 0) + 1
  seller.numbers.set('event', number)
  const random = randomFor(world.seed, `event/${seller.id}/${number}`)
  const late = random.chance(0.1) ? random.int(5, 120) * minuteMs : random.int(0, 3) * 1000
  const group = 'shipmentId' in about ? about.shipmentId : about.returnId
  seller.events.push({
    ...{ number, group },
    at: world.at(),
    dueAt: world.at() + late,
    body: JSON.stringify({
      ...{ eventType, source: 'flipkart', version: 'v3', timestamp: timeText(world.at()) },
      locationId: seller.location,
      ...about,
      attributes,
    }),
  })
}

/** A UUID of version 4 by its looks. */
export const uuidOf = (seed: number, key: string): string => {
  const hex = [0, 1, 2].map((part) => hashOf(seed + part, key).toString(16).padStart(14, '0'))
    .join('')
  const variant = '89ab'[hashOf(seed, `${key}/v`) % 4]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${
    hex.slice(17, 20)
  }-${hex.slice(20, 32)}`
}
