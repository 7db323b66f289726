/**
 * Returns: by External Fulfillment where the seller has it, which tells every change; by the flat file
 * of returns otherwise, which has to be ordered, waited for, and read again while a return may change.
 */
import { type Context, failure, failureOf, type Page, type ReturnRow } from 'robnu/plugin'
import type { Sync, SyncRequest } from 'robnu/plugin'
import type { Connection } from './client.ts'
import type {
  AnyCursor,
  ExternalPlace,
  ReportPlace,
  ReturnsCursor,
  ReturnsWalk,
} from './cursors.ts'
import { firstPlace, listReturns, toReturnRow } from './external-returns.ts'
import { returnReport } from './imports/returns.ts'
import { createReport, getReport, type Reading, readReport, reportGone } from './reports.ts'
import { Config, type Credentials, type Details } from './schemas.ts'

const reportType = 'GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE'
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Amazon shows changes some minutes late: the next walk begins so long before the end of this one. */
const overlapMs = 12 * minuteMs
/** Amazon gives sixty days at most, and a return may change for about as long. */
const reportMs = 59 * dayMs
const pageRows = 500

type Inner = ReturnsCursor['returns']
type ReturnPage = Page<ReturnRow, AnyCursor>
/** What a window has brought, and what is left of it; null: nothing. */
type Found = Pick<ReturnPage, 'rows' | 'rejected' | 'received'> & {
  readonly rest: ReturnsWalk | null
}

export const syncReturns: Sync<Details, Credentials, ReturnRow, AnyCursor> = (
  account,
  request,
  ctx,
) => {
  const { historyDays } = Config.parse(ctx.config ?? {})
  const known = request.cursor && 'returns' in request.cursor ? request.cursor.returns : undefined
  const start = known ?? {
    watermark: iso(ctx.now().getTime() - historyDays * dayMs),
    ...{ walk: null, pass: null },
  }
  return request.window
    ? syncWindow(account, start, request.window, ctx)
    : syncChanges(account, start, ctx)
}

async function* syncChanges(
  account: Connection,
  start: Inner,
  ctx: Context,
): AsyncGenerator<ReturnPage> {
  let inner = start
  const until = ctx.now().getTime()
  while (true) {
    const walk = inner.walk ?? planWalk(account, inner.watermark, until)
    if (!walk) return
    for await (const { rest, ...found } of pagesOf(account, walk, ctx)) {
      const watermark = rest ? inner.watermark : laterOf(inner.watermark, settledBy(walk))
      inner = { ...inner, watermark, walk: rest }
      yield { ...found, cursor: { returns: inner }, last: rest === null && walk.last }
    }
    // what changed meanwhile is the next run's: chasing the present would never end
    if (walk.last) return
  }
}

async function* syncWindow(
  account: Connection,
  start: Inner,
  asked: NonNullable<SyncRequest<AnyCursor>['window']>,
  ctx: Context,
): AsyncGenerator<ReturnPage> {
  const [from, to] = [asked.from.toISOString(), asked.to.toISOString()]
  const until = Math.min(asked.to.getTime(), ctx.now().getTime())
  const begun = start.pass?.from === from && start.pass.to === to ? start.pass.walk : undefined
  let walk = begun ?? windowOf(account, from, until)
  while (walk) {
    const next: ReturnsWalk | undefined = walk.last ? undefined : windowOf(account, walk.to, until)
    for await (const { rest, ...found } of pagesOf(account, walk, ctx)) {
      const left = rest ?? next
      const inner = { ...start, pass: left ? { from, to, walk: left } : null }
      yield { ...found, cursor: { returns: inner }, last: left === undefined }
    }
    walk = next
  }
}

const isExternal = ({ details }: Connection): boolean =>
  details.ef_enabled && details.ef_location_ids.length > 0

/** The flat file tells of requests by their day, and what became of them since: it looks back. */
const planWalk = (account: Connection, from: string, until: number): ReturnsWalk | undefined =>
  isExternal(account)
    ? windowOf(account, from, until)
    : windowOf(account, iso(Math.min(Date.parse(from), until - reportMs)), until)

