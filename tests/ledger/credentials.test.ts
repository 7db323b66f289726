/** Fresh credentials: asked for once, whoever needs them, and a refusal is told to the seller. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Keyring } from '../../core/crypto/keyring.ts'
import { fault } from '../../core/errors.ts'
import { readAccountHealth } from '../../core/ledger/account-health.ts'
import { refreshCredentials } from '../../core/ledger/credentials.ts'
import { openAccount } from '../../core/ledger/run-load.ts'
import { type Adapter, failure, type Marketplace } from '../../core/plugin.ts'
import { pause } from '../../core/queues/pause.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { errorFrom, failureFrom } from './support/outbound.ts'
import { askForRun } from './support/runs.ts'

let world: World
let seller: TestSeller
let accountId: string
let runId: string
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  seller = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 0)
  runId = (await askForRun(world, seller, accountId)).runId
})

type Refresh = NonNullable<Adapter['refresh']>
const giving = (session_token: string): Awaited<ReturnType<Refresh>> => ({
  ...{
    api_key: 'bzk_the-key-itself',
    session_token,
    session_expires_at: '2026-01-10T07:00:00.000Z',
  },
})

/** Asks as a worker whose request was refused with the credentials of `version`. */
const ask = async (
  refresh: Refresh | undefined,
  { version = 1, by = seller, keyring = world.keyring }: {
    readonly version?: number
    readonly by?: TestSeller
    readonly keyring?: Keyring
  } = {},
): Promise<void> => {
  const { verify, syncOrders } = world.marketplace.adapter
  const adapter = { verify, ...(syncOrders ? { syncOrders } : {}), ...(refresh ? { refresh } : {}) }
  const marketplace: Marketplace = { ...world.marketplace, adapter }
  const signal = new AbortController().signal
  const never = () => Promise.reject(new Error('nothing is asked in this test'))
  await refreshCredentials({
    ...{ db: world.fresh.db, keyring, entry: by.entry, marketplace, version },
    account: { id: accountId, externalAccountId: 'SHOP-0001', details: {}, credentials: {} },
    runId,
    context: {
      ...{ config: undefined, key: 'test', signal, now: () => new Date(), log: () => {} },
      ...{ http: never, download: never, table: never },
    },
    sleep: () => pause(5),
    ask: adapter.refresh ?? (() => Promise.reject(failure('auth', 'no refresh'))),
  })
}

const accountRow = async () => {
  const [row] = await world.fresh.asSuperuser((admin) =>
    admin`select credentials_version, refresh_lease, refresh_lease_until, needs_reconnect,
        reconnect_reason, last_validation_status from marketplace_accounts where id = ${accountId}`
  )
  return { ...row }
}
const events = async () =>
  (await world.fresh.asSuperuser((admin) =>
    admin`select kind, message from marketplace_credential_events
      where marketplace_account_id = ${accountId} order by created_at`
  )).map((row) => [row['kind'], row['message']])
const storedToken = async (): Promise<unknown> => {
  const keys = await world.keyring.forSeller(seller.entry)
  const { account } = await world.fresh.db.withSellerScope(
    seller.entry,
    (scope) => openAccount(scope, keys, world.marketplace, accountId, 'verify'),
  )
  return (account.credentials as { session_token: string | null }).session_token
}
const endLease = () =>
  world.fresh.asSuperuser((admin) =>
    admin`update marketplace_accounts set refresh_lease_until = now() - interval '1 second'
      where id = ${accountId}`
  )
const leaseOf = async () => (await accountRow())['refresh_lease']
const untilLeased = async (): Promise<void> => {
  for (let i = 0; i < 1_000; i++) if (await leaseOf()) return
  throw new Error('Nobody has taken the lease')
}

