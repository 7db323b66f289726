/** Every route of the API, asked by one seller with what belongs to another. */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { roles } from '../../core/auth/principal.ts'
import { freshDatabase } from '../support/database.ts'
import { type Answer, type Ask, bytesOf, clientAt } from './clients.ts'
import { type Ids, readIds, readRowMarks } from './look.ts'
import { sellersIn, uuidsIn } from './marks.ts'
import { accountant, makeOverride, type Party, signIn, stepUp } from './parties.ts'
import {
  type Document,
  type IdPosition,
  type KnownRoute,
  nobodysIds,
  readRoutes,
} from './positions.ts'
import { makeStaff } from './staff.ts'
import { putRight } from './walks/repair.ts'
import { openWholeApp, type WholeApp } from './whole-app.ts'

let app: WholeApp
let a: Party
let b: Party
let document: Document
let routes: readonly KnownRoute[]
/** One id of each kind that B has and A has not. */
let foreign: ReadonlyMap<string, string>
let allForeign: ReadonlySet<string>

beforeAll(async () => {
  app = await openWholeApp(await freshDatabase())
  const [first, second] = app.parties
  if (!first || !second) throw new Error('There are too few sellers')
  ;[a, b] = [first, second]
  document = JSON.parse((await app.anonymous('GET', '/openapi.json')).text)
  const [mine, theirs] = [await idsOf(a), await idsOf(b)]
  routes = routesOf(a, mine)
  const known = new Set([...mine.values()].flatMap((some) => [...some]))
  const only = [...theirs].map(([kind, ids]) =>
    [kind, [...ids].filter((id) => !known.has(id))] as const
  )
  // of kinds that have the same one, as all have the seller, the first stands for all
  const chosen = new Map(only.flatMap(([kind, [id]]) => id ? [[id, kind] as const] : []).reverse())
  foreign = new Map([...chosen].map(([id, kind]) => [kind, id]))
  allForeign = new Set(only.flatMap(([, ids]) => ids))
}, 60_000)
afterAll(() => app?.close())

const idsOf = ({ sellerId }: Party): Promise<Ids> => readIds(app.sql, sellerId)
const marksOf = ({ sellerId }: Party) => readRowMarks(app.sql, sellerId)
const routesOf = (party: Party, ids: Ids, turn = 0): readonly KnownRoute[] =>
  // the last of the people is not the owner, who may do little to oneself
  readRoutes(document, party, (kind) => {
    const own = [...ids.get(kind) ?? []]
    return own.at(-1 - turn % Math.max(own.length, 1))
  })

const askWith = (ask: Ask, at: IdPosition, value: string): Promise<Answer> => {
  const { method, path, body } = at.request(value)
  return ask(method, path, body)
}
const positions = (): readonly IdPosition[] => routes.flatMap((route) => route.positions)
/** So many requests use up what a person may unmask in an hour. */
const forgetLimits = () => app.sql`delete from limit_windows`
const codeOf = ({ text }: Answer): string => JSON.parse(text).code

test('the routes, their places for ids and the ids to put there are all seen', async () => {
  expect(routes.length).toBeGreaterThan(10)
  expect(routes.map(({ name }) => name)).toContain('GET /v1/tally')
  expect(positions().map(({ route, name }) => `${route}: ${name}`)).toEqual(expect.arrayContaining([
    'GET /v1/orders: query account',
    'GET /v1/orders/{id}: path id',
    'POST /v1/marketplace-accounts/{id}/sync: path id',
    'GET /v1/runs/{id}: path id',
  ]))
  // every {…} of a path is a parameter that was looked at
  for (const { name, parameters } of routes) {
    const inPath = parameters.filter((one) => one.in === 'path').map((one) => `{${one.name}}`)
    expect(name.match(/\{\w+\}/g) ?? []).toEqual(inPath)
  }
  const theirs = await idsOf(b)
  for (const { kind, route } of positions()) {
    expect(theirs.get(kind)?.size ?? 0, `${route}: ${kind}`).toBeGreaterThan(0)
  }
  expect(foreign.size).toBeGreaterThan(15)
  expect(allForeign.size).toBeGreaterThan(100)
})

