/** Accounts that are looked after: paused, scheduled, given new credentials, filled up, and well or not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { createAccountCare } from '../../core/ledger/account-care.ts'
import { readAccountHealth } from '../../core/ledger/account-health.ts'
import { createAccounts } from '../../core/ledger/accounts.ts'
import { openAccount } from '../../core/ledger/run-load.ts'
import { isAtLeastEvery } from '../../core/rules/cron.ts'
import { claimWork, finishWork } from '../../core/queues/work.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { errorFrom } from './support/outbound.ts'
import { type Asked, askForRun, itemOf, runOf, runSlice, runToEnd } from './support/runs.ts'

let base: World
let world: World
let seller: TestSeller
let other: TestSeller
let id: string
beforeAll(async () => {
  base = await openWorld()
  other = await makeSeller(base.fresh.db)
})
afterAll(() => base?.close())
beforeEach(async () => {
  world = await anotherBazaar(base)
  seller = await makeSeller(world.fresh.db)
  id = await world.connectShop(seller, 0)
  await world.fresh.asSuperuser((admin) =>
    admin`update breakers set failures = 0, opened_at = null,
    probe_at = null`
  )
  return () => world.close()
})

const accounts = null
const nobodys = { only: [newId()], except: [] }
const care = () => createAccountCare(world.deps)
const health = (by = seller) => readAccountHealth(world.deps, by.entry, { id, accounts })
const codeOf = async (asked: Promise<unknown>) => (await errorFrom(asked) as { code?: string }).code
const audited = async () =>
  (await world.fresh.asSuperuser((admin) =>
    admin<{ action: string; data: string }[]>`
      select action, data from audit_events where seller_id = ${seller.sellerId} order by seq`
  )).map(({ action, data }) => [action, JSON.parse(data)])

describe('a pause', () => {
  const pause = (paused: boolean, by = seller) =>
    care().pause(by.entry, { id, accounts, paused, reason: 'Diwali' })

  it('is told with its reason, recorded once, and keeps new syncs from being asked for', async () => {
    for (const _ of ['once', 'twice']) expect(await pause(true)).toBe(true)
    const desk = createAccounts(world.deps)
    expect(await desk.get(seller.entry, id)).toMatchObject({
      ...{ paused_at: expect.any(Date), pause_reason: 'Diwali' },
    })
    const ask = desk.requestSync(seller.entry, id, { target: 'ORDERS' })
    expect(await codeOf(ask)).toBe('account-paused')
    expect(await health()).toMatchObject({
      ...{ state: 'paused', reason: 'The account is paused: Diwali' },
    })
    for (const _ of ['once', 'twice']) expect(await pause(false)).toBe(true)
    expect(await desk.get(seller.entry, id)).toMatchObject({ paused_at: null, pause_reason: null })
    expect(await audited()).toEqual([
      ['marketplace-account.paused', { reason: 'Diwali' }],
      ['marketplace-account.resumed', { reason: 'Diwali' }],
    ])
  })

  it('is nothing for another seller, nor for who may not see the account', async () => {
    expect(await pause(true, other)).toBe(false)
    const ask = { id, paused: true, reason: 'not mine' }
    expect(await care().pause(seller.entry, { ...ask, accounts: nobodys })).toBe(false)
    expect(await health()).toMatchObject({ state: 'connected' })
  })

  it('that is over lets the work go on from where it stopped', async () => {
    const asked = await askForRun(world, seller, id)
    await runSlice(world, asked, { sliceMs: 0 })
    await pause(true)
    await world.fresh.asSuperuser((admin) => admin`update outbox set sent_at = now()`)
    const claim = { sellerId: seller.sellerId, itemId: asked.itemId, leaseMs: 1_000 }
    expect(await claimWork(world.fresh.db, claim)).toBeNull()
    await pause(false)
    const waiting = await world.fresh.asSuperuser((admin) =>
      admin`select 1 from outbox where sent_at is null and seller_id = ${seller.sellerId}
        and queue = 'account-sync'`
    )
    expect(waiting).toHaveLength(1)
    expect(await runToEnd(world, asked)).toMatchObject({ state: 'SUCCEEDED', received: 250 })
  })
})

describe('a schedule', () => {
  const change = (
    ask: { cron?: string; paused?: boolean },
    target: 'ORDERS' | 'PROCESSING' = 'ORDERS',
  ) => care().schedule(seller.entry, { id, accounts, target, ...ask })

  it('is made, changed and paused; what changes nothing is not recorded', async () => {
    expect(await change({ cron: '*/20 * * * *' })).toMatchObject({
      ...{ target: 'ORDERS', cron: '*/20 * * * *', paused: false, next_run_at: expect.any(Date) },
    })
    expect(await change({ cron: '*/20 * * * *' })).toMatchObject({ paused: false })
    expect(await change({ paused: true })).toMatchObject({ cron: '*/20 * * * *', paused: true })
    expect(await audited()).toEqual([
      ['schedule.changed', { target: 'ORDERS', cron: '*/20 * * * *', paused: false }],
      ['schedule.changed', { target: 'ORDERS', cron: '*/20 * * * *', paused: true }],
    ])
    // the plugin's own, where nobody has said another
    const own = await world.connectShop(other, 1)
    const ask = { id: own, accounts, target: 'ORDERS', paused: true } as const
    expect(await care().schedule(other.entry, ask)).toMatchObject({ cron: '*/15 * * * *' })
  })

  it.each([['* * * * *'], ['*/4 * * * *'], ['58,2 * * * *'], ['5 5'], ['0 0 31 2 *'], ['@daily']])(
    'refuses "%s"',
    async (cron) => {
      expect(await codeOf((async () => await change({ cron }))())).toBe('schedule-refused')
    },
  )

  it('knows how far apart runs are, across the hours too', () => {
    const now = new Date('2026-01-31T10:15:00Z')
    const fit = ['*/5 * * * *', '2,58 3 * * *', '0 2 * * *', '*/30 9-18 * * 1-6']
    expect(fit.map((cron) => isAtLeastEvery(cron, 300_000, now))).toEqual(fit.map(() => true))
    expect(isAtLeastEvery('1-3 0 * * *', 300_000, now)).toBe(false)
  })

  it('is for what runs by the clock, and for who may see the account', async () => {
    expect(await codeOf(change({ cron: '0 * * * *' }, 'PROCESSING'))).toBe('target-unsupported')
    const ask = { id, target: 'ORDERS', cron: '0 * * * *' } as const
    expect(await care().schedule(other.entry, { ...ask, accounts })).toBeNull()
    expect(await care().schedule(seller.entry, { ...ask, accounts: nobodys })).toBeNull()
  })
})

