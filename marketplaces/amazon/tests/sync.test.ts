import { expect, test } from 'vitest'
import { distinctLines, standingAt } from '../sandbox/orders.ts'
import type { Cursor } from '../schemas.ts'
import { booksOf, connect, emptyLedger, pagesFrom, run, startWorld, store } from './support.ts'

const lagMs = 120_000

test('a whole walk brings what is in the books, for each account its own', async () => {
  const world = await startWorld()
  for (const at of [0, 1] as const) {
    const ledger = emptyLedger()
    await run(world, ledger, { at })
    const books = booksOf(at)
    expect(world.sandbox.accounts[at]?.orders).toBe(books.length)
    expect(new Set(ledger.orders.keys())).toEqual(new Set(books.map((order) => order.id)))
    expect(ledger.received).toBe(books.length)
    expect(ledger.rejected).toEqual([])
    for (const order of books) {
      const row = ledger.orders.get(order.id)
      const standing = standingAt(order, world.now() - lagMs)
      const told = standing?.status !== 'PENDING'
      expect(row?.updatedAt.getTime(), order.id).toBe(standing?.at)
      expect(row?.orderedAt.getTime()).toBe(order.createdAt)
      expect(row?.items.length).toBe(distinctLines(order).length)
      expect([row?.totalPaise === null, row?.customer === null]).toEqual([!told, !told])
      const sum = row?.items.reduce((paise, item) => paise + (item.totalPaise ?? 0), 0)
      expect(row?.totalPaise ?? 0).toBe(sum)
    }
  }
})

test('nothing is new right after a full run, and the page still moves the cursor', async () => {
  const world = await startWorld()
  const ledger = emptyLedger()
  await run(world, ledger)
  const before = ledger.received
  await world.control('clock', { bySeconds: 60 })
  await run(world, ledger)
  expect(ledger.received - before).toBeLessThan(5)
  expect(ledger.orders.size).toBe(2000)
  const quiet = emptyLedger()
  quiet.cursor = ledger.cursor
  await world.control('clock', { bySeconds: 400 * 86_400 })
  await run(world, quiet) // the last stories have ended
  const end = quiet.cursor?.watermark
  await world.control('clock', { bySeconds: 600 })
  await run(world, quiet)
  expect(quiet.cursor && end && quiet.cursor.watermark > end).toBe(true)
})

test('orders that change, come and go during a walk are neither lost nor doubled', async () => {
  const world = await startWorld()
  const ledger = emptyLedger()
  const books = booksOf(0)
  const expected = new Map<string, string>() // order id → Amazon's word at the end
  const step = async () => {
    await world.control('clock', { bySeconds: 3 * 3600 })
    const { orderIds } = await world.control('createOrders', { count: 2 }) as { orderIds: string[] }
    for (const id of orderIds) expected.set(id, '')
    // one of those that were walked already, and one that was not
    for (const order of [books[ledger.pages * 31 % 2000], books[ledger.pages * 57 % 2000]]) {
      if (!order || expected.has(order.id)) continue
      await world.control('advance', { orderId: order.id, status: 'SHIPPED', parcel: 'LOST' })
      expected.set(order.id, 'LOST')
    }
  }
  await run(world, ledger, { between: step })
  expect(ledger.pages).toBeGreaterThan(20)
  // two quiet runs later everything has settled
  for (const seconds of [600, 400 * 86_400]) {
    await world.control('clock', { bySeconds: seconds })
    await run(world, ledger)
  }
  const ids = new Set([...books.map((order) => order.id), ...expected.keys()])
  expect(new Set(ledger.orders.keys())).toEqual(ids)
  for (const order of books) {
    const row = ledger.orders.get(order.id)
    if (expected.get(order.id) === 'LOST') expect(row?.rawStatus).toBe('LOST')
    else expect(row?.updatedAt.getTime()).toBe(order.changes.at(-1)?.at)
  }
})

