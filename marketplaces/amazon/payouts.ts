/**
 * Payouts: what Amazon has paid comes from its settlement reports, which it makes by itself; what is
 * sold and not paid yet comes from Finances, as forecasts that a settlement takes in.
 */
import type { Context, Page, PayoutRow, Sync, SyncRequest } from 'robnu/plugin'
import type { Connection } from './client.ts'
import type { AnyCursor, MoneyWalk, PayoutsCursor, Shelf } from './cursors.ts'
import { settlementReport } from './imports/settlements.ts'
import { listReports, type Reading, readReport, type Report } from './reports.ts'
import { Config, type Credentials, type Details } from './schemas.ts'
import { listTransactions, toForecast } from './transactions.ts'

const reportType = 'GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2'
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Amazon refuses an end younger than two minutes; the third is for clocks that disagree. */
const settleMs = 3 * minuteMs
/** Money shows up to two days after the time that it bears. */
const lateMs = 49 * 60 * minuteMs
/** What was posted before was settled since, or is deferred and comes again with its release. */
const openMs = 60 * dayMs
/** Reports are kept for ninety days. A settlement is listed some time after its end. */
const keptMs = 89 * dayMs
const listedMs = 4 * dayMs
/** Of one page: pieces of a large settlement, or lines of one that is not taken over. */
const pageRows = 4
const pageReadings = 500

type Inner = PayoutsCursor['payouts']
type PayoutPage = Page<PayoutRow, AnyCursor>
type Found = Pick<PayoutPage, 'rows' | 'rejected' | 'received'> & {
  /** Null: the window is walked. */
  readonly rest: MoneyWalk | null
  readonly shelf: Shelf
}
const emptyShelf: Shelf = { known: [], reading: null }

export const syncPayouts: Sync<Details, Credentials, PayoutRow, AnyCursor> = (
  account,
  request,
  ctx,
) => {
  const { historyDays } = Config.parse(ctx.config ?? {})
  const known = request.cursor && 'payouts' in request.cursor ? request.cursor.payouts : undefined
  const start = known ?? {
    watermark: iso(ctx.now().getTime() - Math.min(historyDays * dayMs, keptMs)),
    ...{ walk: null, shelf: emptyShelf, pass: null },
  }
  return request.window
    ? syncWindow(account, start, request.window, ctx)
    : syncChanges(account, start, ctx)
}

async function* syncChanges(
  account: Connection,
  start: Inner,
  ctx: Context,
): AsyncGenerator<PayoutPage> {
  let inner = start
  const walk = inner.walk ?? planWalk(inner.watermark, ctx.now())
  if (!walk) return
  for await (const { rest, shelf, ...found } of pagesOf(account, walk, inner.shelf, ctx)) {
    const watermark = rest ? inner.watermark : laterOf(inner.watermark, lookedBackFrom(walk.to))
    inner = { ...inner, watermark, walk: rest, shelf }
    yield { ...found, cursor: { payouts: inner }, last: rest === null }
  }
}

async function* syncWindow(
  account: Connection,
  start: Inner,
  asked: NonNullable<SyncRequest<AnyCursor>['window']>,
  ctx: Context,
): AsyncGenerator<PayoutPage> {
  const [from, to] = [asked.from.toISOString(), asked.to.toISOString()]
  const begun = start.pass?.from === from && start.pass.to === to ? start.pass : undefined
  const walk = begun?.walk ?? planPass(from, to, ctx.now())
  if (!walk) return
  const shelf = begun?.shelf ?? emptyShelf
  for await (const { rest, shelf: now, ...found } of pagesOf(account, walk, shelf, ctx)) {
    const pass = rest ? { from, to, walk: rest, shelf: now } : null
    yield { ...found, cursor: { payouts: { ...start, pass } }, last: rest === null }
  }
}

/** Undefined when there is nothing new to see. */
const planWalk = (from: string, now: Date): MoneyWalk | undefined =>
  windowOf(Date.parse(from), now.getTime(), now.getTime())

