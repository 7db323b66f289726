/** Permissions for some marketplace accounts: lists, single reads, syncs and masks all hold to them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { type AccessWorld, openAccessWorld, type Person, shapeOf } from './access-world.ts'

let access: AccessWorld
let ask: AccessWorld['ask']
/** 250 orders, and 40. */
let [large, small] = ['', '']
beforeAll(async () => {
  access = await openAccessWorld()
  ask = access.ask
  ;[large, small] = access.accounts
})
afterAll(() => access?.close())

/** A person of the role with one override for each line. */
const limited = async (
  role: Parameters<AccessWorld['person']>[0],
  ...lines: readonly (readonly ['GRANT' | 'DENY', string, string])[]
): Promise<Person> => {
  const person = await access.person(role)
  for (const [effect, permission, account_id] of lines) {
    const json = { effect, permission, account_id, reason: 'for one shop alone' }
    const { status, text } = await ask(access.owner, `/v1/users/${person.userId}/overrides`, {
      json,
    })
    if (status !== 201) throw new Error(text)
  }
  return person
}
interface Row {
  readonly id: string
  readonly marketplace_account_id: string
  readonly customer?: { readonly phone: string | null } | null
}
/** Every page of a list. */
const walk = async (person: Person, path: string, limit = 33): Promise<readonly Row[]> => {
  const rows: Row[] = []
  let cursor = ''
  for (let page = 0; page < 100; page++) {
    const join = path.includes('?') ? '&' : '?'
    const { status, body, text } = await ask(person, `${path}${join}limit=${limit}${cursor}`)
    if (status !== 200) throw new Error(text)
    rows.push(...body.data)
    if (body.page.next === null) return rows
    cursor = `&cursor=${encodeURIComponent(body.page.next)}`
  }
  throw new Error('The walk does not end')
}
const accountsOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.map((row) => row.marketplace_account_id)),
]
const isMasked = ({ customer }: Row): boolean => /^\d\dx{6}\d\d$/.test(customer?.phone ?? '')
const opened = async (): Promise<number> => {
  const [{ n } = { n: -1 }] = await access.world.fresh.asSuperuser((admin) =>
    admin<{ n: number }[]>`select coalesce(sum(opened), 0)::int as n from decrypt_ledger`
  )
  return n
}

describe('orders of a denied account', () => {
  it('are in no page of the list, which is whole without them', async () => {
    const person = await limited('OPERATOR', ['DENY', 'orders:read', large])
    const all = await walk(access.owner, '/v1/orders')
    expect(all).toHaveLength(290)
    const own = all.filter((row) => row.marketplace_account_id === small).map(({ id }) => id)
    for (const limit of [7, 39, 40, 41, 200]) {
      const seen = await walk(person, '/v1/orders', limit)
      expect(seen.map(({ id }) => id), String(limit)).toEqual(own)
    }
    expect(own).toHaveLength(40)
  })

  it('stay away under filters, whichever', async () => {
    const person = await limited('OPERATOR', ['DENY', 'orders:read', large])
    for (const filter of ['status=DELIVERED', 'ordered_from=2020-01-01', 'include=customer']) {
      const seen = await walk(person, `/v1/orders?${filter}`)
      expect(seen.length, filter).toBeGreaterThan(0)
      expect(accountsOf(seen), filter).toEqual([small])
      const all = await walk(access.owner, `/v1/orders?${filter}`)
      expect(seen).toEqual(all.filter((row) => row.marketplace_account_id === small))
    }
    // asked for by its name, the account is one that nobody has
    const [hidden, unknown] = [
      await ask(person, `/v1/orders?account=${large}`),
      await ask(person, `/v1/orders?account=${newId()}`),
    ]
    expect(shapeOf(hidden)).toBe(shapeOf(unknown))
    expect(hidden.body).toEqual({ data: [], page: { next: null } })
    expect(await walk(person, `/v1/orders?account=${small}`)).toHaveLength(40)
  })

  it('are answered one by one as orders that are not there, and none of their fields is opened', async () => {
    const person = await limited('OPERATOR', ['DENY', 'orders:read', large])
    const [hidden] = await walk(access.owner, `/v1/orders?account=${large}`, 200)
    const [shown] = await walk(access.owner, `/v1/orders?account=${small}`, 200)
    const before = await opened()
    const unknown = shapeOf(await ask(person, `/v1/orders/${newId()}`))
    expect(shapeOf(await ask(person, `/v1/orders/${hidden?.id}`))).toBe(unknown)
    expect(await opened()).toBe(before)
    expect((await ask(person, `/v1/orders/${shown?.id}`)).status).toBe(200)
  })

  it('come back when the denial ends', async () => {
    const person = await access.person('OPERATOR')
    const expires_at = new Date(Date.now() + 60_000).toISOString()
    const json = { effect: 'DENY', permission: 'orders:read', account_id: large, expires_at }
    await ask(access.owner, `/v1/users/${person.userId}/overrides`, {
      json: { ...json, reason: 'for a minute only' },
    })
    expect(await walk(person, '/v1/orders')).toHaveLength(40)
    access.clock.offsetMs = 61_000
    expect(await walk(person, '/v1/orders', 200)).toHaveLength(290)
    access.clock.offsetMs = 0
  })

  it('are all there are: a person who is denied each account sees an empty list', async () => {
    const lines = [large, small].map((account) => ['DENY', 'orders:read', account] as const)
    const person = await limited('OPERATOR', ...lines)
    expect(await walk(person, '/v1/orders')).toEqual([])
    // an account that is connected later is not among the denied ones
    expect((await ask(person, '/v1/permissions/explain?permission=orders:read')).body)
      .toMatchObject({ allowed: true, accounts: { only: null } })
  })
})

