/** The seller's own settings, its accounts, and what no body of these routes may carry. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hasCode } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { createAccounts } from '../../core/ledger/accounts.ts'
import { silentLog } from '../../core/log.ts'
import { sweepSchedules } from '../../core/queues/sweep-schedules.ts'
import { withAdapter } from '../ledger/support/adapters.ts'
import { openWorld, type World as Shop } from '../support/bazaar/world.ts'
import { makeSeller } from '../support/database.ts'
import { type Answer, type Member, openTenancyWorld, type World } from './world.ts'

let world: World
let owner: Member
beforeAll(async () => {
  world = await openTenancyWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  owner = await world.owner()
})

const outcome = ({ status, body }: Answer) => status < 400 ? status : body.code
const change = (json: object, as: Member = owner) =>
  world.ask('/v1/seller', { cookie: as.cookie, method: 'PATCH', json })

describe('the seller', () => {
  it('is seen by all of its people, and by them alone', async () => {
    for (const role of ['ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] as const) {
      const member = await world.addMember(owner.sellerId, role)
      const { status, body } = await world.ask('/v1/seller', member)
      expect([role, status, body.id]).toEqual([role, 200, owner.sellerId])
    }
    const other = await world.ask('/v1/seller', await world.owner())
    expect(other.body.id).not.toBe(owner.sellerId)
    const { body } = await world.ask('/v1/seller', owner)
    expect(body).toMatchObject({
      plan: 'EARLY_ACCESS',
      status: 'ACTIVE',
      suspension: null,
      support_consent: 'REQUIRED',
      usage: { limit: null, today: 0 },
      warning: null,
    })
    expect(body.usage.days).toHaveLength(30)
  })

  it('is changed by its OWNER, and every change is written down with what was before', async () => {
    const { body: before } = await world.ask('/v1/seller', owner)
    const changed = await change({ name: '  महाराष्ट्र Traders ', support_consent: 'NOTIFY' })
    expect(changed.body).toMatchObject({ name: 'महाराष्ट्र Traders', support_consent: 'NOTIFY' })
    expect(outcome(await change({ support_consent: 'NOTIFY' }))).toBe(200)
    const target = `seller:${owner.sellerId}`
    expect(await world.auditOf(owner.sellerId)).toEqual([
      {
        ...{ action: 'seller.renamed', target, actor: owner.userId },
        data: { from: before.name, to: 'महाराष्ट्र Traders' },
      },
      {
        ...{ action: 'seller.consent-changed', target, actor: owner.userId },
        data: { from: 'REQUIRED', to: 'NOTIFY' },
      },
    ])
  })

  it('is changed by nobody else', async () => {
    const before = (await world.ask('/v1/seller', owner)).body
    for (const role of ['ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] as const) {
      const member = await world.addMember(owner.sellerId, role)
      expect(outcome(await change({ support_consent: 'NOTIFY' }, member))).toBe('forbidden')
    }
    for (const json of [{}, { name: '' }, { name: 'a\u202eb' }, { support_consent: 'NEVER' }]) {
      expect(outcome(await change(json)), JSON.stringify(json)).toBe('invalid-request')
    }
    expect((await world.ask('/v1/seller', owner)).body).toEqual(before)
  })
})

describe('any number of accounts', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await openWorld()
  })
  afterAll(() => shop.close())

  it('is fifty of one marketplace: each is its own, and each is swept', async () => {
    const seller = await makeSeller(shop.fresh.db)
    const accounts = createAccounts({
      ...shop.deps,
      ...withAdapter(shop, { verify: () => Promise.resolve() }),
    })
    const [first] = shop.sandbox.accounts
    const connect = (n: number) => {
      const shop_id = `SHOP-${5000 + n}`
      return accounts.connect(seller.entry, {
        ...{ marketplace: 'BAZAAR', external_account_id: shop_id, name: `Stall ${n}` },
        details: { ...first?.details as object, shop_id },
        credentials: first?.credentials,
      })
    }
    for (let n = 0; n < 50; n++) await connect(n)
    const listed = await accounts.list(seller.entry)
    expect(new Set(listed.map(({ id }) => id)).size).toBe(50)
    expect(new Set(listed.map((one) => one.external_account_id)).size).toBe(50)
    const again = await connect(7).catch((error: unknown) => error)
    expect(hasCode(again, 'account-exists')).toBe(true)

    // the first sync of each has its own run, in a group of its own
    const rows = await shop.fresh.asSuperuser((admin) =>
      admin`select group_key from outbox where seller_id = ${seller.sellerId}`
    )
    expect(rows.map((row) => row.group_key).toSorted())
      .toEqual(listed.map(({ id }) => id).toSorted())
    await shop.fresh.asSuperuser(async (admin) => {
      await admin`update work_items set state = 'DONE' where seller_id = ${seller.sellerId}`
      await admin`update schedules set next_run_at = now() where seller_id = ${seller.sellerId}`
    })
    const now = () => new Date(Date.now() + 1_000)
    const asked = { now, queueOf: () => 'account-sync', log: silentLog }
    expect(await sweepSchedules(shop.fresh.db, asked)).toEqual({ due: 50, created: 50 })
  })
})

it('no body of any route takes a member that it does not name', async () => {
  const columns = await world.fresh.asSuperuser(async (admin) =>
    (await admin`select distinct column_name as name from information_schema.columns
      where table_schema = 'public'`).map(({ name }) => String(name))
  )
  expect(columns.length).toBeGreaterThan(100)
  const routes = world.app.routes.filter(({ body }) => body instanceof z.ZodType)
  expect(routes.length).toBeGreaterThan(15)
  for (const { method, path, body, examples } of routes) {
    const schema = body as z.ZodType
    const given = examples?.body as object
    const name = `${method} ${path}`
    for (const more of columns.filter((column) => !namesOf(schema).has(column))) {
      const { error } = schema.safeParse({ ...given, [more]: newId() })
      expect(JSON.stringify(error?.issues), `${name} with ${more}`).toContain('unrecognized_keys')
    }
  }
  const stray = await world.ask('/v1/invitations', {
    cookie: owner.cookie,
    json: { email: 'ravi@example.in', role: 'VIEWER', seller_id: newId() },
  })
  expect(outcome(stray)).toBe('invalid-request')
})

/** The members of a body, of whichever of its forms. */
const namesOf = (schema: z.ZodType): ReadonlySet<string> => {
  const { properties = {}, anyOf = [], oneOf = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  })
  const forms = [{ properties }, ...anyOf, ...oneOf]
  return new Set(forms.flatMap((form) => Object.keys(form.properties ?? {})))
}
