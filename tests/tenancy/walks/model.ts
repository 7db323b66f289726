/** What staff, sellers and their sessions are, as somebody would tell it who knows no database. */
import type { StaffClient } from '../staff-world.ts'
import type { TestSeller } from '../../support/database.ts'

export interface SellerModel {
  readonly seller: TestSeller
  consent: 'REQUIRED' | 'NOTIFY'
  isSuspended: boolean
  /** How often staff changed something in it. */
  writes: number
}
export interface StaffModel {
  client: StaffClient
  /** Signed out. */
  isOut: boolean
  isRemoved: boolean
  /** The seller that they work for themselves. */
  readonly own: SellerModel | null
}
export interface SessionModel {
  readonly id: string
  readonly of: SellerModel
  /** The member of staff, and from which of their sessions it was started. */
  readonly personId: string
  startedFrom: string | null
  readonly consent: 'REQUIRED' | 'NOTIFY' | 'EMERGENCY'
  mode: 'READ_ONLY' | 'READ_WRITE'
  minutes: number
  state: 'REQUESTED' | 'APPROVED' | 'DENIED' | 'LIVE' | 'ENDED'
  endedBy: string | null
  reads: number
  acts: number
  opens: number
}
export interface Model {
  readonly sellers: readonly SellerModel[]
  readonly staff: readonly StaffModel[]
  readonly sessions: SessionModel[]
}

export const isOpen = ({ state }: SessionModel): boolean =>
  state === 'REQUESTED' || state === 'APPROVED' || state === 'LIVE'

export const end = (session: SessionModel, by: string): void => {
  if (!isOpen(session)) return
  session.state = 'ENDED'
  session.endedBy = by
}

/** Why a request inside a seller is refused before anybody asks what it is; undefined: it is live. */
export const refusalInside = (
  staff: StaffModel,
  session: SessionModel | undefined,
): string | undefined => {
  if (staff.isOut) return 'not-signed-in'
  const isTheirs = session?.state === 'LIVE' && session.personId === staff.client.person.id &&
    session.startedFrom === staff.client.sessionId
  return isTheirs ? undefined : 'impersonation-over'
}

export const refusalToAsk = (
  { sessions }: Model,
  staff: StaffModel,
  of: SellerModel,
): string | undefined => {
  if (staff.isOut) return 'not-signed-in'
  if (staff.own === of) return 'conflict-of-interest'
  const hasOpen = sessions.some((one) =>
    one.of === of && one.personId === staff.client.person.id && isOpen(one)
  )
  return hasOpen ? 'impersonation-open' : undefined
}

export const refusalToStart = (
  { sessions }: Model,
  staff: StaffModel,
  session: SessionModel | undefined,
): string | undefined => {
  if (staff.isOut) return 'not-signed-in'
  if (session === undefined) return 'not-found'
  const { id } = staff.client.person
  if (session.personId !== id || session.state !== 'APPROVED') return 'impersonation-state'
  const hasLive = sessions.some((one) => one.personId === id && one.state === 'LIVE')
  return hasLive ? 'impersonation-open' : undefined
}

/** By a second one of staff, in an emergency. */
export const refusalToSecond = (
  staff: StaffModel,
  session: SessionModel | undefined,
): string | undefined => {
  if (staff.isOut) return 'not-signed-in'
  if (session === undefined) return 'not-found'
  const isTheirs = session.personId === staff.client.person.id
  if (session.consent !== 'EMERGENCY' || isTheirs || session.state !== 'REQUESTED') {
    return 'impersonation-state'
  }
  return staff.own === session.of ? 'conflict-of-interest' : undefined
}

/** By a person of a seller. */
export const refusalToDecide = (
  person: { readonly of: SellerModel; readonly mayDecide: boolean },
  session: SessionModel | undefined,
  needs: 'REQUESTED' | 'anything',
): string | undefined => {
  if (!person.mayDecide) return 'forbidden'
  if (session === undefined || session.of !== person.of) return 'not-found'
  return needs === 'REQUESTED' && session.state !== 'REQUESTED' ? 'impersonation-state' : undefined
}
