/** The moves of a walk: which there are, how often each is drawn, and by whom it is played. */
import fc from 'fast-check'
import { newId } from '../../../core/ids.ts'
import type { House, Move, Play, Players } from './house.ts'
import * as model from './model.ts'
import * as plays from './plays.ts'

/** With how often each is drawn. */
const moves = {
  onward: [plays.onward, 30],
  ask: [plays.ask, 5],
  approve: [plays.approve, 6],
  start: [plays.start, 7],
  read: [plays.read, 7],
  write: [plays.write, 6],
  sendOut: [plays.sendOut, 3],
  leave: [plays.leave, 2],
  deny: [plays.deny, 1],
  second: [plays.second, 2],
  overstep: [plays.overstep, 2],
  pastTheApi: [plays.pastTheApi, 2],
  expire: [plays.expire, 2],
  sweep: [plays.sweep, 1],
  suspend: [plays.suspend, 1],
  changeConsent: [plays.changeConsent, 1],
  signOut: [plays.signOut, 1],
  remove: [plays.remove, 1],
  comeBack: [plays.comeBack, 3],
} as const satisfies Readonly<Record<string, readonly [Play, number]>>

const kinds = Object.entries(moves).map(([kind, [, weight]]) => ({
  arbitrary: fc.constant(kind),
  weight,
}))
const index = fc.nat({ max: 11 })
export const anyMove: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(...kinds),
  ...{ staff: index, seller: index, person: index },
  // the newest session is what most moves are about
  target: fc.oneof({ arbitrary: fc.constant(0), weight: 6 }, fc.integer({ min: -1, max: 5 })),
  minutes: fc.integer({ min: 1, max: 60 }),
  mode: fc.constantFrom('READ_ONLY', 'READ_WRITE'),
  flag: fc.boolean(),
})

const pick = <T>(all: readonly T[], at: number): T => all[at % all.length] as T

/** Plays it; the answer says where house and model do not agree. */
export const play = async (house: House, move: Move): Promise<string | undefined> => {
  const [run] = moves[move.kind as keyof typeof moves]
  const newest = house.sessions.toReversed()
  const session = move.kind === 'onward'
    ? newest.find(model.isOpen)
    : move.target < 0
    ? undefined
    : newest[move.target]
  const isOnward = move.kind === 'onward'
  const theirs = house.staff.find(({ client }) => client.person.id === session?.personId)
  const anybody = pick(house.staff, move.staff)
  const deciders = house.people.filter(({ of, mayDecide }) => of === session?.of && mayDecide)
  // whom the session is about gets somewhere; the others are here to be refused
  const isTheirMove = isOnward
    ? session?.consent !== 'EMERGENCY' || session.state !== 'REQUESTED'
    : move.staff < 8 && move.kind !== 'ask' && move.kind !== 'second'
  const players: Players = {
    staff: isTheirMove ? theirs ?? anybody : anybody,
    of: pick(house.sellers, move.seller),
    person: isOnward || move.person < 7
      ? deciders[0] ?? pick(house.people, move.person)
      : pick(house.people, move.person),
    session,
    id: session?.id ?? newId(),
  }
  const { expected, found } = await run(house, players, move)
  return expected === found ? undefined : `${move.kind}: ${found} instead of ${expected}`
}