test('an order that moves past the end of its window is met in the next one', async () => {
  const world = await startWorld()
  const account = await connect(world)
  const ledger = emptyLedger()
  const pages = pagesFrom(account, null, world.ctx)[Symbol.asyncIterator]()
  for (let first = await pages.next(); !first.done; first = await pages.next()) {
    store(ledger, first.value)
    if (first.value.cursor.walk?.last && ledger.pages > 2) break
  }
  // in the middle of the last window: an order that this window has not shown yet moves on
  const { to } = ledger.cursor?.walk ?? { to: '' }
  const unseen = booksOf(0).find((order) =>
    !ledger.orders.has(order.id) &&
    (standingAt(order, world.now())?.at ?? Infinity) < Date.parse(to)
  )
  await world.control('clock', { bySeconds: 300 })
  await world.control('advance', { orderId: unseen?.id, status: 'SHIPPED', parcel: 'DELIVERED' })
  await world.control('clock', { bySeconds: 300 })
  for (let next = await pages.next(); !next.done; next = await pages.next()) {
    store(ledger, next.value)
  }
  expect(ledger.orders.has(unseen?.id ?? '')).toBe(false)
  await run(world, ledger)
  expect(ledger.orders.get(unseen?.id ?? '')?.status).toBe('DELIVERED')
})

test('a change that shows ten minutes late is met by the overlap', async () => {
  const world = await startWorld()
  const ledger = emptyLedger()
  await run(world, ledger)
  await world.control('lag', { seconds: 600 })
  const { orderIds } = await world.control('createOrders') as { orderIds: string[] }
  for (const seconds of [240, 240, 240]) {
    await world.control('clock', { bySeconds: seconds })
    await run(world, ledger)
  }
  expect(ledger.orders.has(orderIds[0] ?? '')).toBe(true)
})

test('where pages shift an order can be lost, and a pass over the window heals it', async () => {
  const world = await startWorld()
  const account = await connect(world)
  await world.control('shiftPages')
  const ledger = emptyLedger()
  for await (const page of pagesFrom(account, null, world.ctx)) {
    store(ledger, page)
    const gone = page.rows.at(0)?.externalId
    if (ledger.pages === 3) {
      await world.control('advance', { orderId: gone, status: 'SHIPPED', parcel: 'DELIVERED' })
      await world.control('clock', { bySeconds: 130 }) // it shows
    }
  }
  // the next runs meet whatever changed, but never the one that slipped over the page border
  await world.control('clock', { bySeconds: 600 })
  await run(world, ledger)
  expect(ledger.orders.size).toBe(1999)
  const watermark = ledger.cursor?.watermark
  const window = { from: new Date(world.now() - 120 * 86_400_000), to: new Date(world.now()) }
  for await (const page of pagesFrom(account, ledger.cursor, world.ctx, window)) store(ledger, page)
  expect(ledger.orders.size).toBe(2000)
  expect(ledger.cursor).toEqual({ watermark, walk: null, pass: null })
})

test('a pass over a window goes on from every cursor and keeps the walk that it interrupts', async () => {
  const world = await startWorld()
  const account = await connect(world)
  const ledger = emptyLedger()
  for await (const page of pagesFrom(account, null, world.ctx)) {
    store(ledger, page)
    if (ledger.pages === 4) break
  }
  const { watermark, walk } = ledger.cursor ?? {}
  expect(walk).not.toBeNull()
  const window = { from: new Date('2022-05-01T00:00:00Z'), to: new Date('2022-06-15T00:00:00Z') }
  const whole = emptyLedger()
  const cursors: Cursor[] = []
  for await (const page of pagesFrom(account, ledger.cursor, world.ctx, window)) {
    store(whole, page)
    cursors.push(page.cursor)
    expect(page.cursor).toMatchObject({ watermark, walk })
  }
  const wanted = booksOf(0).filter((order) => {
    const at = standingAt(order, world.now() - lagMs)?.at ?? 0
    return at >= window.from.getTime() && at <= window.to.getTime()
  })
  expect(whole.orders.size).toBe(wanted.length)
  for (const [at, cursor] of cursors.slice(0, -1).entries()) {
    const rest = emptyLedger()
    for await (const page of pagesFrom(account, cursor, world.ctx, window)) store(rest, page)
    expect(rest.pages).toBe(cursors.length - 1 - at)
  }
})
