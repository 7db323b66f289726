/** Walks: twenty calls each, chosen at random over all routes, every answer judged by the model. */
import fc from 'fast-check'
import type { Answer } from '../clients.ts'
import { type Draw, drawFrom } from '../draw.ts'
import { type Document, type KnownRoute, readRoutes } from '../positions.ts'
import type { WholeApp } from '../whole-app.ts'
import { type Actor, actorsOf, keyUser } from './actors.ts'
import { type Call, type CallDeps, makeCall } from './calls.ts'
import { type Claim, judge, nameOf } from './judge.ts'
import { openModel } from './model.ts'
import { clearAway, putRight } from './repair.ts'

export const callsInWalk = 20
export const sellersInLane = 3

export interface WalkOptions {
  readonly walks: number
  /** The same seed walks the same way through the same house. */
  readonly seed: number
  /** Of one failed walk, as its report tells it. */
  readonly path?: string
  readonly say?: (line: string) => void
}
export interface Figures {
  readonly walks: number
  readonly calls: number
  /** Ids in answers whose owner was checked. */
  readonly ids: number
  /** Calls that named another seller's row. */
  readonly foreignCalls: number
  /** By route: how often it was called, and how often it answered with success. */
  readonly routes: ReadonlyMap<string, { readonly calls: number; readonly good: number }>
  /** Null: nothing was found. */
  readonly failure: string | null
}

/** Walks through the three sellers that begin with the number `first`. */
export const walkLane = async (
  app: WholeApp,
  first: number,
  { walks, seed, path, say = () => {} }: WalkOptions,
): Promise<Figures> => {
  const lane = await openLane(app, first)
  const counted = new Map<string, { calls: number; good: number }>()
  const sum = { walks: 0, calls: 0, ids: 0, foreignCalls: 0 }
  let told: readonly string[] = []

  const walk = async (gen: fc.GeneratorValue): Promise<void> => {
    const draw = drawFrom(gen, fc)
    await lane.prepare(sum.walks)
    const lines: string[] = []
    const claims: Claim[] = []
    const faults: string[] = []
    for (let step = 0; step < callsInWalk && faults.length === 0; step++) {
      const route = lane.pickRoute(draw)
      const call = makeCall(lane, draw, lane.pickActor(draw, route), route)
      const { method, path: address, body } = call.request
      const answer = await call.actor.ask(method, address, body)
      const judged = judge({ model: lane.model, secrets: lane.secrets() }, call, answer)
      lines.push(`${nameOf(call)} → ${answer.status}`)
      faults.push(...judged.faults.map((fault) => `${nameOf(call)} → ${fault}`))
      claims.push(...judged.claims)
      lane.learn(call, answer)
      sum.calls++
      sum.ids += judged.ids
      sum.foreignCalls += call.foreign.length > 0 ? 1 : 0
      const count = counted.get(call.route.name) ?? { calls: 0, good: 0 }
      counted.set(call.route.name, {
        calls: count.calls + 1,
        good: count.good + (answer.status < 400 ? 1 : 0),
      })
    }
    faults.push(...await lane.settle(claims))
    sum.walks++
    if (sum.walks % 500 === 0) say(`  sellers from ${first}: ${sum.walks} walks`)
    if (faults.length === 0) return
    told = [...faults, ...lines]
    throw new Error(faults.join('\n'))
  }
  const details = await fc.check(fc.asyncProperty(fc.gen(), walk), {
    seed,
    numRuns: walks,
    // the house goes on from walk to walk: a smaller walk would not begin where this one began
    endOnFailure: true,
    ...(path === undefined ? {} : { path }),
  })
  const failure = details.failed
    ? `seed ${seed}, path ${details.counterexamplePath}:\n${
      told.join('\n')
    }\n${details.errorInstance}`
    : null
  return { ...sum, routes: counted, failure }
}

