/** Every route that takes an Idempotency-Key, in the whole application: twice sent, once done. */
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import type { Answer, Ask } from '../isolation/clients.ts'
import type { Party } from '../isolation/parties.ts'
import { putFile } from '../isolation/import-party.ts'
import { announced, markedFile } from '../isolation/import-rows.ts'
import { phoneOf } from '../isolation/marks.ts'
import { openWholeApp, type WholeApp } from '../isolation/whole-app.ts'
import { freshDatabase } from '../support/database.ts'

/** By `ROBNU_ONCE`: `npm run proof -- idempotency` takes a thousand. */
const rounds = Number(process.env['ROBNU_ONCE'] ?? 3)
const parallel = 100
const say = (line: string): void => void process.stdout.write(`${line}\n`)

let app: WholeApp
let party: Party
let owner: Ask
beforeAll(async () => {
  app = await openWholeApp(await freshDatabase({ maxConnections: 8 }))
  const [first] = app.parties
  if (first === undefined) throw new Error('There is no seller')
  party = first
  owner = party.ask
  const { password } = party.people.OWNER
  expect((await owner('POST', '/v1/auth/step-up', { password })).status).toBe(200)
}, 60_000)
afterAll(() => app?.close())

interface Sound {
  readonly path: string
  readonly body: unknown
}
const idOf = (answer: Answer): string => JSON.parse(answer.text).id