const windowOf = (account: Connection, from: string, until: number): ReturnsWalk | undefined => {
  const start = Date.parse(from)
  if (start >= until) return undefined
  if (isExternal(account)) {
    return { from, to: iso(until), at: firstPlace(account.details.ef_location_ids), last: true }
  }
  const to = Math.min(start + reportMs, until)
  return { from, to: iso(to), at: { report: null, done: 0 }, last: to === until }
}

async function* pagesOf(
  account: Connection,
  walk: ReturnsWalk,
  ctx: Context,
): AsyncGenerator<Found> {
  const { at } = walk
  // the seller may have got External Fulfillment, or lost it, since the window was begun
  if (isExternal(account)) {
    const begun = 'location' in at ? at : firstPlace(account.details.ef_location_ids)
    yield* externalPages(account, walk, begun, ctx)
  } else yield* reportPages(account, walk, 'report' in at ? at : { report: null, done: 0 }, ctx)
}

async function* externalPages(
  account: Connection,
  walk: ReturnsWalk,
  begun: ExternalPlace,
  ctx: Context,
): AsyncGenerator<Found> {
  let place: ExternalPlace | null = begun
  while (place) {
    const { returns, rest } = await listReturns(account, ctx, walk, place)
    place = rest
    yield { ...sorted(returns.map(toReturnRow)), rest: rest && { ...walk, at: rest } }
  }
}

async function* reportPages(
  account: Connection,
  walk: ReturnsWalk,
  begun: ReportPlace,
  ctx: Context,
): AsyncGenerator<Found> {
  const nothing = { rows: [], rejected: [], received: 0 }
  const at = (place: ReportPlace) => ({ ...walk, at: place })
  let place = begun
  if (place.report === null) {
    const report = await createReport(account, ctx, { reportType, from: walk.from, to: walk.to })
    place = { report, done: 0 }
    yield { ...nothing, rest: at(place) }
  }
  const { processingStatus: word, reportDocumentId } = await getReport(
    account,
    ctx,
    place.report ?? '',
  ).catch((error: unknown) => {
    if (failureOf(error)?.code !== reportGone) throw error
    return { processingStatus: reportGone, reportDocumentId: null }
  })
  // no data is no report
  if (word === 'CANCELLED') return yield { ...nothing, rest: null }
  if (word === 'IN_QUEUE' || word === 'IN_PROGRESS') {
    const words = 'Amazon has not made the report of returns yet'
    throw failure('unavailable', words, { code: 'not-ready', retryAfterMs: minuteMs })
  }
  if (word !== 'DONE' || !reportDocumentId) {
    yield { ...nothing, rest: at({ report: null, done: 0 }) }
    const words = 'Amazon could not make the report of returns; the next run orders it again'
    throw failure('rejected', words, { code: 'report-failed' })
  }
  let count = 0
  let readings: Reading<ReturnRow>[] = []
  for await (const reading of readReport(account, ctx, reportDocumentId, returnReport)) {
    count += 1
    // stored by a run before
    if (count <= place.done) continue
    readings.push(reading)
    if (readings.length < pageRows) continue
    yield { ...sorted(readings), rest: at({ ...place, done: count }) }
    readings = []
  }
  yield { ...sorted(readings), rest: null }
}

/** All of a page, none lost: rows + rejected = received. */
const sorted = (
  readings: readonly Reading<ReturnRow>[],
): Pick<ReturnPage, 'rows' | 'rejected' | 'received'> => {
  const rows = readings.flatMap((one) => 'row' in one ? [one.row] : [])
  const rejected = readings.flatMap((one) => 'rejected' in one ? [one.rejected] : [])
  return { rows, rejected, received: rows.length + rejected.length }
}

const settledBy = ({ to }: ReturnsWalk): string => iso(Date.parse(to) - overlapMs)
const laterOf = (one: string, other: string): string => one > other ? one : other
const iso = (ms: number): string => new Date(ms).toISOString()