describe('new credentials', () => {
  const shop = () => world.sandbox.accounts[0]
  const replace = (credentials: unknown, by = seller) =>
    care().credentials(by.entry, { id, accounts, credentials })
  const opened = async () => {
    const keys = await world.keyring.forSeller(seller.entry)
    return await world.fresh.db.withSellerScope(
      seller.entry,
      (scope) => openAccount(scope, keys, world.marketplace, id, 'verify'),
    )
  }

  it('are tried, stored, and bring back what the refusal has kept away', async () => {
    await care().schedule(seller.entry, { id, accounts, target: 'ORDERS', cron: '0 * * * *' })
    await world.fresh.asSuperuser((admin) =>
      admin`update marketplace_accounts set needs_reconnect = true,
        reconnect_reason = 'The key is over' where id = ${id}`
    )
    expect(await health()).toMatchObject({
      ...{ state: 'needs_reconnect', reason: 'The key is over' },
      fix: expect.stringContaining('PUT /v1/marketplace-accounts/{id}/credentials'),
    })
    const before = await opened()
    expect(await replace(shop()?.credentials)).toBe(true)
    const after = await opened()
    expect(after.version).toBe(before.version + 1)
    expect(after.account.details).toEqual(before.account.details)
    expect(await health()).toMatchObject({ state: 'connected', targets: [{ waiting: 1 }] })
    const events = await care().credentialEvents(seller.entry, { id, accounts })
    expect(events).toMatchObject([{ kind: 'VERIFIED', message: null }])
    expect((await audited()).map(([action]) => action)).toEqual([
      'schedule.changed',
      'marketplace-account.credentials-replaced',
    ])
  })

  it('that the marketplace refuses, or of another form, change nothing', async () => {
    const before = await opened()
    expect(await codeOf(replace({ api_key: 'not-the-key-of-this-shop' }))).toBe(
      'credentials-refused',
    )
    expect(await codeOf(replace({ api_key: 7 }))).toBe('invalid-request')
    expect(await replace(shop()?.credentials, other)).toBe(false)
    expect(await opened()).toEqual(before)
    expect(await care().credentialEvents(seller.entry, { id, accounts })).toEqual([])
    expect(await care().credentialEvents(other.entry, { id, accounts })).toBeNull()
  })

  it('win over a refresh that is under way', async () => {
    await world.fresh.asSuperuser((admin) =>
      admin`update marketplace_accounts set refresh_lease = ${newId()} where id = ${id}`
    )
    expect(await replace(shop()?.credentials)).toBe(true)
    const [row] = await world.fresh.asSuperuser((admin) =>
      admin`select refresh_lease from marketplace_accounts where id = ${id}`
    )
    expect(row?.['refresh_lease']).toBeNull()
  })
})