describe('buyers', () => {
  it('are shown for the accounts of a grant, and masked for the others', async () => {
    const person = await limited('VIEWER', ['GRANT', 'customers:read', small])
    const seen = await walk(person, '/v1/orders?include=customer', 100)
    const withBuyer = seen.filter(({ customer }) => customer?.phone)
    const masked = withBuyer.filter(isMasked)
    expect(accountsOf(masked)).toEqual([large])
    expect(accountsOf(withBuyer.filter((row) => !isMasked(row)))).toEqual([small])
    expect(masked.length).toBeGreaterThan(100)
    const one = (account: string) =>
      withBuyer.find((row) => row.marketplace_account_id === account)?.id ?? ''
    for (const [account, expected] of [[small, false], [large, true]] as const) {
      const { body } = await ask(person, `/v1/orders/${one(account)}`)
      expect(isMasked(body)).toBe(expected)
    }
  })

  it('are masked for the accounts of a denial, and shown for the others', async () => {
    const person = await limited('OPERATOR', ['DENY', 'customers:read', small])
    const seen = (await walk(person, '/v1/orders?include=customer', 100))
      .filter(({ customer }) => customer?.phone)
    expect(accountsOf(seen.filter(isMasked))).toEqual([small])
    expect(accountsOf(seen.filter((row) => !isMasked(row)))).toEqual([large])
  })

  it('are opened for the accounts of the limit alone', async () => {
    const person = await limited('OPERATOR', ['DENY', 'orders:read', large])
    const before = await opened()
    const seen = await walk(person, '/v1/orders?include=customer', 200)
    const buyers = seen.filter(({ customer }) => customer)
    expect(await opened() - before).toBe(4 * buyers.length)
  })
})

