/** What is written down of staff inside a seller: every request, with both ids, on the whole application. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#core/ids.ts'
import { freshDatabase } from '../support/database.ts'
import { comeIn, type LiveImpersonation, makeStaff } from '../isolation/staff.ts'
import { openWholeApp, type WholeApp } from '../isolation/whole-app.ts'
import type { Party } from '../isolation/parties.ts'

let app: WholeApp
let party: Party
beforeAll(async () => {
  app = await openWholeApp(await freshDatabase({ maxConnections: 8 }))
  const [first] = app.parties
  if (!first) throw new Error('There is no seller')
  party = first
}, 120_000)
afterAll(() => app?.close())

interface Row {
  readonly name: string
  readonly method: string
  /** The pattern. */
  readonly route: string
  readonly permission: string
  readonly body: unknown
}
/** Every route of the document that is for somebody, with the example of its body. */
const allRoutes = async (): Promise<readonly Row[]> => {
  const { text } = await app.anonymous('GET', '/openapi.json')
  const { paths } = JSON.parse(text) as {
    paths: Record<
      string,
      Record<string, {
        'x-permission': string
        requestBody?: { content: Record<string, { example?: unknown }> }
      }>
    >
  }
  return Object.entries(paths).flatMap(([route, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const method = verb.toUpperCase()
      const body = operation.requestBody?.content['application/json']?.example
      return {
        name: `${method} ${route}`,
        method,
        route,
        permission: operation['x-permission'],
        body,
      }
    })
  ).filter(({ permission }) => permission !== 'public')
}
const isOfStaff = ({ permission }: Row): boolean => permission.startsWith('staff:')
const routesOfSellers = async () => (await allRoutes()).filter((row) => !isOfStaff(row))
/** Nobody's id where one is asked for: what is not found was looked for all the same. */
const asked = async ({ method, route, body }: Row, { client }: LiveImpersonation) => {
  const path = route.replace('{table}', 'orders').replaceAll(/\{\w+\}/g, () => newId())
  return await client.ask(method, path, body)
}

/** Of the seller's chain, behind what was there: everything but what workers do. */
const eventsAfter = async (seq: number) =>
  await app.sql<Record<string, unknown>[]>`
    select seq::int, action, actor_kind as kind, actor_super_admin_id as admin,
      impersonation_session_id as session, data::jsonb as data
    from audit_events
    where seller_id = ${party.sellerId} and seq > ${seq} and actor_kind <> 'run' order by seq`
const headSeq = async () => {
  const [head] = await app.sql`
    select seq::int from audit_heads where seller_id = ${party.sellerId}`
  return Number(head?.['seq'] ?? 0)
}
const newLive = async (mode: 'READ_ONLY' | 'READ_WRITE') =>
  await comeIn(app.url, await makeStaff(app), party, mode)

/** Refused before anything is done, so that there is nothing to tell. */
const unheard = new Set([400, 401, 403, 405, 413, 415, 429])
/** Acts of staff in a seller, by what else they tell: all that staff may change there. */
const acts: Readonly<Record<string, readonly string[]>> = {
  'POST /v1/marketplace-accounts/{id}/sync': [],
  'PATCH /v1/marketplace-accounts/{id}': [],
  'PATCH /v1/marketplace-accounts/{id}/schedules/{target}': [],
  'POST /v1/marketplace-accounts/{id}/backfill': [],
  'POST /v1/dead-letters/{id}/redrive': [],
  'POST /v1/dead-letters/{id}/dismiss': [],
  'POST /v1/processing': [],
  'POST /v1/manifests/{id}/shipments': [],
  'POST /v1/manifests/{id}/close': [],
  'PUT /v1/inventory/{sku}': ['stock.changed'],
  'PUT /v1/inventory/{sku}/reserves': [],
  'POST /v1/listings': [],
  // a question in a body, which changes nothing
  'POST /v1/search': [],
  'POST /v1/imports/{id}/cancel': [],
  'POST /v1/uploads': [],
  'POST /v1/uploads/{id}/complete': [],
  'POST /v1/uploads/{id}/import': [],
}

test('every request of staff inside a seller is one event with both ids, and its act another', async () => {
  const live = await newLive('READ_WRITE')
  const all = await routesOfSellers()
  expect(all.length).toBeGreaterThan(40)
  let [reads, written] = [0, 0]
  for (const row of all) {
    const before = await headSeq()
    const answer = await asked(row, live)
    const events = await eventsAfter(before)
    if (unheard.has(answer.status)) {
      expect(events, row.name).toEqual([])
      continue
    }
    const isRead = row.method === 'GET'
    const request = {
      action: isRead ? 'impersonation.read' : 'impersonation.acted',
      data: { method: row.method, route: row.route },
    }
    expect(events.map(({ action }) => action), row.name).toEqual([
      request.action,
      ...(isRead ? [] : acts[row.name] ?? ['not expected']),
    ])
    expect(events[0], row.name).toMatchObject(request)
    for (const { kind, admin, session } of events) {
      expect([row.name, kind, admin, session]).toEqual([
        row.name,
        'staff',
        live.staff.superAdminId,
        live.id,
      ])
    }
    isRead ? reads++ : written++
  }
  expect(reads).toBeGreaterThan(12)
  expect(written).toBe(Object.keys(acts).length)
  const told = JSON.parse((await party.ask('GET', `/v1/impersonations/${live.id}`)).text)
  expect([told.reads, told.acts]).toEqual([reads, written])
})

