/** Every route of the API, asked by one seller with what belongs to another. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, openWholeApp, type Party, type WholeApp } from './whole-app.ts'
import { type Document, type IdPosition, type KnownRoute, nobodysIds } from './positions.ts'
import { readRoutes } from './positions.ts'

let app: WholeApp
let document: Document
let routes: readonly KnownRoute[]
/** One id of each kind that B has and A has not. */
let foreign: ReadonlyMap<string, string>
let allForeign: ReadonlySet<string>

beforeAll(async () => {
  app = await openWholeApp()
  document = JSON.parse((await app.anonymous('GET', '/openapi.json')).text)
  routes = readRoutes(document, bodiesFor(app.a))
  const mine = allOf(await app.idsOf(app.a))
  const theirs = await app.idsOf(app.b)
  const only = [...theirs].map(([kind, ids]) =>
    [kind, [...ids].filter((id) => !mine.has(id))] as const
  )
  foreign = new Map(only.flatMap(([kind, [id]]) => id ? [[kind, id] as const] : []))
  allForeign = new Set(only.flatMap(([, ids]) => ids))
}, 60_000)
afterAll(() => app?.close())

const allOf = (ids: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> =>
  new Set([...ids.values()].flatMap((some) => [...some]))

/** A valid body for each route that takes one; the credentials are nobody's. */
const bodiesFor = ({ shop, email }: Party) => ({
  'POST /v1/auth/login': { email, password: 'not the password' },
  'POST /v1/marketplace-accounts': {
    marketplace: 'BAZAAR',
    external_account_id: shop.externalAccountId,
    name: 'Tried',
    details: shop.details,
    credentials: { api_key: 'nobody has this key' },
  },
  'POST /v1/marketplace-accounts/{id}/sync': { target: 'ORDERS' },
})

/** Status, headers and body, without what names the request itself. */
const bytesOf = ({ status, headers, text }: Answer): string => {
  const told = [...headers].filter(([name]) => !['x-request-id', 'date'].includes(name))
  const body = text.replace(/"instance":"urn:uuid:[0-9a-f-]{36}"/, '"instance":""')
  return JSON.stringify([status, told.toSorted(([a], [b]) => a < b ? -1 : 1), body])
}
const askAs = ({ ask }: Pick<Party, 'ask'>, at: IdPosition, value: string): Promise<Answer> => {
  const { method, path, body } = at.request(value)
  return ask(method, path, body)
}
const positions = (): readonly IdPosition[] => routes.flatMap((route) => route.positions)
const uuidsIn = (text: string): readonly string[] =>
  text.match(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g) ?? []

test('the routes, their places for ids and the ids to put there are all seen', () => {
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
  for (const kind of ['orders.id', 'order_items.id', 'job_runs.id', 'marketplace_accounts.id']) {
    expect(foreign.has(kind), kind).toBe(true)
  }
  expect(foreign.size).toBeGreaterThan(15)
  expect(allForeign.size).toBeGreaterThan(100)
})

test("another seller's id, of whatever kind, is answered as an id that nobody has", async () => {
  const before = await app.marksOf(app.b)
  let compared = 0
  for (const at of positions()) {
    const unknown = bytesOf(await askAs(app.a, at, nobodysIds[0]))
    for (const id of nobodysIds) expect(bytesOf(await askAs(app.a, at, id))).toBe(unknown)
    for (const [kind, id] of foreign) {
      const answer = bytesOf(await askAs(app.a, at, id))
      expect(answer, `${at.route}, ${at.name}: ${kind} of the other seller`).toBe(unknown)
      compared++
    }
  }
  expect(compared).toBeGreaterThan(75)
  // nothing of the other seller's was written, read into a ledger or put into a queue
  expect(await app.marksOf(app.b)).toEqual(before)
  expect(before.size).toBeGreaterThan(15)
})

test('each place takes an own id, so that the answers above are those of a living route', async () => {
  const own = [...await app.idsOf(app.a)].map(([, [id = '']]) => id)
  for (const at of positions()) {
    const unknown = bytesOf(await askAs(app.a, at, nobodysIds[0]))
    let taken = 0
    for (const id of own) if (bytesOf(await askAs(app.a, at, id)) !== unknown) taken++
    expect(taken, `${at.route}, ${at.name}`).toBeGreaterThan(0)
  }
})

test("another seller's names are answered as names that nobody has", async () => {
  const { shop } = app.b
  const connect = bodiesFor(app.b)['POST /v1/marketplace-accounts']
  const nobody = { external_account_id: 'SHOP-9999', details: { shop_id: 'SHOP-9999' } }
  const path = '/v1/marketplace-accounts'
  const known = await app.a.ask('POST', path, connect)
  expect(bytesOf(known)).toBe(bytesOf(await app.a.ask('POST', path, { ...connect, ...nobody })))
  expect(known.text).not.toContain(shop.externalAccountId)
  const login = (email: string) =>
    app.anonymous('POST', '/v1/auth/login', { email, password: 'not the password' })
  const refused = await login(app.b.email)
  expect(refused.status).toBe(401)
  expect(bytesOf(refused)).toBe(bytesOf(await login('nobody@example.in')))
})

test('who is not signed in is told so by every route but the public ones, whatever the id', async () => {
  const closed = routes.filter(({ isPublic }) => !isPublic)
  const open = routes.filter(({ isPublic }) => isPublic).map(({ name }) => name)
  expect(closed.length).toBeGreaterThan(10)
  expect(open).toEqual([
    'POST /v1/auth/login',
    'POST /v1/auth/logout',
    'GET /healthz',
    'GET /readyz',
    'GET /openapi.json',
    'GET /problems/{code}',
    'GET /',
    'GET /docs',
    'GET /docs/assets/{file}',
  ])
  for (const { name, plain: { method, path, body }, positions } of closed) {
    const answer = await app.anonymous(method, path, body)
    expect([name, answer.status, JSON.parse(answer.text).code]).toEqual([
      name,
      401,
      'not-signed-in',
    ])
    for (const at of positions) {
      for (const [, id] of foreign) {
        expect(bytesOf(await askAs({ ask: app.anonymous }, at, id))).toBe(bytesOf(answer))
      }
    }
  }
})

test("no list and no document of a seller holds an id or a name of another's", async () => {
  let seen = 0
  for (const { name, plain: { method, path } } of routes) {
    if (method !== 'GET' || path.includes(nobodysIds[0])) continue
    const full = name === 'GET /v1/orders' ? '?limit=200&include=customer' : ''
    const { text } = await app.a.ask(method, path + full)
    expect(uuidsIn(text).filter((id) => allForeign.has(id)), name).toEqual([])
    expect(text, name).not.toMatch(/BZ-0002|SHOP-0002|Second stall/)
    expect(text, name).not.toContain(app.b.email)
    // the same look at the other seller's own list does find what is theirs
    const theirs = await app.b.ask(method, path + full)
    seen += uuidsIn(theirs.text).filter((id) => allForeign.has(id)).length
  }
  expect(seen).toBeGreaterThan(80)
})

test("another seller's place in a list is no place in one's own", async () => {
  const turned = routes.filter(({ parameters }) => parameters.some((one) => one.name === 'cursor'))
  expect(turned.map(({ name }) => name)).toEqual(['GET /v1/orders', 'GET /v1/runs'])
  const firstPage = async (party: Party, path: string): Promise<string> => {
    const { next } = JSON.parse((await party.ask('GET', `${path}?limit=1`)).text).page
    expect(next).toMatch(/^\S{20,}$/)
    return encodeURIComponent(next)
  }
  for (const { plain: { path } } of turned) {
    const turn = (party: Party, cursor: string) =>
      party.ask('GET', `${path}?limit=1&cursor=${cursor}`)
    const theirs = await firstPage(app.b, path)
    expect((await turn(app.b, theirs)).status).toBe(200)
    const refused = await turn(app.a, theirs)
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([400, 'invalid-cursor'])
    expect(bytesOf(refused)).toBe(bytesOf(await turn(app.a, 'of-nobody')))
    for (const other of turned) {
      const own = await turn(app.a, await firstPage(app.a, other.plain.path))
      expect(own.status, `${other.name} → ${path}`).toBe(other.plain.path === path ? 200 : 400)
    }
  }
})
