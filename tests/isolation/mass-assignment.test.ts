/** Members of bodies and parameters that nobody declared: every column there is, in every request. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../core/http/app.ts'
import type { Route } from '../../core/http/route.ts'
import type { Services } from '../../core/http/services.ts'
import { silentLog } from '../../core/log.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { Details } from '../support/bazaar/schemas.ts'
import { freshDatabase } from '../support/database.ts'
import { bytesOf } from './clients.ts'
import { readIds, readRowMarks, readStrangeRows } from './look.ts'
import { uuidsIn } from './marks.ts'
import { type Document, type JsonSchema, type KnownRoute, readRoutes } from './positions.ts'
import { shapesOf } from './positions.ts'
import type { Party } from './parties.ts'
import { openWholeApp, type WholeApp } from './whole-app.ts'

let app: WholeApp
let a: Party
let b: Party
let document: Document
let routes: readonly KnownRoute[]
let columns: readonly string[]
/** What stands in the members that nobody declared. */
let planted: Readonly<Record<string, unknown>>

beforeAll(async () => {
  app = await openWholeApp(await freshDatabase())
  const [first, second] = app.parties
  if (!first || !second) throw new Error('There are too few sellers')
  ;[a, b] = [first, second]
  document = JSON.parse((await app.anonymous('GET', '/openapi.json')).text)
  const ids = await readIds(app.sql, a.sellerId)
  routes = readRoutes(document, a, (kind) => [...ids.get(kind) ?? []].at(-1))
  const named = await app.sql<{ name: string }[]>`
    select distinct a.attname::text as name
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not a.attisdropped
    order by name`
  columns = named.map(({ name }) => name)
  planted = Object.fromEntries(
    columns.flatMap((name) => [name, camelCase(name)]).map((name) => [name, valueOf(name)]),
  )
}, 60_000)
afterAll(() => app?.close())

const camelCase = (name: string): string =>
  name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Of the form that the column would take, so that it is not refused for another reason. */
const valueOf = (name: string): unknown => {
  if (name === 'seller_id' || name === 'sellerId') return b.sellerId
  if (/(?:^|_)id$|Id$/.test(name)) return '7e1f2a3b-4c5d-8e6f-9a0b-1c2d3e4f5a6b'
  if (/_at$|At$/.test(name)) return '2036-01-01T00:00:00.000Z'
  return name === 'role' ? 'OWNER' : 'planted'
}
const bodied = (): readonly KnownRoute[] => routes.filter(({ body }) => body !== undefined)
const undeclared = (declared: JsonSchema = {}): readonly (readonly [string, unknown])[] => {
  const shapes = shapesOf(document, declared)
  return Object.entries(planted).filter(([name]) => !shapes.some((one) => one.properties?.[name]))
}
const marks = async () => [
  await readRowMarks(app.sql, a.sellerId),
  await readRowMarks(app.sql, b.sellerId),
]

/** The routes as they are declared, by their names, with the schemas that requests are checked by. */
const declaredRoutes = (): ReadonlyMap<string, Route> => {
  // nothing of it is called: routes are looked at, not served
  const nothing: unknown = new Proxy(() => {}, { get: () => nothing, apply: () => nothing })
  const { routes } = createApp({
    services: nothing as Services,
    permissions: createPermissions(),
    checks: {},
    cursorKey: new Uint8Array(32),
    log: silentLog,
    now: () => new Date(),
    version: '0.0.0',
  })
  return new Map(
    routes.filter(({ body }) => body !== undefined)
      .map((route) => [`${route.method.toUpperCase()} ${route.path}`, route]),
  )
}

test('the columns and the routes with a body are all seen', () => {
  expect(columns.length).toBeGreaterThan(150)
  expect(columns).toEqual(expect.arrayContaining(['seller_id', 'role', 'authz_version']))
  expect(bodied().length).toBeGreaterThan(25)
  const names = bodied().map(({ name }) => name)
  expect([...declaredRoutes().keys()].toSorted()).toEqual(names.toSorted())
})

test('a member that is not declared is refused or ignored, whichever column it names', async () => {
  const declared = declaredRoutes()
  let tried = 0
  for (const { name, plain, body } of bodied()) {
    const schema = declared.get(name)?.body
    if (!schema) throw new Error(`${name} has no schema`)
    const sound = await schema['~standard'].validate(plain.body)
    expect(sound.issues, `${name}: its row has no sound body`).toBeUndefined()
    for (const [member, value] of undeclared(body)) {
      const given = { ...plain.body as object, [member]: value }
      const result = await schema['~standard'].validate(given)
      const isTaken = result.issues === undefined && member in (result.value as object)
      expect(isTaken, `${name} takes ${member}`).toBe(false)
      tried++
    }
  }
  expect(tried).toBeGreaterThan(bodied().length * 200)
})

test('a request with all of them is refused, and writes nothing', async () => {
  const before = await marks()
  for (const { name, plain, body, permission } of bodied()) {
    const sent = { ...plain.body as object, ...Object.fromEntries(undeclared(body)) }
    const answer = await a.ask(plain.method, plain.path, sent)
    // staff have routes of their own, and others learn nothing of how to ask there
    const expected = permission.startsWith('staff:') ? 'not-signed-in' : 'invalid-request'
    expect([name, JSON.parse(answer.text).code]).toEqual([name, expected])
  }
  expect(await marks()).toEqual(before)
})

test('a parameter that is not declared is refused or ignored, whichever column it names', async () => {
  let asked = 0
  for (const { name, plain, method, parameters } of routes) {
    if (method !== 'GET' || !plain.path.startsWith('/v1/')) continue
    const known = new Set(parameters.map((one) => one.name))
    const more = Object.entries(planted).filter(([member]) => !known.has(member))
      .map(([member, value]) => `${member}=${encodeURIComponent(String(value))}`)
    const between = plain.path.includes('?') ? '&' : '?'
    const answer = await a.ask('GET', `${plain.path}${between}${more.join('&')}`)
    if (answer.status >= 400) expect([name, answer.status < 500]).toEqual([name, true])
    else expect(bytesOf(answer), name).toBe(bytesOf(await a.ask('GET', plain.path)))
    asked++
  }
  expect(asked).toBeGreaterThan(20)
})

test("a marketplace's own members make no column that its plugin does not know", async () => {
  const shop = app.sandbox.accounts[0]
  if (!shop) throw new Error('The sandbox has no shop')
  const strange = Object.fromEntries(
    Object.entries(planted).filter(([name]) => !(name in Details.shape)),
  )
  const before = await readRowMarks(app.sql, b.sellerId)
  const answer = await a.ask('POST', '/v1/marketplace-accounts', {
    marketplace: 'BAZAAR',
    external_account_id: shop.externalAccountId,
    name: 'One more',
    details: { ...strange, ...shop.details as object },
    credentials: { ...shop.credentials as object, seller_id: b.sellerId, id: b.sellerId },
  })
  expect(answer.status).toBe(201)
  const { id } = JSON.parse(answer.text)
  const stored = await app.sql`
    select seller_id from bazaar_account_details where marketplace_account_id = ${id}`
  expect(stored).toEqual([{ seller_id: a.sellerId }])
  expect(await readRowMarks(app.sql, b.sellerId)).toEqual(before)
  const { rows, faults } = await readStrangeRows(
    app.sql,
    new Map(app.parties.map(({ sellerId, number }) => [sellerId, number])),
    { signsIn: () => new Set(), idsIn: uuidsIn },
  )
  expect(rows).toBeGreaterThan(100)
  expect(faults).toEqual([])
})
