/** The house of a walk, and what a move in it is. */
import type { Ask, StaffWorld } from '../staff-world.ts'
import type { Model, SellerModel, SessionModel, StaffModel } from './model.ts'

/** A person of a seller, with what they may decide. */
export interface PersonModel {
  readonly of: SellerModel
  ask: Ask
  /** The same person with a new session: a token is good for a quarter of an hour. */
  readonly signIn: () => Promise<Ask>
  readonly userId: string
  readonly mayDecide: boolean
}
export interface House extends Model {
  readonly world: StaffWorld
  readonly people: readonly PersonModel[]
}
/** Numbers are taken modulo what there is; a target of -1 is an id of nobody's. */
export interface Move {
  /** A name of `moves`. */
  readonly kind: string
  readonly staff: number
  readonly seller: number
  readonly person: number
  readonly target: number
  readonly minutes: number
  readonly mode: 'READ_ONLY' | 'READ_WRITE'
  readonly flag: boolean
}

/** What a move found, and what it should have found. */
export interface Outcome {
  readonly expected: string
  readonly found: string
}
export interface Players {
  readonly staff: StaffModel
  readonly of: SellerModel
  readonly person: PersonModel
  readonly session: SessionModel | undefined
  readonly id: string
}
export type Play = (house: House, players: Players, move: Move) => Promise<Outcome>
