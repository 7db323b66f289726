/** A page is stored whole or not at all: every row that was received is accounted for. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noCounts } from '../../core/ledger/store-page.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { asSuperuser, type Connection, countRows, outcomeOf } from './attempts.ts'
import { item, type Ledger, linesOf, minutes, openLedger, order, page } from './ledger.ts'

let fresh: FreshDatabase
let admin: Connection
let ledger: Ledger
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  admin = await asSuperuser(fresh)
})
beforeEach(async () => {
  ledger = await openLedger(fresh)
  return ledger.close
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

const ofSeller = (table: string) => countRows(admin, table, `seller_id = '${ledger.sellerId}'`)
const runCounts = async () => {
  const [run] = await admin.sql`
    select pages, received, new_rows, changed, unchanged, rejected, rejected_reasons from job_runs
    where id = ${ledger.runId}`
  return run
}

describe('an order that stands twice in one page', () => {
  it('is stored in its newer form, and both are counted', async () => {
    const rows = [
      order('o', 1, { items: [item('1')] }),
      order('o', 3, { status: 'SHIPPED', items: [item('1'), item('2'), item('3')] }),
      order('o', 2, { items: [] }),
      order('p', 1),
    ]
    const counts = await ledger.one.storePage(page(rows))
    expect(counts).toMatchObject({ received: 4, created: 2, changed: 0, unchanged: 2, rejected: 0 })
    const read = await ledger.one.read('o')
    expect(read).toMatchObject({ status: 'SHIPPED', item_count: 3 })
    expect(linesOf(read)).toEqual(['1', '2', '3'])
  })
})

describe('a page with rows that cannot be stored', () => {
  const holds = async (bad: Parameters<typeof order>[2]): Promise<void> => {
    const counts = await ledger.one.storePage(page([order('good', 1), order('bad', 1, bad)]))
    expect(counts).toMatchObject({ received: 2, created: 1, rejected: 1 })
    expect(await ledger.one.read('good')).not.toBe(null)
    expect(await ofSeller('quarantined_rows')).toBe(1)
  }
  it('holds back a row that has not the form of the contract', () => holds({ currency: 'rupees' }))
  // stored as it is, it would stop its account for good: every run would meet it again
  it('holds back an order with one line twice', () => holds({ items: [item('1'), item('1')] }))
  it('holds back text that PostgreSQL cannot hold', () => holds({ rawStatus: 'a\u0000b' }))
  it('holds back a time that PostgreSQL cannot hold', () =>
    holds({ orderedAt: new Date(-8.64e15) }))
})

describe('a rejected row', () => {
  const raw = JSON.stringify({ id: 'x', buyer: 'Asha Rao' })
  const rejected = [{ key: 'x', reason: 'not-ours', raw }]

  it('that comes twice, in one page or in two, is kept once and counted each time', async () => {
    const twice = page([order('o', 1)], { rejected: [...rejected, ...rejected], received: 3 })
    const first = await ledger.one.storePage(twice)
    expect(first).toMatchObject({ received: 3, rejected: 2, reasons: { 'not-ours': 2 } })
    const second = await ledger.two.storePage(twice, first, 1)
    expect(second).toMatchObject({ received: 6, rejected: 4, reasons: { 'not-ours': 4 } })
    expect(await ofSeller('quarantined_rows')).toBe(1)
    expect(await runCounts()).toEqual({
      ...{ pages: 2, received: 6, new_rows: 1, changed: 0, unchanged: 1, rejected: 4 },
      rejected_reasons: { 'not-ours': 4 },
    })
  })

  it('is sealed as it came', async () => {
    await ledger.one.storePage(page([], { rejected }))
    const rows = await admin.sql`
      select raw_enc, external_key, reason from quarantined_rows
      where seller_id = ${ledger.sellerId}`
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain('Asha')
    expect(new TextDecoder().decode(rows[0]?.raw_enc)).not.toContain('Asha')
    expect(rows[0]?.raw_enc.length).toBeGreaterThan(raw.length)
  })
})

describe('received = new + changed + unchanged + rejected', () => {
  const nothingStored = async () => {
    expect(await ofSeller('orders')).toBe(0)
    expect(await ofSeller('quarantined_rows')).toBe(0)
    expect(await ofSeller('audit_events')).toBe(0)
    expect(await ofSeller('sync_cursors')).toBe(0)
    expect(await runCounts()).toMatchObject({ pages: 0, received: 0 })
  }

  it('or nothing of the page is stored', async () => {
    const rejected = [{ reason: 'not-ours', raw: '{}' }]
    for (const received of [1, 2, 4]) {
      const wrong = page([order('o', 1), order('p', 1)], { rejected, received })
      expect(await outcomeOf(() => ledger.one.storePage(wrong))).toBe('23514')
      await nothingStored()
    }
    const right = page([order('o', 1), order('p', 1)], { rejected, received: 3 })
    expect(await outcomeOf(() => ledger.one.storePage(right))).toBe('accepted')
  })

  it('also when another worker has stored the page: nothing of it is stored twice', async () => {
    const pages = [page([order('o', 1)]), page([order('o', 2)])]
    const outcomes = await Promise.all([
      outcomeOf(() => ledger.one.storePage(pages[0] ?? page([]))),
      outcomeOf(() => ledger.two.storePage(pages[1] ?? page([]))),
    ])
    expect(outcomes.toSorted()).toEqual(['accepted', 'lease-lost'])
    expect(await runCounts()).toMatchObject({ pages: 1, received: 1, new_rows: 1 })
    const isFirst = outcomes[0] === 'accepted'
    const read = await ledger.one.read('o')
    expect(read?.source_updated_at).toEqual(minutes(isFirst ? 1 : 2))
  })

  it('also for a run over a window that two workers have in hand', async () => {
    const outcomes = await Promise.all([
      outcomeOf(() => ledger.one.storePage(page([order('o', 1)]), noCounts, null)),
      outcomeOf(() => ledger.two.storePage(page([order('p', 1)]), noCounts, null)),
    ])
    const stored = outcomes.filter((outcome) => outcome === 'accepted').length
    expect(await runCounts()).toMatchObject({ pages: stored, received: stored })
  })

  it('also for a page of nothing, which still moves the cursor', async () => {
    const counts = await ledger.one.storePage(page([], { cursor: { at: 'end' } }))
    expect(counts).toEqual({ ...noCounts, pages: 1 })
    const [cursor] = await admin.sql`
      select cursor, seq::int from sync_cursors where seller_id = ${ledger.sellerId}`
    expect(cursor).toEqual({ cursor: { at: 'end' }, seq: 1 })
    expect(await ofSeller('audit_events')).toBe(0)
  })
})
