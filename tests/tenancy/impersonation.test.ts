/** How staff come into a seller: who lets them in, for how long, and who does not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import type { TestSeller } from '../support/database.ts'
import { eventsOf, openCase, path, type StaffCase } from './staff-case.ts'
import { type Ask, openStaffWorld, type StaffClient, type StaffWorld } from './staff-world.ts'

let world: StaffWorld
let seller: TestSeller
let other: TestSeller
let owner: Ask
let staff: StaffClient
let request: StaffCase['request']

beforeAll(async () => {
  world = await openStaffWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  ;({ seller, other, owner, staff, request } = await openCase(world))
})

const mailTo = async (email: string, after: number) => {
  await world.drain()
  return world.mails.slice(after).find(({ to }) => to === email)
}

describe('coming in', () => {
  it('takes a request, a yes of the seller and a start, and each is told in the trail', async () => {
    const asked = await request({ minutes: 45 })
    expect(asked.status).toBe(201)
    const { id } = asked.body
    expect(asked.body).toMatchObject({
      state: 'REQUESTED',
      mode: 'READ_ONLY',
      consent: 'REQUIRED',
      minutes: 45,
      staff: { id: staff.person.id, name: staff.person.name },
      seller: { id: seller.sellerId },
    })
    // not before the seller says yes
    expect((await staff.ask('POST', `${path}/${id}/start`)).code).toBe('impersonation-state')
    expect((await staff.inside(id)('GET', '/v1/me')).code).toBe('impersonation-over')

    const yes = await owner('POST', `/v1/impersonations/${id}/approve`)
    expect([yes.status, yes.body.state, yes.body.decided_by_user_id]).toEqual([
      200,
      'APPROVED',
      seller.userId,
    ])
    expect((await staff.inside(id)('GET', '/v1/me')).code).toBe('impersonation-over')
    const { body: live } = await staff.ask('POST', `${path}/${id}/start`)
    const length = Date.parse(live.expires_at) - Date.parse(live.started_at)
    expect([live.state, length]).toEqual(['LIVE', 45 * 60_000])

    const me = await staff.inside(id)('GET', '/v1/me')
    expect(me.body).toMatchObject({ user: null, seller: { id: seller.sellerId } })
    expect(me.headers.get('x-robnu-impersonation')).toBe(
      `"${id}";mode="READ_ONLY";expires="${live.expires_at}"`,
    )
    const ended = await staff.ask('POST', `${path}/${id}/end`)
    expect(ended.body).toMatchObject({ state: 'ENDED', ended_by: `staff:${staff.person.id}` })
    expect((await staff.inside(id)('GET', '/v1/me')).code).toBe('impersonation-over')

    const events = await eventsOf(world, id)
    expect(events.map(({ action }) => action)).toEqual([
      'impersonation.requested',
      'impersonation.approved',
      'impersonation.started',
      'impersonation.read',
      'impersonation.ended',
    ])
    for (const { action, actor_kind, admin, session } of events) {
      const byStaff = action !== 'impersonation.approved'
      expect([action, actor_kind, admin, session]).toEqual([
        action,
        byStaff ? 'staff' : 'user',
        byStaff ? staff.person.id : null,
        byStaff ? id : null,
      ])
    }
    expect(events[0]?.['data']).toMatchObject({
      reason: 'Orders of last week are missing',
      ticket: 'SUP-1042',
    })
  })

  it('is asked for with a reason, a ticket and an hour at most', async () => {
    for (
      const wrong of [
        { reason: 'too short' },
        { reason: '🙂🙂🙂🙂🙂' },
        { ticket: ' ' },
        { minutes: 61 },
        { minutes: 0 },
        { mode: 'ALL' },
        { emergency: true, mode: 'READ_WRITE' },
        { seller_id: 'nobody' },
      ]
    ) {
      expect((await request(wrong)).code, JSON.stringify(wrong)).toBe('invalid-request')
    }
    expect((await request({ seller_id: newId() })).code).toBe('not-found')
    world.clock.aheadMs += 11 * 60_000
    expect((await request()).code).toBe('step-up-required')
    expect((await staff.ask('POST', `${path}/${newId()}/start`)).code).toBe('step-up-required')
    world.clock.aheadMs = 0
  })

  it('is for less where the seller says so, and never for more', async () => {
    const { body: { id } } = await request({ mode: 'READ_WRITE', minutes: 20 })
    const less = { mode: 'READ_ONLY', minutes: 5 }
    const yes = await owner('POST', `/v1/impersonations/${id}/approve`, less)
    expect(yes.body).toMatchObject(less)
    const { body } = await staff.ask('POST', `${path}/${id}/start`)
    expect(Date.parse(body.expires_at) - Date.parse(body.started_at)).toBe(5 * 60_000)
    await staff.ask('POST', `${path}/${id}/end`)

    const { body: { id: next } } = await request({ minutes: 20 })
    const more = { mode: 'READ_WRITE', minutes: 60 }
    const kept = await owner('POST', `/v1/impersonations/${next}/approve`, more)
    expect(kept.body).toMatchObject({ mode: 'READ_ONLY', minutes: 20 })
  })

  it('needs only a notice where the seller wants it so', async () => {
    await world.sql`update sellers set support_consent = 'NOTIFY' where id = ${seller.sellerId}`
    const before = world.mails.length
    const asked = await request()
    expect(asked.body).toMatchObject({ state: 'APPROVED', consent: 'NOTIFY' })
    const mail = await mailTo(seller.email, before)
    expect(mail?.text).toContain('Orders of last week are missing')
    expect(mail?.text).toContain('SUP-1042')
    expect(mail?.text).toContain(staff.person.name)
    expect((await staff.ask('POST', `${path}/${asked.body.id}/start`)).body.state).toBe('LIVE')
    await staff.ask('POST', `${path}/${asked.body.id}/end`)
  })

  it('writes to the owners when it needs their yes, and to nobody else', async () => {
    const viewer = `viewer-${newId()}@example.in`
    await world.join(seller, 'VIEWER', viewer)
    const before = world.mails.length
    await request()
    expect((await mailTo(seller.email, before))?.subject).toBe(
      'Support asks to look into your account',
    )
    expect(world.mails.slice(before).map(({ to }) => to)).toEqual([seller.email])
  })

  it('is not for who works for the seller, nor in the place of who does', async () => {
    const member = await world.hire()
    await world.join(seller, 'VIEWER', member.email)
    const insider = await world.enter(member)
    expect((await request({}, insider)).code).toBe('conflict-of-interest')
    expect((await request({ seller_id: other.sellerId }, insider)).status).toBe(201)

    // nor for who has joined it since
    const { body: { id } } = await request()
    await owner('POST', `/v1/impersonations/${id}/approve`)
    await world.join(seller, 'VIEWER', staff.person.email)
    expect((await staff.ask('POST', `${path}/${id}/start`)).code).toBe('conflict-of-interest')
  })

  it('is asked for once at a time', async () => {
    expect((await request()).status).toBe(201)
    expect((await request()).code).toBe('impersonation-open')
    expect((await request({ seller_id: other.sellerId })).status).toBe(201)
  })

  it('is live once at a time, also when two start at the same moment', async () => {
    const ids: string[] = []
    for (const { sellerId } of [seller, other]) {
      const { body: { id } } = await request({ seller_id: sellerId })
      await (await world.owner(sellerId === seller.sellerId ? seller : other))(
        'POST',
        `/v1/impersonations/${id}/approve`,
      )
      ids.push(id)
    }
    const started = await Promise.all(ids.map((id) => staff.ask('POST', `${path}/${id}/start`)))
    expect(started.map(({ status, code }) => code ?? status).toSorted()).toEqual([
      200,
      'impersonation-open',
    ])
  })

  it('in an emergency takes two of staff, reads only, and the seller hears of it at once', async () => {
    const before = world.mails.length
    const asked = await request({ emergency: true })
    const { id } = asked.body
    expect(asked.body).toMatchObject({
      state: 'REQUESTED',
      consent: 'EMERGENCY',
      mode: 'READ_ONLY',
    })
    expect((await mailTo(seller.email, before))?.text).toContain('emergency')
    expect((await staff.ask('POST', `${path}/${id}/approve`)).code).toBe('impersonation-state')
    const second = await world.enter(await world.hire())
    const yes = await second.ask('POST', `${path}/${id}/approve`)
    expect(yes.body).toMatchObject({
      state: 'APPROVED',
      decided_by_super_admin_id: second.person.id,
      decided_by_user_id: null,
    })
    // whoever let them in does not come in
    expect((await second.ask('POST', `${path}/${id}/start`)).code).toBe('impersonation-state')
    expect((await staff.ask('POST', `${path}/${id}/start`)).body.state).toBe('LIVE')
    expect((await staff.inside(id)('PUT', '/v1/desk/note')).code).toBe('read-only-session')
    const events = await eventsOf(world, id)
    expect(events.map(({ action, admin }) => [action, admin])).toEqual([
      ['impersonation.requested', staff.person.id],
      ['impersonation.approved', second.person.id],
      ['impersonation.started', staff.person.id],
    ])
    const { body } = await owner('POST', `/v1/impersonations/${id}/end`)
    expect(body).toMatchObject({ state: 'ENDED', ended_by: `seller:${seller.userId}` })

    // an emergency that the seller says no to is none
    const { body: { id: next } } = await request({ emergency: true })
    expect((await owner('POST', `/v1/impersonations/${next}/deny`)).body.state).toBe('DENIED')
    expect((await second.ask('POST', `${path}/${next}/approve`)).code).toBe('impersonation-state')
    // and what needs the seller's yes is for no second one to give
    const { body: { id: plain } } = await request()
    expect((await second.ask('POST', `${path}/${plain}/approve`)).code).toBe('impersonation-state')
  })
})
