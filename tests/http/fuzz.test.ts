/**
 * Requests made at random from the OpenAPI document, against the whole application on a real
 * database, by everybody; `npm run proof -- fuzz` sends the many.
 */
import process from 'node:process'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { Document } from '../isolation/positions.ts'
import { routeRows } from '../isolation/route-rows.ts'
import { openWholeApp, type Store, type WholeApp } from '../isolation/whole-app.ts'
import { newId } from '../../core/ids.ts'
import { freshDatabase } from '../support/database.ts'
import { type FuzzActor, fuzzActorsOf, sendAs } from './fuzz/actors.ts'
import { createJudge } from './fuzz/judge.ts'
import {
  type FuzzRequest,
  gridOf,
  type Operation,
  operationsOf,
  requestFor,
} from './fuzz/requests.ts'
import type { Sources } from './fuzz/schemas.ts'
import { canary } from './fuzz/words.ts'

/** By `ROBNU_FUZZ`; the same seed sends the same requests to the same house. */
const requests = Number(process.env['ROBNU_FUZZ'] ?? 500)
const seed = Number(process.env['ROBNU_FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
const say = (line: string): void => void process.stdout.write(`${line}\n`)

let store: Store
let app: WholeApp
let actors: readonly FuzzActor[]
let operations: readonly Operation[]
let sources: Sources
let document: Document
beforeAll(async () => {
  store = await freshDatabase({ maxConnections: 8 })
  app = await openWholeApp(store, { sellers: 3 })
  document = JSON.parse((await app.anonymous('GET', '/openapi.json')).text)
  // that plugin is unsafe on purpose: it asks for whatever table it is told
  operations = operationsOf(document).filter(({ path }) => !path.startsWith('/v1/forgetful'))
  const [party] = app.parties
  if (party === undefined) throw new Error('There is nobody to ask')
  actors = await fuzzActorsOf(store, app, party)
  const rows = await app.sql<{ id: string }[]>`
    (select id from orders limit 20) union all (select id from job_runs limit 10)
    union all (select id from marketplace_accounts) union all (select id from seller_users)`
  const kinds = new Set(Object.values(routeRows).flatMap(({ ids }) => Object.values(ids ?? {})))
  const ownByKind = new Map<string, readonly string[]>()
  for (const kind of kinds) ownByKind.set(kind, await idsOf(kind, party.sellerId))
  sources = {
    document,
    ids: rows.map(({ id }) => id),
    own: (route, place) => ownByKind.get(routeRows[route]?.ids?.[place] ?? '') ?? [],
  }
}, 120_000)
afterAll(() => app?.close())

test(
  'no answer is a fault of ours, shows its input, or has another form than it should',
  async () => {
    const judge = createJudge(document)
    const counted = new Map<string, number>()
    const good = new Map<string, number>()
    let sent = 0
    const check = async (actor: FuzzActor, request: FuzzRequest): Promise<void> => {
      const answer = await sendAs(app, actor, request)
      sent++
      const { name } = request.operation
      counted.set(name, (counted.get(name) ?? 0) + 1)
      if (answer.status < 400) good.set(name, (good.get(name) ?? 0) + 1)
      const faults = judge(request, answer)
      if (faults.length > 0) {
        throw new Error(
          `${actor.name}: ${JSON.stringify({ ...request, operation: name })}\n` +
            `→ ${answer.status} ${answer.text.slice(0, 500)}\n  ${faults.join('\n  ')}`,
        )
      }
    }

    const [owner, stranger] = [actors[0], actors.at(-1)]
    if (owner === undefined || stranger === undefined) throw new Error('There is nobody to ask')
    for (const request of gridOf(sources, operations)) {
      await check(isForStrangers(request.operation) ? stranger : owner, request)
    }
    const grid = sent

    const drawn = fc.record({
      actor: fc.constantFrom(...actors),
      request: fc.constantFrom(...operations).chain((operation) =>
        requestFor(sources, operation, isFinal(operation))
      ),
    })
    await fc.assert(
      fc.asyncProperty(drawn, async ({ actor, request }) => {
        await check(isForStrangers(request.operation) ? stranger : actor, request)
      }),
      { numRuns: requests, seed, endOnFailure: true },
    )
    for (const { name } of operations) expect(counted.get(name), name).toBeGreaterThan(0)
    // the answers above were not all refusals at the door
    expect(good.size).toBeGreaterThan(operations.length / 3)
    expect(app.logged.filter((line) => line.includes('"http.failed"'))).toEqual([])
    expect(app.logged.filter((line) => line.includes(canary))).toEqual([])
    const figures = {
      seed,
      requests: sent,
      grid,
      routes: operations.length,
      routesWithSuccess: good.size,
    }
    say(`Fuzzed: ${JSON.stringify(figures)}`)
  },
  30_000 + requests * 20,
)

/** `orders.id`: some that the seller has; none where the table is nobody's. */
const idsOf = async (kind: string, sellerId: string): Promise<readonly string[]> => {
  const [table = '', column = ''] = kind.split('.')
  const rows = await app.sql`
    select ${app.sql(column)}::text as id from ${app.sql(table)} t
    where to_jsonb(t) ->> ${table === 'sellers' ? 'id' : 'seller_id'} = ${sellerId} limit 10`
  return rows.map(({ id }) => String(id))
}

/** It would end a session, a key or a person that the next request needs. */
const isFinal = ({ name, method }: Operation): boolean =>
  routeRows[name]?.shakes === true || method === 'DELETE' || final.test(name)
const final =
  /^PATCH \/v1\/users|\/(?:logout|leave|transfer|switch|revoke-others|suspend|resume|end|deny|rotate)$|\/password|\/mfa/
/** Where no id stands in the address, nothing keeps a request from meeting whoever asks. */
const isForStrangers = (operation: Operation): boolean =>
  isFinal(operation) && !operation.path.includes('{')

describe('the judge', () => {
  const operation: Operation = {
    ...{ name: 'GET /v1/x', method: 'GET', path: '/v1/x', permission: 'x:read' },
    ...{ parameters: [], body: undefined, example: undefined, statuses: new Set([200, 404]) },
  }
  const request: FuzzRequest = {
    ...{ operation, method: 'GET', path: '/v1/x', headers: {}, body: undefined },
  }
  const real = async () =>
    await sendAs(app, { name: 'nobody', headers: () => ({}) }, {
      ...request,
      path: '/nowhere',
    })

  it('finds nothing wrong with a real answer, and every single thing that is', async () => {
    const judge = createJudge(document)
    const answer = await real()
    expect(judge(request, answer)).toEqual([])
    const without = (name: string) => {
      const headers = new Headers(answer.headers)
      headers.delete(name)
      return { ...answer, headers }
    }
    const having = (name: string, value: string) => {
      const headers = new Headers(answer.headers)
      headers.set(name, value)
      return { ...answer, headers }
    }
    const saying = (from: string, to: string) => {
      expect(answer.text).toContain(from)
      return { ...answer, text: answer.text.replace(from, to) }
    }
    const broken = [
      { ...answer, status: 500 },
      { ...answer, status: 400 },
      { ...answer, text: '' },
      { ...answer, text: '<h1>Not found</h1>' },
      without('content-security-policy'),
      without('strict-transport-security'),
      without('x-request-id'),
      without('cache-control'),
      having('access-control-allow-origin', '*'),
      having('content-type', 'application/json'),
      having('cache-control', 'public'),
      having('x-request-id', newId()),
      having('location', `/${canary}`),
      saying('There is nothing here', `There is no ${canary}`),
      saying('There is nothing here', 'Error at file.ts:1:1'),
      saying('There is nothing here', 'syntax error at or near'),
      saying('"not-found"', '"nothing-found"'),
      saying('"not-found"', '"forbidden"'),
      saying('urn:uuid:', 'urn:uuid:0'),
      saying('"status":404', '"status":"404"'),
    ]
    for (const one of broken) {
      expect(judge(request, one), `${one.status} ${one.text}`).not.toEqual([])
    }
    const unknown = { ...request, operation: { ...operation, statuses: new Set([200]) } }
    // what is not there may always be answered
    expect(judge(unknown, answer)).toEqual([])
  })
})
