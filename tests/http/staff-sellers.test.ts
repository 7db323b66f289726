/** What staff see and do from outside of any seller: the list, suspension, and the trail of the org. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import type { TestSeller } from '../support/database.ts'
import {
  type Ask,
  openStaffWorld,
  type StaffClient,
  type StaffWorld,
} from '../tenancy/staff-world.ts'

let world: StaffWorld
let staff: StaffClient
let seller: TestSeller
let owner: Ask
beforeAll(async () => {
  world = await openStaffWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  seller = await world.openSeller()
  owner = await world.owner(seller)
  staff = await world.enter(await world.hire())
})

const reason = 'Asked for by the owner in SUP-7'
const suspension = (verb: string, id = seller.sellerId) =>
  staff.ask('POST', `/v1/staff/sellers/${id}/${verb}`, { reason })

it('lists sellers with counts, newest first, and nothing of their buyers', async () => {
  await world.openShop(seller)
  await world.join(seller, 'VIEWER')
  const newest = await world.openSeller()
  const { body } = await staff.ask('GET', '/v1/staff/sellers?limit=2')
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual([newest.sellerId, seller.sellerId])
  expect(body.data[1]).toEqual({
    id: seller.sellerId,
    name: `Seller ${seller.sellerId}`,
    plan: 'EARLY_ACCESS',
    status: 'ACTIVE',
    support_consent: 'REQUIRED',
    suspended_at: null,
    suspension_reason: null,
    users: 2,
    marketplace_accounts: 1,
    created_at: expect.any(String),
  })
  const seen = [...body.data]
  for (let next = body.page.next; next !== null;) {
    const page = await staff.ask('GET', `/v1/staff/sellers?limit=2&cursor=${next}`)
    seen.push(...page.body.data)
    next = page.body.page.next
  }
  const [count] = await world.sql`select count(*)::int as sellers from sellers`
  expect(new Set(seen.map(({ id }) => id)).size).toBe(count?.['sellers'])
  // a place in the list of one of staff is no place in another's
  const other = await world.enter(await world.hire())
  const foreign = await other.ask('GET', `/v1/staff/sellers?limit=2&cursor=${body.page.next}`)
  expect(foreign.code).toBe('invalid-cursor')
})

it('suspends and resumes, at once and in both trails', async () => {
  const write = () => owner('PUT', '/v1/desk/note')
  expect((await write()).status).toBe(200)
  expect((await suspension('suspend')).body).toMatchObject({
    status: 'SUSPENDED',
    suspension_reason: reason,
  })
  expect((await write()).code).toBe('seller-suspended')
  expect((await owner('GET', '/v1/orders')).status).toBe(200)
  // once more changes and tells nothing
  expect((await suspension('suspend')).body.status).toBe('SUSPENDED')
  const { body } = await staff.ask('GET', '/v1/staff/sellers?status=SUSPENDED&limit=200')
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual([seller.sellerId])
  expect((await suspension('resume')).body).toMatchObject({ status: 'ACTIVE', suspended_at: null })
  expect((await write()).status).toBe(200)
  expect((await suspension('suspend', newId())).code).toBe('not-found')

  const own = await world.sql`
    select action, actor_kind as kind, actor_super_admin_id as admin, data::jsonb as data
    from audit_events where target = ${`seller:${seller.sellerId}`} order by seq`
  const org = await world.sql`
    select action, actor_kind as kind, actor_super_admin_id as admin, data::jsonb as data
    from org_audit_events where target = ${`seller:${seller.sellerId}`} order by seq`
  const expected = ['seller.suspended', 'seller.resumed'].map((action) => ({
    ...{ action, kind: 'staff', admin: staff.person.id },
    data: { reason },
  }))
  expect([own, org]).toEqual([expected, expected])
})

it('shows the trail of the org, of a seller or of one of staff', async () => {
  const second = await world.enter(await world.hire())
  const ask = { seller_id: seller.sellerId, reason, ticket: 'SUP-7' }
  const { body: { id } } = await staff.ask('POST', '/v1/staff/impersonations', ask)
  await owner('POST', `/v1/impersonations/${id}/approve`)
  await staff.ask('POST', `/v1/staff/impersonations/${id}/start`)
  await staff.ask('POST', `/v1/staff/impersonations/${id}/end`)
  const of = async (query: string) => {
    const { body } = await second.ask('GET', `/v1/staff/audit?limit=200&${query}`)
    return body.data.map(({ action, target, actor }: {
      action: string
      target: string
      actor: { super_admin_id: string; impersonation_session_id: string }
    }) => [action, target, actor.super_admin_id, actor.impersonation_session_id])
  }
  const moves = ['ended', 'started', 'requested'].map((
    move,
  ) => [`impersonation.${move}`, `impersonation:${id}`, staff.person.id, id])
  expect(await of(`seller=${seller.sellerId}`)).toEqual(moves)
  expect(await of(`staff=${staff.person.id}`)).toEqual(moves)
  expect(await of(`seller=${newId()}`)).toEqual([])
  // who reads is told as well, with the session
  expect((await of(`staff=${second.person.id}`))[0]).toEqual([
    'staff.read',
    `staff-session:${second.sessionId}`,
    second.person.id,
    null,
  ])
  const first = await second.ask('GET', '/v1/staff/audit?limit=1')
  expect(first.body.data[0]).toMatchObject({
    sentence: 'Staff read data of the platform',
    data: { method: 'GET', route: '/v1/staff/audit' },
  })
  const next = await second.ask('GET', `/v1/staff/audit?limit=1&cursor=${first.body.page.next}`)
  expect(next.body.data[0].seq).toBe(first.body.data[0].seq - 1)
})
