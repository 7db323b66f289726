/** What the database itself holds of impersonation sessions, whatever the process forgets. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Entry } from '../../core/db/database.ts'
import { sqlState } from '../../core/db/scope.ts'
import { command, sql } from '../../core/db/sql.ts'
import { hasCode } from '../../core/errors.ts'
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
const inScope = (entry: Entry, statement: ReturnType<typeof command>) =>
  outcome(() => world.world.fresh.db.withSellerScope(entry, (scope) => scope.run(statement)))
const impersonator = (id: string): Entry => ({
  ...{ kind: 'impersonation', sellerId: seller.sellerId, ref: `${id}/1` },
})

describe("a seller's scope", () => {
  it('writes no impersonation session but by its two functions', async () => {
    const id = await request()
    for (
      const statement of [
        command`update impersonation_sessions set state = 'APPROVED'`,
        command`delete from impersonation_sessions`,
        command`insert into impersonation_sessions (seller_id, id) values (${seller.sellerId}, ${id})`,
        command`select impersonation_decider()`,
      ]
    ) expect(await inScope(seller.entry, statement)).toBe('42501')
  })

  it('decides for an OWNER or ADMIN, and never for staff who are inside', async () => {
    const live = await comeIn({ mode: 'READ_WRITE' })
    const second = await world.enter(await world.hire())
    const ask = { reason: 'Orders are missing', ticket: 'SUP-2', mode: 'READ_WRITE' }
    const asked = await second.ask('POST', path, { seller_id: seller.sellerId, ...ask })
    const { id } = asked.body
    const yes = command`select impersonation_decide(${id}, true, null, null)`
    const end = command`select impersonation_end(${id})`
    for (const statement of [yes, end]) {
      expect(await inScope(impersonator(live), statement)).toBe('42501')
    }
    await world.sql`
      update seller_users set role = 'FINANCE' where id = ${seller.userId}`
    const finance: Entry = { ...seller.entry, ref: seller.entry.ref.replace('/1.', '/2.') }
    for (const statement of [yes, end]) expect(await inScope(finance, statement)).toBe('42501')
    await world.sql`update seller_users set role = 'ADMIN' where id = ${seller.userId}`
    const admin: Entry = { ...seller.entry, ref: seller.entry.ref.replace('/1.', '/3.') }
    expect(await inScope(admin, yes)).toBe('done')
    const [row] = await world.sql`
      select state, decided_by_user_id as by from impersonation_sessions where id = ${id}`
    expect(row).toEqual({ state: 'APPROVED', by: seller.userId })
  })

  it('of a session for reading writes no table that people of the seller may write', async () => {
    const id = await comeIn()
    const tables = await world.sql<{ name: string }[]>`
      select relname as name from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace
        and (has_table_privilege('robnu_tenant', oid, 'insert')
          or has_any_column_privilege('robnu_tenant', oid, 'insert'))
      order by name`
    expect(tables.length).toBeGreaterThan(15)
    const written: string[] = []
    for (const { name } of tables) {
      const insert = {
        ...command`select`,
        sql: `insert into ${name} (seller_id) values (app_current_seller_id())`,
      }
      const result = await inScope(impersonator(id), insert)
      if (result !== 'read-only-session') written.push(`${name}: ${result}`)
    }
    // what was opened for staff is written down by them
    expect(written.map((one) => one.split(':')[0])).toEqual(['decrypt_ledger'])
    const reads = await world.world.fresh.db.inSellerScope(impersonator(id))
      .one(sql.type(z.object({ id: z.string() }))`select id from sellers`)
    expect(reads.id).toBe(seller.sellerId)
  })

  it('opens for no session that is not live, and for no other seller', async () => {
    const id = await request()
    const look = command`select 1`
    expect(await inScope(impersonator(id), look)).toBe('impersonation-over')
    await (await world.owner(seller))('POST', `/v1/impersonations/${id}/approve`)
    expect(await inScope(impersonator(id), look)).toBe('impersonation-over')
    await staff.ask('POST', `${path}/${id}/start`)
    expect(await inScope(impersonator(id), look)).toBe('done')
    const other = await world.openSeller()
    const foreign: Entry = { ...impersonator(id), sellerId: other.sellerId }
    expect(await inScope(foreign, look)).toBe('impersonation-over')
    expect(await inScope({ ...impersonator(id), ref: `${id}/2` }, look)).toBe('stale-authz')
    await world.sql`update staff_sessions set revoked_at = now() where id = ${staff.sessionId}`
    expect(await inScope(impersonator(id), look)).toBe('impersonation-over')
  })
})

describe('a scope of staff', () => {
  it('opens for a living session alone, and the trail takes its word for who it is', async () => {
    const { db } = world.world.fresh
    const actor = (session: string) =>
      db.withStaffScope(
        { staffSessionId: session },
        (tx) =>
          tx.one(sql.type(z.object({ actor: z.string() }))`
          select current_setting('app.actor') as actor`),
      )
    expect(await actor(staff.sessionId)).toEqual({ actor: `staff:${staff.person.id}` })
    for (const session of [newId(), seller.sessionId]) {
      await expect(actor(session)).rejects.toSatisfy((error) => hasCode(error, 'session-over'))
    }
    await staff.ask('POST', '/v1/staff/logout')
    await expect(actor(staff.sessionId)).rejects.toSatisfy((error) =>
      hasCode(error, 'session-over')
    )
  })
})
