/** The verb `ledger`: what an honest ledger has to show now, in our words, out of the world's own truth. */
import { paiseOf } from 'robnu/plugin'
import { type ControlVerb, controlVerb, nothing } from 'robnu/testing'
import { type Change, distinctLines, type ParcelWord, type SandboxOrder } from './orders.ts'
import { standingAt } from './orders.ts'
import { parcelsAt } from './parcels.ts'
import type { Partner, World } from './world.ts'

export interface LedgerParts {
  readonly returns: (world: World, partner: Partner) => unknown
  readonly payouts: (world: World, partner: Partner) => unknown
}

export const ledgerVerb = (
  world: World,
  { returns, payouts }: LedgerParts,
  lagMs: () => number,
): ControlVerb =>
  controlVerb('what an honest ledger has to show now', nothing, () => {
    world.catchUp()
    const accounts = [...world.partners.values()].map((partner): [string, object] => {
      const seen = [...partner.books.all()].flatMap((order) => {
        const standing = standingAt(order, world.at() - lagMs())
        // other channels' orders are put aside
        return standing && order.channel === 'AMAZON' ? [{ order, standing }] : []
      })
      return [partner.id, {
        orders: seen.map(({ order, standing }) => orderOf(order, standing)),
        returns: returns(world, partner),
        payouts: payouts(world, partner),
        stock: Object.fromEntries(partner.stock),
        parcels: Object.fromEntries(
          seen.map(({ order, standing }) => [order.id, livingOf(order, standing, world.seed)]),
        ),
      }]
    })
    return { accounts: Object.fromEntries(accounts) }
  })

const byParcel: Readonly<Record<ParcelWord, string>> = {
  PENDING_SCHEDULE: 'NEW',
  PENDING_PICK_UP: 'READY_TO_SHIP',
  PENDING_DROP_OFF: 'READY_TO_SHIP',
  LABEL_CANCELLED: 'PACKED',
  PICKED_UP: 'SHIPPED',
  DROPPED_OFF: 'SHIPPED',
  AT_ORIGIN_FC: 'SHIPPED',
  AT_DESTINATION_FC: 'SHIPPED',
  OUT_FOR_DELIVERY: 'OUT_FOR_DELIVERY',
  DELIVERED: 'DELIVERED',
  REJECTED_BY_BUYER: 'RTO_IN_TRANSIT',
  UNDELIVERABLE: 'RTO_IN_TRANSIT',
  RETURNING_TO_SELLER: 'RTO_IN_TRANSIT',
  RETURNED_TO_SELLER: 'RTO_RECEIVED',
  LOST: 'LOST',
  DAMAGED: 'LOST',
}

const stateOf = (order: SandboxOrder, { status, parcel }: Change): string => {
  if (status === 'CANCELLED' || status === 'UNFULFILLABLE') {
    // what has left is on its way, whatever the order is called
    return parcel && hasLeft(parcel) ? byParcel[parcel] : 'CANCELLED'
  }
  if (status === 'PARTIALLY_SHIPPED') return 'READY_TO_SHIP'
  if (parcel) return byParcel[parcel]
  if (status === 'SHIPPED') return 'SHIPPED'
  const step = order.external?.at(-1)?.status
  return step === undefined ? 'NEW' : step === 'CONFIRMED' ? 'ACKNOWLEDGED' : 'PACKED'
}

const orderOf = (order: SandboxOrder, standing: Change): object => {
  const isHeld = standing.status.startsWith('PENDING')
  const lines = distinctLines(order)
  const sum = lines.reduce((all, { amount }) => all + (paiseOf(amount ?? '0') ?? 0), 0)
  return {
    id: order.id,
    state: stateOf(order, standing),
    onHold: isHeld,
    totalPaise: isHeld && !order.open ? null : sum,
    items: lines.map(({ itemId, quantity }) => ({ id: itemId, quantity, cancelled: 0 })),
  }
}

const hasLeft = (word: ParcelWord): boolean =>
  !['NEW', 'READY_TO_SHIP', 'PACKED'].includes(byParcel[word])

/** Also what has arrived, or came back: the parcel is one that the ledger knows. */
const livingOf = (order: SandboxOrder, { at, status }: Change, seed: number): number =>
  parcelsAt(order, at, seed).filter(({ word }) =>
    hasLeft(word) || byParcel[word] === 'READY_TO_SHIP' && status !== 'CANCELLED'
  ).length
