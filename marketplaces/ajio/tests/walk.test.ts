import fc from 'fast-check'
import { failureOf, type OrderRow, type SyncRequest } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { syncOrders } from '../orders.ts'
import type { Cursor } from '../schemas.ts'
import { firstCursor, planDeep, planPass, planWalk, watermarkAfter } from '../walk.ts'
import { all, anOrder, answering, connection, kept, pageOf, start } from './support.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const ago = (minutes: number) => new Date(start.getTime() - minutes * minuteMs).toISOString()
const day = 24 * 60

test('the first walk reaches back as far as it is told, in windows of fifteen days that touch', () => {
  let cursor = firstCursor(start, 90)
  expect(cursor.watermark).toBe(ago(90 * day))
  let windows = 0
  for (
    let walk = planWalk(cursor.watermark, start);
    walk;
    walk = planWalk(cursor.watermark, start)
  ) {
    windows += 1
    expect([walk.from, walk.at, walk.page]).toEqual([cursor.watermark, walk.from, 0])
    cursor = { ...cursor, watermark: watermarkAfter(cursor, walk) }
    if (walk.last) break
    expect([cursor.watermark, walk.to <= ago(60)]).toEqual([walk.to, true])
  }
  // the next one looks at the last hour again
  expect([windows, cursor.watermark]).toEqual([6, ago(60)])
  expect(planWalk(ago(0), start)).toBeUndefined()
  expect(planWalk(ago(-5), start)).toBeUndefined()
})

test('a watermark never goes back', () => {
  const cursor = { ...firstCursor(start, 90), watermark: ago(30) }
  const walk = planWalk(ago(30), start)
  expect(walk && watermarkAfter(cursor, walk)).toBe(ago(30))
})

test('the last seven days are walked again once a day', () => {
  const cursor = firstCursor(start, 90)
  expect(planDeep(cursor, new Date(start.getTime() + dayMs - 1))).toBeUndefined()
  const later = new Date(start.getTime() + dayMs)
  expect(planDeep(cursor, later)).toMatchObject({
    from: new Date(later.getTime() - 7 * dayMs).toISOString(),
    to: later.toISOString(),
    last: true,
  })
})

test('a window that is asked for is covered, up to the present', () => {
  expect(planPass(ago(100), ago(50), start)).toMatchObject({ to: ago(50), last: true })
  expect(planPass(ago(100), ago(-50), start)).toMatchObject({ to: ago(0), last: true })
  expect(planPass(ago(40 * day), ago(0), start)).toMatchObject({ to: ago(25 * day), last: false })
  expect(planPass(ago(50), ago(50), start)).toBeUndefined()
})

/** Orders by the number of the change; a gateway that cuts its pages by position. */
const createGateway = (changes: readonly number[]) => {
  let now = start.getTime()
  const rows = changes.map((updatedAt, i) => ({ no: `FN${i}`, updatedAt }))
  const told = (at: number) =>
    new Date(at + 330 * minuteMs).toISOString().replace(/\.\d+Z/, '+05:30')
  const asked: URLSearchParams[] = []
  const ctx = answering(({ url }) => {
    const query = url.searchParams
    asked.push(query)
    const from = Date.parse(query.get('updatedFrom') ?? '')
    const to = Date.parse(query.get('updatedTo') ?? '')
    const size = Number(query.get('size'))
    const found = rows.filter(({ updatedAt }) => updatedAt >= from && updatedAt <= to)
      .toSorted((one, other) => one.updatedAt - other.updatedAt)
    const first = Number(query.get('page')) * size
    const content = found.slice(first, first + size).map(({ no, updatedAt }) => ({
      ...anOrder(),
      custOrderNo: no,
      updatedAt: told(updatedAt),
    }))
    const totalPages = Math.ceil(found.length / size)
    return { body: { content, page: 0, totalPages, totalElements: found.length } }
  }, () => new Date(now))
  const touch = (i: number) => {
    const row = rows[i % rows.length]
    now += 1000
    if (row) row.updatedAt = now
  }
  return { ctx, rows, asked, touch, pass: (ms: number) => void (now += ms) }
}

