/** Sign-in, revocation and changes of role, from the request down to the gate of the database. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createPasswordHasher } from '../../core/auth/passwords.ts'
import type { Entry } from '../../core/db/database.ts'
import { command, sql } from '../../core/db/sql.ts'
import { type App, createApp } from '../../core/http/app.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { openAuth } from '../support/sign-in.ts'
import { accountId, fakeServices, nobodyElse } from './fake-services.ts'

const hasher = createPasswordHasher()
const password = 'correct horse battery staple'
let fresh: FreshDatabase
let app: App
let passwordHash = ''

beforeAll(async () => {
  fresh = await freshDatabase()
  passwordHash = await hasher.hash(password)
  const now = () => new Date()
  const { db } = fresh
  const { auth } = await openAuth(db, { now, hasher })
  // the data is made up, the scope that it is read in is real
  const inScope = (entry: Entry) =>
    db.inSellerScope(entry).one(sql.type(z.object({ id: z.string() }))`select id from sellers`)
  const made = fakeServices(() => {})
  app = createApp({
    services: {
      auth,
      ...nobodyElse,
      ...made,
      orders: {
        ...made.orders,
        list: async (entry, ask) => {
          await inScope(entry)
          return await made.orders.list(entry, ask)
        },
      },
      accounts: {
        ...made.accounts,
        requestSync: async (entry, id, ask) => {
          await inScope(entry)
          return await made.accounts.requestSync(entry, id, ask)
        },
      },
    },
    permissions: createPermissions(),
    checks: { database: db.ping },
    cursorKey: new Uint8Array(32).fill(7),
    log: silentLog,
    now,
    version: '0.0.0',
  })
})
afterAll(async () => {
  await fresh?.close()
  await hasher.close()
})

const ask = async (path: string, cookie: string, method = 'GET') => {
  const headers = { cookie, 'idempotency-key': newId() }
  const request = new Request(`http://robnu.test${path}`, { method, headers })
  const response = await app.fetch(request)
  const text = await response.text()
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as { code?: string; seller?: unknown },
    cookie: response.headers.getSetCookie()[0]?.split(';')[0],
  }
}
const signIn = async (email: string, word = password) => {
  const response = await app.fetch(
    new Request('http://robnu.test/v1/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: word }),
    }),
  )
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { status: response.status, body: await response.json(), cookie }
}
const asPlatform = (statement: ReturnType<typeof command>) =>
  fresh.db.withPlatformScope('test', (tx) => tx.run(statement))
const sync = `/v1/marketplace-accounts/${accountId}/sync`

describe('with the real gate', () => {
  it('a person signs in, is who they are, and signs out', async () => {
    const seller = await makeSeller(fresh.db, { passwordHash, role: 'FINANCE' })
    const signedIn = await signIn(`  ${seller.email.toUpperCase()}`)
    expect(signedIn).toMatchObject({
      status: 200,
      body: {
        user: { id: seller.userId, role: 'FINANCE' },
        seller: { id: seller.sellerId, name: `Seller ${seller.sellerId}` },
      },
    })
    const { cookie } = signedIn
    const me = await ask('/v1/me', cookie)
    expect(me.status).toBe(200)
    expect(me.body.seller).toEqual({
      id: seller.sellerId,
      name: `Seller ${seller.sellerId}`,
      status: 'ACTIVE',
    })
    expect((await ask('/v1/orders', cookie)).status).toBe(200)
    expect((await ask('/v1/auth/logout', cookie, 'POST')).status).toBe(204)
    for (const path of ['/v1/orders', '/v1/me']) {
      expect((await ask(path, cookie)).body.code).toBe('session-over')
    }
  })

  it('a session of 30 days is opened, with a token of 15 minutes', async () => {
    const seller = await makeSeller(fresh.db, { passwordHash })
    await signIn(seller.email)
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select extract(epoch from expires_at - created_at)::int as seconds from sessions
        where seller_id = ${seller.sellerId} order by created_at desc limit 1`
    )
    expect(Math.abs(row?.seconds - 30 * 24 * 3600)).toBeLessThan(60)
  })

  it('unknown and wrong are answered alike, and no session is opened', async () => {
    const seller = await makeSeller(fresh.db, { passwordHash })
    const answers = [
      await signIn(seller.email, 'wrong'),
      await signIn('nobody@example.in', 'wrong'),
      await signIn('nobody@example.in'),
    ]
    const plain = answers.map(({ status, body }) =>
      JSON.stringify([status, { ...body, instance: 0 }])
    )
    expect(new Set(plain).size).toBe(1)
    expect(answers[0]?.status).toBe(401)
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select count(*)::int as sessions from sessions where seller_id = ${seller.sellerId}`
    )
    expect(row?.sessions).toBe(1) // of makeSeller
  })

  it('a change of role reaches the next request, through a fresh cookie', async () => {
    const seller = await makeSeller(fresh.db, { passwordHash, role: 'OWNER' })
    const { cookie } = await signIn(seller.email)
    const setRole = (role: string) =>
      asPlatform(command`update seller_users
        set role = ${role}, authz_version = authz_version + 1 where id = ${seller.userId}`)
    await setRole('VIEWER')
    const read = await ask('/v1/orders?include=customer', cookie)
    expect(read.status).toBe(200)
    expect(JSON.stringify(read.body)).toContain('98xxxxxx12')
    expect(read.cookie).toBeDefined()
    // with the old token, which still says OWNER: the gate's word counts
    expect((await ask(sync, cookie, 'POST')).body.code).toBe('forbidden')
    expect((await ask(sync, read.cookie ?? '', 'POST')).body.code).toBe('forbidden')
    await setRole('OPERATOR')
    expect((await ask(sync, read.cookie ?? '', 'POST')).status).toBe(202)
  })

  it('a removed user is out', async () => {
    const seller = await makeSeller(fresh.db, { passwordHash })
    const { cookie } = await signIn(seller.email)
    expect((await ask('/v1/orders', cookie)).status).toBe(200)
    await asPlatform(command`update seller_users
      set removed_at = now(), authz_version = authz_version + 1 where id = ${seller.userId}`)
    const out = await ask('/v1/orders', cookie)
    expect([out.status, out.body.code]).toEqual([401, 'session-over'])
    expect((await signIn(seller.email)).status).toBe(401)
  })

  it('a suspended seller reads and does not write', async () => {
    const seller = await makeSeller(fresh.db, { passwordHash })
    const { cookie } = await signIn(seller.email)
    await asPlatform(command`update sellers
      set status = 'SUSPENDED', authz_version = authz_version + 1 where id = ${seller.sellerId}`)
    expect((await ask('/v1/orders', cookie)).status).toBe(200)
    expect((await ask(sync, cookie, 'POST')).body.code).toBe('seller-suspended')
  })

  it('is ready', async () => {
    expect((await ask('/readyz', '')).status).toBe(200)
  })
})
