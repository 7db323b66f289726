/** A suspended seller: nothing is written, everything is read, and work waits where it is. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordAudit } from '../../core/audit/record.ts'
import type { Tx } from '../../core/db/database.ts'
import { command } from '../../core/db/sql.ts'
import { hasCode } from '../../core/errors.ts'
import { syncAccount } from '../../core/ledger/run-sync.ts'
import { silentLog } from '../../core/log.ts'
import { repairLostWork } from '../../core/queues/repair-work.ts'
import { runWorkItem } from '../../core/queues/run-work.ts'
import { sweepSchedules } from '../../core/queues/sweep-schedules.ts'
import { claimWork, requestWork } from '../../core/queues/work.ts'
import { changePlan, resumeSeller, suspendSeller } from '../../core/tenancy/suspension.ts'
import { newId } from '../../core/ids.ts'
import { askForRun, itemOf, lease, runOf, runSlice, runToEnd } from '../ledger/support/runs.ts'
import { openWorld, type World as Shop } from '../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { type Member, openTenancyWorld, type World } from './world.ts'

const reason = 'The bank account could not be confirmed'
type Change = typeof suspendSeller
const asPlatform = (world: Pick<World, 'fresh'>, change: Change, sellerId: string) =>
  world.fresh.db.withPlatformScope('test', (tx: Tx) => change(tx, { sellerId, reason }))

describe('the API of a suspended seller', () => {
  let world: World
  let owner: Member
  beforeAll(async () => {
    world = await openTenancyWorld()
  })
  afterAll(() => world.close())
  beforeEach(async () => {
    owner = await world.owner()
  })
  const orgAudit = () =>
    world.fresh.asSuperuser(async (admin) =>
      (await admin`
        select action, target, data, actor_kind from org_audit_events
        where target = ${`seller:${owner.sellerId}`} order by seq`)
        .map((row) => ({ ...row, data: JSON.parse(row.data) }))
    )

  it('says why, refuses what is written from the next request on, and reads on', async () => {
    const viewer = await world.addMember(owner.sellerId, 'VIEWER')
    expect(await asPlatform(world, suspendSeller, owner.sellerId)).toBe('done')
    const { status, body } = await world.ask('/v1/seller', owner)
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'SUSPENDED', suspension: { reason } })
    expect(Date.parse(body.suspension.since)).toBeGreaterThan(0)
    const writes = [
      ['PATCH', '/v1/seller', { name: 'Other' }],
      ['PATCH', `/v1/users/${viewer.userId}`, { role: 'ADMIN' }],
      ['DELETE', `/v1/users/${viewer.userId}`],
      ['POST', '/v1/invitations', { email: 'x@example.in', role: 'ADMIN' }],
      ['POST', '/v1/seller/transfer', { user_id: viewer.userId }],
      ['POST', '/v1/sellers', { name: 'Away' }],
      ['POST', '/v1/marketplace-accounts', {}],
    ] as const
    for (const [method, path, json] of writes) {
      const answer = await world.ask(path, { cookie: owner.cookie, method, json })
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, 'seller-suspended'])
    }
    for (const path of ['/v1/users', '/v1/invitations', '/v1/orders', '/v1/audit', '/v1/me']) {
      expect((await world.ask(path, owner)).status, path).toBe(200)
    }
    const made = await world.fresh.asSuperuser((admin) =>
      admin`select name from sellers where id = ${owner.sellerId}`
    )
    expect(made[0]?.name).not.toBe('Other')

    expect(await asPlatform(world, resumeSeller, owner.sellerId)).toBe('done')
    const changed = await world.ask('/v1/seller', {
      cookie: owner.cookie,
      method: 'PATCH',
      json: { name: 'Other' },
    })
    expect(changed.body).toMatchObject({ name: 'Other', status: 'ACTIVE', suspension: null })
  })

  it('stands in the trail of the seller and in that of the org, once', async () => {
    for (const expected of ['done', 'already']) {
      expect(await asPlatform(world, suspendSeller, owner.sellerId)).toBe(expected)
    }
    for (const expected of ['done', 'already']) {
      expect(await asPlatform(world, resumeSeller, owner.sellerId)).toBe(expected)
    }
    const target = `seller:${owner.sellerId}`
    const events = ['seller.suspended', 'seller.resumed'].map((action) => ({
      ...{ action, target },
      data: { reason },
    }))
    expect(await world.auditOf(owner.sellerId))
      .toEqual(events.map((event) => ({ ...event, actor: 'system' })))
    expect(await orgAudit()).toEqual(events.map((event) => ({ ...event, actor_kind: 'system' })))
    expect(await asPlatform(world, suspendSeller, newId())).toBe('unknown')
    expect(await asPlatform(world, resumeSeller, newId())).toBe('unknown')
  })

  it('waits for nobody who writes to the trail, and nobody waits for it in a ring', async () => {
    const { db } = world.fresh
    const write = async () => {
      for (let n = 0; n < 40; n++) {
        await db.withPlatformScope('test', async (tx) => {
          await tx.run(command`select 1`)
          recordAudit(tx, owner.sellerId, 'user.added', `user:${owner.userId}`, { role: 'VIEWER' })
        })
      }
    }
    const change = async () => {
      for (let n = 0; n < 20; n++) {
        await asPlatform(world, n % 2 === 0 ? suspendSeller : resumeSeller, owner.sellerId)
      }
    }
    await Promise.all([write(), write(), write(), change()])
    const rows = await world.auditOf(owner.sellerId)
    expect(rows).toHaveLength(3 * 40 + 20)
  })

  it('is no other seller’s', async () => {
    const other = await world.owner()
    await asPlatform(world, suspendSeller, owner.sellerId)
    const changed = await world.ask('/v1/seller', {
      cookie: other.cookie,
      method: 'PATCH',
      json: { name: 'Ours' },
    })
    expect(changed.status).toBe(200)
  })

  it('moves to another plan, once, and both trails say so', async () => {
    const move = (sellerId: string) =>
      world.fresh.db.withPlatformScope('test', (tx) => changePlan(tx, { sellerId, plan: 'FREE' }))
    expect([await move(owner.sellerId), await move(owner.sellerId), await move(newId())])
      .toEqual(['done', 'already', 'unknown'])
    const data = { from: 'EARLY_ACCESS', to: 'FREE' }
    expect(await world.auditOf(owner.sellerId)).toMatchObject([
      { action: 'seller.plan-changed', data },
    ])
    expect(await orgAudit()).toMatchObject([{ action: 'seller.plan-changed', data }])
    expect((await world.ask('/v1/seller', owner)).body).toMatchObject({
      plan: 'FREE',
      usage: { limit: 25 },
    })
  })
})

describe('the work of a suspended seller', () => {
  let shop: Shop
  let seller: TestSeller
  let accountId: string
  beforeAll(async () => {
    shop = await openWorld()
  })
  afterAll(() => shop.close())
  beforeEach(async () => {
    seller = await makeSeller(shop.fresh.db)
    accountId = await shop.connectShop(seller, 0)
  })
  const queueOf = () => 'account-sync'
  const at = (ms: number) => ({ now: () => new Date(Date.now() + ms), queueOf, log: silentLog })
  const suspend = () => asPlatform(shop, suspendSeller, seller.sellerId)
  /** The entry of the session moves with the seller's status. */
  const resume = async () => {
    await asPlatform(shop, resumeSeller, seller.sellerId)
    const [row] = await shop.fresh.asSuperuser((admin) =>
      admin`select user_authz || '.' || seller_authz as version from sessions
        where id = ${seller.sessionId}`
    )
    const ref = `${seller.sessionId}/${row?.version}`
    seller = { ...seller, entry: { ...seller.entry, ref } }
  }
  const messages = () =>
    shop.fresh.asSuperuser((admin) =>
      admin`select body ->> 'workItemId' as item from outbox
        where seller_id = ${seller.sellerId} and sent_at is null`
    )

  it('ends the slice in hand, waits, and goes on behind its last page', async () => {
    const asked = await askForRun(shop, seller, accountId)
    let now = 0
    const slow = { sliceMs: 60_000, now: () => (now += 25_000) }
    const work = await lease(shop, asked)
    await suspend()
    // the slice that had begun stores what it has
    const never = new AbortController().signal
    await syncAccount({ ...shop.deps, ...slow }, work, { signal: never, draining: never })
    expect(await itemOf(shop, asked)).toMatchObject({ state: 'WAITING' })
    const claimed = await claimWork(shop.fresh.db, {
      sellerId: seller.sellerId,
      itemId: asked.itemId,
      leaseMs: 60_000,
    })
    expect(claimed).toBe(null)
    // its message is done with, whoever brings it, and the item stays
    const { sellerId } = seller
    const body = { sellerId, accountId, workItemId: asked.itemId }
    const refuse = () => Promise.reject(new Error('nothing may run'))
    const options = { log: silentLog, signal: never }
    for (const _ of ['once', 'twice']) {
      expect(await runWorkItem(shop.fresh.db, body, refuse, options)).toBe('done')
    }
    expect(await itemOf(shop, asked)).toMatchObject({ state: 'WAITING' })

    await resume()
    const before = await runOf(shop, { ...asked, seller })
    expect(before).toMatchObject({ state: 'RUNNING', pages: 3, received: 150 })
    expect(await runToEnd(shop, { ...asked, seller }, slow)).toMatchObject({
      ...{ state: 'SUCCEEDED', received: 250, new: 250, pages: 5 },
    })
  })

  it('gets its message again from the sweep, when the suspension is over and not before', async () => {
    const asked = await askForRun(shop, seller, accountId)
    await shop.fresh.asSuperuser((admin) =>
      admin`delete from outbox where seller_id = ${seller.sellerId}`
    )
    await suspend()
    await repairLostWork(shop.fresh.db, at(3_600_000))
    expect(await messages()).toHaveLength(0)
    await resume()
    await repairLostWork(shop.fresh.db, at(3_600_000))
    expect((await messages()).map(({ item }) => item)).toEqual([asked.itemId])
    expect(await runSlice(shop, asked)).toMatchObject({ state: 'DONE' })
  })

  it('is begun by no schedule: what is due stays due, and is begun when it may', async () => {
    const runs = () =>
      shop.fresh.asSuperuser((admin) =>
        admin`select id from job_runs where seller_id = ${seller.sellerId}`
      )
    await runToEnd(shop, await askForRun(shop, seller, accountId))
    await shop.fresh.asSuperuser((admin) =>
      admin`insert into schedules (seller_id, marketplace_account_id, target, cron, next_run_at)
        values (${seller.sellerId}, ${accountId}, 'ORDERS', '*/15 * * * *', now())
        on conflict (seller_id, marketplace_account_id, target)
        do update set next_run_at = excluded.next_run_at`
    )
    const before = (await runs()).length
    await suspend()
    for (const _ of ['once', 'twice']) await sweepSchedules(shop.fresh.db, at(1_000))
    expect(await runs()).toHaveLength(before)
    await resume()
    await sweepSchedules(shop.fresh.db, at(1_000))
    expect(await runs()).toHaveLength(before + 1)
    await sweepSchedules(shop.fresh.db, at(1_000))
    expect(await runs()).toHaveLength(before + 1)
  })

  it('is asked for by nobody: not by a request that was under way, not by the platform', async () => {
    const request = (tx: Tx) =>
      requestWork(tx, {
        ...{ sellerId: seller.sellerId, accountId, target: 'RETURNS', reason: 'manual' },
        queue: 'account-sync',
      })
    const { db } = shop.fresh
    // the scope is open when the suspension commits
    const met = await db.withSellerScope(seller.entry, async (scope) => {
      await scope.run(command`select 1`)
      await suspend()
      await request(scope)
    }).catch((error: unknown) => error)
    expect(hasCode(met, 'stale-authz')).toBe(true)
    expect(await db.withPlatformScope('test', request)).toBe(null)
  })
})
