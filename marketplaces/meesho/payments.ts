/**
 * Payment files as payouts: what was paid (PREVIOUS) and what is expected (OUTSTANDING), a workbook for
 * each calendar week. They are the files that sellers download, and are read by the same reader.
 */
import { type Context, failure, failureOf, type PayoutRow, type RejectedRow } from 'robnu/plugin'
import type { ReportImport, ReportRecord } from 'robnu/plugin'
import type { PaymentFile } from './answers.ts'
import { connect } from './client.ts'
import { paymentReports } from './imports/reports.ts'
import { explain } from './refusals.ts'
import type { Walk } from './schemas.ts'
import { type Content, walkOf } from './sync.ts'
import { dayInIndia } from './times.ts'
import type { Connection, PaymentKind, Transport } from './transport.ts'

const dayMs = 86_400_000
/** What was paid may be told some days later: where a run begins, these are read again. */
const lookBackMs = 7 * dayMs
/** What is expected lies ahead: with the days behind it the 31 that one question may span. */
const aheadMs = 23 * dayMs
/** Rows of one page: a week of a large seller is stored in pieces. */
const pageRows = 200

// each run looks back as far as the daily walk over the last days would
export const syncPayouts = walkOf<PayoutRow>(
  { deep: false },
  (account, ctx) =>
    async function* (window, asked) {
      const backMs = asked ? 0 : lookBackMs
      const files = await filesOf(connect(account, ctx), window, backMs, ctx.now())
      // a place that is not in the list any more: the window is walked from its beginning
      const begin = files.findIndex(({ place }) => place === window.page) + 1
      if (begin >= files.length) yield { content: contentOf([], []), rest: null }
      let here = { ...window, page: begin === 0 ? null : window.page }
      for (const { file, kind, place, isLast } of files.slice(begin)) {
        const after = { ...window, page: place }
        for await (const { content, isEnd } of readFile(account, ctx, kind, file)) {
          // in the middle of a file the place is still before it: what comes twice changes nothing
          yield { content, rest: isEnd ? isLast ? null : after : here }
        }
        here = after
      }
    },
)

interface Placed {
  readonly file: PaymentFile
  readonly kind: PaymentKind
  /** What the cursor says when it is stored. */
  readonly place: string
  readonly isLast: boolean
}

const filesOf = async (
  transport: Transport,
  { from, to, last }: Walk,
  backMs: number,
  now: Date,
): Promise<readonly Placed[]> => {
  const day = (ms: number) => dayInIndia(new Date(ms))
  const ask = async (kind: PaymentKind, first: number, end: number) =>
    (await transport.payments(kind, day(first), day(end)))
      .map((file) => ({ file, kind, place: `${kind}/${file.name}` }))
  const previous = await ask('PREVIOUS', Date.parse(from) - (last ? backMs : 0), Date.parse(to))
  const outstanding = last
    ? await ask('OUTSTANDING', now.getTime() - lookBackMs, now.getTime() + aheadMs)
    : []
  // what is paid comes before what is expected: a forecast of it has gone by then
  const all = [...previous, ...outstanding]
  return all.map((one, at) => ({ ...one, isLast: at === all.length - 1 }))
}

/** In pieces; the last one says so, and there is always one. */
async function* readFile(
  account: Connection,
  ctx: Context,
  kind: PaymentKind,
  file: PaymentFile,
): AsyncGenerator<{ readonly content: Content<PayoutRow>; readonly isEnd: boolean }> {
  let rows: PayoutRow[] = []
  let rejected: RejectedRow[] = []
  // nobody foretells what is charged beside the orders
  const reports = kind === 'PREVIOUS' ? paymentReports : paymentReports.slice(0, 1)
  for (const report of reports) {
    for await (const result of resultsOf(account, ctx, file, report)) {
      if ('row' in result) rows.push(result.row)
      else rejected.push(result.rejected)
      if (rows.length + rejected.length < pageRows) continue
      yield { content: contentOf(rows, rejected), isEnd: false }
      rows = []
      rejected = []
    }
  }
  yield { content: contentOf(rows, rejected), isEnd: true }
}

type Result = { readonly row: PayoutRow } | { readonly rejected: RejectedRow }

async function* resultsOf(
  account: Connection,
  ctx: Context,
  file: PaymentFile,
  report: ReportImport<PayoutRow>,
): AsyncGenerator<Result> {
  const { signature, sheet, groupBy } = report
  const ask = {
    ...{ signature, sha256: file.sha256 },
    ...(sheet === undefined ? {} : { sheet }),
    ...(groupBy === undefined ? {} : { groupBy }),
  }
  const table = await ctx.table(file.url, ask, { operation: 'files', explain }).catch(askAnew)
  // each of the sheets is there, with nothing below its headings where there is nothing
  if (!table) throw failure('bad-response', `Cannot read a payment file: it is no "${report.name}"`)
  const kept = new Map<number, readonly string[]>()
  const told = { externalAccountId: account.externalAccountId, now: file.updated_at }
  for await (const result of report.rows(table.columns, keeping(table.records, kept), told)) {
    if ('row' in result) yield { row: result.row }
    else if ('rejected' in result) {
      const cells = result.lines.map((line) => ({ line, cells: kept.get(line) ?? [] }))
      const raw = JSON.stringify({ file: file.name, report: report.id, lines: cells })
      const key = result.key === undefined ? {} : { key: result.key }
      yield { rejected: { ...key, reason: result.rejected, raw } }
    }
    for (const line of result.lines) kept.delete(line)
  }
}

/** An address lives for a quarter of an hour: the next attempt asks for the list anew. */
const askAnew = (error: unknown): never => {
  if (failureOf(error)?.code !== 'expired') throw error
  throw failure('unavailable', 'The address of a payment file is over: it is asked for again', {
    code: 'expired',
  })
}

/** Lines that were read and not answered yet, so that a refused one is kept as it came. */
async function* keeping(
  records: AsyncIterable<ReportRecord>,
  kept: Map<number, readonly string[]>,
): AsyncGenerator<ReportRecord> {
  for await (const record of records) {
    kept.set(record.line, record.cells)
    yield record
  }
}

const contentOf = (
  rows: readonly PayoutRow[],
  rejected: readonly RejectedRow[],
): Content<PayoutRow> => ({ rows, rejected, received: rows.length + rejected.length })