test('what only owners may do, staff may not, in whatever session', async () => {
  const never = [
    /^(?:POST|PUT|PATCH|DELETE) \/v1\/(?:users|invitations|api-keys|overrides|sellers?|me)\b/,
    /^\S+ \/v1\/(?:impersonations|audit\/(?:export|anchors))\b/,
    /\/reveal/,
    /^POST \/v1\/marketplace-accounts$/,
  ]
  const live = await newLive('READ_WRITE')
  const rows = (await routesOfSellers()).filter(({ name }) =>
    never.some((pattern) => pattern.test(name))
  )
  expect(rows.length).toBeGreaterThan(15)
  for (const row of rows) {
    const { status, text } = await asked(row, live)
    expect([row.name, status, JSON.parse(text).code]).toEqual([row.name, 403, 'not-for-staff'])
  }
})

test('a session for reading changes nothing, and says so', async () => {
  const live = await newLive('READ_ONLY')
  const before = await headSeq()
  const writing = (await routesOfSellers()).filter(({ method }) => method !== 'GET')
  expect(writing.length).toBeGreaterThan(20)
  for (const row of writing) {
    const { status, text, headers } = await asked(row, live)
    expect([row.name, status]).toEqual([row.name, 403])
    expect(['read-only-session', 'not-for-staff'], row.name).toContain(JSON.parse(text).code)
    // a refusal says as well in which session it was
    expect(headers.get('x-robnu-impersonation'), row.name).toMatch(`"${live.id}";mode="READ_ONLY"`)
  }
  expect(await eventsAfter(before)).toEqual([])
  // and reading works in it: no GET writes on its way
  for (const row of (await routesOfSellers()).filter(({ method }) => method === 'GET')) {
    const { status, text } = await asked(row, live)
    expect([row.name, status < 400 ? 'read' : JSON.parse(text).code]).toEqual([
      row.name,
      expect.stringMatching(/^(?:read|not-found|not-for-staff|invalid-request)$/),
    ])
  }
})

test('buyers are masked for staff, and the ledger of openings names both ids', async () => {
  const live = await newLive('READ_ONLY')
  const [first] = JSON.parse((await party.ask('GET', '/v1/orders?limit=1')).text).data
  const clear = JSON.parse((await party.ask('GET', `/v1/orders/${first.id}`)).text)
  expect(clear.customer.phone).toMatch(/^\+?\d[\d ]+$/)
  const list = JSON.parse((await live.client.ask('GET', '/v1/orders?include=customer')).text).data
  const one = JSON.parse((await live.client.ask('GET', `/v1/orders/${first.id}`)).text)
  for (const { customer } of [...list, one]) {
    expect(customer.phone ?? 'xxxxxx').toMatch(/xxxxxx/)
    expect(customer.name ?? '•').toMatch(/•$/)
    expect(customer.email ?? '•').toMatch(/•/)
  }
  const actor = `staff:${live.staff.superAdminId}/${live.id}`
  const [ledger] = await app.sql`
    select count(*)::int as rows, sum(opened)::int as opened from decrypt_ledger
    where seller_id = ${party.sellerId} and actor = ${actor}`
  expect(ledger?.['rows']).toBe(2)
  expect(ledger?.['opened']).toBeGreaterThan(0)
})

test('every look of staff from outside is told in the trail of the org, with their session', async () => {
  const staff = await makeStaff(app)
  const [session] = await app.sql`
    select id from staff_sessions where super_admin_id = ${staff.superAdminId}`
  const outside = (await allRoutes()).filter((row) => row.method === 'GET' && isOfStaff(row))
  expect(outside.length).toBeGreaterThan(3)
  for (const { route } of outside) {
    expect((await staff.client.ask('GET', route)).status, route).toBe(200)
  }
  const events = await app.sql`
    select data::jsonb as data from org_audit_events
    where action = 'staff.read' and actor_super_admin_id = ${staff.superAdminId}
      and target = ${`staff-session:${session?.['id']}`} order by seq`
  expect(events.map(({ data }) => data)).toEqual(
    outside.map(({ route }) => ({ method: 'GET', route })),
  )
})