const openLane = async (app: WholeApp, first: number) => {
  const sellers = Array.from({ length: sellersInLane }, (_, at) => first + at)
  const parties = app.parties.filter(({ number }) => sellers.includes(number))
  const [party] = parties
  if (!party) throw new Error(`There is no seller ${first}`)
  const document: Document = JSON.parse((await app.anonymous('GET', '/openapi.json')).text)
  const model = await openModel(app.sql, app.parties)
  const routes = readRoutes(document, party, (kind) => model.idsOf(first, kind)[0])
  const staying = await actorsOf(app, parties)
  const actors = [...staying]
  const cursors = new Map<string, string[]>()
  let serial = 0
  const deps: CallDeps = { model, sellers, cursors, serial: () => ++serial }
  const weighted = routes.flatMap((route): KnownRoute[] =>
    Array.from({ length: Math.max(1, Math.round((route.row.weight ?? 10) * 10)) }, () => route)
  )
  let isShaken = false
  return {
    ...deps,
    actors,
    pickRoute: ({ pick }: Draw) => pick(weighted),
    /** Anybody, but often somebody who may get through. */
    pickActor: ({ pick, chance }: Draw, { permission }: KnownRoute): Actor => {
      const able = actors.filter(({ kind, name }) =>
        permission.startsWith('staff:') ? kind === 'staff' : name.startsWith('OWNER')
      )
      return pick(chance(40) ? able : actors)
    },
    secrets: () => actors.flatMap(({ secrets }) => secrets()),
    /** What the walk before has taken away comes back; now and then newer rows are read. */
    prepare: async (walk: number) => {
      actors.splice(staying.length)
      if (isShaken) await putRight(app.sql, parties)
      isShaken = false
      for (const actor of actors) {
        if (!actor.isOut) continue
        await actor.renew?.()
        actor.isOut = false
        actor.wasGood = false
      }
      if (walk % 25 !== 24) return
      await clearAway(app.sql, parties)
      await model.refresh(sellers)
    },
    learn: (call: Call, answer: Answer) => {
      if (call.route.row.shakes === true && answer.status < 400) isShaken = true
      const made = learn(app, deps, cursors, call, answer)
      if (made) actors.push(made)
    },
    settle: async (claims: readonly Claim[]): Promise<readonly string[]> => {
      await model.lookUp([...new Set(claims.map(({ id }) => id))])
      return claims.flatMap(({ id, allowed, where }) => {
        const owners = model.ownersOf(id) ?? new Set()
        const isForeign = owners.size > 0 && ![...owners].some((one) => allowed.has(one))
        return isForeign ? [`${where} → the id ${id} of seller ${[...owners].join()}`] : []
      })
    },
  }
}

/** What an answer tells about rows, places in lists and sessions; an actor who can ask from now on. */
const learn = (
  { url }: WholeApp,
  { model }: CallDeps,
  cursors: Map<string, string[]>,
  { actor, route, foreign }: Call,
  { status, text, headers }: Answer,
): Actor | undefined => {
  // staff at a seller's route, and sellers at those of staff, are out of place and not out
  const isOwn = route.permission.startsWith('staff:') === (actor.kind === 'staff') &&
    route.permission !== 'public'
  if (isOwn && status < 400) actor.wasGood = true
  if (!(headers.get('content-type') ?? '').includes('json')) return undefined
  if (status >= 400) {
    if (isOwn && overs.has(JSON.parse(text).code)) actor.isOut = true
    return undefined
  }
  if (headers.get('content-type')?.includes('ndjson')) return undefined
  const said = JSON.parse(text)
  if (route.name === switching) {
    actor.seller = model.numbers.get(said.seller.id) ?? null
  }
  const seller = actor.seller ?? 0
  const next: unknown = said.page?.next
  if (typeof next === 'string' && foreign.length === 0 && seller > 0) {
    const key = `${seller} ${route.name}`
    cursors.set(key, [...(cursors.get(key) ?? []).slice(-9), next])
  }
  const { makes, tells } = route.row
  const id: unknown = said.id
  // what staff make belongs to whom it is about
  const owner = said.seller === undefined ? seller : model.numbers.get(said.seller.id)
  if (makes !== undefined && typeof id === 'string' && owner !== undefined && owner > 0) {
    model.made(owner, makes, id)
  }
  return tells === 'api-key' ? keyUser(url, seller, said.secret) : undefined
}

const switching = 'POST /v1/auth/switch'
/** Codes that say that the credential is good no more. */
const overs = new Set(['session-over', 'not-signed-in', 'impersonation-over'])
