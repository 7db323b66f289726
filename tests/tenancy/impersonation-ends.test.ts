/** Staff in a seller, for the seller: what it sees of them, and every way in which it ends. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { removeSuperAdmin } from '../../core/auth/staff-people.ts'
import { sql as statement } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { endOverdue } from '../../core/tenancy/impersonation-ends.ts'
import type { TestSeller } from '../support/database.ts'
import { eventsOf, openCase, path, type StaffCase } from './staff-case.ts'
import { type Ask, openStaffWorld, type StaffClient, type StaffWorld } from './staff-world.ts'

let world: StaffWorld
let seller: TestSeller
let other: TestSeller
let owner: Ask
let staff: StaffClient
let request: StaffCase['request']
let comeIn: StaffCase['comeIn']
beforeAll(async () => {
  world = await openStaffWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  ;({ seller, other, owner, staff, request, comeIn } = await openCase(world))
})

const anyRow = statement.type(z.unknown())`select 1`
/** As if this much time had passed for the session. */
const pass = (id: string, interval: string) =>
  world.sql.begin(async (sql) => {
    await sql`set local session_replication_role = replica`
    await sql`
      update impersonation_sessions set requested_at = requested_at - ${interval}::interval,
        started_at = started_at - ${interval}::interval, expires_at = expires_at - ${interval}::interval
      where id = ${id}`
  })

