/** The decrypt ledger as its seller reads it, and the drill across sellers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDrill } from '../../core/audit/breach.ts'
import { createOpenings, type OpeningFilters } from '../../core/audit/openings.ts'
import { openingPurposes, purposeSentence } from '../../core/crypto/purposes.ts'
import { plainStatement } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'

let fresh: FreshDatabase
let a: TestSeller
let b: TestSeller
let order: string
const staff = { admin: newId(), impersonation: newId() }
const run = newId()

beforeAll(async () => {
  const ledgerHasMore = 'forged rows: a ledger of days that are long past'
  fresh = await freshDatabase({ ledgerHasMore })
  ;[a, b] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
  const account = await makeAccount(fresh, a)
  order = newId()
  await fresh.asSuperuser(async (admin) => {
    await admin`insert into super_admins (id, email, name, password_hash, totp_secret_enc)
      values (${staff.admin}, 'meera@robnu.in', 'Meera', 'none', '\\x00')`
    await admin`insert into impersonation_sessions (seller_id, id, super_admin_id, staff_name, mode,
        consent, reason, ticket, minutes, expires_at)
      values (${a.sellerId}, ${staff.impersonation}, ${staff.admin}, 'Meera', 'READ_ONLY', 'REQUIRED',
        'A parcel was lost', 'T-1', 30, now())`
    await admin`insert into job_runs (seller_id, id, marketplace_account_id, target, reason, state)
      values (${a.sellerId}, ${run}, ${account}, 'ORDERS', 'manual', 'QUEUED')`
    await admin`insert into orders (seller_id, id, marketplace_account_id, external_order_id, status,
        status_rank, raw_status, on_hold, ordered_at, source_updated_at, currency, item_count,
        content_hash, job_run_id, created_at)
      values (${a.sellerId}, ${order}, ${account}, 'O-1', 'NEW', 0, 'x', false, now(), now(), 'INR', 0,
        '', ${run}, '2026-01-10T12:00:00Z')`
  })
  const at = (day: string, time = '10:00') => `2026-01-${day}T${time}:00+05:30`
  await tell(a, at('05'), `user:${a.userId}`, 'orders.list', 'orders', [order], 2)
  await tell(a, at('10', '00:30'), `user:${a.userId}`, 'orders.list', 'orders', [order, newId()], 4)
  await tell(a, at('10', '23:30'), `run:${newId()}`, 'sync', 'bazaar_account_details', [account], 1)
  await tell(a, at('10', '23:40'), `run:${newId()}`, 'sync', 'bazaar_account_details', [account], 1)
  const inside = `staff:${staff.admin}/${staff.impersonation}`
  await tell(a, at('11'), inside, 'orders.reveal', 'orders', [order], 3, 'Lost parcel')
  await tell(b, at('11'), `key:${newId()}`, 'orders.list', 'orders', [newId()], 1)
  await tell(b, at('20'), `push:${newId()}`, 'webhook', 'bazaar_account_details', [newId()], 1)
})
afterAll(() => fresh?.close())

const tell = (
  { sellerId }: TestSeller,
  at: string,
  actor: string,
  purpose: string,
  table: string,
  rows: readonly string[],
  opened: number,
  reason: string | null = null,
) =>
  fresh.asSuperuser((admin) =>
    admin`insert into decrypt_ledger (seller_id, id, actor, purpose, table_name, columns, row_ids,
        opened, reason, created_at)
      values (${sellerId}, ${newId()}, ${actor}, ${purpose}, ${table},
        ${table === 'orders' ? ['customer_name_enc', 'address_enc'] : ['api_key_enc']},
        ${[...rows]}, ${opened}, ${reason}, ${at})`
  )
const openings = () => createOpenings(fresh.db)
const valuesOf = async (filters: OpeningFilters, seller = a) =>
  (await openings().list(seller.entry, { filters, limit: 50 })).openings.map(({ opened }) => opened)

describe('the list of openings', () => {
  it('says who, why, which columns of which rows, and how many; staff by their name', async () => {
    const { openings: [newest] } = await openings().list(a.entry, { filters: {}, limit: 1 })
    expect(newest).toMatchObject({
      at: new Date('2026-01-11T04:30:00Z'),
      actor: {
        kind: 'staff',
        super_admin_id: staff.admin,
        impersonation_session_id: staff.impersonation,
        staff_name: 'Meera',
        user_id: null,
      },
      ...{ purpose: 'orders.reveal', reason: 'Lost parcel', table: 'orders', opened: 3 },
      sentence: openingPurposes['orders.reveal'],
      ...{ columns: ['customer_name_enc', 'address_enc'], row_ids: [order], undone: false },
    })
  })

  it('comes in pages that leave nothing out, newest first', async () => {
    const found: number[] = []
    let after: { at: string; id: string } | undefined
    for (let page = 0; page < 10; page++) {
      const got = await openings().list(a.entry, { filters: {}, limit: 2, ...after && { after } })
      found.push(...got.openings.map(({ opened }) => opened))
      if (got.next === null) break
      after = got.next
    }
    expect(found).toEqual([3, 1, 1, 4, 2])
  })

  it('is filtered by purpose, kind, person, table, order and days', async () => {
    expect(await valuesOf({ purpose: 'sync' })).toEqual([1, 1])
    expect(await valuesOf({ kind: 'staff' })).toEqual([3])
    expect(await valuesOf({ actorUserId: a.userId })).toEqual([4, 2])
    expect(await valuesOf({ table: 'orders' })).toEqual([3, 4, 2])
    // what is told of a time before the order was here is none of it
    expect(await valuesOf({ orderId: order })).toEqual([3])
    expect(await valuesOf({ orderId: newId() })).toEqual([])
    const day = { from: new Date('2026-01-09T18:30:00Z'), to: new Date('2026-01-10T18:30:00Z') }
    expect(await valuesOf(day)).toEqual([1, 1, 4])
  })

  it('shows a seller nothing of another', async () => {
    expect(await valuesOf({}, b)).toEqual([1, 1])
    expect(await valuesOf({ orderId: order }, b)).toEqual([])
    expect(await valuesOf({ actorUserId: a.userId }, b)).toEqual([])
  })
})

it('counts by day of India, purpose and opener; all runs of a day are one', async () => {
  const range = { from: new Date('2026-01-01'), to: new Date('2026-02-01') }
  const days = await openings().daily(a.entry, range)
  expect(
    days.map(({ day, purpose, actor, openings, opened }) =>
      [day, purpose, actor.kind, actor.user_id ?? actor.staff_name, openings, opened].join(' ')
    ),
  ).toEqual([
    `2026-01-11 orders.reveal staff Meera 1 3`,
    `2026-01-10 orders.list user ${a.userId} 1 4`,
    `2026-01-10 sync run  2 2`,
    `2026-01-05 orders.list user ${a.userId} 1 2`,
  ])
  const one = { from: new Date('2026-01-10T18:30:00Z'), to: range.to }
  expect((await openings().daily(a.entry, one)).map(({ opened }) => opened)).toEqual([3])
})

it('has a sentence for every purpose, and the word itself for one of another release', () => {
  expect(Object.keys(openingPurposes).length).toBeGreaterThan(15)
  for (const [word, sentence] of Object.entries(openingPurposes)) {
    expect(word).toMatch(/^[a-z]+(?:\.[a-z-]+)?$/)
    expect(sentence, word).toMatch(/^[A-Z][^._{}]+$/)
  }
  expect(purposeSentence('orders.of-tomorrow')).toBe('orders.of-tomorrow')
})

describe('the breach drill', () => {
  const ask = {
    from: new Date('2026-01-01'),
    to: new Date('2026-01-15'),
    ...{ reason: 'A laptop was lost', by: 'ravi' },
  }
  const drill = async (more = {}) => {
    const { sellers, rowsOf } = await openDrill(fresh.db, { ...ask, ...more })
    const found = await Array.fromAsync(sellers())
    return { found, rowsOf }
  }

  it('names affected sellers with their buyers, fields, actors and days', async () => {
    const { found, rowsOf } = await drill()
    expect(found.map(({ seller_id }) => seller_id)).toEqual([a.sellerId, b.sellerId].toSorted())
    const [first] = found.filter(({ seller_id }) => seller_id === a.sellerId)
    if (!first) throw new Error('unreachable')
    expect(first).toMatchObject({ openings: 5, opened: 11, buyers: 2 })
    expect(first.tables).toEqual([
      { table: 'bazaar_account_details', rows: 1, columns: { api_key_enc: 2 } },
      { table: 'orders', rows: 2, columns: { address_enc: 3, customer_name_enc: 3 } },
    ])
    expect(first.actors.map(({ actor, opened }) => `${actor} ${opened}`)).toEqual([
      `user:${a.userId} 6`,
      `staff:${staff.admin}/${staff.impersonation} 3`,
      'run 2',
    ])
    expect(first.days.map(({ day, opened }) => [day, opened]))
      .toEqual([['2026-01-05', 2], ['2026-01-10', 6], ['2026-01-11', 3]])
    const rows = await Array.fromAsync(rowsOf(first))
    expect(rows.map(({ day, table, row_ids }) => [day, table, row_ids.length])).toEqual([
      ['2026-01-05', 'orders', 1],
      ['2026-01-10', 'bazaar_account_details', 1],
      ['2026-01-10', 'orders', 2],
      ['2026-01-11', 'orders', 1],
    ])
    // ids, and nothing that people wrote
    expect(JSON.stringify([found, rows])).not.toContain('Lost parcel')
  })

  it('may be of one seller, or of one actor with all their sessions', async () => {
    expect((await drill({ sellerId: b.sellerId })).found).toMatchObject([{ opened: 1, buyers: 1 }])
    const byStaff = await drill({ actor: `staff:${staff.admin}` })
    expect(byStaff.found).toMatchObject([{ seller_id: a.sellerId, opened: 3, buyers: 1 }])
    expect((await drill({ actor: `staff:${newId()}` })).found).toEqual([])
  })

  it('stands in the trail of the org before anything is read', async () => {
    const count = () =>
      fresh.asSuperuser(async (admin) => [
        ...await admin<{ data: string }[]>`
          select data from org_audit_events where action = 'breach.drilled' order by seq`,
      ])
    const before = (await count()).length
    await openDrill(fresh.db, { ...ask, actor: `staff:${staff.admin}` })
    const told = await count()
    expect(told).toHaveLength(before + 1)
    expect(JSON.parse(told.at(-1)?.data ?? '')).toEqual({
      ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-01-15T00:00:00.000Z' },
      ...{ reason: 'A laptop was lost', by: 'ravi', actor: `staff:${staff.admin}` },
    })
  })

  it('reads ids and counts with the platform login, and no reason that people wrote', async () => {
    const read = (column: string) =>
      fresh.db.withPlatformScope(
        'test',
        (tx) => tx.any(plainStatement(`select ${column} from decrypt_ledger`, [])),
      )
    await expect(read('row_ids')).resolves.not.toEqual([])
    await expect(read('reason')).rejects.toThrow('permission')
  })
})