const planPass = (from: string, to: string, now: Date): MoneyWalk | undefined =>
  windowOf(Date.parse(from), Date.parse(to), now.getTime())

const windowOf = (from: number, end: number, now: number): MoneyWalk | undefined => {
  const to = Math.min(end, now - settleMs)
  if (from >= to) return undefined
  const since = Math.max(from, now - openMs)
  const oldest = Math.max(from - listedMs, now - keptMs)
  return { from: iso(oldest), since: iso(since), to: iso(to), token: null, told: since >= to }
}

const lookedBackFrom = (to: string): string => iso(Date.parse(to) - lateMs)

async function* pagesOf(
  account: Connection,
  window: MoneyWalk,
  shelf: Shelf,
  ctx: Context,
): AsyncGenerator<Found> {
  let walk = window
  while (!walk.told) {
    const asked = { from: walk.since, to: walk.to }
    const { transactions, token } = await listTransactions(account, ctx, asked, walk.token)
    walk = { ...walk, token, told: token === null }
    yield { ...sorted(transactions.map(toForecast)), rest: walk, shelf }
  }
  yield* settlementPages(account, walk, shelf, ctx)
}

async function* settlementPages(
  account: Connection,
  walk: MoneyWalk,
  start: Shelf,
  ctx: Context,
): AsyncGenerator<Found> {
  const to = iso(Math.min(Date.parse(walk.to) + listedMs, ctx.now().getTime()))
  const listed = await listReports(account, ctx, { reportType, from: walk.from, to })
  const known = new Set(start.known.map(({ id }) => id))
  const unread = listed.filter(({ reportId, reportDocumentId }) =>
    !known.has(reportId) && reportDocumentId
  )
  let shelf = start
  if (unread.length === 0) yield { ...sorted([]), rest: null, shelf }
  for (const report of unread) {
    const rest = report === unread.at(-1) ? null : walk
    for await (const { readings, done } of piecesOf(account, report, shelf, ctx)) {
      shelf = done === null
        ? withRead(shelf, report)
        : { ...shelf, reading: { id: report.reportId, done } }
      yield { ...sorted(readings), rest: done === null ? rest : walk, shelf }
    }
  }
}

/** `done`: how much of the report is read after this piece; null: all. */
async function* piecesOf(
  account: Connection,
  { reportId, reportDocumentId }: Report,
  { reading }: Shelf,
  ctx: Context,
): AsyncGenerator<{
  readonly readings: readonly Reading<PayoutRow>[]
  readonly done: number | null
}> {
  const stored = reading?.id === reportId ? reading.done : 0
  let count = 0
  let readings: Reading<PayoutRow>[] = []
  for await (const one of readReport(account, ctx, reportDocumentId ?? '', settlementReport)) {
    count += 1
    if (count <= stored) continue
    readings.push(one)
    const rows = readings.filter((reading) => 'row' in reading)
    if (rows.length < pageRows && readings.length < pageReadings) continue
    yield { readings, done: count }
    readings = []
  }
  yield { readings, done: null }
}

const withRead = ({ known }: Shelf, { reportId, createdTime }: Report): Shelf => {
  const at = new Date(createdTime).toISOString()
  const oldest = iso(Date.parse(at) - 2 * keptMs)
  return { known: [...known.filter((one) => one.at > oldest), { id: reportId, at }], reading: null }
}

/** All of a page, none lost: rows + rejected = received. */
const sorted = (
  readings: readonly Reading<PayoutRow>[],
): Pick<PayoutPage, 'rows' | 'rejected' | 'received'> => {
  const rows = readings.flatMap((one) => 'row' in one ? [one.row] : [])
  const rejected = readings.flatMap((one) => 'rejected' in one ? [one.rejected] : [])
  return { rows, rejected, received: rows.length + rejected.length }
}

const laterOf = (one: string, other: string): string => one > other ? one : other
const iso = (ms: number): string => new Date(ms).toISOString()
