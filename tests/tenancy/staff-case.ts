/** Two sellers, an owner and one of staff: what a test of impersonation begins with. */
import { expect } from 'vitest'
import type { TestSeller } from '../support/database.ts'
import type { Answer, Ask, StaffClient, StaffWorld } from './staff-world.ts'

export interface StaffCase {
  readonly seller: TestSeller
  readonly other: TestSeller
  /** Of the seller. */
  readonly owner: Ask
  readonly staff: StaffClient
  /** Asks to come in, with what is right but for `more`. */
  readonly request: (more?: object, by?: StaffClient) => Promise<Answer>
  /** A live session, let in by the owner. */
  readonly comeIn: (more?: object) => Promise<{
    readonly id: string
    readonly ask: Ask
    readonly started: Answer
  }>
}

export const path = '/v1/staff/impersonations'

export const openCase = async (world: StaffWorld): Promise<StaffCase> => {
  const seller = await world.openSeller()
  const other = await world.openSeller()
  const owner = await world.owner(seller)
  const staff = await world.enter(await world.hire())
  const request: StaffCase['request'] = (more = {}, by = staff) =>
    by.ask('POST', path, {
      seller_id: seller.sellerId,
      reason: 'Orders of last week are missing',
      ticket: 'SUP-1042',
      ...more,
    })
  return {
    ...{ seller, other, owner, staff, request },
    comeIn: async (more = {}) => {
      const { body: { id } } = await request(more)
      await owner('POST', `/v1/impersonations/${id}/approve`)
      const started = await staff.ask('POST', `${path}/${id}/start`)
      expect([started.status, started.body.state]).toEqual([200, 'LIVE'])
      return { id, ask: staff.inside(id), started }
    },
  }
}

/** What the seller's trail tells of the session. */
export const eventsOf = (world: StaffWorld, id: string) =>
  world.sql`
    select action, actor_kind, actor_super_admin_id as admin, impersonation_session_id as session,
      data::jsonb as data
    from audit_events where target = ${`impersonation:${id}`} order by seq`