/**
 * The kind that belongs there, and others by turns, so that each comes at many places: all of them at
 * all places with `ROBNU_ROUTES=all`, as `npm run proof -- routes` asks.
 */
const mostKinds = process.env['ROBNU_ROUTES'] === 'all' ? Infinity : 5
const some = (
  kinds: readonly (readonly [string, string])[],
  own: string,
  place: number,
): readonly (readonly [string, string])[] =>
  kinds.filter(([kind], at) => {
    const turn = (at - place * mostKinds % kinds.length + kinds.length) % kinds.length
    return mostKinds >= kinds.length || kind === own || turn < mostKinds
  })

test("another seller's id, of whatever kind, is answered as an id that nobody has", async () => {
  const before = await marksOf(b)
  let compared = 0
  const kinds = [...foreign]
  for (const [place, at] of positions().entries()) {
    await forgetLimits()
    const unknown = bytesOf(await askWith(a.ask, at, nobodysIds[0]))
    for (const id of nobodysIds) expect(bytesOf(await askWith(a.ask, at, id))).toBe(unknown)
    for (const [kind, id] of some(kinds, at.kind, place)) {
      if (compared % 40 === 0) await forgetLimits()
      const answer = bytesOf(await askWith(a.ask, at, id))
      expect(answer, `${at.route}, ${at.name}: ${kind} of the other seller`).toBe(unknown)
      compared++
    }
  }
  expect(compared).toBeGreaterThanOrEqual(positions().length * Math.min(foreign.size, mostKinds))
  // nothing of the other seller's was written, read into a ledger or put into a queue
  expect(await marksOf(b)).toEqual(before)
  expect(before.size).toBeGreaterThan(15)
}, 120_000)

test(
  'each place takes an own id, so that the answers above are those of a living route',
  async () => {
    const party = app.parties[2]
    if (!party) throw new Error('There is no third seller')
    const person = { client: clientAt(app.url), password: party.people.OWNER.password }
    await signIn({ ...person, email: accountant(1) })
    const staff = await makeStaff(app)
    let own = await idsOf(party)
    for (const { name, positions } of routes) {
      for (const place of positions) {
        // what stands in the other places may be in a state that allows nothing: then the next one
        let taken: readonly Answer[] = []
        let route: KnownRoute | undefined
        for (let turn = 0; turn < 4 && taken.length === 0; turn++) {
          route = routesOf(party, own, turn).find((one) => one.name === name)
          const at = route?.positions.find((one) => one.name === place.name) ?? place
          // who works for one seller has nobody to switch to, and staff have routes of their own
          const isStaffs = route?.permission.startsWith('staff:') === true
          const { client } = isStaffs
            ? staff
            : route?.row.sees === 'person'
            ? person
            : party.people.OWNER
          const unknown = bytesOf(await askWith(client.ask, at, nobodysIds[0]))
          const answers = []
          for (const id of own.get(at.kind) ?? []) answers.push(await askWith(client.ask, at, id))
          taken = answers.filter((answer) => bytesOf(answer) !== unknown)
        }
        expect(taken.length, `${name}, ${place.name}`).toBeGreaterThan(0)
        if (route?.row.shakes !== true) continue
        await putBack(party)
        own = await idsOf(party)
      }
    }
  },
  120_000,
)

/** As it was before, with its owner signed in. */
const putBack = async (party: Party): Promise<void> => {
  await putRight(app.sql, [party])
  await app.sql`truncate sign_in_tries`
  await signIn(party.people.OWNER)
  await stepUp(party.people.OWNER)
  await makeOverride(party)
}

test("another seller's names are answered as names that nobody has", async () => {
  const [shop] = b.shops
  const nobody = { external_account_id: 'SHOP-9999', details: { shop_id: 'SHOP-9999' } }
  const refused = { credentials: { api_key: 'nobody has this key' } }
  const connect = (more: object) =>
    a.ask('POST', '/v1/marketplace-accounts', { ...shop, ...refused, ...more })
  const known = await connect({})
  expect(bytesOf(known)).toBe(bytesOf(await connect(nobody)))
  expect(sellersIn(known.text)).toEqual(new Set())
  const login = (email: string) =>
    app.anonymous('POST', '/v1/auth/login', { email, password: 'not the password' })
  const answer = await login(b.email)
  expect(answer.status).toBe(401)
  expect(bytesOf(answer)).toBe(bytesOf(await login('nobody@example.in')))
})