interface Ledger {
  readonly rows: Map<string, number>
  cursor: Cursor | null
  received: number
  pages: number
}
const emptyLedger = (): Ledger => ({ rows: new Map(), cursor: null, received: 0, pages: 0 })

const run = async (
  gateway: ReturnType<typeof createGateway>,
  ledger: Ledger,
  between: (page: number) => void = () => {},
  window?: SyncRequest<Cursor>['window'],
): Promise<void> => {
  const request = {
    cursor: ledger.cursor,
    reason: 'manual',
    ...(window ? { window } : {}),
  } as const
  for await (const page of syncOrders(connection(), request, gateway.ctx)) {
    for (const row of page.rows) store(ledger, row)
    expect(page.rows.length + page.rejected.length).toBe(page.received)
    ledger.cursor = kept(page.cursor)
    ledger.received += page.received
    between(++ledger.pages)
  }
}
const store = ({ rows }: Ledger, { externalId, updatedAt }: OrderRow): void => {
  rows.set(externalId, Math.max(rows.get(externalId) ?? 0, updatedAt.getTime()))
}

const spread = (count: number, everyMs: number) =>
  Array.from({ length: count }, (_, i) => start.getTime() - 20 * dayMs + i * everyMs)

test('pages that shift lose nothing, however the orders move during the walk', async () => {
  const moves = fc.array(fc.array(fc.nat(), { maxLength: 40 }), { maxLength: 12 })
  // gaps of nought make more orders of one second than a page holds
  const gaps = fc.array(fc.constantFrom(0, 0, 0, 1000, 60_000), { minLength: 100, maxLength: 420 })
  let shifted = 0
  await fc.assert(
    fc.asyncProperty(gaps, moves, async (between, touches) => {
      let at = start.getTime() - 10 * dayMs
      const gateway = createGateway(between.map((gap) => at += gap))
      const ledger = emptyLedger()
      await run(gateway, ledger, (page) => touches[page]?.forEach(gateway.touch))
      // met already, or changed behind the window's end: the next run has it
      const seen = new Set(ledger.rows.keys())
      const moved = gateway.rows.filter(({ updatedAt }) => updatedAt > start.getTime())
      for (const { no } of moved) seen.add(no)
      expect(seen.size).toBe(gateway.rows.length)
      if (moved.length > 0) shifted += 1
      await run(gateway, ledger)
      for (const { no, updatedAt } of gateway.rows) expect(ledger.rows.get(no)).toBe(updatedAt)
    }),
    { numRuns: 60, seed: 20260814 },
  )
  expect(shifted).toBeGreaterThan(30)
})

test('whoever counted pages by number would lose orders here', async () => {
  const gateway = createGateway(spread(300, 60_000))
  const seen = new Set<string>()
  for (let page = 0; page < 3; page++) {
    const url = `https://vms-gateway.robnu.com/vms/orders?page=${page}&size=100` +
      `&updatedFrom=${ago(90 * day)}&updatedTo=${ago(0)}`
    const anything = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => ({ value: value as { content: { custOrderNo: string }[] } }),
      },
    }
    for (const { custOrderNo } of (await gateway.ctx.http(anything, url)).content) {
      seen.add(custOrderNo)
    }
    for (let i = 0; i < 10; i++) gateway.touch(page * 100 + i)
  }
  expect(seen.size).toBeLessThan(300)
})

test('more orders of one second than a page holds are walked by number, and begun again on a shift', async () => {
  const gateway = createGateway(Array.from({ length: 250 }, () => start.getTime() - dayMs))
  const ledger = emptyLedger()
  await run(gateway, ledger, (page) => {
    if (ledger.rows.size > 150 && page < 30) gateway.touch(page)
  })
  expect(ledger.cursor?.walk).toBeNull()
  await run(gateway, ledger)
  for (const { no, updatedAt } of gateway.rows) expect(ledger.rows.get(no)).toBe(updatedAt)
})

