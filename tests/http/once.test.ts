/** A request that is sent twice acts once, whatever happens between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../../core/db/database.ts'
import { forgetKeys, madeBefore } from '../../core/db/once.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { checkRoutes, type Route } from '../../core/http/route.ts'
import { newId } from '../../core/ids.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { testScopeKey } from '../support/scope-key.ts'
import { type Answer, type OnceWorld, openOnceWorld } from './once-world.ts'
import { accountId } from './fake-services.ts'

let fresh: FreshDatabase
let world: OnceWorld
let a: TestSeller
let b: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 10 })
  world = await openOnceWorld(fresh)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
})
afterAll(() => fresh.close())

const told = ({ status, body, headers }: Answer) => [status, body.id, headers.get('location')]

describe('a request with a key', () => {
  it('has its effect once, and the same answer each time', async () => {
    const [key, name] = [newId(), newId()]
    const first = await world.send(a, { key, name })
    expect(first.status).toBe(201)
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    for (let again = 0; again < 3; again++) {
      const answer = await world.send(a, { key, name })
      expect(told(answer)).toEqual(told(first))
      expect(answer.headers.get('idempotency-replayed')).toBe('true')
    }
    expect(await world.effects(a, name)).toBe(1)
  })

  it('is another one with another key, of another seller, or on another route', async () => {
    const name = newId()
    const key = newId()
    const ids = new Set<string | undefined>()
    for (const [seller, one] of [[a, key], [a, newId()], [b, key]] as const) {
      const answer = await world.send(seller, { key: one, name })
      expect(answer.status).toBe(201)
      ids.add(answer.body.id)
    }
    expect(ids.size).toBe(3)
    expect(await world.effects(a, name)).toBe(2)
    expect(await world.effects(b, name)).toBe(1)
    // fails for its body, and not for the key
    const path = `/v1/marketplace-accounts/${accountId}/sync`
    expect((await world.send(a, { key, name, path })).body.code).toBe('invalid-request')
  })

  it('is refused when the key came with another body or address', async () => {
    const key = newId()
    expect((await world.send(a, { key, name: 'one' })).status).toBe(201)
    const other = await world.send(a, { key, name: 'another' })
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused'])
    const query = await world.send(a, { key, name: 'one', path: '/v1/marketplace-accounts?x=1' })
    // a query that the route does not read is no part of the request
    expect(query.status).toBe(201)
    expect(await world.effects(a, 'another')).toBe(0)
  })

  it('that failed has left the key free', async () => {
    const [key, name] = [newId(), newId()]
    let isDown = true
    const failing = await openOnceWorld(fresh, fresh.db, {
      within: () => {
        if (isDown) throw new Error('Down')
      },
    })
    const stored = await failing.keys(a)
    expect((await failing.send(a, { key, name })).status).toBe(500)
    expect(await failing.effects(a, name)).toBe(0)
    expect(await failing.keys(a)).toBe(stored)
    isDown = false
    // also for another body: nothing was done under the key
    expect((await failing.send(a, { key, name })).status).toBe(201)
    expect(await failing.effects(a, name)).toBe(1)
  })

  it('does no slow work again', async () => {
    const [key, name] = [newId(), newId()]
    let asked = 0
    const slow = await openOnceWorld(fresh, fresh.db, { before: () => void asked++ })
    await slow.send(a, { key, name })
    await slow.send(a, { key, name })
    expect(asked).toBe(1)
  })

  it('waits for nobody: while the first one is under way the others are told so', async () => {
    const [key, name] = [newId(), newId()]
    const begun = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const slow = await openOnceWorld(fresh, fresh.db, {
      within: async () => {
        begun.resolve()
        await finish.promise
      },
    })
    const first = slow.send(a, { key, name })
    await begun.promise
    const second = await world.send(a, { key, name })
    expect([second.status, second.body.code]).toEqual([409, 'idempotency-in-flight'])
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
    finish.resolve()
    const answer = await first
    expect(told(await world.send(a, { key, name }))).toEqual(told(answer))
    expect(await world.effects(a, name)).toBe(1)
  })

  it('acts once however many come at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      const [key, name] = [newId(), newId()]
      const answers = await Promise.all(
        Array.from({ length: 100 }, async () => {
          for (;;) {
            const answer = await world.send(a, { key, name })
            if (answer.body.code !== 'idempotency-in-flight') return answer
          }
        }),
      )
      expect(new Set(answers.map((one) => JSON.stringify(told(one)))).size).toBe(1)
      expect(answers[0]?.status).toBe(201)
      expect(answers.filter((one) => !one.headers.has('idempotency-replayed'))).toHaveLength(1)
      expect(await world.effects(a, name)).toBe(1)
    }
  })
})

it('an answer that was lost on its way is given to whoever asks again', async () => {
  const proxy = await startCuttingProxy(fresh.urls.app)
  const db = await openDatabase({ url: proxy.url, scopeKey: testScopeKey, maxConnections: 4 })
  try {
    const cut = await openOnceWorld(fresh, db)
    for (let round = 1; round <= 20; round++) {
      const [key, name] = [newId(), newId()]
      // the database has done it, and we are not told
      proxy.cutCommits(1)
      const lost = await cut.send(a, { key, name })
      expect([lost.status, lost.body.code]).toEqual([503, 'database-unavailable'])
      expect(proxy.cuts()).toBe(round)
      const answer = await cut.send(a, { key, name })
      expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
      expect(await cut.effects(a, name)).toBe(1)
    }
  } finally {
    await db.close()
    await proxy.close()
  }
})

describe('a key', () => {
  const codeOf = async (key: string | undefined) => {
    const { status, body } = await world.send(a, key === undefined ? {} : { key })
    return body.code ?? status
  }

  it('has 1 to 255 printable characters, bare or as a structured string', async () => {
    for (const key of ['a', 'x'.repeat(255), '8e03978e-40d5-43dd-bc93-6894a57f9324', '"a b"']) {
      expect(await codeOf(key), key).toBe(201)
    }
    const wrong = ['', '""', 'x'.repeat(256), `"${'x'.repeat(256)}"`, 'a b', 'a, b', '"a', 'a"b']
    for (const key of [undefined, ...wrong, '"a\\n"', 'ä']) {
      expect(await codeOf(key), key).toBe('idempotency-key-missing')
    }
  })

  it('in quotes is the key without them', async () => {
    const key = newId()
    const first = await world.send(a, { key })
    expect(told(await world.send(a, { key: `"${key}"` }))).toEqual(told(first))
    const odd = newId()
    const quoted = await world.send(a, { key: `"\\"${odd}\\\\"` })
    expect(told(await world.send(a, { key: `"\\"${odd}\\\\"` }))).toEqual(told(quoted))
  })

  it('is forgotten after a day, not before', async () => {
    const [key, name] = [newId(), newId()]
    await world.send(b, { key, name })
    const day = 24 * 3_600_000
    await forgetKeys(fresh.db, new Date(Date.now() + day - 60_000))
    await world.send(b, { key, name })
    expect(await world.effects(b, name)).toBe(1)
    expect(await forgetKeys(fresh.db, new Date(Date.now() + day + 60_000))).toBeGreaterThan(0)
    await world.send(b, { key, name })
    expect(await world.effects(b, name)).toBe(2)
  })

  it('leaves no word of the request in its row', async () => {
    const key = newId()
    await world.send(b, { key, name: 'Words of the request' })
    const [row] = await fresh.asSuperuser((sql) =>
      sql`select * from idempotency_keys where key = ${key}`
    )
    expect(row).toMatchObject({ route: 'POST /v1/marketplace-accounts', status: 201 })
    const text = JSON.stringify({ ...row, fingerprint: String(row?.['fingerprint']) })
    for (const word of ['Words', 'secret', 'BAZAAR']) expect(text).not.toContain(word)
  })
})

it('a handler that does not use its key never answers as if it had', async () => {
  const forgetful = await openOnceWorld(fresh, fresh.db, { forgetsKey: true })
  const { status, body } = await forgetful.send(a, { key: newId() })
  expect([status, body.code]).toEqual([500, 'internal'])
})

it('the transaction itself knows its key, whoever has looked before it began', async () => {
  const once = {
    ...{ route: 'POST /v1/things', key: newId(), status: 201, onMade: () => {} },
    fingerprint: new Uint8Array(32).fill(1),
  }
  const make = (entry: Entry) =>
    fresh.db.makeInSellerScope(entry, (scope) => {
      scope.made('thing-1')
      return Promise.resolve('made')
    })
  expect(await make({ ...a.entry, once })).toBe('made')
  const again = await make({ ...a.entry, once }).catch((error) => error)
  expect(madeBefore(again)).toEqual({ status: 201, resourceId: 'thing-1' })
  const other = { ...once, fingerprint: new Uint8Array(32).fill(2) }
  await expect(make({ ...a.entry, once: other })).rejects.toMatchObject({
    code: 'idempotency-key-reused',
  })
  expect(await make({ ...b.entry, once: other })).toBe('made')
})

describe('a route', () => {
  const permissions = createPermissions()
  const declared: Route = {
    ...{ method: 'post', path: '/v1/things', permission: 'accounts:connect' },
    ...{ tag: 'Things', summary: 'Make a thing', handle: () => undefined },
  }
  const checking = (more: Partial<Route>) => () =>
    checkRoutes([{ ...declared, ...more }], permissions)
  const replay = () => undefined

  it('that is a POST says whether its requests carry a key, or nothing starts', () => {
    expect(checking({})).toThrow('Cannot serve POST /v1/things: declare `once')
    expect(checking({ once: 'never' })).not.toThrow()
    expect(checking({ once: 'required', replay })).not.toThrow()
    expect(checking({ method: 'put' })).not.toThrow()
    // who signs in repeats nothing that was made
    expect(checking({ path: '/v1/auth/things' })).not.toThrow()
    expect(checking({ permission: 'public' })).not.toThrow()
  })

  it('that takes a key can answer a repetition, and is a POST inside a seller', () => {
    expect(checking({ once: 'required' })).toThrow('a repeated request would have no answer')
    for (const method of ['get', 'put', 'patch', 'delete'] as const) {
      expect(checking({ method, once: 'required', replay })).toThrow('takes a key')
    }
    expect(checking({ permission: 'public', once: 'required', replay })).toThrow('takes a key')
    expect(checking({ permission: 'staff:x', once: 'required', replay })).toThrow('takes a key')
  })
})

it('a making transaction that does not say what it made commits nothing', async () => {
  const before = await world.keys(a)
  await expect(fresh.db.makeInSellerScope(a.entry, () => Promise.resolve('made')))
    .rejects.toThrow('does not say what it made')
  expect(await fresh.db.makeInSellerScope(a.entry, () => Promise.resolve(null))).toBeNull()
  expect(await world.keys(a)).toBe(before)
})
