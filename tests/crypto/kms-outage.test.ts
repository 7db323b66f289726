/**
 * KMS is away for a quarter of an hour, from the API and the worker down to the tables (quality R21). The
 * end of the suite looks for buyers in every file of the database, its write-ahead log too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring, type Keyring } from '../../core/crypto/keyring.ts'
import { createKms, type KeyService } from '../../core/crypto/kms.ts'
import { keysReady } from '../../core/boot/keys-ready.ts'
import { type App, createApp } from '../../core/http/app.ts'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { fault } from '../../core/errors.ts'
import { silentLog } from '../../core/log.ts'
import { createPasswordHasher } from '../../core/auth/passwords.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { fakeServices, nobodyElse } from '../http/fake-services.ts'
import { askForRun, itemOf, runSlice, runToEnd, stored, sync } from '../ledger/support/runs.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openAuth } from '../support/sign-in.ts'
import { minute } from './keyring-set-up.ts'
import { type KmsServer, startKmsServer } from './kms-server.ts'

const password = 'correct horse battery staple'
const clock = { ms: 1_000_000 }
const hasher = createPasswordHasher()
let base: World
let world: World
let server: KmsServer
/** Waits as long as it has to; `hurried` gives up at once, for the outage. */
let kms: KeyService
let hurried: KeyService
let keyring: Keyring
const shops: { readonly seller: TestSeller; readonly accountId: string; cookie: string }[] = []
let app: App

const newKeyring = (): Keyring =>
  createKeyring({
    ...{ db: base.fresh.db, log: silentLog, now: () => clock.ms },
    kms: new Proxy(kms, { get: (_, name) => (server.fault ? hurried : kms)[name as 'unwrap'] }),
    ...{ aliasOf: () => 'alias/test', createMissingAlias: true },
  })

/** That of the process that runs at the moment. */
const current = new Proxy({} as Keyring, { get: (_, name) => keyring[name as keyof Keyring] })

beforeAll(async () => {
  ;[base, server] = await Promise.all([openWorld(), startKmsServer()])
  const options = {
    ...{ region: 'ap-south-1', endpoint: server.url, log: silentLog },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  kms = createKms(options)
  hurried = createKms({ ...options, deadlineMs: 100 })
  const { fresh } = base
  const passwordHash = await hasher.hash(password)
  keyring = newKeyring()
  world = await anotherBazaar({ ...base, keyring: current })
  for (const at of [0, 1] as const) {
    const seller = await makeSeller(fresh.db, { passwordHash })
    shops.push({ seller, accountId: await world.connectShop(seller, at), cookie: '' })
  }
  for (const { seller, accountId } of shops) await sync(world, seller, accountId)
  // the process of which the rest tells
  keyring.close()
  keyring = newKeyring()
  const { auth } = await openAuth(fresh.db, { now: () => new Date(), hasher })
  app = createApp({
    services: {
      ...{ auth, ...nobodyElse, ...fakeServices(() => {}) },
      orders: createOrders({ db: fresh.db, keyring: current }),
    },
    permissions: createPermissions(),
    checks: {},
    cursorKey: new Uint8Array(32).fill(7),
    log: silentLog,
    now: () => new Date(),
    version: '0.0.0',
  })
  for (const shop of shops) {
    const answer = await call('POST', '/v1/auth/login', '', { email: shop.seller.email, password })
    shop.cookie = answer.cookie
  }
})
afterAll(async () => {
  await world.close()
  keyring.close()
  kms.close()
  hurried.close()
  await Promise.all([base.close(), server.stop(), hasher.close()])
})

const call = async (method: string, path: string, cookie: string, body?: object) => {
  const response = await app.fetch(
    new Request(`http://robnu.test${path}`, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      ...body ? { body: JSON.stringify(body) } : {},
    }),
  )
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '',
    body: JSON.parse(await response.text()) as {
      code?: string
      customer?: { email: string | null }
      data?: { id: string }[]
    },
  }
}
/** An order with its buyer in clear. */
const showOrder = async ({ cookie, accountId }: typeof shops[number]) => {
  const [order] = await world.fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`
      select id from orders where marketplace_account_id = ${accountId}
        and customer_name_enc is not null order by ordered_at, id limit 1`
  )
  return await call('GET', `/v1/orders/${order?.id}`, cookie)
}
/** Sealed columns of orders: how many values, and how many of them are not sealed. */
const sealedValues = () =>
  world.fresh.asSuperuser(async (admin) => {
    const [row] = await admin<{ all: number; clear: number }[]>`
      select count(*)::int as all, (count(*) filter (where get_byte(v, 0) <> 1 or length(v) < 33
        or position(convert_to('buyers.invalid', 'UTF8') in v) > 0))::int as clear
      from orders, unnest(array[customer_name_enc, customer_phone_enc, customer_email_enc,
        address_enc]) as v
      where v is not null`
    if (!row) throw new Error('unreachable')
    return { ...row }
  })

