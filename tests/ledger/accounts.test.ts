/** Connecting accounts, as the API calls it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Fault, isFault } from '../../core/errors.ts'
import { type AccountsDeps, createAccounts } from '../../core/ledger/accounts.ts'
import { newId } from '../../core/ids.ts'
import { openAccount } from '../../core/ledger/run-load.ts'
import { targets } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { errorFrom } from './support/outbound.ts'

let base: World
let world: World
let seller: TestSeller
let wakes: number
beforeAll(async () => {
  base = await openWorld()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await anotherBazaar(base)
  seller = await makeSeller(world.fresh.db)
  wakes = 0
  return () => world.close()
})

const accounts = (changes: Partial<AccountsDeps> = {}) =>
  createAccounts({ ...world.deps, wake: () => void wakes++, ...changes })
const shopInput = (at: 0 | 1, changes: object = {}) => {
  const shop = world.sandbox.accounts[at]
  if (!shop) throw new Error('The sandbox has no such shop')
  const { name, externalAccountId, details, credentials } = shop
  return {
    ...{ marketplace: 'BAZAAR', external_account_id: externalAccountId, name },
    ...{ details, credentials },
    ...changes,
  }
}
const faultFrom = async (promise: Promise<unknown>): Promise<Fault> => {
  const error = await errorFrom(promise)
  if (!isFault(error)) throw error
  return error
}
const rowsOf = (table: string) =>
  world.fresh.asSuperuser((admin) =>
    admin`select * from ${admin(table)} where seller_id = ${seller.sellerId}`
  )

describe('connecting', () => {
  it('stores the account, starts its schedule and asks for its first sync', async () => {
    const view = await accounts().connect(seller.entry, shopInput(0))
    expect(view).toMatchObject({
      ...{ marketplace: 'BAZAAR', external_account_id: 'SHOP-0001', name: 'First stall' },
      ...{ needs_reconnect: false, last_validation_status: 'OK', targets },
      schedules: [{ target: 'ORDERS', cron: '*/15 * * * *', paused: false }],
    })
    const [schedule] = view.schedules
    const minutes = (new Date(schedule?.next_run_at ?? 0).getTime() - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(0)
    expect(minutes).toBeLessThanOrEqual(15)
    expect(await accounts().get(seller.entry, view.id)).toEqual(view)
    expect(await accounts().list(seller.entry)).toEqual([view])

    expect(await rowsOf('job_runs')).toMatchObject([
      { marketplace_account_id: view.id, target: 'ORDERS', reason: 'schedule', state: 'QUEUED' },
    ])
    expect(await rowsOf('outbox')).toMatchObject([{ queue: 'account-sync', group_key: view.id }])
    expect(wakes).toBe(1)
  })

  it('is recorded, with who did it and without the credentials', async () => {
    const view = await accounts().connect(seller.entry, shopInput(0))
    expect(await rowsOf('audit_events')).toMatchObject([{
      ...{ action: 'marketplace-account.connected', target: `marketplace-account:${view.id}` },
      ...{ actor_kind: 'user', actor_user_id: seller.userId },
      data: '{"external_account_id":"SHOP-0001","marketplace":"BAZAAR"}',
    }])
    expect(await rowsOf('marketplace_accounts')).toMatchObject([
      { created_by_user_id: seller.userId },
    ])
    expect(await rowsOf('marketplace_credential_events')).toMatchObject([{ kind: 'VERIFIED' }])
  })

  it('keeps the credentials for the syncs', async () => {
    const input = shopInput(1)
    const { id } = await accounts().connect(seller.entry, input)
    const keys = await world.keyring.forSeller(seller.entry)
    const opened = await world.fresh.db.withSellerScope(
      seller.entry,
      (scope) => openAccount(scope, keys, world.marketplace, id, 'verify'),
    )
    expect(opened).toMatchObject({
      version: 1,
      account: {
        ...{ id, externalAccountId: 'SHOP-0002', details: input.details },
        credentials: input.credentials,
      },
    })
  })

  it('a marketplace that nobody has enabled is refused', async () => {
    const input = shopInput(0, { marketplace: 'MOON_IN' })
    expect((await faultFrom(accounts().connect(seller.entry, input))).code)
      .toBe('marketplace-unknown')
  })

  it('without the form that the plugin asks for points at every member that is wrong', async () => {
    const input = shopInput(0, {
      details: { shop_id: '7', warehouses: ['ok', 4], signs_in_by: 'SECRET' },
      credentials: { api_key: 'short', 'a/b~c': 1 },
    })
    const { code, errors } = await faultFrom(accounts().connect(seller.entry, input))
    expect(code).toBe('invalid-request')
    expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual([
      ...['/credentials/api_key', '/details/shop_id', '/details/signs_in_by'],
      '/details/warehouses/1',
    ])
    expect(JSON.stringify(errors)).not.toMatch(/SECRET|short/)
    expect((await world.control('asked') as { tokens: number }).tokens).toBe(0)
  })

  it.each([[undefined], [null], ['text'], [[]]])(
    'with %j for details is refused',
    async (details) => {
      const input = shopInput(0, { details })
      expect(await faultFrom(accounts().connect(seller.entry, input))).toMatchObject({
        code: 'invalid-request',
        errors: [{ pointer: '/details' }],
      })
    },
  )

  it('escapes the names of members as pointers ask for', async () => {
    const issues = [{ message: 'no', path: ['a/b', { key: 'c~d' }, 0] }]
    const validate = () => ({ issues })
    const credentials = { '~standard': { version: 1, vendor: 'other', validate } } as const
    const bazaar = { ...world.marketplace, credentials }
    const registry = { all: [bazaar], find: () => bazaar }
    const { errors } = await faultFrom(accounts({ registry }).connect(seller.entry, shopInput(0)))
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/credentials/a~1b/c~0d/0'])
  })

  it('with credentials that the marketplace refuses stores nothing', async () => {
    await world.control('revokeToken', { shop: 'SHOP-0001', kind: 'session' })
    const refused = await faultFrom(accounts().connect(seller.entry, shopInput(0)))
    expect(refused).toMatchObject({ code: 'credentials-refused', status: 422 })
    for (const table of ['marketplace_accounts', 'bazaar_account_details', 'job_runs', 'outbox']) {
      expect(await rowsOf(table)).toEqual([])
    }
    expect(wakes).toBe(0)
  })

  it.each([['503'], ['429'], ['truncated-body']])(
    'when the marketplace answers with %s stores nothing, and says to come again',
    async (kind) => {
      await world.control('failNext', { operation: 'token', kind })
      expect(await faultFrom(accounts().connect(seller.entry, shopInput(0)))).toMatchObject({
        ...{ code: 'marketplace-unavailable', retryAfterSeconds: 60 },
      })
      expect(await rowsOf('marketplace_accounts')).toEqual([])
    },
  )

  it('when the marketplace is silent says to come again', async () => {
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'))
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late)
    onTestFinished(() => timeout.mockRestore())
    const asked = accounts().connect(seller.entry, shopInput(0))
    expect((await faultFrom(asked)).code).toBe('marketplace-unavailable')
  })

  it('the same account twice is refused, and leaves the first as it was', async () => {
    const first = await accounts().connect(seller.entry, shopInput(0))
    const again = accounts().connect(seller.entry, shopInput(0, { name: 'Another name' }))
    expect(await faultFrom(again)).toMatchObject({ code: 'account-exists', status: 409 })
    expect(await accounts().list(seller.entry)).toEqual([first])
    expect(await rowsOf('bazaar_account_details')).toHaveLength(1)
  })

  it('the same account twice at once connects it once', async () => {
    const input = shopInput(0)
    const both = await Promise.allSettled([
      accounts().connect(seller.entry, input),
      accounts().connect(seller.entry, input),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await rowsOf('marketplace_accounts')).toHaveLength(1)
    expect(await rowsOf('job_runs')).toHaveLength(1)
  })

  it('an account that another seller has connected is possible', async () => {
    const other = await makeSeller(world.fresh.db)
    await accounts().connect(other.entry, shopInput(0))
    await accounts().connect(seller.entry, shopInput(0))
    expect(await accounts().list(seller.entry)).toHaveLength(1)
    expect(await accounts().list(other.entry)).toHaveLength(1)
  })
})

describe('a list of accounts', () => {
  it('shows no account of another seller, not even by its id', async () => {
    const other = await makeSeller(world.fresh.db)
    const { id } = await accounts().connect(other.entry, shopInput(0))
    expect(await accounts().list(seller.entry)).toEqual([])
    expect(await accounts().get(seller.entry, id)).toBeNull()
    expect(await accounts().get(seller.entry, newId())).toBeNull()
  })

  it('keeps an account whose plugin was switched off, without abilities', async () => {
    const { id } = await accounts().connect(seller.entry, shopInput(0))
    const without = accounts({ registry: { all: [], find: () => undefined } })
    expect(await without.get(seller.entry, id)).toMatchObject({ targets: [] })
    expect(await without.marketplaces()).toEqual([])
    expect(await accounts().marketplaces()).toEqual([
      { code: 'BAZAAR', name: 'Bazaar', targets },
    ])
  })
})
