/** The walk over changes, against a gateway of twenty lines. */
import type { OrderRow, Page, SyncRequest } from 'robnu/plugin'
import type { FakeAnswer, FakeRequest } from 'robnu/testing'
import { expect, test } from 'vitest'
import { syncOrders } from '../orders.ts'
import type { Cursor } from '../schemas.ts'
import { all, anOrder, answering, connection, failureIn, kept, refusal, start } from './support.ts'

const minute = 60_000
const day = 1440 * minute
const numberOf = (i: number) => `1840000000000${String(i).padStart(5, '0')}_1`

/** Sub-orders in the order of their change; a cursor is a place behind the last row. */
const gateway = (count: number, stepMs = 4 * 60 * minute) => {
  const rows = Array.from({ length: count }, (_, i) => ({
    no: numberOf(i),
    // on no end of a window: what stands on one is met by both
    at: start.getTime() - (count - i) * stepMs - 1000,
  }))
  let now = start.getTime()
  let living = ''
  const respond = ({ url }: FakeRequest): FakeAnswer => {
    const ask = Object.fromEntries(url.searchParams)
    const [token, place] = (ask.cursor ?? `${living}~`).split('~')
    if (token !== living) return refusal(400, 'BAD_CURSOR')
    const found = rows.filter(({ at }) =>
      at >= Date.parse(ask.updated_from ?? '') && at <= Date.parse(ask.updated_to ?? '')
    ).map((row) => ({ ...row, key: `${new Date(row.at).toISOString()} ${row.no}` }))
      .filter(({ key }) => !place || key > place).sort((a, b) => a.key < b.key ? -1 : 1)
    const page = found.slice(0, Number(ask.limit))
    return {
      body: {
        data: page.map(({ no, at }) =>
          anOrder({ sub_order_no: no, updated_at: new Date(at).toISOString() })
        ),
        next_cursor: found.length > page.length ? `${living}~${page.at(-1)?.key}` : null,
      },
    }
  }
  return {
    ctx: answering(respond, () => new Date(now)),
    rows,
    pass: (ms: number) => void (now += ms),
    now: () => now,
    /** Places in walks that were given are no more. */
    forget: () => void (living += 'x'),
  }
}
type Gateway = ReturnType<typeof gateway>

const walk = (
  { ctx }: Gateway,
  cursor: Cursor | null = null,
  more: Partial<SyncRequest<Cursor>> = {},
) => all(syncOrders(connection(), { cursor, reason: 'schedule', ...more }, ctx))
const idsOf = (pages: readonly Page<OrderRow, Cursor>[]) =>
  new Set(pages.flatMap(({ rows }) => rows.map(({ externalId }) => externalId)))

test('the first walk brings the history once, and the next one only the last hour', async () => {
  const world = gateway(350)
  const first = await walk(world)
  expect(idsOf(first).size).toBe(350)
  expect(first.flatMap(({ rows }) => rows)).toHaveLength(350)
  expect(first.at(-1)?.last).toBe(true)
  world.rows.push({ no: numberOf(900), at: world.now() - 30 * minute })
  const second = await walk(world, kept(first.at(-1)?.cursor as Cursor))
  expect([...idsOf(second)]).toEqual([numberOf(900)])
})

test('stopped after any page, it goes on from there and misses nothing', async () => {
  const world = gateway(700, 20 * minute)
  const pages = await walk(world)
  expect(pages.length).toBeGreaterThan(6)
  for (const [at, page] of pages.entries()) {
    const rest = page.last ? [] : await walk(world, kept(page.cursor))
    expect(idsOf([...pages.slice(0, at + 1), ...rest]).size).toBe(700)
    expect(rest.length).toBe(pages.length - at - 1)
  }
})

