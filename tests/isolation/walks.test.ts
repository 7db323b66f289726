/** Short walks through the whole application; `npm run proof -- walks` takes the long ones. */
import process from 'node:process'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { openDatabase } from '#core/db/scope.ts'
import { plainStatement, sql } from '#core/db/sql.ts'
import { newId } from '#core/ids.ts'
import { readableTables } from '#core/rules/plugin-sql-names.ts'
import { freshDatabase } from '../support/database.ts'
import type { Answer } from './clients.ts'
import { readStrangeRows } from './look.ts'
import { sellersIn, uuidsIn } from './marks.ts'
import type { Party } from './parties.ts'
import { type Document, readRoutes } from './positions.ts'
import { openTables, routeRows } from './route-rows.ts'
import { judge } from './walks/judge.ts'
import { openModel } from './walks/model.ts'
import { callsInWalk, type Figures, sellersInLane, walkLane } from './walks/walk.ts'
import { openWholeApp, type WholeApp } from './whole-app.ts'

/** By `ROBNU_WALKS`; a report of a failure says which seed and path walk the same way again. */
const walks = Number(process.env['ROBNU_WALKS'] ?? 20)
const seed = Number(process.env['ROBNU_WALK_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
const path = process.env['ROBNU_WALK_PATH']
const isLong = walks >= 400
/** Each walks through three sellers of its own; the sellers of the others are foreign as well. */
const lanes = isLong && path === undefined ? 4 : 1
const say = (line: string): void => void process.stdout.write(`${line}\n`)

let app: WholeApp
beforeAll(async () => {
  app = await openWholeApp(await freshDatabase({ maxConnections: 8 }), {
    sellers: lanes * sellersInLane,
  })
}, 120_000)
afterAll(() => app?.close())

/** As if somebody had forgotten whose rows they are, in one table. */
const withoutPolicy = async <T>(table: string, work: () => Promise<T>): Promise<T> => {
  const [policy] = await app.sql`
    select qual from pg_policies where tablename = ${table} and policyname = 'tenant'`
  if (!policy) throw new Error(`${table} has no policy for tenants`)
  await app.sql.unsafe(`alter policy tenant on ${table} using (true)`)
  try {
    return await work()
  } finally {
    await app.sql.unsafe(`alter policy tenant on ${table} using (${policy['qual']})`)
  }
}

/** What a careless statement of our own would read, in the scope of the party's owner. */
const readAsOwner = async (
  { sellerId, email }: Party,
): Promise<(table: string) => Promise<Answer>> => {
  const { urls, db } = app.store
  const scopeKey = scopeKeyFrom(app.secret)
  const tenants = await openDatabase({ url: urls.app, scopeKey, maxConnections: 1 })
  onTestFinished(tenants.close)
  const [owner] = await app.sql<{ identity_id: string }[]>`
    select identity_id from seller_users u join identities i on i.id = u.identity_id
    where u.seller_id = ${sellerId} and i.email = ${email}`
  if (!owner) throw new Error('The party has no owner')
  const sessionId = newId()
  const { authz } = await db.gate.one(sql.type(z.object({ authz: z.string() }))`
    select authz_version as authz from auth_open_session(
      ${owner.identity_id}, ${sellerId}, ${sessionId}, ${
    new Date(Date.now() + 3_600_000).toISOString()
  })`)
  const entry = { sellerId, kind: 'session', ref: `${sessionId}/${authz}` } as const
  return async (table) => {
    const data = await tenants.withSellerScope(
      entry,
      (scope) =>
        scope.any(plainStatement(`select to_jsonb(t) as row from ${table} t limit 25`, [])),
    )
    return { status: 200, headers: new Headers(), text: JSON.stringify({ data }) }
  }
}

test('the walks look into every table that a tenant may read, and see what is foreign there', async () => {
  const readable = await app.sql<{ name: string }[]>`
    select relname as name from pg_class c
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relrowsecurity
      and has_table_privilege('robnu_tenant', c.oid, 'select')
    order by name`
  expect(readable.map(({ name }) => name)).toEqual(openTables.toSorted())

  const document: Document = JSON.parse((await app.anonymous('GET', '/openapi.json')).text)
  const party = app.parties[2]
  if (!party) throw new Error('There is no third seller')
  const model = await openModel(app.sql, app.parties)
  const route = readRoutes(document, party, () => undefined).find(({ name }) =>
    name === 'GET /v1/forgetful/{table}'
  )
  if (!route) throw new Error('The forgetful plugin is not there')
  const read = await readAsOwner(party)
  const faultsOf = async (table: string): Promise<readonly string[]> => {
    const request = { method: 'GET', path: `/v1/forgetful/${table}` }
    const actor = { name: '', kind: 'user' as const, ask: party.ask, seller: 3, works: [3] }
    const more = { isOut: false, wasGood: true, secrets: () => [] }
    const call = { actor: { ...actor, ...more }, route, request, foreign: [] }
    // a plugin is kept from most of them before the database is asked
    const isFenced = !readableTables.has(table)
    const asked = await party.ask(request.method, request.path)
    expect(asked.status, table).toBe(isFenced ? 500 : 200)
    const answer = isFenced ? await read(table) : asked
    expect(JSON.parse(answer.text).data.length, table).toBeGreaterThan(0)
    const allowed = new Set([3])
    const { faults, claims } = judge({ model, secrets: [] }, { ...call, allowed }, answer)
    await model.lookUp(claims.map(({ id }) => id))
    const foreign = claims.filter(({ id }) => {
      const owners = model.ownersOf(id)
      return owners && owners.size > 0 && !owners.has(3)
    })
    return [...faults, ...foreign.map(({ id }) => id)]
  }
  for (const table of openTables) {
    expect(await faultsOf(table), table).toEqual([])
    expect(await withoutPolicy(table, () => faultsOf(table)), table).not.toEqual([])
  }
})

test(`${walks} walks over all routes meet nothing of another seller`, async () => {
  say(`Walks: ${walks} with seed ${seed}`)
  const begun = performance.now()
  const walked = await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      walkLane(app, lane * sellersInLane + 1, {
        walks: Math.ceil(walks / lanes),
        seed: seed + lane,
        ...(path === undefined ? {} : { path }),
        ...(isLong ? { say } : {}),
      })),
  )
  const ms = Math.round(performance.now() - begun)
  expect(walked.flatMap(({ failure }) => failure ?? [])).toEqual([])

  // those that were founded on the way have their founder's
  const { numbers } = await openModel(app.sql, app.parties)
  const looked = await readStrangeRows(app.sql, numbers, { signsIn: sellersIn, idsIn: uuidsIn })
  expect(looked.faults).toEqual([])

  const sum = (of: (one: Figures) => number) => walked.reduce((all, one) => all + of(one), 0)
  const figures = {
    ...{ seed, walks: sum((one) => one.walks), calls: sum((one) => one.calls) },
    ...{ ids: sum((one) => one.ids), foreignCalls: sum((one) => one.foreignCalls) },
    ...{ rows: looked.rows, foreignRows: 0, ms },
  }
  say(`Walked: ${JSON.stringify(figures)}`)
  const never = neverGood(walked).filter((name) => !refusedRoutes.has(name))
  if (isLong) say(`Nobody got through: ${never.join(', ') || 'none'}`)
  if (path !== undefined) return
  expect(figures.calls).toBe(figures.walks * callsInWalk)
  expect(figures.walks).toBeGreaterThanOrEqual(walks)
  expect(figures.ids).toBeGreaterThan(walks * 40)
  expect(figures.foreignCalls).toBeGreaterThan(walks)
  expect(figures.rows).toBeGreaterThan(500)
  // fewer may miss what takes the right person and the right row
  if (walks < 4_000) return
  expect(never).toEqual([])
}, 60_000 + walks * 1_000)

