/** How API keys end: revoked, expired, rotated; from where they may be used, and when they were. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createApiKeys } from '../../core/auth/api-keys.ts'
import { makeKey } from '../../core/auth/api-key-form.ts'
import { systemRandom } from '../../core/crypto/random.ts'
import { newId } from '../../core/ids.ts'
import { createLog, silentLog } from '../../core/log.ts'
import { shapeOf } from '../http/access-world.ts'
import { asSuperuser } from '../isolation/attempts.ts'
import { waitingForLock } from '../isolation/ledger.ts'
import { type KeyWorld, type MadeKey, openKeyWorld, path } from './key-world.ts'

const hour = 3_600_000
let { access, ask, owner, make, rotate, rowOf, reading } = {} as KeyWorld
beforeAll(async () => {
  ;({ access, ask, owner, make, rotate, rowOf, reading } = await openKeyWorld())
})
afterAll(() => access?.close())

describe('revoking', () => {
  it('bites on the next request, on every process, whatever it remembers', async () => {
    const { id, secret } = await make()
    const { db } = access.world.fresh
    const elsewhere = createApiKeys({ db, log: silentLog, now: () => new Date() })
    expect(await reading(secret)).toBe(200)
    const remembered = await elsewhere.verify(secret, '192.0.2.1')
    expect(remembered).toBeDefined()
    expect((await ask(owner, `${path}/${id}`, { method: 'DELETE' })).status).toBe(204)
    const dead = await ask(secret, '/v1/orders')
    expect([dead.status, dead.body.code]).toEqual([401, 'not-signed-in'])
    // the other process still knows it, and the scope refuses it there
    expect(await elsewhere.verify(secret, '192.0.2.1')).toEqual(remembered)
    expect(await elsewhere.verify(secret, '192.0.2.1', { fresh: true })).toBeUndefined()
    expect(await elsewhere.verify(secret, '192.0.2.1')).toBeUndefined()
    await elsewhere.close()
    expect((await ask(owner, `${path}/${id}`, { method: 'DELETE' })).body.code).toBe('not-found')
    expect((await rotate(owner, id)).body.code).toBe('not-found')
    expect((await ask(owner, path)).text).not.toContain(id)
  })

  it('is answered as a forged key is, on every route', async () => {
    const { id, secret } = await make({ scopes: ['orders:read', 'accounts:connect'] })
    await ask(secret, '/v1/orders')
    await ask(owner, `${path}/${id}`, { method: 'DELETE' })
    const forged = makeKey(systemRandom).text
    for (const route of access.app.routes) {
      if (route.permission === 'public' || route.permission.startsWith('staff:')) continue
      const options = {
        method: route.method.toUpperCase(),
        ...(route.body === undefined ? {} : { json: route.examples?.body }),
      }
      const place = route.path.replaceAll(/\{\w+\}/g, newId())
      const [dead, unknown] = [await ask(secret, place, options), await ask(forged, place, options)]
      expect(shapeOf(dead), `${route.method} ${route.path}`).toBe(shapeOf(unknown))
      expect(dead.status, route.path).toBe(401)
    }
  })
})

it('a change of scopes or addresses is heeded by the next request, whatever is remembered', async () => {
  const { asSuperuser } = access.world.fresh
  const { id, secret } = await make({ scopes: ['orders:read', 'runs:read'] })
  const runs = async () => (await ask(secret, '/v1/runs')).body.code ?? 200
  expect(await runs()).toBe(200)
  await asSuperuser((admin) => admin`update api_keys set scopes = '{orders:read}' where id = ${id}`)
  expect(await runs()).toBe('out-of-scope')
  expect(await reading(secret)).toBe(200)
  await asSuperuser((admin) =>
    admin`update api_keys set allowed_ips = '{203.0.113.0/24}' where id = ${id}`
  )
  expect(await reading(secret)).toBe(401)
  expect(await reading(secret, { ip: '203.0.113.5' })).toBe(200)
})

describe('an end', () => {
  it('is an end, by the clock of the process and by that of the database', async () => {
    const inAnHour = new Date(Date.now() + hour).toISOString()
    const [one, two] = [await make({ expires_at: inAnHour }), await make({ expires_at: inAnHour })]
    expect(await reading(one.secret)).toBe(200)
    access.clock.offsetMs = hour + 1_000
    expect(await reading(one.secret)).toBe(401)
    access.clock.offsetMs = 0
    expect(await reading(one.secret)).toBe(200)
    await access.world.fresh.asSuperuser((admin) =>
      admin`update api_keys set expires_at = now() where id in (${one.id}, ${two.id})`
    )
    for (const { secret } of [one, two]) {
      const { status, body } = await ask(secret, '/v1/orders')
      expect([status, body.code]).toEqual([401, 'not-signed-in'])
    }
    // still listed for a while: somebody will ask why the program has stopped
    expect((await ask(owner, path)).text).toContain(one.id)
    expect((await rotate(owner, one.id)).body.code).toBe('not-found')
  })
})

describe('rotating', () => {
  it('makes a key alike, and keeps the old one for the overlap', async () => {
    const ips = ['192.0.2.0/24']
    const old = await make({ scopes: ['orders:read', 'runs:read'], allowed_ips: ips })
    const { status, body: next } = await rotate(owner, old.id)
    expect(status).toBe(201)
    expect(next.secret).not.toBe(old.secret)
    expect(next).toMatchObject({
      ...{ name: 'Program', scopes: ['orders:read', 'runs:read'], allowed_ips: ips },
      ...{ expires_at: null, rotated_from: old.id, rotated_to: null },
    })
    const listed = (await ask(owner, path)).body.data.find(({ id }: MadeKey) => id === old.id)
    expect(listed.rotated_to).toBe(next.id)
    const ends = new Date(listed.expires_at).getTime() - Date.now()
    expect(Math.abs(ends - 24 * hour)).toBeLessThan(60_000)
    expect([await reading(old.secret), await reading(next.secret)]).toEqual([200, 200])
    access.clock.offsetMs = 25 * hour
    expect([await reading(old.secret), await reading(next.secret)]).toEqual([401, 200])
    access.clock.offsetMs = 0
  })

  it('ends the old one at once where no overlap is asked for', async () => {
    const old = await make()
    expect(await reading(old.secret)).toBe(200)
    const { body: next } = await rotate(owner, old.id, { overlap_hours: 0 })
    expect([await reading(old.secret), await reading(next.secret)]).toEqual([401, 200])
  })

  it('takes an overlap of a week at most', async () => {
    const old = await make()
    for (const overlap_hours of [-1, 169, 1.5, '24', null]) {
      expect((await rotate(owner, old.id, { overlap_hours })).status).toBe(400)
    }
    expect((await rotate(owner, old.id, { overlap_hours: 168 })).status).toBe(201)
  })

  it('gives the new key as long a life as the old one was made for, and the old one no longer one', async () => {
    const life = 2 * hour
    const old = await make({ expires_at: new Date(Date.now() + life).toISOString() })
    const { body: next } = await rotate(owner, old.id, { overlap_hours: 168 })
    const lifeOf = (one: { expires_at: string; created_at: string }) =>
      Date.parse(one.expires_at) - Date.parse(one.created_at)
    expect(Math.abs(lifeOf(next) - life)).toBeLessThan(60_000)
    const row = await rowOf(old.id)
    expect(row['expires_at'].getTime() - Date.now()).toBeLessThan(life)
  })

  it('is done once for each key, also by two who meet at its row', async () => {
    const old = await make()
    const { fresh } = access.world
    const [holder, watcher] = [await asSuperuser(fresh), await asSuperuser(fresh)]
    try {
      const asked = await holder.sql.begin(async (tx) => {
        await tx`select from api_keys where id = ${old.id} for update`
        const both = [rotate(owner, old.id), rotate(owner, old.id)]
        await waitingForLock(watcher, 2)
        return { both }
      })
      const answers = await Promise.all(asked.both)
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409])
      expect(answers.find(({ status }) => status === 409)?.body.code).toBe('api-key-rotated')
    } finally {
      await Promise.all([holder.close(), watcher.close()])
    }
  })
})

describe('a list of addresses', () => {
  it('lets in who is on it, and refuses others as if there was no such key', async () => {
    const { secret } = await make({
      allowed_ips: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'],
    })
    for (const ip of ['203.0.113.9', '::ffff:203.0.113.9', '2001:DB8:0::9', '198.51.100.7']) {
      expect(await reading(secret, { ip }), ip).toBe(200)
    }
    const forged = shapeOf(await ask(makeKey(systemRandom).text, '/v1/orders'))
    for (
      const ip of ['203.0.114.9', '::203.0.113.9', '2001:db9::1', '198.51.100.8', 'unknown', '']
    ) {
      expect(shapeOf(await ask(secret, '/v1/orders', { ip })), ip).toBe(forged)
    }
  })
})

describe('the last use', () => {
  it('is written down once a minute, beside the request', async () => {
    const { db, asSuperuser } = access.world.fresh
    const { id, secret } = await make()
    const clock = { now: Date.now() }
    const run = vi.fn(db.gate.run)
    const keys = createApiKeys({
      db: { gate: { ...db.gate, run } },
      log: silentLog,
      now: () => new Date(clock.now),
    })
    const used = async (ip: string) => {
      expect(await keys.verify(secret, ip)).toBeDefined()
      await keys.close()
      const { last_used_at, last_used_ip } = await rowOf(id)
      return [last_used_at?.getTime() ?? null, last_used_ip]
    }
    const [first, ip] = await used('192.0.2.7')
    expect(ip).toBe('192.0.2.7')
    clock.now += 59_000
    expect(await used('192.0.2.8')).toEqual([first, '192.0.2.7'])
    expect(run).toHaveBeenCalledTimes(1)
    // a minute has passed here and not in the database, which another process may have written to
    clock.now += 2_000
    expect(await used('192.0.2.8')).toEqual([first, '192.0.2.7'])
    expect(run).toHaveBeenCalledTimes(2)
    clock.now += 61_000
    await asSuperuser((admin) =>
      admin`update api_keys set last_used_at = now() - interval '2 minutes' where id = ${id}`
    )
    expect((await used('192.0.2.9'))[1]).toBe('192.0.2.9')
    // and moves no version: what is remembered of the key stays good
    expect((await rowOf(id))['authz_version']).toBe(1)
  })

  it('holds up no request and fails none', async () => {
    const { db } = access.world.fresh
    const { secret } = await make()
    const lines: string[] = []
    const held = Promise.withResolvers<never>()
    const keys = createApiKeys({
      db: { gate: { ...db.gate, run: () => held.promise } },
      log: createLog((line) => void lines.push(line), () => new Date()),
      now: () => new Date(),
    })
    // the write is still under way
    expect(await keys.verify(secret, '192.0.2.7')).toBeDefined()
    held.reject(new Error('no database'))
    await keys.close()
    expect(lines.join()).toContain('api-key.use-not-noted')
    expect(lines.join()).not.toContain(secret.slice(16))
    expect(await keys.verify(secret, '192.0.2.7')).toBeDefined()
  })

  it('is not that of somebody who was refused', async () => {
    const { id, secret } = await make({ allowed_ips: ['203.0.113.0/24'] })
    await ask(secret, '/v1/orders', { ip: '192.0.2.1' })
    await ask(`${secret.slice(0, -1)}x`, '/v1/orders', { ip: '203.0.113.1' })
    await access.services.keys.close()
    expect((await rowOf(id))['last_used_at']).toBe(null)
  })
})
