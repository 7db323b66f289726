/** Every attack of the hostile plugin from a process of its own: what becomes of it, and of everybody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failureKind, orderStates } from '../../../core/plugin.ts'
import { type AttackRow, attackTable, type Outcome } from '../../support/hostile/table.ts'
import { type House, openHouse } from './house.ts'

let house: House
let before: string
beforeAll(async () => {
  house = await openHouse('isolated')
  before = await house.rowsOfVictim()
})
afterAll(() => house?.close())

const isDeno = 'Deno' in globalThis
const expected = ({ isolated, isolatedOnDeno }: AttackRow): Outcome =>
  isDeno ? isolatedOnDeno : isolated

const stateOf = () => house.process?.state() ?? { state: 'stopped', starts: 0 }

/** What became of it, by what the host sees. */
const tryOut = async (row: AttackRow): Promise<{ outcome: Outcome; why: string }> => {
  const { starts } = stateOf()
  const outcome = expected(row)
  if (row.name === 'promise-without-end') house.hurry(2_000)
  const got = await house.attempt(row.name).then(
    (got) => ({ got }),
    (error: unknown) => ({ error }),
  )
  house.hurry(1)
  const { state, starts: now, ...rest } = stateOf()
  if (state === 'failed' || now > starts) {
    const why = 'cause' in rest ? String(rest.cause) : ''
    return { outcome: 'ended', why: 'error' in got ? `${failureKind(got.error)}: ${why}` : why }
  }
  if ('error' in got) return { outcome: 'refused', why: String(got.error) }
  return { outcome: outcome === 'kept in' ? 'kept in' : 'not fenced', why: got.got }
}

describe('from a process of its own', () => {
  it.each(attackTable)('$name', async (row) => {
    // the first call only keeps what the second, for another seller, uses
    if (row.name === 'kept-context') await house.attempt(row.name, house.victim)
    const { outcome, why } = await tryOut(row)
    if (outcome === 'ended') await house.process?.restart()
    expect({ outcome, why }).toEqual({ outcome: expected(row), why: expect.any(String) })
    if (outcome === 'ended') {
      // those who wait are told that it is down for now, and nothing is dead for it
      expect(why).toMatch(/^unavailable: /)
      expect(why).toMatch(row.cause ?? /never/)
    }
    expect(stateOf().state).toBe('running')
    expect(await house.attempt('nothing-of-the-kind').catch(String)).toContain('There is no attack')
  })

  it.each([
    ...[
      'select * from bazaar_account_details',
      'select * from identities',
      'select * from sessions',
    ],
    ...['select * from sellers', 'select * from seller_users', 'select * from seller_keys'],
    ...['select * from scope_keys', 'select * from audit_events', 'select * from api_keys'],
    ...[`update orders set status = 'DELIVERED'`, 'delete from orders', 'delete from audit_events'],
    ...['insert into orgs (id) values (gen_random_uuid())', 'truncate orders', 'drop table orders'],
    ...[
      'set role robnu_tenant',
      'set role robnu_gate',
      'set role robnu_plugins',
      'set role robnu_app',
    ],
    ...[
      `copy orders to program 'cat'`,
      `select pg_read_file('/etc/passwd')`,
      'select staff_enter($$x$$, null)',
    ],
    ...['create table public.x (id int)', 'create temporary table x (id int)', 'lock table orders'],
    ...['select count(*) from staff_sessions', 'select customer_name_enc from orders'],
  ])('its login alone is kept from: %s', async (text) => {
    await expect(house.unread(text)).rejects.toThrow()
  })

  it('and reads by it what a plugin may read', async () => {
    expect(await house.unread('select id from orders')).toEqual([])
    expect(await house.unread('select id from hostile_loot')).toEqual([])
  })

  it('pages without end are cut into slices, with time for the others in between', async () => {
    expect(await house.syncWithoutEnd()).toMatchObject({ state: 'WAITING', lastError: null })
  })

  it('all of them together changed nothing of the other seller, and nothing of ours', async () => {
    expect(await house.rowsOfVictim()).toBe(before)
    expect(await house.loot()).toBe(0)
    for (const object of [Object.prototype, Array.prototype, Promise.prototype, JSON, fetch]) {
      expect('isHostile' in object).toBe(false)
    }
    expect(orderStates).not.toContain('HOSTILE')
  })
})