test('an hour later the last hour is looked at again, and a day later the last week', async () => {
  const gateway = createGateway(spread(50, 60_000))
  const ledger = emptyLedger()
  await run(gateway, ledger)
  // it shows later than the window was walked, and than the hour before it
  gateway.rows.push({ no: 'LATE', updatedAt: start.getTime() - 30 * minuteMs })
  gateway.rows.push({ no: 'VERY-LATE', updatedAt: start.getTime() - 3 * dayMs })
  gateway.pass(60 * minuteMs)
  await run(gateway, ledger)
  expect([ledger.rows.has('LATE'), ledger.rows.has('VERY-LATE')]).toEqual([true, false])
  gateway.pass(dayMs)
  const before = ledger.cursor
  await run(gateway, ledger)
  expect(ledger.rows.has('VERY-LATE')).toBe(true)
  expect(ledger.cursor?.deep).toBeNull()
  expect(ledger.cursor && before && ledger.cursor.deepAt > before.deepAt).toBe(true)
  const pages = ledger.pages
  gateway.pass(60 * minuteMs)
  await run(gateway, ledger)
  expect(ledger.pages - pages).toBe(1)
})

test('a daily walk that was interrupted is brought to its end', async () => {
  const gateway = createGateway(spread(450, 10 * minuteMs).map((at) => at + 15 * dayMs))
  const ledger = emptyLedger()
  await run(gateway, ledger)
  gateway.pass(dayMs + minuteMs)
  const interrupted = async () => {
    for await (
      const page of syncOrders(
        connection(),
        { cursor: ledger.cursor, reason: 'schedule' },
        gateway.ctx,
      )
    ) {
      ledger.cursor = kept(page.cursor)
      if (page.cursor.deep) return
    }
  }
  await interrupted()
  expect(ledger.cursor?.deep).not.toBeNull()
  const { at } = ledger.cursor?.deep ?? { at: '' }
  gateway.asked.length = 0
  await run(gateway, ledger)
  expect(gateway.asked[0]?.get('updatedFrom')).toBe(at)
  expect(ledger.cursor?.deep).toBeNull()
})

test('a window that somebody asks for leaves the watermark alone and goes on from every cursor', async () => {
  const gateway = createGateway(spread(420, 60_000))
  const ledger = emptyLedger()
  await run(gateway, ledger)
  const { watermark } = ledger.cursor ?? {}
  const window = { from: new Date(ago(21 * day)), to: new Date(ago(19 * day)) }
  const whole = { ...emptyLedger(), cursor: ledger.cursor }
  const cursors: Cursor[] = []
  await run(gateway, whole, () => void (whole.cursor && cursors.push(whole.cursor)), window)
  expect(whole.rows.size).toBe(420)
  expect(whole.cursor).toMatchObject({ watermark, pass: null, walk: null })
  for (const [i, cursor] of cursors.slice(0, -1).entries()) {
    const rest = { ...emptyLedger(), cursor }
    await run(gateway, rest, () => {}, window)
    expect(rest.pages).toBe(cursors.length - 1 - i)
  }
})

test('a gateway that never comes to an end is not walked for ever', async () => {
  const same = answering(() => ({
    body: { content: [anOrder()], page: 0, totalPages: 1e9, totalElements: 1e9 },
  }))
  const walked = all(syncOrders(connection(), { cursor: null, reason: 'manual' }, same))
  expect(await walked.catch((error: unknown) => failureOf(error)?.kind)).toBe('bad-response')
})

test('an empty account has empty pages that move the cursor', async () => {
  const ctx = answering(() => pageOf([], 0))
  const pages = await all(syncOrders(connection(), { cursor: null, reason: 'schedule' }, ctx))
  expect(pages.map(({ received }) => received)).toEqual([0, 0, 0, 0, 0, 0])
  expect(pages.at(-1)?.cursor.watermark).toBe(ago(60))
})
