/** Orders of two workers that meet, and of a marketplace that tells them again, late or in part. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { asSuperuser, type Connection, countRows, outcomeOf } from './attempts.ts'
import {
  item,
  type Ledger,
  linesOf,
  minutes,
  openLedger,
  order,
  page,
  waitingForLock,
} from './ledger.ts'

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

const countOrders = () => countRows(admin, 'orders', `seller_id = '${ledger.sellerId}'`)
/** Another version of a row has another transaction and another place. */
const versions = () =>
  admin.sql`
    select tableoid::regclass::text as table, xmin::text, ctid::text from orders
    where seller_id = ${ledger.sellerId}
    union all select tableoid::regclass::text, xmin::text, ctid::text from order_items
    where seller_id = ${ledger.sellerId}
    union all select tableoid::regclass::text, xmin::text, ctid::text from audit_events
    where seller_id = ${ledger.sellerId}
    order by 1, 2, 3`

describe('two workers that insert one new order at once', () => {
  /** The first holds its row until the second waits for it. */
  const race = async (first: ReturnType<typeof order>, second: ReturnType<typeof order>) => {
    // both have keys before they meet
    await ledger.one.store([order('before', 0)])
    await ledger.two.store([order('before', 0)])
    const held = Promise.withResolvers<void>()
    const one = ledger.one.store([first], () => {
      held.resolve()
      return waitingForLock(admin, 1)
    })
    await held.promise
    const two = ledger.two.store([second])
    return await Promise.all([one, two])
  }

  it('leave one order that both can read, with its lines', async () => {
    await race(order('o', 1), order('o', 1))
    expect(await countOrders()).toBe(2)
    for (const worker of [ledger.one, ledger.two]) {
      const read = await worker.read('o')
      expect(linesOf(read)).toEqual(['1', '2'])
      expect(read?.item_count).toBe(2)
      expect(read?.customer).toMatchObject({ name: 'Buyer of o', address: { city: 'Pune' } })
    }
  })

  it('leave the newer one of two, when it comes second', async () => {
    const newer = { status: 'SHIPPED', items: [item('1', { quantity: 3 }), item('2')] } as const
    await race(order('o', 1), order('o', 2, newer))
    const read = await ledger.one.read('o')
    expect(read).toMatchObject({ status: 'SHIPPED', item_count: 2 })
    expect(read?.items.map(({ quantity }) => quantity)).toEqual([3, 1])
  })

  it('leave the newer one of two, when it comes first', async () => {
    const newer = { status: 'SHIPPED', items: [item('1')] } as const
    const [, second] = await race(order('o', 2, newer), order('o', 1))
    expect(second).toMatchObject({ created: 0, changed: 0, unchanged: 1 })
    const read = await ledger.two.read('o')
    expect(read).toMatchObject({ status: 'SHIPPED', item_count: 1 })
    expect(linesOf(read)).toEqual(['1'])
  })

  // the first's lines are not in the snapshot of a statement that began before its COMMIT
  it('leave no line that the newer one does not have', async () => {
    await race(order('o', 1), order('o', 2, { items: [item('1')] }))
    const read = await ledger.one.read('o')
    expect(read?.item_count).toBe(1)
    expect(linesOf(read)).toEqual(['1'])
  })

  it('write one row version when they bring the same', async () => {
    const counts = await race(order('o', 1), order('o', 1))
    expect(counts.map(({ created }) => created).toSorted()).toEqual([0, 1])
    expect(counts.map(({ changed }) => changed)).toEqual([0, 0])
  })

  it('do not deadlock over pages in different orders', async () => {
    const names = ['a', 'b', 'c']
    const first = names.map((name) => order(name, 1))
    await ledger.one.store(first)
    // `b` is held until both wait behind it, each with a row that the other wants next
    const holder = await asSuperuser(fresh)
    const again = (at: number) => names.map((name) => order(name, at))
    const running = await holder.sql.begin(async (tx) => {
      await tx`select from orders where external_order_id = 'b' for update`
      const both = [
        outcomeOf(() => ledger.one.store(again(2).toReversed())),
        outcomeOf(() => ledger.two.store(again(3))),
      ]
      await waitingForLock(admin, 2)
      // not awaited in here: they wait for the end of this transaction
      return { both }
    })
    const outcomes = await Promise.all(running.both)
    await holder.close()
    expect(outcomes).toEqual(['accepted', 'accepted'])
  })
})