/** A request that makes something, by route. */
const sound: Readonly<Record<string, () => Promise<Sound> | Sound>> = {
  'POST /v1/marketplace-accounts': () => {
    const [free] = app.sandbox.accounts
    const { externalAccountId, details, credentials } = free ?? {}
    const body = { marketplace: 'BAZAAR', external_account_id: externalAccountId, name: 'A third' }
    return { path: '/v1/marketplace-accounts', body: { ...body, details, credentials } }
  },
  'POST /v1/marketplace-accounts/{id}/sync': async () => {
    const { data: [account] } = JSON.parse((await owner('GET', '/v1/marketplace-accounts')).text)
    const day = String(1 + Math.floor(Math.random() * 27)).padStart(2, '0')
    return {
      path: `/v1/marketplace-accounts/${account.id}/sync`,
      body: { target: 'ORDERS', from: `2023-01-${day}`, to: `2023-02-${day}` },
    }
  },
  'POST /v1/marketplace-accounts/{id}/backfill': async () => {
    const { data: [account] } = JSON.parse((await owner('GET', '/v1/marketplace-accounts')).text)
    const day = String(1 + Math.floor(Math.random() * 27)).padStart(2, '0')
    return {
      path: `/v1/marketplace-accounts/${account.id}/backfill`,
      body: { target: 'ORDERS', from: `2021-01-${day}`, to: `2021-02-${day}` },
    }
  },
  'POST /v1/listings': async () => {
    const { data: [account] } = JSON.parse((await owner('GET', '/v1/marketplace-accounts')).text)
    const body = { marketplace_account_id: account.id, sku: newId(), product_sku: 'KURTA' }
    return { path: '/v1/listings', body }
  },
  'POST /v1/imports': async () => {
    const { data: [account] } = JSON.parse((await owner('GET', '/v1/marketplace-accounts')).text)
    return { path: `/v1/imports?account=${account.id}`, body: markedFile(newId()) }
  },
  'POST /v1/uploads': async () => {
    const { data: [account] } = JSON.parse((await owner('GET', '/v1/marketplace-accounts')).text)
    return { path: '/v1/uploads', body: announced(account.id, 'one.csv', markedFile(newId())) }
  },
  'POST /v1/uploads/{id}/import': async () => {
    const { data: [account] } = JSON.parse((await owner('GET', '/v1/marketplace-accounts')).text)
    const id = await putFile(owner, account.id, 'one.csv', markedFile(newId()))
    return { path: `/v1/uploads/${id}/import`, body: undefined }
  },
  'POST /v1/processing': async () => {
    const { data: [, account] } = JSON.parse((await owner('GET', '/v1/marketplace-accounts')).text)
    return {
      path: '/v1/processing',
      body: { marketplace_account_id: account.id, closure: 'MANUAL' },
    }
  },
  'POST /v1/manifests/{id}/shipments': async () => {
    const [id, shipment] = [newId(), newId()]
    await app.sql`
      with m as (
        insert into manifests (seller_id, id, marketplace_account_id, external_manifest_id,
          shipment_count, source_updated_at)
        select seller_id, ${id}, marketplace_account_id, ${id}, 1, now() from shipments
        where seller_id = ${party.sellerId} limit 1
        returning seller_id, id, marketplace_account_id, external_manifest_id
      )
      insert into shipments
      select s.* from m, lateral (
        select (jsonb_populate_record(s, jsonb_build_object('id', ${shipment}::text,
          'external_shipment_id', ${shipment}::text, 'manifest_id', m.id))).*
        from shipments s where s.seller_id = m.seller_id
          and s.marketplace_account_id = m.marketplace_account_id limit 1
      ) as s`
    return { path: `/v1/manifests/${id}/shipments`, body: { remove: [shipment] } }
  },
  'POST /v1/manifests/{id}/close': async () => {
    const id = newId()
    await app.sql`
      insert into manifests (seller_id, id, marketplace_account_id, external_manifest_id,
        shipment_count, source_updated_at)
      select seller_id, ${id}, id, ${id}, 1, now() from marketplace_accounts
      where seller_id = ${party.sellerId} limit 1`
    return { path: `/v1/manifests/${id}/close`, body: undefined }
  },
  'POST /v1/api-keys': () => ({
    path: '/v1/api-keys',
    body: { name: `Key ${newId()}`, scopes: ['orders:read'] },
  }),
  'POST /v1/api-keys/{id}/rotate': async () => {
    const body = { name: `Key ${newId()}`, scopes: ['orders:read'] }
    const id = idOf(await owner('POST', '/v1/api-keys', body))
    return { path: `/v1/api-keys/${id}/rotate`, body: { overlap_hours: 1 } }
  },
  'POST /v1/audit/anchors': () => ({
    path: '/v1/audit/anchors',
    body: { kind: 'hook', url: `https://hooks.example.in/${newId()}` },
  }),
  'POST /v1/invitations': () => ({
    path: '/v1/invitations',
    body: { email: `${newId()}@example.in`, role: 'VIEWER' },
  }),
  'POST /v1/users/{id}/overrides': async () => {
    const { data } = JSON.parse((await owner('GET', '/v1/users')).text)
    const { id } = data.find((one: { role: string }) => one.role === 'VIEWER')
    return {
      path: `/v1/users/${id}/overrides`,
      body: { permission: 'runs:read', effect: 'DENY', reason: 'For as long as the sale goes on' },
    }
  },
  'POST /v1/data-principals/erase': async () => {
    const buyer = { phone: phoneOf(party.number, 7), reason: 'The buyer has asked for it' }
    const { total } = JSON.parse((await owner('POST', '/v1/data-principals/find', buyer)).text)
    return { path: '/v1/data-principals/erase', body: { ...buyer, orders: total } }
  },
  'POST /v1/keys/rotate': () => ({
    path: '/v1/keys/rotate',
    body: { reason: 'A laptop with access was lost' },
  }),
  'POST /v1/seller/export': () => ({ path: '/v1/seller/export', body: undefined }),
  'POST /v1/seller/offboarding': async () => {
    const path = '/v1/seller/offboarding'
    await owner('DELETE', path)
    const { name } = JSON.parse((await owner('GET', '/v1/seller')).text)
    return { path, body: { name, reason: 'The shop closes for good', export: false } }
  },
  'POST /v1/sellers': () => ({ path: '/v1/sellers', body: { name: `Stall ${newId()}` } }),
}