describe('the seller', () => {
  it('sees live who is in, why and until when, whatever the role', async () => {
    const viewer = await world.join(seller, 'VIEWER')
    const { id, started } = await comeIn()
    const { body } = await viewer('GET', '/v1/me')
    expect(body.support_sessions).toEqual([{
      id,
      mode: 'READ_ONLY',
      reason: 'Orders of last week are missing',
      ticket: 'SUP-1042',
      staff: { id: staff.person.id, name: staff.person.name },
      started_at: started.body.started_at,
      expires_at: started.body.expires_at,
    }])
    const seen = await viewer('GET', '/v1/seller')
    expect(seen.body.support_sessions).toEqual(body.support_sessions)
    const neighbour = await world.owner(other)
    expect((await neighbour('GET', '/v1/me')).body.support_sessions).toEqual([])
    await owner('POST', `/v1/impersonations/${id}/end`)
    expect((await viewer('GET', '/v1/me')).body.support_sessions).toEqual([])
  })

  it('reads what was asked, what was looked at, and how often', async () => {
    const { body: { id: first } } = await request()
    await owner('POST', `/v1/impersonations/${first}/deny`)
    const { id, ask } = await comeIn()
    await ask('GET', '/v1/orders?include=customer')
    await ask('GET', '/v1/runs')
    const list = await owner('GET', '/v1/impersonations?limit=1')
    expect(list.body.data).toMatchObject([{ id, state: 'LIVE', reads: 2, acts: 0 }])
    const next = `/v1/impersonations?limit=1&cursor=${list.body.page.next}`
    expect((await owner('GET', next)).body.data).toMatchObject([{ id: first, state: 'DENIED' }])
    expect((await owner('GET', `/v1/impersonations/${id}`)).body).toMatchObject({ reads: 2 })
    const events = await owner('GET', `/v1/impersonations/${id}/events?limit=2`)
    expect(
      events.body.data.map(({ action, data }: { action: string; data: unknown }) => [action, data]),
    ).toEqual([
      ['impersonation.read', { method: 'GET', route: '/v1/runs' }],
      ['impersonation.read', { method: 'GET', route: '/v1/orders' }],
    ])
    const rest = `/v1/impersonations/${id}/events?cursor=${events.body.page.next}`
    expect((await owner('GET', rest)).body.data.length).toBe(2)
    await staff.ask('POST', `${path}/${id}/end`)
  })

  it('is read where no process has its keys, and where it has none yet', async () => {
    const { ask } = await comeIn()
    const buyers = () => ask('GET', '/v1/orders?include=customer')
    expect((await buyers()).body.data).toEqual([])
    const [none] = await world.sql`
      select count(*)::int as keys from seller_keys where seller_id = ${seller.sellerId}`
    expect(none?.['keys']).toBe(0)
    await world.openShop(seller)
    world.world.keyring.forget(seller.sellerId)
    expect((await buyers()).body.data.length).toBeGreaterThan(0)
  })

  it('decides by an OWNER or ADMIN, once, and about its own house', async () => {
    const { body: { id } } = await request()
    const neighbour = await world.owner(other)
    for (const verb of ['approve', 'deny', 'end']) {
      for (const role of ['OPERATOR', 'FINANCE', 'VIEWER'] as const) {
        const answer = await (await world.join(seller, role))(
          'POST',
          `/v1/impersonations/${id}/${verb}`,
        )
        expect(answer.code, role).toBe('forbidden')
      }
      const foreign = await neighbour('POST', `/v1/impersonations/${id}/${verb}`)
      const unknown = await neighbour('POST', `/v1/impersonations/${newId()}/${verb}`)
      expect([foreign.code, unknown.code]).toEqual(['not-found', 'not-found'])
    }
    expect((await neighbour('GET', `/v1/impersonations/${id}/events`)).code).toBe('not-found')
    const admin = await world.join(seller, 'ADMIN')
    expect((await admin('POST', `/v1/impersonations/${id}/deny`)).body.state).toBe('DENIED')
    expect((await owner('POST', `/v1/impersonations/${id}/approve`)).code).toBe(
      'impersonation-state',
    )
    expect((await owner('POST', `/v1/impersonations/${id}/deny`)).code).toBe('impersonation-state')
    expect((await staff.ask('POST', `${path}/${id}/start`)).code).toBe('impersonation-state')
    // what is over is over: to end it again changes nothing
    expect((await owner('POST', `/v1/impersonations/${id}/end`)).body.state).toBe('DENIED')
  })

  it('is master in its own house while it is suspended', async () => {
    const { id, ask } = await comeIn({ mode: 'READ_WRITE' })
    const boss = await world.enter(await world.hire())
    const reason = { reason: 'Asked for by the owner' }
    const suspend = `/v1/staff/sellers/${seller.sellerId}`
    expect((await boss.ask('POST', `${suspend}/suspend`, reason)).body.status).toBe('SUSPENDED')
    expect((await ask('GET', '/v1/me')).status).toBe(200)
    expect((await ask('PUT', '/v1/desk/note')).code).toBe('seller-suspended')
    expect((await owner('POST', `/v1/impersonations/${id}/end`)).body.state).toBe('ENDED')
    const { body: { id: next } } = await request()
    expect((await owner('POST', `/v1/impersonations/${next}/approve`)).body.state).toBe('APPROVED')
    expect((await owner('POST', `/v1/impersonations/${next}/end`)).body.state).toBe('ENDED')
    expect((await boss.ask('POST', `${suspend}/resume`, reason)).body.status).toBe('ACTIVE')
  })
})

