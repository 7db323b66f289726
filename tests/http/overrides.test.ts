/** Exceptions from the roles, from the OWNER's request to the person's next one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { makeSeller } from '../support/database.ts'
import { type AccessWorld, openAccessWorld, type Person } from './access-world.ts'
import { codeOf, overrideAsks, pathOf, reason } from './override-asks.ts'

let access: AccessWorld
let ask: AccessWorld['ask']
let owner: Person
let { add, given } = {} as ReturnType<typeof overrideAsks>
beforeAll(async () => {
  access = await openAccessWorld()
  ;({ ask, owner } = access)
  ;({ add, given } = overrideAsks(access))
})
afterAll(() => access?.close())

describe('an override', () => {
  it('gives from the very next request on, and takes with its removal', async () => {
    const viewer = await access.person('VIEWER')
    // one token throughout: what it says is never more than what the database confirms
    const cookie = await viewer.cookie()
    const same = { ...viewer, cookie: () => Promise.resolve(cookie) }
    const read = () => codeOf(ask(same, '/v1/audit'))
    expect(await read()).toBe('forbidden')
    const id = await given(viewer, { permission: 'audit:read', effect: 'GRANT' })
    expect(await read()).toBe(200)
    expect(await codeOf(ask(owner, `${pathOf(viewer)}/${id}`, { method: 'DELETE' }))).toBe(204)
    expect(await read()).toBe('forbidden')
  })

  it('takes from the very next request on, with a token from before', async () => {
    const operator = await access.person('OPERATOR')
    const cookie = await operator.cookie()
    const same = { ...operator, cookie: () => Promise.resolve(cookie) }
    const shows = async () =>
      !(await ask(same, '/v1/orders?include=customer&limit=3')).text.includes('xxxxxx')
    expect(await shows()).toBe(true)
    const id = await given(operator, { permission: 'customers:read', effect: 'DENY' })
    const answer = await ask(same, '/v1/orders?include=customer&limit=3')
    expect(answer.text).toContain('xxxxxx')
    // the stale token was refused by the gate, reloaded, and comes back fresh
    expect(answer.headers.getSetCookie().join()).toContain('__Host-robnu=')
    await ask(owner, `${pathOf(operator)}/${id}`, { method: 'DELETE' })
    expect(await shows()).toBe(true)
  })

  it('ends by the clock of each request, without any other change', async () => {
    const viewer = await access.person('VIEWER')
    const expires_at = new Date(Date.now() + 60_000).toISOString()
    await given(viewer, { permission: 'audit:read', effect: 'GRANT', expires_at })
    expect(await codeOf(ask(viewer, '/v1/audit'))).toBe(200)
    access.clock.offsetMs = 59_000
    expect(await codeOf(ask(viewer, '/v1/audit'))).toBe(200)
    access.clock.offsetMs = 61_000
    expect(await codeOf(ask(viewer, '/v1/audit'))).toBe('forbidden')
    access.clock.offsetMs = 0
    expect(await codeOf(ask(viewer, '/v1/audit'))).toBe(200)
  })

  it('denied wins over granted, whichever came first', async () => {
    const [one, two] = [await access.person('VIEWER'), await access.person('VIEWER')]
    for (const [person, effects] of [[one, ['GRANT', 'DENY']], [two, ['DENY', 'GRANT']]] as const) {
      for (const [at, effect] of effects.entries()) {
        await given(person, { permission: 'audit:read', effect })
        // asked in between, so that what was known of the first is not believed of both
        const expected = at === 0 && effect === 'GRANT' ? 200 : 'forbidden'
        expect(await codeOf(ask(person, '/v1/audit'))).toBe(expected)
      }
    }
  })

  it('is for one person: nobody else sees or loses anything', async () => {
    const [one, two] = [await access.person('ADMIN'), await access.person('ADMIN')]
    await given(one, { permission: 'audit:read', effect: 'DENY' })
    expect(await codeOf(ask(one, '/v1/audit'))).toBe('forbidden')
    expect(await codeOf(ask(two, '/v1/audit'))).toBe(200)
    expect((await ask(owner, pathOf(two))).body.data).toEqual([])
  })

  it('holds for a second session of the person, too, and after a dead one has asked', async () => {
    const operator = await access.person('OPERATOR')
    await given(operator, { permission: 'runs:read', effect: 'DENY' })
    // a session that is over leaves nothing behind by which another one is judged
    const dead = await operator.cookie()
    await access.world.fresh.asSuperuser((admin) =>
      admin`update sessions set revoked_at = now() where id = ${operator.sessionId}`
    )
    const gone = { ...operator, cookie: () => Promise.resolve(dead) }
    expect(await codeOf(ask(gone, '/v1/orders'))).toBe('session-over')
    await access.world.fresh.asSuperuser((admin) =>
      admin`update sessions set revoked_at = null where id = ${operator.sessionId}`
    )
    expect(await codeOf(ask(operator, '/v1/runs'))).toBe('forbidden')
    expect(await codeOf(ask(operator, '/v1/orders'))).toBe(200)
  })

  it('is listed with its reason, newest first, and written down twice', async () => {
    const seller = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', seller)
    const viewer = await access.person('VIEWER', seller)
    const made = await add(viewer, {
      ...{ permission: 'customers:read', effect: 'GRANT', expires_at: '2099-01-31' },
    }, chief)
    const id = made.body.id
    const newer = await add(viewer, { permission: 'runs:read', effect: 'DENY' }, chief)
    const { body: { data } } = await ask(chief, pathOf(viewer))
    expect(data).toEqual([newer.body, made.body])
    expect(made.body).toEqual({
      ...{ id, user_id: viewer.userId, permission: 'customers:read', effect: 'GRANT', reason },
      ...{ account_id: null, expires_at: '2099-01-31T18:30:00.000Z' },
      ...{ created_at: expect.any(String), created_by_user_id: chief.userId },
    })
    await ask(chief, `${pathOf(viewer)}/${id}`, { method: 'DELETE' })
    const trail = await access.trail(seller.sellerId)
    expect(
      trail.map(({ action, target, data, actor_user_id }) => [action, target, data, actor_user_id]),
    )
      .toEqual([
        ['override.added', `user:${viewer.userId}`, {
          ...{ override: id, permission: 'customers:read', effect: 'GRANT', reason },
          ...{ account: null, expires_at: '2099-01-31T18:30:00.000Z' },
        }, chief.userId],
        ['override.added', `user:${viewer.userId}`, {
          ...{ override: newer.body.id, permission: 'runs:read', effect: 'DENY', reason },
          ...{ account: null, expires_at: null },
        }, chief.userId],
        ['override.removed', `user:${viewer.userId}`, {
          ...{ override: id, permission: 'customers:read', effect: 'GRANT' },
        }, chief.userId],
      ])
  })

  it('is made once for one key of the request', async () => {
    const viewer = await access.person('VIEWER')
    const options = {
      json: { permission: 'audit:read', effect: 'GRANT', reason },
      headers: { 'idempotency-key': newId() },
    }
    const [first, again] = [
      await ask(owner, pathOf(viewer), options),
      await ask(owner, pathOf(viewer), options),
    ]
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect((await ask(owner, pathOf(viewer))).body.data).toHaveLength(1)
  })

  it('has its bound: a hundred for a person', async () => {
    const viewer = await access.person('VIEWER')
    const id = await given(viewer, { permission: 'audit:read', effect: 'GRANT' })
    await access.world.fresh.asSuperuser((admin) =>
      admin`insert into permission_overrides (seller_id, id, user_id, permission, effect, reason,
          created_by_user_id)
        select seller_id, gen_random_uuid(), user_id, permission, effect, reason, created_by_user_id
        from permission_overrides, generate_series(1, 99) where id = ${id}`
    )
    expect(await codeOf(add(viewer, { permission: 'runs:read', effect: 'DENY' }))).toBe(
      'limit-reached',
    )
    await ask(owner, `${pathOf(viewer)}/${id}`, { method: 'DELETE' })
    await given(viewer, { permission: 'runs:read', effect: 'DENY' })
  })
})

it('overrides that change while requests run are heeded by the first that begins after', async () => {
  const operator = await access.person('OPERATOR')
  let rounds = 0
  for (let round = 0; round < 25; round++) {
    const running = Array.from({ length: 4 }, () => ask(operator, '/v1/runs?limit=1'))
    const id = await given(operator, { permission: 'runs:read', effect: 'DENY' })
    const after = await Promise.all([1, 2, 3].map(() => codeOf(ask(operator, '/v1/runs?limit=1'))))
    expect(after).toEqual(['forbidden', 'forbidden', 'forbidden'])
    for (const { status } of await Promise.all(running)) expect([200, 403]).toContain(status)
    await ask(owner, `${pathOf(operator)}/${id}`, { method: 'DELETE' })
    expect(await codeOf(ask(operator, '/v1/runs?limit=1'))).toBe(200)
    rounds++
  }
  expect(rounds).toBe(25)
})