const keyedRoutes = async (): Promise<readonly string[]> => {
  const { paths } = JSON.parse((await app.anonymous('GET', '/openapi.json')).text)
  return Object.entries(paths as Record<string, Record<string, Record<string, unknown>>>)
    .flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation['x-idempotency'] === 'required')
        .map(([method]) => `${method.toUpperCase()} ${path}`)
    )
}
/** What of an answer says what was made. */
const madeBy = (answer: Answer): string => {
  const body = JSON.parse(answer.text)
  return JSON.stringify([answer.status, body.id ?? body.run?.id ?? body.seller?.id])
}
const rowsOf = (key: string) =>
  app.sql<{ route: string; status: number; resource_id: string }[]>`
    select route, status, resource_id from idempotency_keys
    where seller_id = ${party.sellerId} and key = ${key}`

describe('every route that takes a key', () => {
  it('stores it with what it made, and answers a repetition with the same', async () => {
    const routes = await keyedRoutes()
    expect(routes.toSorted()).toEqual(Object.keys(sound).toSorted())
    for (const route of routes) {
      const make = sound[route]
      if (make === undefined) throw new Error(`${route} has no sound request here`)
      const { path, body } = await make()
      const key = newId()
      const first = await owner('POST', path, body, { 'idempotency-key': key })
      expect([route, first.text, first.status < 300]).toEqual([route, first.text, true])
      const again = await owner('POST', path, body, { 'idempotency-key': key })
      expect([route, madeBy(again)]).toEqual([route, madeBy(first)])
      expect(madeBy(first)).not.toContain('null')
      expect(again.headers.get('idempotency-replayed'), route).toBe('true')
      expect(again.headers.get('location'), route).toBe(first.headers.get('location'))
      const { secret } = JSON.parse(again.text)
      // what is shown once is not shown twice
      expect(secret ?? null, route).toBeNull()
      const rows = await rowsOf(key)
      expect(rows, route).toHaveLength(1)
      expect(rows[0]).toMatchObject({ route, status: first.status })
      expect(madeBy(first), route).toContain(rows[0]?.resource_id)

      const other = body instanceof Uint8Array
        ? markedFile(newId())
        : { ...(body as object), name: 'Another body' }
      const refused = await owner('POST', path, other, { 'idempotency-key': key })
      expect(['invalid-request', 'idempotency-key-reused'], route)
        .toContain(JSON.parse(refused.text).code)
      const missing = await owner('POST', path, body, { 'idempotency-key': '' })
      expect([route, JSON.parse(missing.text).code]).toEqual([route, 'idempotency-key-missing'])
    }
  })

  it('makes one thing of a hundred requests at once, round after round', async () => {
    const scope = { name: '', scopes: ['orders:read'] }
    const counts = { rounds: 0, requests: 0, replayed: 0, inFlight: 0 }
    for (let round = 0; round < rounds; round++) {
      const key = newId()
      const body = { ...scope, name: `Round ${key}` }
      const made = await Promise.all(Array.from({ length: parallel }, async () => {
        for (;;) {
          const answer = await owner('POST', '/v1/api-keys', body, { 'idempotency-key': key })
          counts.requests++
          if (JSON.parse(answer.text).code === 'idempotency-in-flight') {
            counts.inFlight++
            continue
          }
          if (answer.headers.has('idempotency-replayed')) counts.replayed++
          return madeBy(answer)
        }
      }))
      expect(new Set(made).size).toBe(1)
      expect(made[0]).toContain('201')
      const [row] = await app.sql`
        select (select count(*)::int from api_keys where name = ${body.name}) as keys,
          (select count(*)::int from audit_events e where e.seller_id = ${party.sellerId}
            and e.target = 'api-key:' || (
              select id::text from api_keys where name = ${body.name} limit 1)) as events`
      expect(row).toEqual({ keys: 1, events: 1 })
      counts.rounds++
      // the seller may have so many keys and no more
      await app.sql`delete from api_keys where name = ${body.name}`
      if (round % 50 === 49) say(`  ${round + 1} rounds`)
    }
    say(`Once: ${JSON.stringify(counts)}`)
  }, 30_000 + rounds * 2_000)
})