describe('an order that comes again', () => {
  it('unchanged writes no row version and no audit event', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => order(`o${i}`, i))
    const counts = await ledger.one.storePage(page(rows))
    expect(counts).toMatchObject({ created: 20, changed: 0, unchanged: 0 })
    const before = await versions()
    expect(before).toHaveLength(20 + 40 + 1)
    let last = counts
    for (const [seq, worker] of [ledger.one, ledger.two].entries()) {
      last = await worker.storePage(page(rows), last, seq + 1)
      expect(last).toMatchObject({ created: 20, changed: 0, unchanged: 20 * (seq + 1) })
    }
    expect(await versions()).toEqual(before)
  })

  it('older never overwrites what is newer', async () => {
    const newer = order('o', 5, { status: 'SHIPPED', rawStatus: 'Shipped', items: [item('1')] })
    await ledger.one.store([newer])
    const before = await versions()
    const older = order('o', 4, { status: 'PACKED', rawStatus: 'Packed' })
    expect(await ledger.two.store([older])).toMatchObject({ changed: 0, unchanged: 1 })
    expect(await versions()).toEqual(before)
  })

  it('older leads further, if its state does, and changes nothing else', async () => {
    const newer = order('o', 5, { status: 'SHIPPED', rawStatus: 'Shipped', items: [item('1')] })
    await ledger.one.store([newer])
    const older = order('o', 4, { status: 'DELIVERED', rawStatus: 'Delivered', totalPaise: 1 })
    expect(await ledger.two.store([older])).toMatchObject({ changed: 1, unchanged: 0 })
    const after = await ledger.one.read('o')
    expect(after).toMatchObject({
      ...{ status: 'DELIVERED', raw_status: 'Shipped', source_updated_at: minutes(5) },
      ...{ total_paise: newer.totalPaise, item_count: 1 },
    })
    const again = await versions()
    expect(await ledger.two.store([older])).toMatchObject({ changed: 0, unchanged: 1 })
    expect(await versions()).toEqual(again)
  })

  it('moves its state forward only, and keeps it at a word that nobody knows', async () => {
    const states = async () => {
      const read = await ledger.one.read('o')
      return [read?.status, read?.raw_status]
    }
    const steps = [
      ['SHIPPED', 'Shipped', 'SHIPPED'],
      ['PACKED', 'Packed again', 'SHIPPED'],
      [null, 'Ganz neu', 'SHIPPED'],
      ['DELIVERED', 'Delivered', 'DELIVERED'],
      // of the same rank: what has ended stays as it ended
      ['CANCELLED', 'Cancelled', 'DELIVERED'],
    ] as const
    for (const [i, [status, rawStatus, stored]] of steps.entries()) {
      expect(await ledger.one.store([order('o', i, { status, rawStatus })]))
        .toMatchObject({ created: i === 0 ? 1 : 0, changed: i === 0 ? 0 : 1 })
      expect(await states()).toEqual([stored, rawStatus])
    }
  })

  it('with less than before keeps what is sealed, and what was clear', async () => {
    await ledger.one.store([order('o', 1)])
    const told = await ledger.one.read('o')
    const less = { customer: null, stateCode: null, fulfilledBy: null, totalPaise: null }
    await ledger.two.store([order('o', 2, less)])
    const some = { name: null, phone: '9811111111', email: 'b@example.in', address: null }
    await ledger.two.store([order('o', 3, { customer: some })])
    for (const worker of [ledger.one, ledger.two]) {
      const read = await worker.read('o')
      expect(read?.customer).toEqual({
        ...told?.customer,
        phone: '9811111111',
        email: 'b@example.in',
      })
      expect(read).toMatchObject({ state_code: '27', fulfilled_by: 'SELLER', total_paise: 99_800 })
    }
  })

  it('loses the lines that are gone, and keeps what was known of the others', async () => {
    await ledger.one.store([order('o', 1, { items: [item('1'), item('2'), item('3')] })])
    const items = [item('3', { totalPaise: null, quantity: 2 }), item('4')]
    await ledger.one.store([order('o', 2, { items }), order('other', 1)])
    const read = await ledger.one.read('o')
    expect(linesOf(read)).toEqual(['3', '4'])
    expect(read?.items[0]).toMatchObject({ quantity: 2, total_paise: 49_900 })
    expect(linesOf(await ledger.one.read('other'))).toEqual(['1', '2'])
    await ledger.one.store([order('o', 3, { items: [] })])
    expect(await ledger.one.read('o')).toMatchObject({ item_count: 0, items: [] })
  })
})
