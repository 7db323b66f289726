/** Whoever asks in a walk, and whose data they may see. */
import type { Role } from '#core/plugin.ts'
import { type Ask, clientAt } from '../clients.ts'
import { accountant, makeKey, type Party, type Person, signIn, stepUp } from '../parties.ts'
import type { RouteRow } from '../route-row.ts'
import { comeIn, makeStaff, type Staff } from '../staff.ts'
import type { WholeApp } from '../whole-app.ts'

export interface Actor {
  readonly name: string
  readonly kind: 'user' | 'key' | 'staff' | 'impersonator' | 'nobody'
  /** Replaced when the actor comes back with another credential. */
  ask: Ask
  /** The seller for whom they ask; null: none. */
  seller: number | null
  /** All sellers that the person works for. */
  readonly works: readonly number[]
  /** Comes back after a walk that ended the credential; absent where there is nothing to renew. */
  readonly renew?: () => Promise<void>
  isOut: boolean
  /** Got through since it came back. */
  wasGood: boolean
  /** Cookies and keys, which no answer may tell. */
  secrets: () => readonly string[]
}

/** Sellers whose data an answer of the route may hold. */
export const allowedFor = (
  { seller, works, kind }: Actor,
  { sees = 'seller' }: RouteRow,
  all: readonly number[],
): ReadonlySet<number> => {
  const own = new Set(seller === null ? [] : [seller])
  switch (sees) {
    case 'seller':
      return own
    case 'person':
      return new Set([...works, ...own])
    case 'staff':
      return new Set(kind === 'staff' || kind === 'impersonator' ? all : [])
    case 'nobody':
      return new Set()
  }
}

/** Everybody of the parties, who are the sellers of one lane. */
export const actorsOf = async (
  app: WholeApp,
  parties: readonly Party[],
): Promise<readonly Actor[]> => {
  const nobody: Actor = {
    ...{ name: 'nobody', kind: 'nobody', ask: app.anonymous, seller: null, works: [] },
    ...{ isOut: false, wasGood: true, secrets: () => [] },
  }
  const actors = [await accountantActor(app, parties), nobody, await staffActor(app)]
  for (const [at, party] of parties.entries()) {
    for (const [role, person] of Object.entries(party.people)) {
      actors.push(userActor(party, role as Role, person))
    }
    actors.push(keyActor(app, party))
    actors.push(await impersonatorActor(app, party, at === 0 ? 'READ_WRITE' : 'READ_ONLY'))
  }
  return actors
}

const userActor = ({ number }: Party, role: Role, person: Person): Actor => {
  const { jar, ask } = person.client
  let kept = new Map(jar)
  const actor: Actor = {
    name: `${role} of ${number}`,
    kind: 'user',
    ask,
    seller: number,
    works: [number],
    isOut: false,
    wasGood: true,
    renew: async () => {
      if (actor.wasGood) {
        // the session has been put right: its cookies will do
        for (const [name, value] of kept) jar.set(name, value)
        return
      }
      await signIn(person)
      // they make keys and hand over sellers, and fresh proofs get old
      if (role === 'OWNER') await stepUp(person)
      kept = new Map(jar)
    },
    secrets: () => [...jar.values()],
  }
  return actor
}

/** Works for all sellers of the lane, and signs in where they were made first. */
const accountantActor = async (app: WholeApp, parties: readonly Party[]): Promise<Actor> => {
  const client = clientAt(app.url)
  const [first] = parties
  if (!first) throw new Error('There are no parties')
  const person = {
    client,
    email: accountant(first.number),
    password: first.people.OWNER.password,
  }
  await signIn(person)
  const actor: Actor = {
    name: 'accountant',
    kind: 'user',
    ask: client.ask,
    seller: first.number,
    works: parties.map(({ number }) => number),
    isOut: false,
    wasGood: true,
    renew: async () => {
      await signIn(person)
      actor.seller = first.number
    },
    secrets: () => [...client.jar.values()],
  }
  return actor
}

/** By the secret of an API key. */
export const keyUser = (url: string, seller: number, secret: string): Actor => ({
  name: `key of ${seller}`,
  kind: 'key',
  ask: withKey(url, secret),
  seller,
  works: [],
  isOut: false,
  wasGood: true,
  secrets: () => [secret],
})
const withKey = (url: string, secret: string): Ask =>
  clientAt(url, { authorization: `Bearer ${secret}` }).ask

const keyActor = ({ url }: WholeApp, party: Party): Actor => {
  const actor: Actor = {
    ...keyUser(url, party.number, party.key),
    renew: async () => {
      await signIn(party.people.OWNER)
      await stepUp(party.people.OWNER)
      const secret = await makeKey(party, `Key of ${party.mark}`)
      actor.ask = withKey(url, secret)
      actor.secrets = () => [secret]
    },
  }
  return actor
}

const staffActor = async (app: WholeApp): Promise<Actor> => {
  let staff = await makeStaff(app)
  const actor: Actor = {
    name: 'staff',
    kind: 'staff',
    ask: staff.client.ask,
    seller: null,
    works: [],
    isOut: false,
    wasGood: true,
    renew: async () => {
      staff = await makeStaff(app)
      actor.ask = staff.client.ask
    },
    secrets: () => [...staff.client.jar.values()],
  }
  return actor
}

const impersonatorActor = async (
  app: WholeApp,
  party: Party,
  mode: 'READ_ONLY' | 'READ_WRITE',
): Promise<Actor> => {
  let staff: Staff
  const enter = async () => {
    staff = await makeStaff(app)
    return (await comeIn(app.url, staff, party, mode)).client.ask
  }
  const actor: Actor = {
    name: `staff inside ${party.number} (${mode})`,
    kind: 'impersonator',
    ask: await enter(),
    seller: party.number,
    works: [],
    isOut: false,
    wasGood: true,
    renew: async () => {
      actor.ask = await enter()
    },
    secrets: () => [...staff.client.jar.values()],
  }
  return actor
}