describe('accounts and runs', () => {
  it('of a denied account are not listed, and not there one by one', async () => {
    const person = await limited(
      'OPERATOR',
      ['DENY', 'accounts:read', large],
      ['DENY', 'runs:read', large],
    )
    const path = '/v1/marketplace-accounts'
    const { body } = await ask(person, path)
    expect(body.data.map(({ id }: Row) => id)).toEqual([small])
    expect(shapeOf(await ask(person, `${path}/${large}`)))
      .toBe(shapeOf(await ask(person, `${path}/${newId()}`)))
    expect((await ask(person, `${path}/${small}`)).status).toBe(200)
    expect((await ask(person, '/v1/marketplaces')).status).toBe(200)

    const all = await walk(access.owner, '/v1/runs', 1)
    const seen = await walk(person, '/v1/runs', 1)
    expect(accountsOf(all)).toHaveLength(2)
    expect(seen).toEqual(all.filter((run) => run.marketplace_account_id === small))
    const hidden = all.find((run) => run.marketplace_account_id === large)
    expect(shapeOf(await ask(person, `/v1/runs/${hidden?.id}`)))
      .toBe(shapeOf(await ask(person, `/v1/runs/${newId()}`)))
    expect((await ask(person, `/v1/runs/${seen[0]?.id}`)).status).toBe(200)
    expect((await ask(person, `/v1/runs?account=${large}`)).body.data).toEqual([])
    expect(await walk(person, `/v1/runs?account=${small}`, 1)).toEqual(seen)
  })

  it('are synced for the accounts of a grant; another is one that is not there', async () => {
    const person = await limited('VIEWER', ['GRANT', 'accounts:sync', small])
    const sync = (account: string) =>
      ask(person, `/v1/marketplace-accounts/${account}/sync`, { method: 'POST' })
    const count = async () => (await walk(access.owner, '/v1/runs', 200)).length
    const before = await count()
    expect(shapeOf(await sync(large))).toBe(shapeOf(await sync(newId())))
    expect(await count()).toBe(before)
    const started = await sync(small)
    expect([started.status, started.body.run.marketplace_account_id]).toEqual([202, small])
    expect(await count()).toBe(before + 1)
  })
})

describe('a route', () => {
  it('heeds limits wherever its permission can have one', () => {
    const permissions = createPermissions()
    const byAccount = access.app.routes
      .filter(({ permission }) => permissions.get(permission)?.byAccount)
    expect(byAccount.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      ...[
        'get /v1/dead-letters',
        'get /v1/marketplace-accounts',
        'get /v1/marketplace-accounts/{id}',
        'get /v1/marketplace-accounts/{id}/credential-events',
        'get /v1/marketplace-accounts/{id}/health',
        'get /v1/marketplaces',
      ],
      ...['get /v1/orders', 'get /v1/orders/{id}', 'get /v1/runs', 'get /v1/runs/{id}'],
      'get /v1/erasures',
      ...['get /v1/orders/{id}/timeline', 'get /v1/shipments', 'get /v1/shipments/{id}'],
      ...['get /v1/returns', 'get /v1/returns/{id}', 'get /v1/payouts', 'get /v1/payouts/{id}'],
      'get /v1/payouts/{id}/lines',
      ...['get /v1/processing', 'get /v1/processing/{id}', 'get /v1/processing/{id}/lines'],
      ...['post /v1/processing', 'get /v1/manifests', 'get /v1/manifests/{id}'],
      ...['post /v1/manifests/{id}/close', 'get /v1/orders/{id}/documents'],
      'post /v1/manifests/{id}/shipments',
      'get /v1/documents/{id}',
      ...['get /v1/listings', 'get /v1/listings/unmapped', 'post /v1/listings'],
      ...['get /v1/imports', 'get /v1/imports/{id}', 'get /v1/imports/{id}/lines'],
      ...['post /v1/imports', 'post /v1/imports/{id}/cancel'],
      ...['post /v1/uploads', 'get /v1/uploads/{id}'],
      ...['post /v1/uploads/{id}/complete', 'post /v1/uploads/{id}/import'],
      ...[
        'patch /v1/marketplace-accounts/{id}',
        'patch /v1/marketplace-accounts/{id}/schedules/{target}',
        'post /v1/dead-letters/{id}/dismiss',
        'post /v1/dead-letters/{id}/redrive',
        'post /v1/marketplace-accounts/{id}/backfill',
        'post /v1/marketplace-accounts/{id}/sync',
        'post /v1/orders/{id}/reveal',
      ],
    ].toSorted())
    for (const { limitsAccounts, path } of byAccount) expect(limitsAccounts, path).toBe(true)
  })
})