test('who is not signed in is told so by every route but the public ones, whatever the id', async () => {
  const theirs = await idsOf(b)
  const closed = routes.filter(({ permission }) => permission !== 'public')
  expect(closed.length).toBeGreaterThan(10)
  for (const { name, plain: { method, path, body }, positions } of closed) {
    const answer = await app.anonymous(method, path, body)
    expect([name, answer.status, codeOf(answer)]).toEqual([name, 401, 'not-signed-in'])
    for (const at of positions) {
      for (const id of [b.sellerId, [...theirs.get(at.kind) ?? []][0] ?? '']) {
        expect(bytesOf(await askWith(app.anonymous, at, id))).toBe(bytesOf(answer))
      }
    }
  }
})

test("no list and no document of a seller holds an id or a name of another's", async () => {
  let seen = 0
  const lists = routes.filter(({ method, path }) => method === 'GET' && !path.includes('{'))
  expect(lists.length).toBeGreaterThan(5)
  for (const { name, path } of lists) {
    const full = name === 'GET /v1/orders' ? '?limit=200&include=customer' : ''
    for (const role of roles) {
      const { text } = await a.people[role].client.ask('GET', path + full)
      expect(uuidsIn(text).filter((id) => allForeign.has(id)), `${name} by ${role}`).toEqual([])
      expect([...sellersIn(text)].filter((seller) => seller !== a.number), name).toEqual([])
    }
    // the same look at the other seller's own list does find what is theirs
    const theirs = await b.ask('GET', path + full)
    seen += uuidsIn(theirs.text).filter((id) => allForeign.has(id)).length
  }
  expect(seen).toBeGreaterThan(80)
})

test('who works for several sellers sees those of the seller that they are signed in with', async () => {
  const { client } = { client: clientAt(app.url) }
  await signIn({ client, email: accountant(1), password: a.people.OWNER.password })
  const { text } = await client.ask('GET', '/v1/orders?limit=200')
  expect(JSON.parse(text).data.length).toBeGreaterThan(0)
  expect(sellersIn(text).size).toBe(1)
})

test("another seller's place in a list is no place in one's own", async () => {
  const turned = routes.filter(({ parameters, permission }) =>
    parameters.some((one) => one.name === 'cursor') && !permission.startsWith('staff:')
  )
  expect(turned.length).toBeGreaterThan(4)
  const theirRoutes = new Map(routesOf(b, await idsOf(b)).map((route) => [route.name, route.plain]))
  const pathOf = (party: Party, { name, plain }: KnownRoute): string =>
    (party === b ? theirRoutes.get(name) ?? plain : plain).path
  const firstPage = async (party: Party, route: KnownRoute): Promise<string> => {
    const { text } = await party.ask('GET', `${pathOf(party, route)}?limit=1`)
    const { next } = JSON.parse(text).page
    expect(next, route.name).toMatch(/^\S{20,}$/)
    return encodeURIComponent(next)
  }
  for (const route of turned) {
    const turn = (party: Party, cursor: string) =>
      party.ask('GET', `${pathOf(party, route)}?limit=1&cursor=${cursor}`)
    const theirs = await firstPage(b, route)
    expect((await turn(b, theirs)).status, route.name).toBe(200)
    const refused = await turn(a, theirs)
    expect([refused.status, codeOf(refused)]).toEqual([400, 'invalid-cursor'])
    expect(bytesOf(refused)).toBe(bytesOf(await turn(a, 'of-nobody')))
    for (const other of turned) {
      const own = await turn(a, await firstPage(a, other))
      expect(own.status, `${other.name} → ${route.name}`).toBe(other === route ? 200 : 400)
    }
  }
})

test('the ids were put everywhere', () => {
  const figures = { places: positions().length, kinds: foreign.size }
  expect(figures.places).toBeGreaterThan(50)
  process.stdout.write(`Routes: ${JSON.stringify(figures)}\n`)
})
