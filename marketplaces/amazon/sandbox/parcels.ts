/** Parcels: which an order has, how they stand, and what becomes of one that is made now. */
import { digitsOf, randomFor } from 'robnu/testing'
import type { Change, Parcel, ParcelWord, SandboxOrder, Slot } from './orders.ts'
import { wayOf } from './timeline.ts'
import { countDone, type Partner, type World } from './world.ts'

export interface StandingParcel {
  readonly parcel: Parcel
  readonly word: ParcelWord
  /** Of the word. */
  readonly since: number
  /** When the courier took it. */
  readonly leftAt?: number
}

/** All that an order ever had, in the order of their making; also those whose label was cancelled. */
export const parcelsAt = (
  order: SandboxOrder,
  at: number,
  seed: number,
): readonly StandingParcel[] => {
  const told = order.changes.filter((change) => change.at <= at && change.parcel)
  if (told.length === 0) return []
  const made = order.parcels ?? []
  const first = told[0]?.at ?? 0
  const [oldest] = made
  // nobody asked for the parcels of the history: they are what they would have been
  const all = oldest && oldest.madeAt <= first ? made : [unasked(order, first, seed), ...made]
  return all.flatMap((parcel, index) => {
    const until = all[index + 1]?.madeAt ?? Infinity
    const own = told.filter((change) => change.at >= parcel.madeAt && change.at < until)
    const last = own.at(-1)
    if (!last?.parcel) return []
    const left = own.find((change) => change.status === 'SHIPPED')?.at
    const standing = { parcel, word: last.parcel, since: last.at }
    return [left === undefined ? standing : { ...standing, leftAt: left }]
  })
}

const unasked = (order: SandboxOrder, madeAt: number, seed: number): Parcel => ({
  id: '1',
  madeAt,
  carrier: 'ATS',
  trackingNumber: digitsOf(seed, `parcel/${order.id}`, 12),
  route: 'EASY_SHIP',
})

/** The parcel that is under way, or waits for the courier. */
export const livingParcel = (
  order: SandboxOrder,
  at: number,
  seed: number,
): StandingParcel | undefined => {
  const last = parcelsAt(order, at, seed).at(-1)
  return last?.word === 'LABEL_CANCELLED' || last?.word === 'PENDING_SCHEDULE' ? undefined : last
}

/** What External Fulfillment calls the order. */
export const shipmentIdOf = (order: SandboxOrder, seed: number): string =>
  digitsOf(seed, `shipment/${order.id}`, 13)

const shipmentIds = new WeakMap<Partner, Map<string, SandboxOrder>>()

export const orderOfShipment = (
  partner: Partner,
  id: string,
  seed: number,
): SandboxOrder | undefined => {
  const known = shipmentIds.get(partner) ?? new Map<string, SandboxOrder>()
  shipmentIds.set(partner, known)
  if (!known.has(id) && known.size < partner.books.count()) {
    for (const order of partner.books.all()) known.set(shipmentIdOf(order, seed), order)
  }
  return known.get(id)
}

/** Packs what waits for it; from here on the order goes by its fate. */
export const makeParcel = (
  world: World,
  partner: Partner,
  order: SandboxOrder,
  wish: Pick<Parcel, 'route' | 'box'> & { readonly id?: string; readonly slot: Slot },
): Parcel => {
  const at = world.at()
  const number = parcelsAt(order, at, world.seed).length + 1
  const key = `parcel/${order.id}/${number}`
  const { slot, route, box } = wish
  const parcel: Parcel = {
    id: wish.id ?? String(number),
    madeAt: at,
    carrier: 'ATS',
    trackingNumber: digitsOf(world.seed, key, 12),
    ...{ route, slot },
    ...(box ? { box } : {}),
  }
  order.parcels = [...(order.parcels ?? []), parcel]
  const word = slot.handover === 'PICKUP' ? 'PENDING_PICK_UP' : 'PENDING_DROP_OFF'
  partner.books.turn(
    order,
    { at, status: 'UNSHIPPED', parcel: word },
    ...fateOf(world.seed, key, at, slot),
  )
  countDone(partner, 'parcel')
  return parcel
}

/** The courier comes within the slot; a few buyers change their minds before. */
const fateOf = (seed: number, key: string, at: number, slot: Slot): readonly Change[] => {
  const random = randomFor(seed, `fate/${key}`)
  const from = Math.max(at + 60_000, slot.start)
  const pickedUpAt = from + random.int(0, Math.max(0, slot.end - from) / 1000) * 1000
  if (random.chance(0.03)) {
    const changedMind = at + random.int(1, Math.max(1, (pickedUpAt - at) / 1000 - 1)) * 1000
    const cancelled = { status: 'CANCELLED', parcel: 'LABEL_CANCELLED' } as const
    return [{ at: changedMind, ...cancelled, cancelledBy: 'BUYER' }]
  }
  return wayOf(random, pickedUpAt)
}

/** Another time for a parcel that still waits. */
export const reschedule = (
  world: World,
  partner: Partner,
  order: SandboxOrder,
  parcel: Parcel,
  slot: Slot,
): Parcel => {
  const at = world.at()
  const moved = { ...parcel, slot }
  order.parcels = [...(order.parcels ?? []).filter(({ madeAt }) => madeAt !== parcel.madeAt), moved]
  const key = `parcel/${order.id}/${slot.start}`
  const word = slot.handover === 'PICKUP' ? 'PENDING_PICK_UP' : 'PENDING_DROP_OFF'
  const told = { at, status: 'UNSHIPPED', parcel: word } as const
  partner.books.turn(order, told, ...fateOf(world.seed, key, at, slot))
  return moved
}