/** Routes that nobody has got through: their answers were never looked at. */
const neverGood = (walked: readonly Figures[]): readonly string[] =>
  Object.keys(routeRows).filter((name) => !walked.some((one) => one.routes.get(name)?.good))
/** Those of them that walks cannot get through: proofs that nobody here has, or that cost a hash each. */
const refusedRoutes: ReadonlySet<string> = new Set([
  'POST /v1/auth/login',
  'POST /v1/auth/password/change',
  'POST /v1/auth/password/reset',
  'POST /v1/auth/step-up',
  'POST /v1/auth/sign-up/confirm',
  'POST /v1/auth/invitations/accept',
  // there is no second factor, as nobody has confirmed one
  'POST /v1/auth/mfa/totp/confirm',
  'DELETE /v1/auth/mfa/totp',
  'POST /v1/staff/login',
  'POST /v1/staff/password',
  'POST /v1/staff/step-up',
  // by a second one of staff, in an emergency
  'POST /v1/staff/impersonations/{id}/approve',
  // the marketplace refuses a key that nobody has
  'POST /v1/marketplace-accounts',
])

test('a policy that lets every row through is found by the walks, and in which walk', async () => {
  // it ends with the first that finds something, after a dozen or so
  const options = { walks: 300, seed: 7 }
  const { failure } = await withoutPolicy('invitations', () => walkLane(app, 1, options))
  expect(failure).toMatch(/^seed 7, path \d+/)
  expect(failure).toMatch(/of seller \d/)
}, 120_000)
