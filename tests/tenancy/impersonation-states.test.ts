/** The states of impersonation sessions, as the database holds them whoever writes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sqlState } from '../../core/db/scope.ts'
import { command, sql } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import type { TestSeller } from '../support/database.ts'
import { openStaffWorld, type StaffClient, type StaffWorld } from './staff-world.ts'

let world: StaffWorld
let seller: TestSeller
let staff: StaffClient
beforeAll(async () => {
  world = await openStaffWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  seller = await world.openSeller()
  staff = await world.enter(await world.hire())
})

const path = '/v1/staff/impersonations'
const request = async (more: object = {}): Promise<string> => {
  const ask = { reason: 'Orders are missing', ticket: 'SUP-1', ...more }
  const { body } = await staff.ask('POST', path, { seller_id: seller.sellerId, ...ask })
  return body.id
}
const comeIn = async (more: object = {}): Promise<string> => {
  const id = await request(more)
  await (await world.owner(seller))('POST', `/v1/impersonations/${id}/approve`)
  expect((await staff.ask('POST', `${path}/${id}/start`)).body.state).toBe('LIVE')
  return id
}
/** The SQLSTATE or the code; `done` when nothing was refused. */
const outcome = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work()
    return 'done'
  } catch (error) {
    return sqlState(error) ?? (error as { code?: string }).code ?? String(error)
  }
}
const asPlatform = (statement: ReturnType<typeof command>) =>
  outcome(() => world.world.fresh.db.withPlatformScope('test', (tx) => tx.run(statement)))
