/** Dead letters and switches by the API: the seller's own, and those of staff over all sellers. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { changePlugin, writeReports } from '../../core/queues/plugins.ts'
import { askForRun } from '../ledger/support/runs.ts'
import type { TestSeller } from '../support/database.ts'
import {
  type Ask,
  openStaffWorld,
  type StaffClient,
  type StaffWorld,
} from '../tenancy/staff-world.ts'

let world: StaffWorld
let seller: TestSeller
let accountId: string
let owner: Ask
let staff: StaffClient
beforeAll(async () => {
  world = await openStaffWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  seller = await world.openSeller()
  accountId = await world.world.connectShop(seller, 0)
  owner = await world.owner(seller)
  staff = await world.enter(await world.hire())
})

const reason = 'The marketplace has mended its answers'
/** Work that failed each time, as the dead-letter queue leaves it. */
const dead = async (): Promise<{ readonly letter: string; readonly runId: string }> => {
  const { itemId, runId } = await askForRun(world.world, seller, accountId)
  const letter = newId()
  await world.sql`update work_items set attempts = 5 where id = ${itemId}`
  await world.sql`select bury_work(${seller.sellerId}, ${itemId}, ${letter}, 'account-sync', 5,
    'It answered nonsense')`
  await world.sql`update outbox set sent_at = now() where seller_id = ${seller.sellerId}`
  return { letter, runId }
}
const unsent = async () =>
  (await world.sql`select 1 from outbox
    where seller_id = ${seller.sellerId} and sent_at is null`).length
const trails = async (target: string) => ({
  seller: await world.sql`select action, actor_kind, data from audit_events
    where seller_id = ${seller.sellerId} and target = ${target} order by seq`,
  org: await world.sql`select action, actor_kind, data from org_audit_events
    where target = ${target} order by seq`,
})

describe('dead letters', () => {
  it('are listed and sent again by OWNER and ADMIN, and by nobody below', async () => {
    const { letter, runId } = await dead()
    const list = await owner('GET', '/v1/dead-letters')
    expect(list.body.data).toMatchObject([{
      ...{ id: letter, run_id: runId, reason: 'It answered nonsense', state: 'DEAD' },
    }])
    const operator = await world.join(seller, 'OPERATOR')
    expect((await operator('GET', '/v1/dead-letters')).code).toBe('forbidden')
    const path = `/v1/dead-letters/${letter}/redrive`
    expect((await operator('POST', path, { reason })).code).toBe('forbidden')
    expect((await owner('POST', path, {})).code).toBe('invalid-request')
    const admin = await world.join(seller, 'ADMIN')
    for (const _ of ['once', 'twice']) {
      expect((await admin('POST', path, { reason })).body).toMatchObject({ state: 'REDRIVEN' })
    }
    expect(await unsent()).toBe(1)
    const run = await owner('GET', `/v1/runs/${runId}`)
    expect(run.body).toMatchObject({ state: 'QUEUED', failure: null })
    expect((await owner('POST', `/v1/dead-letters/${newId()}/redrive`, { reason })).status).toBe(
      404,
    )
  })

  it('that many ask for at once, with no key to tell them apart, are sent again once', async () => {
    const { letter } = await dead()
    const path = `/v1/dead-letters/${letter}/redrive`
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => owner('POST', path, { reason })),
    )
    expect(answers.map(({ body }) => body.state)).toEqual(answers.map(() => 'REDRIVEN'))
    expect(await unsent()).toBe(1)
    expect((await trails(`dead-letter:${letter}`)).seller).toMatchObject([
      { action: 'dead-letter.redriven' },
    ])
  })

  it('of all sellers are sent again by staff, with a reason in both trails', async () => {
    const { letter } = await dead()
    const path = `/v1/staff/dead-letters/${letter}/redrive`
    const list = await staff.ask('GET', `/v1/staff/dead-letters?seller=${seller.sellerId}`)
    expect(list.body.data).toMatchObject([{ id: letter, seller_id: seller.sellerId }])
    const elsewhere = { seller_id: newId(), reason }
    expect((await staff.ask('POST', path, elsewhere)).status).toBe(404)
    expect((await staff.ask('POST', path, { seller_id: seller.sellerId, reason: 'short' })).code)
      .toBe('invalid-request')
    const body = { seller_id: seller.sellerId, reason }
    for (const _ of ['once', 'twice']) {
      expect((await staff.ask('POST', path, body)).body).toMatchObject({
        ...{ state: 'REDRIVEN', changed_by: `staff:${staff.person.id}`, change_reason: reason },
      })
    }
    expect(await unsent()).toBe(1)
    const { seller: own, org } = await trails(`dead-letter:${letter}`)
    expect(own).toMatchObject([{ action: 'dead-letter.redriven', actor_kind: 'staff' }])
    expect(org).toMatchObject([{ action: 'dead-letter.redriven', actor_kind: 'staff' }])
    expect(JSON.parse(org[0]?.['data'])).toEqual({ seller: seller.sellerId, reason })
    expect((await owner('GET', '/v1/staff/dead-letters')).status).toBe(401)
  })
})

