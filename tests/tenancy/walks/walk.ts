/** Walks: up to twenty-four moves each, chosen at random, every one judged by the model. */
import fc from 'fast-check'
import type { StaffWorld } from '../staff-world.ts'
import { findFaults, lookBefore } from './look.ts'
import type { SellerModel, StaffModel } from './model.ts'
import type { House, Move, PersonModel } from './house.ts'
import { anyMove, play } from './moves.ts'

export interface Figures {
  readonly walks: number
  readonly moves: number
  readonly reads: number
  readonly writes: number
  readonly sessions: number
  /** By move: how often it was played. */
  readonly played: Readonly<Record<string, number>>
  /** Null: nothing was found. Else with the seed and path that walk the same way again. */
  readonly failure: string | null
}
export interface WalkOptions {
  readonly walks: number
  readonly seed: number
  /** Of one failed walk. */
  readonly path?: string
  readonly say?: (line: string) => void
}

/** How many walks take no longer than a token lives, however slow the machine is. */
const walksOfToken = 100

/** Two sellers with their people, and three of staff, of whom one works for the first seller. */
const furnish = async (world: StaffWorld) => {
  const sellers: SellerModel[] = []
  const people: PersonModel[] = []
  for (const at of [0, 1] as const) {
    const seller = await world.openSeller()
    await world.openShop(seller, at)
    const of: SellerModel = { seller, consent: 'REQUIRED', isSuspended: false, writes: 0 }
    sellers.push(of)
    for (const mayDecide of [true, false]) {
      const signIn = () => mayDecide ? world.owner(seller) : world.join(seller, 'VIEWER')
      people.push({ of, ask: await signIn(), signIn, userId: seller.userId, mayDecide })
    }
  }
  const [first] = sellers
  if (!first) throw new Error('There is no seller')
  const staff: StaffModel[] = []
  for (const own of [null, null, first]) {
    const person = await world.hire()
    if (own !== null) await world.join(own.seller, 'FINANCE', person.email)
    staff.push({ client: await world.enter(person), isOut: false, isRemoved: false, own })
  }
  return { sellers, people, staff }
}

/** Everybody is back at work, and nothing is open. */
const tidy = async (
  world: StaffWorld,
  { sellers, staff, people }: Pick<House, 'sellers' | 'staff' | 'people'>,
  walked: number,
) => {
  const ids = sellers.map(({ seller }) => seller.sellerId)
  await world.sql`
    update impersonation_sessions set state = 'ENDED', ended_by = 'expired'
    where seller_id in ${world.sql(ids)} and state in ('REQUESTED', 'APPROVED', 'LIVE')`
  await world.sql`
    update sellers set status = 'ACTIVE', support_consent = 'REQUIRED'
    where id in ${world.sql(ids)} and (status, support_consent) <> ('ACTIVE', 'REQUIRED')`
  for (const seller of sellers) {
    Object.assign(seller, { consent: 'REQUIRED', isSuspended: false, writes: 0 })
  }
  if (walked % walksOfToken === 0) { for (const one of people) one.ask = await one.signIn() }
  await world.sql`
    update staff_sessions set stepped_up_at = now()
    where id in ${world.sql(staff.map(({ client }) => client.sessionId))}`
  for (const one of staff) {
    if (!one.isOut) continue
    const { person } = one.client
    one.client = await world.enter(one.isRemoved ? await world.hire(person.email) : person)
    Object.assign(one, { isOut: false, isRemoved: false })
  }
}

export const walk = async (
  world: StaffWorld,
  { walks, seed, path, say = () => {} }: WalkOptions,
): Promise<Figures> => {
  const furniture = await furnish(world)
  const sum = { walks: 0, moves: 0, reads: 0, writes: 0, sessions: 0 }
  const played: Record<string, number> = {}

  const oneWalk = async (moves: readonly Move[]): Promise<void> => {
    await tidy(world, furniture, sum.walks)
    const house: House = { world, ...furniture, sessions: [] }
    const before = await lookBefore(house)
    const faults: string[] = []
    for (const move of moves) {
      const fault = await play(house, move)
      sum.moves++
      played[move.kind] = (played[move.kind] ?? 0) + 1
      if (fault !== undefined) faults.push(fault)
      if (faults.length > 0) break
    }
    faults.push(...await findFaults(house, before))
    sum.walks++
    sum.sessions += house.sessions.length
    for (const { reads, acts } of house.sessions) {
      sum.reads += reads
      sum.writes += acts
    }
    if (sum.walks % 500 === 0) say(`  ${sum.walks} walks`)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  }

  const moves = fc.array(anyMove, { minLength: 6, maxLength: 24, size: 'max' })
  const details = await fc.check(fc.asyncProperty(moves, oneWalk), {
    ...{ seed, numRuns: walks, endOnFailure: walks < 1000 },
    ...(path === undefined ? {} : { path }),
  })
  const failure = details.failed
    ? `seed ${seed}, path ${details.counterexamplePath}: ${String(details.errorInstance)}\n${
      (details.counterexample?.[0] ?? []).map((move) => JSON.stringify(move)).join('\n')
    }`
    : null
  return { ...sum, played, failure }
}
