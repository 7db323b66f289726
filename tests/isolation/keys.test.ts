/** Keys, references and views tell one seller nothing of another (quality M1 to M4, M10, S6). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withOperations } from '../../core/db/operations.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import {
  asSuperuser,
  type Connection,
  countRows,
  errorOf,
  inScope,
  leaseWork,
  outcomeOf,
} from './attempts.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let b: TestSeller
let accountOfA: string
let runOfA: string
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
  accountOfA = await makeAccount(fresh, a)
  runOfA = (await leaseWork(fresh, a, accountOfA)).runId
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

const asB = (text: string) => inScope(fresh.db, b.entry, text)
/** The error for an id of A's and for one that does not exist, each with the id left out. */
const answersFor = async (idOfA: string, textFor: (id: string) => string) => {
  const answer = async (id: string) =>
    JSON.parse(JSON.stringify(await errorOf(() => asB(textFor(id)))).replaceAll(id, 'the id'))
  return [await answer(idOfA), await answer(newId())] as const
}

describe('a reference to a row of another seller', () => {
  const writes: Readonly<Record<string, readonly [() => string, (id: string) => string]>> = {
    'from a cursor to its account': [() => accountOfA, (id) => `
      insert into sync_cursors (seller_id, marketplace_account_id, target, cursor, seq)
      values ('${b.sellerId}', '${id}', 'ORDERS', '{}', 1)`],
    'from a schedule to its account': [() => accountOfA, (id) => `
      insert into schedules (seller_id, marketplace_account_id, target, cron, next_run_at)
      values ('${b.sellerId}', '${id}', 'ORDERS', '* * * * *', now())`],
    'from a rate bucket to its account': [() => accountOfA, (id) => `
      select take_permit('${id}', 'getOrders', 1, 1, 1)`],
    'from a run to its account': [() => accountOfA, (id) => `
      insert into job_runs (seller_id, id, marketplace_account_id, target, reason)
      values ('${b.sellerId}', '${newId()}', '${id}', 'ORDERS', 'manual')`],
    'from a first page to its account': [() => accountOfA, (id) => `
      select advance_cursor('${id}', 'ORDERS', '{}', 0)`],
    'from an account to its creator': [() => a.userId, (id) => `
      insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name,
        created_by_user_id)
      select '${b.sellerId}', '00000000-0000-7000-8000-000000000000', id, 'x', 'x', '${id}'
      from marketplaces`],
    'from a line to its order': [() => runOfA, (id) => `
      insert into order_items (seller_id, id, order_id, line, external_item_id, quantity)
      values ('${b.sellerId}', '00000000-0000-7000-8000-000000000000', '${id}', 1, 'x', 1)`],
  }
  for (const [name, [idOfA, textFor]] of Object.entries(writes)) {
    it(`${name} is refused as one to nothing is`, async () => {
      const [foreign, missing] = await answersFor(idOfA(), textFor)
      expect(foreign).toMatchObject({ code: '23503' })
      expect(foreign).toEqual(missing)
    })
  }

  it('from an order to its run is refused as one to nothing is', async () => {
    const account = await makeAccount(fresh, b)
    const [foreign, missing] = await answersFor(runOfA, (id) => `
      insert into orders (seller_id, id, marketplace_account_id, external_order_id, status,
        status_rank, raw_status, on_hold, ordered_at, source_updated_at, currency, item_count,
        content_hash, job_run_id)
      values ('${b.sellerId}', '00000000-0000-7000-8000-000000000000', '${account}', 'x', 'NEW', 0,
        'x', false, now(), now(), 'INR', 0, '', '${id}')`)
    expect(foreign).toMatchObject({ code: '23503' })
    expect(foreign).toEqual(missing)
  })

  it('holds up nothing that its owner does', async () => {
    const account = await makeAccount(fresh, a)
    await outcomeOf(() => asB(`select take_permit('${account}', 'getOrders', 1, 1, 1)`))
    const { count } = await admin.sql`delete from marketplace_accounts where id = ${account}`
    expect(count).toBe(1)
  })
})

describe('a value that another seller has', () => {
  it('is free for this one, as an id and as an external id', async () => {
    const externalAccountId = `shop-${newId()}`
    const first = await makeAccount(fresh, a, { externalAccountId })
    const second = `
      insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name)
      select '${b.sellerId}', '${first}', id, '${externalAccountId}', 'x' from marketplaces
      where code = 'BAZAAR' returning id`
    expect(await asB(second)).toEqual([{ id: first }])
    expect(await outcomeOf(() => asB(second))).toBe('23505')
    expect(await countRows(admin, 'marketplace_accounts', `id = '${first}'`)).toBe(2)
  })

  it('is neither met nor overwritten by ON CONFLICT', async () => {
    const text = (seller: TestSeller, name: string) => `
      insert into sync_cursors (seller_id, marketplace_account_id, target, cursor, seq)
      values ('${seller.sellerId}', '${account}', 'ORDERS', '"${name}"', 1)
      on conflict (seller_id, marketplace_account_id, target) do update set cursor = excluded.cursor
      returning seller_id, cursor`
    const account = await makeAccount(fresh, a)
    await admin.sql`
      insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name)
      select ${b.sellerId}, id, marketplace_id, external_account_id, name
      from marketplace_accounts where id = ${account}`
    await inScope(fresh.db, a.entry, text(a, 'of a'))
    expect(await asB(text(b, 'of b'))).toEqual([{ seller_id: b.sellerId, cursor: 'of b' }])
    const kept = await inScope(fresh.db, a.entry, 'select cursor from sync_cursors')
    expect(kept).toEqual([{ cursor: 'of a' }])
  })
})

describe('a view', () => {
  const seenBy = async (options: string): Promise<readonly unknown[]> => {
    const name = `view_${newId().replaceAll('-', '')}`
    await admin.sql.unsafe(`create view ${name} ${options} as select id from sellers;
      grant select on ${name} to robnu_tenant`)
    return (await asB(`select id from ${name}`)).map(({ id }) => id)
  }
  it('with security_invoker shows what its reader may see', async () => {
    expect(await seenBy('with (security_invoker = true)')).toEqual([b.sellerId])
  })
  it('without it shows everything, so that no such view may be there', async () => {
    expect(await seenBy('')).toEqual(expect.arrayContaining([a.sellerId, b.sellerId]))
  })
})

it('no number counts what all sellers do together', async () => {
  expect(await countRows(admin, 'pg_sequences')).toBe(0)
  expect(await countRows(admin, 'information_schema.columns', `is_identity = 'YES'`)).toBe(0)
  // a check that sees nothing would prove nothing
  await withOperations(fresh.urls.owner, async (sql) => {
    await sql`create sequence numbers`
    expect(await countRows(admin, 'pg_sequences')).toBe(1)
    await sql`drop sequence numbers`
  })
})