describe('states', () => {
  const all = ['REQUESTED', 'APPROVED', 'DENIED', 'LIVE', 'ENDED']
  const allowed = [
    'REQUESTED APPROVED',
    'REQUESTED DENIED',
    'REQUESTED ENDED',
    'APPROVED LIVE',
    'APPROVED ENDED',
    'LIVE ENDED',
  ]
  /** Puts the row into the state as if it had come there. */
  const into = (id: string, state: string) =>
    world.sql.begin(async (admin) => {
      await admin`set local session_replication_role = replica`
      await admin`
        update impersonation_sessions set state = ${state}, decided_by_user_id = ${seller.userId},
          started_at = ${state === 'LIVE' ? new Date() : null},
          expires_at = now() + interval '10 minutes',
          staff_session_id = ${state === 'LIVE' ? staff.sessionId : null},
          ended_at = ${state === 'ENDED' ? new Date() : null},
          ended_by = ${state === 'ENDED' ? 'expired' : null}
        where id = ${id}`
    })

  it('move forward only, whoever writes them', async () => {
    const id = await request()
    let done = 0
    for (const from of all) {
      for (const to of all) {
        await into(id, from)
        const end = to === 'ENDED' ? sql.fragment`, ended_by = 'expired'` : sql.fragment``
        const start = to === 'LIVE'
          ? sql.fragment`, staff_session_id = ${staff.sessionId}`
          : sql.fragment``
        const moved = await asPlatform(command`
          update impersonation_sessions set state = ${to} ${start} ${end} where id = ${id}`)
        expect([from, to, moved]).toEqual([
          from,
          to,
          allowed.includes(`${from} ${to}`) ? 'done' : '42501',
        ])
        if (moved === 'done') done++
      }
    }
    expect(done).toBe(allowed.length)
  })

  it('begin with a request, and let nobody in by themselves', async () => {
    const insert = (state: string, consent: string, more: string = 'null') =>
      asPlatform(command`
        insert into impersonation_sessions (seller_id, id, super_admin_id, staff_name, consent, state,
          reason, ticket, minutes, decided_by_super_admin_id, expires_at)
        values (${seller.sellerId}, ${newId()}, ${staff.person.id}, 'M', ${consent}, ${state},
          'Orders are missing', 'SUP-1', 60, nullif(${more}, 'null')::uuid, now() + interval '9 days')`)
    for (const state of ['LIVE', 'ENDED', 'DENIED']) {
      expect(await insert(state, 'NOTIFY'), state).toBe('42501')
    }
    expect(await insert('APPROVED', 'REQUIRED')).toBe('42501')
    expect(await insert('APPROVED', 'EMERGENCY')).toBe('42501')
    const writing = await asPlatform(command`
      insert into impersonation_sessions (seller_id, id, super_admin_id, staff_name, consent, mode,
        reason, ticket, minutes)
      values (${seller.sellerId}, ${newId()}, ${staff.person.id}, 'M', 'EMERGENCY', 'READ_WRITE',
        'Orders are missing', 'SUP-1', 60)`)
    expect(writing).toBe('23514')
    const long = await asPlatform(command`
      insert into impersonation_sessions (seller_id, id, super_admin_id, staff_name, consent, reason,
        ticket, minutes)
      values (${seller.sellerId}, ${newId()}, ${staff.person.id}, 'M', 'REQUIRED',
        'Orders are missing', 'SUP-1', 61)`)
    expect(long).toBe('23514')
    expect(await insert('APPROVED', 'NOTIFY')).toBe('done')
    seller = await world.openSeller()
    const id = await request()
    // no yes without a person of the seller, and none of one's own in an emergency
    const yes = (by: string) =>
      asPlatform(command`
        update impersonation_sessions set state = 'APPROVED', decided_by_super_admin_id = ${by}
        where id = ${id}`)
    expect(
      await asPlatform(command`
      update impersonation_sessions set state = 'APPROVED' where id = ${id}`),
    ).toBe('23514')
    expect(await yes((await world.hire()).id)).toBe('23514')
    seller = await world.openSeller()
    const emergency = await request({ emergency: true })
    const two = (by: string) =>
      asPlatform(command`
        update impersonation_sessions set state = 'APPROVED', decided_by_super_admin_id = ${by}
        where id = ${emergency}`)
    expect(await two(staff.person.id)).toBe('23514')
    expect(await two((await world.hire()).id)).toBe('done')
    // however the insert wanted it, a request lives for a day
    const [life] = await world.sql`
      select max(extract(epoch from expires_at - requested_at))::int as seconds
      from impersonation_sessions where started_at is null`
    expect(life?.['seconds']).toBe(86_400)
  })

  it('have the length that was granted, an hour at most, whatever is written', async () => {
    const id = await comeIn({ minutes: 60 })
    for (
      const column of ['expires_at', 'started_at', 'minutes', 'mode', 'super_admin_id', 'reason']
    ) {
      const value = column.endsWith('_at') ? `now() + interval '1 hour'` : column
      const changed = await outcome(() =>
        world.world.fresh.db.withPlatformScope(
          'test',
          (tx) =>
            tx.run({
              ...command`select`,
              sql: `update impersonation_sessions set ${column} = ${value}`,
            }),
        )
      )
      // no login of ours may touch them at all
      expect([column, changed]).toEqual([column, '42501'])
    }
    // and for the owner of the tables the rules stand as well
    const longer = await outcome(() =>
      world.sql.begin(async (admin) => {
        await admin`set local session_replication_role = replica`
        await admin`update impersonation_sessions
          set expires_at = started_at + interval '61 minutes' where id = ${id}`
      })
    )
    expect(longer).toBe('23514')
    const more = await outcome(() =>
      world.sql`update impersonation_sessions set mode = 'READ_WRITE', state = 'ENDED',
        ended_by = 'expired' where id = ${id}`
    )
    expect(more).toBe('42501')
    seller = await world.openSeller()
    const short = await request({ minutes: 20 })
    const yes = (minutes: number) =>
      outcome(() =>
        world.sql`
          update impersonation_sessions
          set state = 'APPROVED', decided_by_user_id = ${seller.userId}, minutes = ${minutes}
          where id = ${short}`
      )
    expect([await yes(21), await yes(19)]).toEqual(['42501', 'done'])
  })

  it('stay where they are when their time is over, but for their end', async () => {
    for (const from of ['REQUESTED', 'APPROVED']) {
      seller = await world.openSeller()
      const id = await request()
      await into(id, from)
      await world.sql.begin(async (admin) => {
        await admin`set local session_replication_role = replica`
        await admin`update impersonation_sessions set requested_at = now() - interval '25 hours',
          expires_at = now() - interval '1 hour' where id = ${id}`
      })
      const moved = await outcome(() =>
        from === 'REQUESTED'
          ? world.sql`update impersonation_sessions set state = 'APPROVED',
              decided_by_user_id = ${seller.userId} where id = ${id}`
          : world.sql`update impersonation_sessions set state = 'LIVE',
              staff_session_id = ${staff.sessionId} where id = ${id}`
      )
      expect([from, moved]).toEqual([from, '42501'])
      expect(
        await asPlatform(command`
        update impersonation_sessions set state = 'ENDED', ended_by = 'expired' where id = ${id}`),
      )
        .toBe('done')
    }
  })

  it('become live one after the other for each of the staff, so that both are counted', async () => {
    const ids: string[] = []
    for (let at = 0; at < 2; at++) {
      seller = await world.openSeller()
      ids.push(await request())
      await (await world.owner(seller))('POST', `/v1/impersonations/${ids[at]}/approve`)
    }
    const [first = '', second = ''] = ids
    let isAnswered = false
    const { db } = world.world.fresh
    const racing = await db.withPlatformScope('test', async (tx) => {
      await tx.run(command`
        update impersonation_sessions set state = 'LIVE', staff_session_id = ${staff.sessionId}
        where id = ${first}`)
      // not committed: nobody else can see it
      const answer = staff.ask('POST', `${path}/${second}/start`).finally(() => isAnswered = true)
      for (;;) {
        const [waiting] = await world.sql`
          select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`
        if (isAnswered || waiting?.['n'] > 0) return { answer }
      }
    })
    expect(isAnswered).toBe(false)
    expect((await racing.answer).code).toBe('impersonation-open')
  })

  it('become live from a living session of the same person only', async () => {
    const other = await world.enter(await world.hire())
    const id = await request()
    await (await world.owner(seller))('POST', `/v1/impersonations/${id}/approve`)
    const start = (session: string) =>
      asPlatform(command`
        update impersonation_sessions set state = 'LIVE', staff_session_id = ${session}
        where id = ${id}`)
    expect(await start(other.sessionId)).toBe('session-over')
    const dead = await world.enter(staff.person)
    await dead.ask('POST', '/v1/staff/logout')
    expect(await start(dead.sessionId)).toBe('session-over')
    expect(await start(staff.sessionId)).toBe('done')
  })
})
