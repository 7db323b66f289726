/** What comes back, and how: made of what happened to an order, so that a restart finds the same. */
import { digitsOf, hashOf, randomFor } from 'robnu/testing'
import { type Change, distinctLines, type Line, type SandboxOrder } from './orders.ts'
import type { Partner, World } from './world.ts'

/** Amazon's words for a return, in the order of a way that goes well. */
export const returnWords = [
  'CREATED',
  'CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER',
  'CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER',
  'CUSTOMER_RESCHEDULED_PICK_UP',
  'CUSTOMER_CANCELLED_PICK_UP',
  'CUSTOMER_DROPPED_OFF',
  'PICKED_FROM_CUSTOMER',
  'IN_TRANSIT',
  'REPLANNED',
  'OUT_FOR_DELIVERY',
  'DELIVERED',
  'PARTIALLY_PROCESSED',
  'PROCESSED',
  'REJECTED',
  'CANCELLED',
] as const
export type ReturnWord = (typeof returnWords)[number]

export interface ReturnStep {
  readonly at: number
  readonly status: ReturnWord
}
export interface SandboxReturn {
  readonly id: string
  readonly rmaId: string
  readonly order: SandboxOrder
  readonly line: Line
  readonly quantity: number
  readonly type: 'CUSTOMER' | 'REJECT'
  readonly subType: 'NORMAL' | 'EXCHANGE'
  readonly reason: string
  readonly trackingId: string
  /** All that has happened and will happen, in the order of time. */
  readonly steps: readonly ReturnStep[]
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const reasons = ['AMZ-PG-APP-TOO-SMALL', 'AMZ-PG-APP-TOO-LARGE', 'CR-DEFECTIVE', 'CR-UNWANTED_ITEM']

/** What a verb has made or moved; each is an act, so that a restart repeats it. */
interface Deeds {
  readonly asked: Map<string, { readonly at: number; readonly exchange: boolean }[]>
  readonly moved: Map<string, ReturnStep[]>
}
const deeds = new WeakMap<Partner, Deeds>()
const deedsOf = (partner: Partner): Deeds => {
  const known = deeds.get(partner) ?? { asked: new Map(), moved: new Map() }
  deeds.set(partner, known)
  return known
}

interface Known {
  readonly changes: readonly Change[]
  readonly asked: number
  readonly returns: readonly SandboxReturn[]
}
const cache = new WeakMap<SandboxOrder, Known>()

/** All returns of an order, also those that are still to come. */
export const returnsOfOrder = (
  { seed }: World,
  partner: Partner,
  order: SandboxOrder,
): readonly SandboxReturn[] => {
  const asked = deedsOf(partner).asked.get(order.id) ?? []
  const known = cache.get(order)
  const isSame = known?.changes === order.changes && known.asked === asked.length
  const returns = isSame ? known.returns : [
    ...undelivered(seed, order),
    ...wished(seed, order),
    ...asked.flatMap(({ at, exchange }, index) => {
      const [line] = distinctLines(order)
      return line ? [customerReturn(seed, order, line, at, `asked/${index}`, exchange)] : []
    }),
  ]
  if (!isSame) cache.set(order, { changes: order.changes, asked: asked.length, returns })
  return returns.map((one) => moved(partner, one))
}

/** All returns of a partner that exist by then. */
export const returnsBy = (world: World, partner: Partner, at: number): SandboxReturn[] => {
  const found: SandboxReturn[] = []
  for (const order of partner.books.all()) {
    if (order.fulfilledBy !== 'MERCHANT' || order.channel !== 'AMAZON') continue
    for (const one of returnsOfOrder(world, partner, order)) {
      if ((one.steps[0]?.at ?? Infinity) <= at) found.push(one)
    }
  }
  return found
}

/** How it stands; undefined before it exists. */
export const stepAt = (one: SandboxReturn, at: number): ReturnStep | undefined =>
  one.steps.findLast((step) => step.at <= at)

/** When the goods were there again; undefined: they are not. */
export const backAt = ({ steps }: SandboxReturn): number | undefined =>
  steps.find(({ status }) => status === 'DELIVERED' || status === 'PROCESSED')?.at

const moved = (partner: Partner, one: SandboxReturn): SandboxReturn => {
  const own = deedsOf(partner).moved.get(one.id)
  const first = own?.[0]?.at
  if (!own || first === undefined) return one
  return { ...one, steps: [...one.steps.filter(({ at }) => at < first), ...own] }
}

export const askReturn = (world: World, partner: Partner, orderId: string, exchange: boolean) => {
  const { asked } = deedsOf(partner)
  asked.set(orderId, [...asked.get(orderId) ?? [], { at: world.at(), exchange }])
}
/** From now on it stands like this; the rest of its way is forgotten. */
export const moveReturn = (world: World, partner: Partner, id: string, status: ReturnWord) => {
  const { moved } = deedsOf(partner)
  moved.set(id, [...moved.get(id) ?? [], { at: world.at(), status }])
}

/** Refused at the door: all of it comes back, with the number under which it went out. */
const undelivered = (seed: number, order: SandboxOrder): SandboxReturn[] => {
  const turned = order.changes.find(({ parcel }) => parcel && backWords.has(parcel))
  if (!turned) return []
  const steps: ReturnStep[] = [{ at: turned.at, status: 'CREATED' }]
  for (const { at, parcel } of order.changes) {
    if (parcel === 'RETURNING_TO_SELLER' && at > turned.at) steps.push({ at, status: 'IN_TRANSIT' })
    if (parcel !== 'RETURNED_TO_SELLER') continue
    if (at > turned.at) steps.push({ at, status: 'DELIVERED' })
    steps.push({ at: at + dayMs, status: 'PROCESSED' })
  }
  return distinctLines(order).map((line) => ({
    ...baseOf(seed, order, line, `reject/${line.itemId}`),
    ...{ type: 'REJECT', subType: 'NORMAL', reason: 'REFUSED_AT_DOOR', steps } as const,
  }))
}
const backWords = new Set(['REJECTED_BY_BUYER', 'RETURNING_TO_SELLER', 'RETURNED_TO_SELLER'])

const wished = (seed: number, order: SandboxOrder): SandboxReturn[] => {
  const deliveredAt = order.changes.find(({ parcel }) => parcel === 'DELIVERED')?.at
  const random = randomFor(seed, `returns/${order.id}`)
  if (deliveredAt === undefined || !random.chance(0.09)) return []
  const at = deliveredAt + random.int(20 * 3600, 9 * 24 * 3600) * 1000
  const lines = distinctLines(order)
  const line = lines[random.int(0, lines.length - 1)]
  return line ? [customerReturn(seed, order, line, at, 'wish', random.chance(0.1))] : []
}

const customerReturn = (
  seed: number,
  order: SandboxOrder,
  line: Line,
  createdAt: number,
  key: string,
  exchange: boolean,
): SandboxReturn => {
  const random = randomFor(seed, `return-way/${order.id}/${key}`)
  const steps: ReturnStep[] = [{ at: createdAt, status: 'CREATED' }]
  let at = createdAt
  const then = (status: ReturnWord, least: number, most: number): void => {
    at += random.int(least * 3600, most * 3600) * 1000
    steps.push({ at, status })
  }
  then('CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER', 1, 4)
  if (random.chance(0.08)) then('CUSTOMER_RESCHEDULED_PICK_UP', 10, 30)
  if (random.chance(0.06)) then('CUSTOMER_CANCELLED_PICK_UP', 10, 30)
  else {
    then('CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER', 12, 40)
    then('PICKED_FROM_CUSTOMER', 1, 6)
    then('IN_TRANSIT', 3, 12)
    then('OUT_FOR_DELIVERY', 24, 90)
    then('DELIVERED', 1, 8)
    then('PROCESSED', 24, 72)
  }
  return {
    ...baseOf(seed, order, line, key),
    quantity: line.quantity > 1 && random.chance(0.5) ? 1 : line.quantity,
    ...{ type: 'CUSTOMER', subType: exchange ? 'EXCHANGE' : 'NORMAL', steps } as const,
    reason: random.pick(reasons),
  }
}

const baseOf = (seed: number, order: SandboxOrder, line: Line, key: string) => {
  const name = `return/${order.id}/${line.itemId}/${key}`
  const hex = (part: number) => hashOf(seed, `${name}/${part}`).toString(16).padStart(14, '0')
  const [one, two, three] = [hex(1), hex(2), hex(3)]
  return {
    id: `${one.slice(0, 8)}-${one.slice(8, 12)}-4${two.slice(0, 3)}-a${two.slice(3, 6)}-` +
      three.slice(0, 12),
    rmaId: `D${digitsOf(seed, `rma/${name}`, 9)}RRMA`,
    trackingId: digitsOf(seed, `back/${name}`, 12),
    ...{ order, line, quantity: line.quantity },
  }
}