describe('switches', () => {
  const put = (key: string, enabled: boolean) =>
    staff.ask('PUT', '/v1/staff/switches', { key, enabled, reason })

  it('list what there is to switch, and what was', async () => {
    const { body } = await staff.ask('GET', '/v1/staff/switches')
    const keys = body.data.map(({ key }: { key: string }) => key)
    expect(keys).toEqual(keys.toSorted())
    expect(keys).toContain('sweep:scheduling-sweep')
    expect(keys).toContain('marketplace:BAZAAR')
  })

  it('stop an account, tell its seller, and stand in both trails', async () => {
    const key = `account:${accountId}`
    expect((await put(key, false)).body).toMatchObject({
      ...{ key, enabled: false, reason, changed_by: `staff:${staff.person.id}` },
    })
    const health = await owner('GET', `/v1/marketplace-accounts/${accountId}/health`)
    expect(health.body).toMatchObject({
      ...{ state: 'paused', reason: 'Support has switched this account off' },
    })
    const { org } = await trails(`switch:${key}`)
    expect(org).toMatchObject([{ action: 'switch.changed', actor_kind: 'staff' }])
    const { seller: own } = await trails(`marketplace-account:${accountId}`)
    expect(own).toMatchObject([{ action: 'marketplace-account.switched', actor_kind: 'staff' }])

    await askForRun(world.world, seller, accountId)
    await world.sql`update outbox set sent_at = now() where seller_id = ${seller.sellerId}`
    await put(key, true)
    expect(await unsent()).toBe(1)
  })

  it('are refused for what is not there, and without a fresh proof', async () => {
    for (
      const key of ['sweep:moon', 'marketplace:MOON', `account:${newId()}`, 'moon', 'account:x']
    ) {
      expect((await put(key, false)).code, key).toBe('switch-unknown')
    }
    await world.sql`update staff_sessions set stepped_up_at = now() - interval '1 h'
      where id = ${staff.sessionId}`
    expect((await put('marketplace:BAZAAR', true)).code).toBe('step-up-required')
  })
})

describe('an account', () => {
  const path = () => `/v1/marketplace-accounts/${accountId}`

  it('is paused, scheduled and filled up by the API', async () => {
    const paused = await owner('PATCH', path(), { paused: true, reason: 'Diwali' })
    expect(paused.body).toMatchObject({ pause_reason: 'Diwali' })
    const key = { 'idempotency-key': newId() }
    const ask = { target: 'ORDERS', from: '2022-04-01', to: '2022-05-01' }
    expect((await owner('POST', `${path()}/backfill`, ask, key)).code).toBe('account-paused')
    await owner('PATCH', path(), { paused: false, reason: 'Diwali is over' })
    const begun = await owner('POST', `${path()}/backfill`, ask, { 'idempotency-key': newId() })
    expect([begun.status, begun.body.run.reason]).toEqual([202, 'backfill'])
    expect(begun.headers.get('location')).toBe(`/v1/runs/${begun.body.run.id}`)
    const wrong = { ...ask, to: '2022-03-01' }
    const refused = await owner('POST', `${path()}/backfill`, wrong, { 'idempotency-key': newId() })
    expect(refused.code).toBe('invalid-request')

    const schedule = await owner('PATCH', `${path()}/schedules/ORDERS`, { cron: '*/10 * * * *' })
    expect(schedule.body).toMatchObject({ target: 'ORDERS', cron: '*/10 * * * *', paused: false })
    const often = await owner('PATCH', `${path()}/schedules/ORDERS`, { cron: '* * * * *' })
    expect(often.code).toBe('schedule-refused')
    expect((await owner('PATCH', `${path()}/schedules/MOON`, { paused: true })).status).toBe(404)
    expect((await owner('PATCH', `${path()}/schedules/ORDERS`, {})).code).toBe('invalid-request')
    const stranger = await world.owner(await world.openSeller())
    expect((await stranger('PATCH', path(), { paused: true, reason: 'mine' })).status).toBe(404)
    expect((await stranger('GET', `${path()}/health`)).status).toBe(404)
  })
})

describe('plugins', () => {
  it('are listed with what is wanted, and how each process is; to nobody but staff', async () => {
    const process = { id: newId(), parts: 'api,worker' }
    const since = new Date('2026-01-31T10:15:00Z')
    const report = { version: '1.0.0', trust: 'isolated', generation: 1, since } as const
    await world.world.fresh.db.withPlatformScope('cli:asha', async (tx) => {
      await changePlugin(tx, {
        ...{ did: 'enabled', reason, by: 'asha' },
        plugin: {
          ...{ id: 'bazaar', use: './bazaar', enabled: true, version: '1.0.0' },
          ...{ trust: 'isolated', integrity: null },
        },
      })
      await writeReports(tx, process, [
        { ...report, plugin: 'bazaar', state: 'failed', cause: 'exited with code 3' },
        { ...report, plugin: './broken', state: 'disabled', cause: null, version: null },
      ])
    })
    const { body } = await staff.ask('GET', '/v1/staff/plugins')
    expect(body.data).toMatchObject([
      { id: './broken', wanted: null, processes: [{ state: 'disabled', version: null }] },
      {
        id: 'bazaar',
        wanted: { enabled: true, generation: 1, reason, changed_by: 'system:cli:asha' },
        processes: [{ process: process.id, state: 'failed', cause: 'exited with code 3' }],
      },
    ])
    const { org } = await trails('plugin:bazaar')
    expect(org).toMatchObject([{ action: 'plugin.changed', actor_kind: 'system' }])
    expect((await owner('GET', '/v1/staff/plugins')).status).toBe(401)
    // what a process does not name any more it has forgotten
    await world.world.fresh.db.withPlatformScope('test', (tx) => writeReports(tx, process, []))
    const after = await staff.ask('GET', '/v1/staff/plugins')
    expect(after.body.data).toMatchObject([{ id: 'bazaar', processes: [] }])
  })
})