test('a row that changes during the walk comes with the next one, and one that shows up late as well', async () => {
  const world = gateway(250, minute)
  const pages: Page<OrderRow, Cursor>[] = []
  const request = { cursor: null, reason: 'schedule' } as const
  for await (const page of syncOrders(connection(), request, world.ctx)) {
    pages.push(page)
    // the last row moves behind the end of the window before it is met
    if (page.rows.length > 0 && world.now() === start.getTime()) {
      world.pass(minute)
      world.rows.splice(249, 1, { no: numberOf(249), at: world.now() })
    }
  }
  expect(idsOf(pages).has(numberOf(249))).toBe(false)
  world.rows.push({ no: numberOf(901), at: start.getTime() - 50 * minute })
  world.pass(5 * minute)
  const found = idsOf(await walk(world, kept(pages.at(-1)?.cursor as Cursor)))
  expect([found.has(numberOf(249)), found.has(numberOf(901))]).toEqual([true, true])
})

test('once a day the last seven days are walked again', async () => {
  const world = gateway(20)
  const first = await walk(world)
  world.rows.push({ no: numberOf(902), at: start.getTime() - 3 * day })
  world.pass(20 * 60 * minute)
  const soon = await walk(world, kept(first.at(-1)?.cursor as Cursor))
  expect(idsOf(soon).has(numberOf(902))).toBe(false)
  world.pass(5 * 60 * minute)
  const later = await walk(world, kept(soon.at(-1)?.cursor as Cursor))
  expect(idsOf(later).has(numberOf(902))).toBe(true)
  expect(later.at(-1)?.last).toBe(true)
})

test('a place that is no more begins its window anew, and only once', async () => {
  const world = gateway(250, minute)
  const pages: Page<OrderRow, Cursor>[] = []
  for await (
    const page of syncOrders(connection(), { cursor: null, reason: 'schedule' }, world.ctx)
  ) {
    pages.push(page)
    if (page.rows.length > 0 && pages.filter(({ rows }) => rows.length > 0).length === 1) {
      world.forget()
    }
  }
  expect(idsOf(pages).size).toBe(250)
  const cursor = pages.find(({ rows }) => rows.length > 0)?.cursor as Cursor
  const refusing = answering(({ url }) =>
    url.searchParams.has('cursor')
      ? refusal(400, 'BAD_CURSOR')
      : { body: { data: [], next_cursor: 'gone' } }
  )
  const failed = await failureIn(
    all(syncOrders(connection(), { cursor, reason: 'schedule' }, refusing)),
  )
  expect(failed?.code).toBe('bad-cursor')
})

test('a gateway that gives one place twice is a bad answer, and not a walk without end', async () => {
  const ctx = answering(() => ({ body: { data: [anOrder()], next_cursor: 'same' } }))
  const failed = await failureIn(all(syncOrders(connection(), {
    ...{ cursor: null, reason: 'schedule' },
  }, ctx)))
  expect(failed?.kind).toBe('bad-response')
})

test('a window that is asked for is walked whole, and leaves the place of the daily walk alone', async () => {
  const world = gateway(250)
  const [page] = (await walk(world)).slice(-1)
  const from = new Date(start.getTime() - 30 * day)
  const window = { from, to: new Date(start.getTime() - 5 * day) }
  const pages = await walk(world, kept(page?.cursor as Cursor), { window })
  const wanted = world.rows.filter(({ at }) => at >= from.getTime() && at <= window.to.getTime())
  expect(idsOf(pages)).toEqual(new Set(wanted.map(({ no }) => no)))
  expect(pages.length).toBeGreaterThan(1)
  expect(pages.at(-1)?.cursor).toEqual(page?.cursor)
  // in the middle it goes on where it stands
  const rest = await walk(world, kept(pages[0]?.cursor as Cursor), { window })
  expect(rest).toHaveLength(pages.length - 1)
})

test('a bad row is put aside with its page, and the others of the page stay', async () => {
  const data = [anOrder(), { sub_order_no: numberOf(3) }, null, anOrder({ quantity: 'x' })]
  const ctx = answering(() => ({ body: { data, next_cursor: null } }))
  const [page] = (await all(syncOrders(connection(), { cursor: null, reason: 'schedule' }, ctx)))
    .slice(-1)
  expect([page?.received, page?.rows.length, page?.rejected.length]).toEqual([4, 1, 3])
})
