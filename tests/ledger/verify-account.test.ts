/** Credentials that are tried before anything needs them. */
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { verifyAccount } from '../../core/ledger/verify-account.ts'
import { claimWork, requestWork } from '../../core/queues/work.ts'
import { keyRefusedMessage } from '../support/bazaar/client.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'

let base: World
let world: World
let seller: TestSeller
beforeAll(async () => {
  base = await openWorld()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await anotherBazaar(base)
  onTestFinished(() => world.close())
  seller = await makeSeller(world.fresh.db)
})

const verify = async (accountId: string) => {
  const { sellerId, entry } = seller
  const asked = await world.fresh.db.withSellerScope(entry, (scope) =>
    requestWork(scope, {
      ...{ sellerId, accountId, target: 'SESSION', reason: 'schedule', queue: 'account-sync' },
    }))
  const { runId } = asked ?? { runId: '' }
  const [item] = await world.fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`select id from work_items where job_run_id = ${runId}`
  )
  const work = await claimWork(world.fresh.db, {
    ...{ sellerId, itemId: item?.id ?? '', leaseMs: 60_000 },
  })
  if (!work?.claimed || work.target === 'JOB') throw new Error('The item cannot be leased')
  await verifyAccount(world.deps, work, { signal: new AbortController().signal })
  const [row] = await world.fresh.asSuperuser((admin) =>
    admin`select w.state as item, r.state as run, r.failure_kind, a.needs_reconnect,
        a.reconnect_reason, a.last_validation_status, a.last_validated_at > now() - interval '1 minute'
          as just_now
      from work_items w
      join job_runs r on r.id = w.job_run_id
      join marketplace_accounts a on a.id = w.marketplace_account_id
      where r.id = ${runId}`
  )
  return { ...row }
}
const longAgo = (accountId: string) =>
  world.fresh.asSuperuser((admin) =>
    admin`update marketplace_accounts set last_validated_at = '2020-01-01' where id = ${accountId}`
  )

test('credentials that still work are said to be good as of now', async () => {
  const accountId = await world.connectShop(seller, 0)
  await longAgo(accountId)
  expect(await verify(accountId)).toMatchObject({
    ...{ item: 'DONE', run: 'SUCCEEDED', needs_reconnect: false },
    ...{ last_validation_status: 'OK', just_now: true },
  })
})

test('credentials that are refused twice are for the seller to mend', async () => {
  const accountId = await world.connectShop(seller, 0)
  await world.control('revokeToken', { shop: 'SHOP-0001', kind: 'session' })
  expect(await verify(accountId)).toMatchObject({
    ...{ item: 'FAILED', run: 'FAILED', failure_kind: 'auth', needs_reconnect: true },
    ...{ reconnect_reason: keyRefusedMessage, last_validation_status: 'REFUSED' },
  })
})

test('a marketplace that is down says nothing about the credentials', async () => {
  const accountId = await world.connectShop(seller, 0)
  await longAgo(accountId)
  const down: typeof fetch = () => Promise.reject(new TypeError('no'))
  const { fetch: before } = world.deps
  Object.assign(world.deps, { fetch: down })
  onTestFinished(() => void Object.assign(world.deps, { fetch: before }))
  expect(await verify(accountId)).toMatchObject({
    ...{ item: 'WAITING', needs_reconnect: false, just_now: false },
  })
})
