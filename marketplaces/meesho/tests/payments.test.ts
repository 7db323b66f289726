/** Payment files: which are asked for, how they are read, and what becomes of one that is over. */
import { type Context, failure, type Page, type PayoutRow } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { paymentReports } from '../imports/reports.ts'
import { syncPayouts } from '../payments.ts'
import type { Cursor } from '../schemas.ts'
import { all, failureIn, kept } from './support.ts'
import { startWorld, type World } from './world.ts'

type Ask = Parameters<Context['table']>[1]

/** The world's context, with its files looked at. */
const watched = (world: World, before: (url: string, at: number) => void = () => {}) => {
  const asks: { readonly url: string; readonly ask: Ask }[] = []
  const table: Context['table'] = async (url, ask, init) => {
    before(url, asks.length)
    asks.push({ url, ask })
    return await world.ctx.table(url, ask, init)
  }
  return { ctx: { ...world.ctx, table }, asks }
}
const run = ({ account }: World, ctx: Context, cursor: Cursor | null = null, window?: {
  readonly from: Date
  readonly to: Date
}) => all(syncPayouts(account, { cursor, reason: 'schedule', ...(window ? { window } : {}) }, ctx))
const idsOf = (pages: readonly Page<PayoutRow, Cursor>[]) =>
  new Set(pages.flatMap(({ rows }) => rows.map(({ externalId }) => externalId)))

test('what is paid has four sheets, what is expected one, and each file is checked by its digest', async () => {
  const world = await startWorld()
  const { ctx, asks } = watched(world)
  const pages = await run(world, ctx)
  const lists = world.ctx.requests.filter(({ url }) => url.pathname === '/v2/payments')
  const kinds = lists.map(({ url }) => url.searchParams.get('kind'))
  // two windows of what was paid, and once what is expected, at the end
  expect(kinds).toEqual(['PREVIOUS', 'PREVIOUS', 'OUTSTANDING'])
  const byFile = Map.groupBy(asks, ({ url }) => url)
  const sheets = [...byFile.values()].map((reads) => reads.length)
  expect(new Set(sheets)).toEqual(new Set([paymentReports.length, 1]))
  for (const { ask } of asks) expect(ask.sha256).toMatch(/^[0-9a-f]{64}$/)
  const forecasts = pages.flatMap(({ rows }) => rows).filter(({ forecast }) => forecast)
  expect(forecasts.length).toBeGreaterThan(0)
  for (const { externalId, status } of forecasts) {
    expect([externalId.slice(0, 4), status]).toEqual(['EXP-', 'OPEN'])
  }
})

test('stopped after any file, it goes on with the next one', async () => {
  const world = await startWorld()
  const whole = await run(world, world.ctx)
  for (const at of [0, 3, whole.length - 2]) {
    const rest = await run(world, world.ctx, kept(whole[at]?.cursor as Cursor))
    expect(rest).toHaveLength(whole.length - at - 1)
    expect(idsOf([...whole.slice(0, at + 1), ...rest])).toEqual(idsOf(whole))
  }
  // the next run looks a week back, and no further
  const { ctx, asks } = watched(world)
  await world.pass(86_400)
  await run(world, ctx, kept(whole.at(-1)?.cursor as Cursor))
  expect(new Set(asks.map(({ url }) => url)).size).toBeLessThan(9)
})

test('a window that is asked for brings the payments of its days alone', async () => {
  const world = await startWorld()
  const to = world.ctx.now()
  const from = new Date(to.getTime() - 3 * 86_400_000)
  const pages = await run(world, world.ctx, null, { from, to })
  const paid = pages.flatMap(({ rows }) => rows).flatMap(({ paidOn }) => paidOn ?? [])
  expect(paid.length).toBeGreaterThan(0)
  expect(paid.every((day) => day >= '2026-08-11' && day <= '2026-08-14')).toBe(true)
})

test('an address that is over is a reason to ask again, and no fault of the account', async () => {
  const world = await startWorld()
  const { ctx } = watched(world, (_url, at) => {
    if (at === 5) throw failure('rejected', 'It is over', { code: 'expired', status: 410 })
  })
  const failed = await failureIn(run(world, ctx))
  expect(failed).toMatchObject({ kind: 'unavailable', code: 'expired' })
})

test('a file without one of its sheets is no payment file', async () => {
  const world = await startWorld()
  const ctx: Context = {
    ...world.ctx,
    table: (url, ask, init) =>
      ask.sheet === paymentReports[2]?.sheet
        ? Promise.resolve(null)
        : world.ctx.table(url, ask, init),
  }
  expect(await failureIn(run(world, ctx))).toMatchObject({ kind: 'bad-response' })
})

test('a line that is no line is put aside as it came, and the others of its file stay', async () => {
  const world = await startWorld()
  const clean = await run(world, world.ctx)
  let spoiled = 0
  const ctx: Context = {
    ...world.ctx,
    table: async (url, ask, init) => {
      const found = await world.ctx.table(url, ask, init)
      if (!found || ask.sheet !== paymentReports[0]?.sheet) return found
      const at = found.columns.indexOf('Final Settlement Amount')
      const records = async function* () {
        for await (const record of found.records) {
          const isFirst = spoiled === 0 && /^\d+_1$/.test(record.cells[0] ?? '')
          if (isFirst) spoiled++
          yield isFirst ? { ...record, cells: record.cells.with(at, '1.00') } : record
        }
      }
      return { ...found, records: records() }
    },
  }
  const pages = await run(world, ctx)
  const rejected = pages.flatMap((page) => page.rejected)
  expect(spoiled).toBe(1)
  expect(rejected).toHaveLength(1)
  expect(rejected[0]?.key).toMatch(/^\d+_1$/)
  expect(rejected[0]?.reason).toMatch(/^[a-z-]+$/)
  expect(rejected[0]?.raw).toContain('1.00')
  const lines = (all: typeof pages) => all.flatMap(({ rows }) => rows.flatMap((row) => row.lines))
  expect(lines(clean).length - lines(pages).length).toBe(1)
})