describe('a backfill', () => {
  const from = new Date('2020-01-01T00:00:00Z')
  const to = new Date('2030-01-01T00:00:00Z')
  const ask = async (): Promise<Asked> => {
    const told = await createAccounts(world.deps).requestSync(seller.entry, id, {
      ...{ target: 'ORDERS', from, to, reason: 'backfill' },
    })
    const runId = told?.run.id ?? ''
    const [item] = await world.fresh.asSuperuser((admin) =>
      admin<{ id: string }[]>`select id from work_items where job_run_id = ${runId}`
    )
    return { seller, accountId: id, runId, itemId: item?.id ?? '' }
  }

  it('goes on where it stopped, moves no cursor of the live sync, and takes turns with it', async () => {
    const backfill = await ask()
    const again = await ask()
    expect(again.runId).toBe(backfill.runId)
    const live = await askForRun(world, seller, id)
    expect(live.runId).not.toBe(backfill.runId)
    const turn = { sliceMs: 0 }
    // a message a slice, in one group: none of the two has two slices in a row
    await runSlice(world, backfill, turn)
    await runSlice(world, live, turn)
    expect(await runOf(world, live)).toMatchObject({ pages: 1, received: 50 })
    await runSlice(world, backfill, turn)
    const half = await runOf(world, backfill)
    expect(half).toMatchObject({ reason: 'backfill', state: 'RUNNING', pages: 2, received: 100 })
    expect(await runToEnd(world, live)).toMatchObject({ state: 'SUCCEEDED', received: 250 })
    expect(await runToEnd(world, backfill)).toMatchObject({
      ...{ state: 'SUCCEEDED', received: 250, window_from: from, window_to: to },
    })
    expect((await itemOf(world, backfill)).state).toBe('DONE')
  })
})

describe('health', () => {
  it('tells when all is well, since when, and until when', async () => {
    await care().schedule(seller.entry, { id, accounts, target: 'ORDERS', cron: '0 * * * *' })
    await runToEnd(world, await askForRun(world, seller, id))
    expect(await health()).toMatchObject({
      ...{ state: 'connected', reason: null, fix: null, breaker: null },
      ...{ last_good_sync: expect.any(Date), next_run: expect.any(Date) },
      targets: expect.arrayContaining([
        expect.objectContaining({ target: 'ORDERS', last_run_state: 'SUCCEEDED', waiting: 0 }),
      ]),
    })
    expect(await health(other)).toBeNull()
    const ask = readAccountHealth(world.deps, seller.entry, { id, accounts: nobodys })
    expect(await ask).toBeNull()
  })

  it('tells a switch, an open breaker, work that does not get on, and dead work', async () => {
    const on = (enabled: boolean) =>
      world.fresh.asSuperuser((admin) =>
        admin`insert into switches (key, enabled, reason, changed_by)
          values (${`account:${id}`}, ${enabled}, 'a test', 'test')
          on conflict (key) do update set enabled = excluded.enabled`
      )
    await on(false)
    expect(await health()).toMatchObject({
      ...{ state: 'paused', reason: 'Support has switched this account off' },
    })
    await on(true)

    const asked = await askForRun(world, seller, id)
    for (let tries = 1; tries <= 5; tries++) {
      await world.fresh.asSuperuser((admin) => admin`update work_items set not_before = now()`)
      const claim = { sellerId: seller.sellerId, itemId: asked.itemId, leaseMs: 60_000 }
      const work = await claimWork(world.fresh.db, claim)
      if (!work?.claimed) throw new Error('The item cannot be leased')
      await world.fresh.db.withSellerScope(
        work.entry,
        (scope) =>
          finishWork(scope, {
            ...work,
            state: 'WAITING',
            down: true,
            error: 'unavailable: silence',
          }),
      )
      if (tries === 3) {
        expect(await health()).toMatchObject({
          ...{ state: 'degraded', reason: 'Work for ORDERS does not get on: unavailable: silence' },
          targets: [{ attempts: 3, waiting: 1 }],
        })
      }
    }
    expect(await health()).toMatchObject({
      ...{ state: 'degraded', reason: 'The marketplace does not answer' },
      breaker: { opened_at: expect.any(Date), next_probe_at: expect.any(Date) },
    })
    await world.fresh.asSuperuser(async (admin) => {
      await admin`update breakers set failures = 0, opened_at = null, probe_at = null`
      await admin`update work_items set not_before = now() where id = ${asked.itemId}`
      await admin`select bury_work(${seller.sellerId}, ${asked.itemId}, ${newId()}, 'q', 5, 'why')`
    })
    expect(await health()).toMatchObject({
      ...{ state: 'degraded', reason: 'Work for ORDERS failed each time it was tried' },
      targets: [{ dead: 1, last_run_state: 'FAILED', last_error: 'unavailable: silence' }],
    })
  })
})
