/**
 * The moves of a marketplace's world, under one name in every sandbox: those of the one public sandbox
 * that a marketplace in India offers, where it has them, and ours for the rest.
 */
import type { ControlVerb } from './control.ts'

/** Each with its name in that sandbox (`POST …/sandbox/on_hold`), or null. */
export const moves = {
  /** New orders, placed now; answers `{orderIds}`. */
  createOrders: 'test_orders',
  /** An order stands still until `unhold`. */
  hold: 'on_hold',
  unhold: 'un_hold',
  /** Another time to dispatch by. */
  updateDispatchSlot: 'update_dispatch_slot',
  /** The courier has the parcel. */
  pickUpComplete: 'pick_up_complete',
  shipped: 'shipped',
  delivered: 'delivered',
  /** A delivered order begins to come back. */
  createReturn: 'create_returns',
  /** A return goes on. */
  returnEvent: 'return_events',
  /** By the buyer, the seller or the marketplace. */
  cancelAs: null,
  /** An order stands in any state of this marketplace, named by its own word. */
  advance: null,
  /** What is owed is settled now. */
  closeSettlement: null,
  /** Tokens die, or the whole session. */
  revokeToken: null,
} as const
export type MoveName = keyof typeof moves

/** Why a sandbox has no such verb: its marketplace knows no such thing. */
export interface Absent {
  readonly absent: string
}
export const absent = (reason: string): Absent => ({ absent: reason })
export const isAbsent = (verb: ControlVerb | Absent): verb is Absent => 'absent' in verb

/** All of them, so that a sandbox says of each what it does, or why it does not. */
export type Moves = Readonly<Record<MoveName, ControlVerb | Absent>>

const names = new Map<string, string>(
  Object.entries(moves).flatMap(([own, theirs]) => theirs ? [[theirs, own]] : []),
)
/** The other spelling is understood as well: `on_hold` is `hold`. */
export const sameVerb = (name: string): string => names.get(name) ?? name