describe('with KMS away for a quarter of an hour', () => {
  it('warm sellers are served, cold ones wait or get a clean 503, and nothing is stored clear', async () => {
    const [warm, cold] = shops as [typeof shops[0], typeof shops[0]]
    await keyring.forSeller(warm.seller.entry)
    const before = await sealedValues()
    expect(before.all).toBeGreaterThan(100)
    // as a connection that nobody answers, which is the worst of outages
    server.fault = 'silence'
    const waiting = await askForRun(world, cold.seller, cold.accountId)
    for (const end = clock.ms + 15 * minute; clock.ms < end; clock.ms += 3 * minute) {
      const shown = await showOrder(warm)
      expect([shown.status, shown.body.customer?.email]).toEqual([
        200,
        expect.stringContaining('@buyers.invalid'),
      ])
      const refused = await showOrder(cold)
      expect([refused.status, refused.body.code, refused.retryAfter])
        .toEqual([503, 'keys-unavailable', '5'])
      expect((await call('GET', '/v1/orders', cold.cookie)).status).toBe(200)
    }
    // what comes in for the warm one is sealed and stored; for the cold one nothing is
    for (const shop of ['SHOP-0001', 'SHOP-0002']) {
      await world.control('createOrders', { shop, count: 5 })
    }
    const run = await sync(world, warm.seller, warm.accountId)
    expect([run.state, run.new]).toEqual(['SUCCEEDED', 5])
    const coldBefore = await stored(world, cold.accountId)
    const item = await runSlice(world, waiting)
    expect([item.state, item.lastError]).toEqual([
      'WAITING',
      expect.stringContaining('unavailable'),
    ])
    expect(await stored(world, cold.accountId)).toEqual(coldBefore)
    const after = await sealedValues()
    expect(after.clear).toBe(0)
    expect(after.all).toBeGreaterThan(before.all)

    // it is back, and nobody starts anything anew
    server.fault = null
    expect((await showOrder(cold)).status).toBe(200)
    clock.ms += minute
    expect((await showOrder(warm)).status).toBe(200)
    const later = await runToEnd(world, waiting)
    expect([later.state, later.new]).toEqual(['SUCCEEDED', 5])
    expect((await itemOf(world, waiting)).state).toBe('DONE')
    expect((await sealedValues()).clear).toBe(0)
  })

  it('a process that served is ready for as long as it serves, and one that never did is not', async () => {
    const staleMs = 20 * minute
    let why: string | undefined
    const ping = () =>
      why === undefined
        ? Promise.resolve()
        : Promise.reject(fault('keys-unavailable', { cause: named(why) }))
    const newCheck = () => keysReady({ ping, now: () => clock.ms, staleMs })
    const ready = newCheck()
    await ready()
    why = 'ServiceUnavailable'
    await ready()
    await expect(newCheck()()).rejects.toThrow()
    clock.ms += staleMs - 1
    await ready()
    clock.ms += 1
    await expect(ready()).rejects.toThrow()
    why = undefined
    await ready()
    why = 'UnrecognizedClientException'
    await expect(ready()).rejects.toThrow()
  })
})

const named = (name: string) => Object.assign(new Error(name), { name })