describe('the end', () => {
  it('by the seller bites on the very next statement, inside of what is under way as well', async () => {
    const { id, ask } = await comeIn({ mode: 'READ_WRITE' })
    expect((await ask('PUT', '/v1/desk/note')).status).toBe(200)
    const ended = await owner('POST', `/v1/impersonations/${id}/end`)
    expect(ended.body.ended_by).toBe(`seller:${seller.userId}`)
    for (const [method, route] of [['GET', '/v1/orders'], ['PUT', '/v1/desk/note']] as const) {
      const refused = await ask(method, route)
      expect(refused.code).toBe('impersonation-over')
      expect(refused.headers.get('x-robnu-impersonation')).toBeNull()
    }
    // the entry of a process that still believes in it is refused by the database
    const entry = { kind: 'impersonation', sellerId: seller.sellerId, ref: `${id}/1` } as const
    await expect(world.world.fresh.db.withSellerScope(entry, (scope) => scope.any(anyRow)))
      .rejects.toMatchObject({ code: 'impersonation-over' })
  })

  it('comes by the clock, and is written down by the sweep', async () => {
    const { id, ask } = await comeIn({ minutes: 10 })
    await pass(id, '9 minutes')
    expect((await ask('GET', '/v1/me')).status).toBe(200)
    await pass(id, '2 minutes')
    expect((await ask('GET', '/v1/me')).code).toBe('impersonation-over')
    const seen = (await owner('GET', `/v1/impersonations/${id}`)).body
    expect(seen).toMatchObject({ state: 'ENDED', ended_by: 'expired', ended_at: seen.expires_at })
    // it is nobody's to end any more, and in nobody's way
    expect((await owner('POST', `/v1/impersonations/${id}/end`)).body.ended_by).toBe('expired')
    await comeIn()
    expect(await endOverdue(world.world.fresh.db)).toBe(1)
    expect(await endOverdue(world.world.fresh.db)).toBe(0)
    expect((await owner('GET', `/v1/impersonations/${id}`)).body).toEqual(seen)
    expect((await eventsOf(world, id)).at(-1)).toMatchObject({
      action: 'impersonation.ended',
      actor_kind: 'system',
      data: { by: 'expired' },
    })
  })

  it('comes to a request after a day', async () => {
    const { body: { id } } = await request()
    const { body: { id: yes } } = await request({ seller_id: other.sellerId })
    await (await world.owner(other))('POST', `/v1/impersonations/${yes}/approve`)
    for (const one of [id, yes]) await pass(one, '25 hours')
    expect((await owner('POST', `/v1/impersonations/${id}/approve`)).code).toBe(
      'impersonation-state',
    )
    expect((await staff.ask('POST', `${path}/${yes}/start`)).code).toBe('impersonation-state')
    expect((await request()).status).toBe(201)
    await endOverdue(world.world.fresh.db)
  })

  it('comes with the end of the session of staff, and no other session of theirs has it', async () => {
    const { id, ask } = await comeIn()
    const elsewhere = await world.enter(staff.person)
    expect((await elsewhere.inside(id)('GET', '/v1/me')).code).toBe('impersonation-over')
    expect((await staff.ask('POST', '/v1/staff/logout')).status).toBe(204)
    expect((await ask('GET', '/v1/me')).code).toBe('not-signed-in')
    expect((await elsewhere.inside(id)('GET', '/v1/me')).code).toBe('impersonation-over')
    expect((await owner('GET', `/v1/impersonations/${id}`)).body).toMatchObject({
      state: 'ENDED',
      ended_by: 'staff-session',
    })
    expect((await eventsOf(world, id)).at(-1)).toMatchObject({
      action: 'impersonation.ended',
      admin: staff.person.id,
      session: id,
      data: { by: 'staff-session' },
    })
  })

  it('comes with the removal of the member of staff, for what was asked for as well', async () => {
    const { id, ask } = await comeIn()
    const { body: { id: asked } } = await request({ seller_id: other.sellerId })
    expect(await removeSuperAdmin(world.world.fresh.db, staff.person.email)).toBe(true)
    expect(await removeSuperAdmin(world.world.fresh.db, staff.person.email)).toBe(false)
    expect((await ask('GET', '/v1/me')).code).toBe('not-signed-in')
    expect((await staff.ask('GET', '/v1/staff/me')).code).toBe('not-signed-in')
    const ends = await world.sql`
      select id, state, ended_by from impersonation_sessions where id in ${world.sql([id, asked])}
      order by id`
    expect(ends).toEqual([
      { id, state: 'ENDED', ended_by: 'staff-session' },
      { id: asked, state: 'ENDED', ended_by: 'staff-removed' },
    ])
    for (const one of [id, asked]) {
      expect((await eventsOf(world, one)).at(-1)).toMatchObject({ action: 'impersonation.ended' })
    }
    expect((await owner('POST', `/v1/impersonations/${asked}/approve`)).code).toBe('not-found')
  })

  it('does not come later than the session of staff', async () => {
    await world.sql.begin(async (sql) => {
      await sql`update staff_sessions set expires_at = now() + interval '7 minutes'
        where id = ${staff.sessionId}`
    })
    const { started } = await comeIn({ minutes: 60 })
    const left = Date.parse(started.body.expires_at) - Date.parse(started.body.started_at)
    expect(left).toBeLessThanOrEqual(7 * 60_000)
    await staff.ask('POST', `${path}/${started.body.id}/end`)
  })
})
