/** `robnu queues`: what waits, what is held back, and what failed and is sent again. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { buryOnce } from '../../core/queues/dead-letters.ts'
import { createSqs } from '../../core/queues/sqs.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'
import { makeWork, queue } from '../queues/support.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { environmentOf, robnu } from './support.ts'

let fresh: FreshDatabase
let cloud: Cloud
let env: Record<string, string>
let seller: TestSeller
let accountId: string
beforeAll(async () => {
  fresh = await freshDatabase()
  cloud = await startCloud()
  env = {
    ...environmentOf(fresh),
    AWS_ENDPOINT_URL: cloud.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }
})
afterAll(async () => {
  await fresh?.close()
  await cloud?.stop()
})
beforeEach(async () => {
  seller = await makeSeller(fresh.db)
  accountId = await makeAccount(fresh, seller)
})

const run = (...args: readonly string[]) => robnu(['queues', ...args], { env })

/** Work whose message was handed out too often. */
const dead = async (): Promise<string> => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  await fresh.asSuperuser(async (sql) => {
    await sql`update outbox set sent_at = now()`
    await sql`update work_items set attempts = 5,
      reached = work_reached(seller_id, job_run_id) where id = ${itemId}`
  })
  const body = JSON.stringify({ sellerId: seller.sellerId, accountId, workItemId: itemId })
  const [messageId, receipt] = [newId(), newId()]
  const sqs = {
    receive: () => Promise.resolve([{ messageId, receipt, group: 'g', body, receives: 6 }]),
    deleteBatch: () => Promise.resolve([]),
  }
  expect(await buryOnce({ db: fresh.db, sqs, log: silentLog }, queue)).toBe(1)
  const [row] = await fresh.asSuperuser((sql) =>
    sql`
    select id from dead_letters where work_item_id = ${itemId}`
  )
  return String(row?.['id'])
}
const stateOf = async (id: string) => {
  const [row] = await fresh.asSuperuser((sql) =>
    sql`
    select state, changed_by, change_reason from dead_letters where id = ${id}`
  )
  return row && [row['state'], row['changed_by'], row['change_reason']]
}

it('counts what waits in the database and in SQS, and makes no queue', async () => {
  await makeWork(fresh, seller, accountId)
  const before = (await run('stats', '--json')).json()['queues']
  expect(before).toContainEqual(
    expect.objectContaining({ queue: 'account-sync', waiting: 1, unsent: 1, sqs: null }),
  )
  expect(before).toHaveLength(6)
  const sqs = createSqs({
    region: 'ap-south-1',
    endpoint: cloud.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    prefix: 'robnu-',
    log: silentLog,
  })
  await sqs.ensureQueues([{ name: 'returns-sync', kind: 'standard' }])
  await sqs.sendBatch('returns-sync', [{ id: newId(), group: 'g', body: '{}' }])
  sqs.close()
  const after = (await run('stats', '--json')).json()['queues']
  expect(after).toContainEqual(expect.objectContaining({
    ...{ queue: 'returns-sync', waiting: 0, oldest_due_at: null },
    ...{ sqs: { ready: 1, inFlight: 0 }, dlq: { ready: 0, inFlight: 0 } },
  }))
  expect((await run('stats')).out).toMatch(/^queue +waiting +running +oldest due/)
  await fresh.asSuperuser((sql) => sql`update outbox set sent_at = now()`)
})

it('switches off and on again by key, and says who did', async () => {
  const key = 'sweep:edge-sweep'
  const why = ['--reason', 'It hurts the disk', '--by', 'meera']
  const planned = (await run('pause', key, ...why, '--dry-run', '--json')).json()
  expect(planned).toMatchObject({ would: { key, enabled: false }, before: { enabled: true } })
  expect((await run('switches')).out).toContain(`on   ${key}\n`)
  expect((await run('pause', key, ...why, '--json')).json())
    .toMatchObject({ key, enabled: false, changed_by: 'system:cli:meera' })
  expect((await run('switches')).out).toMatch(/OFF {2}sweep:edge-sweep .*: It hurts the disk\n/)
  expect((await run('resume', key, '--reason', 'It is healed')).out).toBe(`${key} is on\n`)
  expect((await run('pause', `account:${accountId}`, ...why)).code).toBe(0)
  const [told] = await fresh.asSuperuser((sql) =>
    sql`
    select data::json as data from audit_events where action = 'marketplace-account.switched'`
  )
  expect(told?.['data']).toEqual({ by: 'meera', enabled: false, reason: 'It hurts the disk' })

  const missed = await run('pause', 'sweep:edge-swep', ...why)
  expect(missed.code).toBe(2)
  expect(missed.err).toContain(`Did you mean "${key}"?`)
  const nobodys = await run('pause', `account:${newId()}`, ...why, '--json')
  expect([nobodys.code, nobodys.json()]).toMatchObject([1, { error: { code: 'switch-unknown' } }])
})

it('redrives one letter, or all of a queue, each once', async () => {
  const one = await dead()
  const two = await dead()
  const three = await dead()
  const why = ['--reason', 'The marketplace is back', '--by', 'meera']
  expect((await run('dead-letters', '--queue', queue, '--json')).json())
    .toMatchObject({ letters: [{ id: three }, { id: two }, { id: one }], more: false })
  expect((await run('dead-letters', '--queue', 'payout-sync', '--json')).json()['letters'])
    .toEqual([])
  expect((await run('dead-letters')).out).toContain(one)

  expect((await run('redrive', one, ...why, '--dry-run')).out).toBe(`Would redrive ${one}\n`)
  expect(await stateOf(one)).toEqual(['DEAD', null, null])
  expect((await run('redrive', one, ...why)).out).toBe(`Redriven ${one}\n`)
  const decided = ['REDRIVEN', 'system:cli:meera', 'The marketplace is back']
  expect(await stateOf(one)).toEqual(decided)
  const again = await run('redrive', one, ...why)
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('REDRIVEN already') })

  const planned = (await run('redrive', queue, ...why, '--dry-run', '--json')).json()
  expect(planned).toEqual({ would: [three, two] })
  expect((await run('redrive', queue, ...why, '--json')).json()).toEqual({ redriven: [three, two] })
  expect([await stateOf(two), await stateOf(three)]).toEqual([decided, decided])
  expect((await run('redrive', queue, ...why)).out).toBe('There is no dead letter in this queue\n')
  const trail = await fresh.asSuperuser((sql) =>
    sql`
    select data::json ->> 'by' as by from org_audit_events where action = 'dead-letter.redriven'`
  )
  expect(trail.map(({ by }) => by)).toEqual(['meera', 'meera', 'meera'])

  expect((await run('redrive', newId(), ...why)).err)
    .toBe('There is no dead letter of this id\n')
  const missed = await run('redrive', 'acount-sync', ...why)
  expect([missed.code, missed.err]).toEqual([2, expect.stringContaining('"account-sync"?')])
})