describe('fresh credentials', () => {
  it('are asked for once when fifty workers need them at once', async () => {
    let calls = 0
    const refresh: Refresh = async () => {
      calls += 1
      await pause(50)
      return giving(`token ${calls}`)
    }
    await Promise.all(Array.from({ length: 50 }, () => ask(refresh)))
    expect(calls).toBe(1)
    expect(await accountRow()).toMatchObject({
      ...{ credentials_version: 2, refresh_lease: null, refresh_lease_until: null },
      ...{ needs_reconnect: false, last_validation_status: 'OK' },
    })
    expect(await events()).toEqual([['REFRESHED', null]])
    expect(await storedToken()).toBe('token 1')
  })

  it('are not asked for when newer ones are there', async () => {
    await ask(() => Promise.resolve(giving('first')))
    await ask(() => Promise.reject(new Error('asked again')))
    expect(await storedToken()).toBe('first')
    await ask(() => Promise.resolve(giving('second')), { version: 2 })
    expect(await storedToken()).toBe('second')
    expect(await accountRow()).toMatchObject({ credentials_version: 3 })
  })

  it('are asked for by another worker when the first one has died', async () => {
    const dead = Promise.withResolvers<unknown>()
    const first = ask(() => dead.promise)
    await untilLeased()
    let calls = 0
    const second = ask(() => Promise.resolve(giving(`second ${++calls}`)))
    await pause(50)
    expect(calls).toBe(0)
    await endLease()
    await second
    expect([calls, await storedToken()]).toEqual([1, 'second 1'])

    // it was only slow: what it brings is older than what is stored
    dead.resolve(giving('first'))
    await first
    expect(await storedToken()).toBe('second 1')
    expect(await accountRow()).toMatchObject({ credentials_version: 2 })
    expect(await events()).toEqual([['REFRESHED', null]])
  })

  it('are stored by a slow worker whom nobody has replaced', async () => {
    await ask(async () => {
      await endLease()
      return giving('late')
    })
    expect(await storedToken()).toBe('late')
  })

  it('end the state of an account that had to be connected anew', async () => {
    await world.fresh.asSuperuser((admin) =>
      admin`update marketplace_accounts set needs_reconnect = true, reconnect_reason = 'x'
        where id = ${accountId}`
    )
    await ask(() => Promise.resolve(giving('new')))
    expect(await accountRow()).toMatchObject({ needs_reconnect: false, reconnect_reason: null })
  })

  it('are not asked for while there are no keys to seal them with', async () => {
    let calls = 0
    const down = { ...world.keyring, forSeller: () => Promise.reject(fault('keys-unavailable')) }
    const refresh: Refresh = () => Promise.resolve(giving(`lost ${++calls}`))
    await errorFrom(ask(refresh, { keyring: down }))
    expect([calls, await leaseOf()]).toEqual([0, null])
  })

  it("are not asked for another seller's account", async () => {
    const stranger = await makeSeller(world.fresh.db)
    let calls = 0
    const refresh: Refresh = () => Promise.resolve(giving(`stolen ${++calls}`))
    await errorFrom(ask(refresh, { by: stranger }))
    expect(calls).toBe(0)
    expect(await accountRow()).toMatchObject({ credentials_version: 1, refresh_lease: null })
  })
})

describe('a refusal', () => {
  it('is told to the seller in the words of the plugin', async () => {
    const refused = await failureFrom(
      ask(() => Promise.reject(failure('auth', 'Make a new key in the shop panel'))),
    )
    expect(refused).toMatchObject({ kind: 'auth', message: 'Make a new key in the shop panel' })
    expect(await accountRow()).toMatchObject({
      ...{ needs_reconnect: true, reconnect_reason: 'Make a new key in the shop panel' },
      ...{ last_validation_status: 'REFUSED', refresh_lease: null, credentials_version: 1 },
    })
    expect(await events()).toEqual([['REFUSED', 'Make a new key in the shop panel']])
    expect(await storedToken()).toBeNull()
  })

  it('is one of a plugin that cannot refresh, too', async () => {
    expect(await failureFrom(ask(undefined))).toMatchObject({ kind: 'auth' })
    expect(await accountRow()).toMatchObject({ needs_reconnect: true, refresh_lease: null })
    expect((await events()).map(([kind]) => kind)).toEqual(['REFUSED'])
  })
})

it.each([
  ['a marketplace that is down', failure('unavailable', 'down')],
  ['a fault of the plugin', new TypeError('undefined is not a function')],
])('%s is no refusal, and the next worker may try at once', async (_what, error) => {
  expect(await errorFrom(ask(() => Promise.reject(error)))).toBe(error)
  expect(await accountRow()).toMatchObject({
    ...{ needs_reconnect: false, reconnect_reason: null, refresh_lease: null },
    ...{ credentials_version: 1 },
  })
  expect(await events()).toEqual([])
  await ask(() => Promise.resolve(giving('at last')))
  expect(await storedToken()).toBe('at last')
})

it('secrets that the marketplace wants changed are told of a month before the day', async () => {
  const healthAt = (now: number) =>
    readAccountHealth({ ...world.deps, now: () => now }, seller.entry, {
      ...{ id: accountId, accounts: null },
    })
  const { credentials } = await healthAt(Date.now()) ?? {}
  const after = (days: number) => (credentials?.given_at.getTime() ?? 0) + days * 86_400_000
  expect(credentials?.renew_by).toEqual(new Date(after(180)))
  expect(await healthAt(after(149))).toMatchObject({ state: 'connected', reason: null, fix: null })
  expect(await healthAt(after(150))).toMatchObject({
    state: 'connected',
    reason: expect.stringMatching(/^The secrets are 150 days old; .* by \d{4}-\d\d-\d\d$/),
    fix: expect.stringContaining('PUT /v1/marketplace-accounts/{id}/credentials'),
  })
})
