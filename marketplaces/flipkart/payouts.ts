/**
 * Payouts from the Reports API, which is a paid service: the workbook that sellers download from the
 * portal, made on request. It is asked for, looked after, and read by the importer's own reader.
 */
import type { Context, Page, PayoutRow, RejectedRow, ReportRecord } from 'robnu/plugin'
import { failure, failureOf } from 'robnu/plugin'
import { connect } from './client.ts'
import { settlementReports } from './imports/settlements.ts'
import { changes, type Frame, passOf } from './report-days.ts'
import { type Asked, Config, type Cursor } from './schemas.ts'
import type { FlipkartAdapter } from './sync.ts'
import type { Connection, Transport } from './transport.ts'
import { firstCursor } from './walk.ts'

const reportType = 'settled_transaction_ledger'
/** A report that has failed or expired is asked for anew. */
const maxTimes = 5
const pollMs = 30_000
const pageSize = 500

type PayoutPage = Page<PayoutRow, Cursor>

export const syncPayouts: NonNullable<FlipkartAdapter['syncPayouts']> = async function* (
  account,
  { cursor: stored, window },
  ctx,
) {
  const { historyDays } = Config.parse(ctx.config ?? {})
  let cursor = stored ?? firstCursor(ctx.now(), historyDays)
  if (!account.details.reports_api_enabled) {
    ctx.log('flipkart.payouts-by-workbook', { remedy: 'import the settlement workbook' })
    yield { rows: [], rejected: [], received: 0, cursor, last: true }
    return
  }
  const frame = window ? passOf(cursor, window) : changes
  let asked = frame.asked(cursor)
  while (asked || (asked = frame.plan(cursor, ctx.now()))) {
    for await (const page of pagesOf({ account, ctx, frame }, cursor, asked)) {
      yield page
      cursor = page.cursor
    }
    if (asked.last) return
    asked = frame.asked(cursor)
  }
}

interface Place {
  readonly account: Connection
  readonly ctx: Context
  readonly frame: Frame
}

/** From the question to the last line of its answer. */
async function* pagesOf(
  { account, ctx, frame }: Place,
  start: Cursor,
  planned: Asked,
): AsyncGenerator<PayoutPage> {
  const transport = connect(account, ctx)
  let asked = planned
  let cursor = start
  while (true) {
    if (asked.id === '') {
      const key = await correlationId(ctx.key, account.id, cursor.watermark, asked)
      asked = { ...asked, id: await transport.askReport(reportType, asked, key) }
      cursor = frame.keep(cursor, asked)
      // kept before it is waited for: else each attempt would have another one made
      yield { rows: [], rejected: [], received: 0, cursor }
    }
    const { status, location } = await reportOf(transport, asked.id)
    if (status === 'COMPLETED' && location !== null) {
      const end = frame.end(cursor, asked, ctx.now())
      yield* read({ account, ctx, transport }, location, { cursor, end, last: asked.last })
      return
    }
    if (status !== 'EXPIRED' && status !== 'FAILED') {
      throw failure('unavailable', making, { code: 'not-ready', retryAfterMs: pollMs })
    }
    if (asked.times >= maxTimes) {
      // the next run asks for it as if nobody had
      cursor = frame.keep(cursor, { ...asked, id: '', times: 1 })
      yield { rows: [], rejected: [], received: 0, cursor }
      throw failure('rejected', failed, { code: 'report-failed' })
    }
    ctx.log('flipkart.report-again', { status, times: asked.times })
    asked = { ...asked, id: '', times: asked.times + 1 }
  }
}
const making = 'Flipkart is making the report of settlements'
const failed = 'Cannot read settlements: Flipkart could not make the report, import the workbook'

/** One that is not known any more has expired. */
const reportOf = async (transport: Transport, id: string) => {
  try {
    const { status, location } = await transport.report(id)
    return { status: status.toUpperCase(), location }
  } catch (error) {
    if (failureOf(error)?.code !== 'not-found') throw error
    return { status: 'EXPIRED', location: null }
  }
}

/** The same question of the same run has the same id: it is Flipkart's only key of ours. */
const correlationId = async (
  key: string,
  accountId: string,
  watermark: string,
  { from, to, times }: Asked,
): Promise<string> => {
  const text = [key, accountId, watermark, from, to, times].join('/')
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  // by RFC 9562: version 8, a form of our own
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${
    hex.slice(20, 32)
  }`
}

interface Reading {
  readonly account: Connection
  readonly ctx: Context
  readonly transport: Transport
}

/** Sheet by sheet. A run that stops in between reads the file again: the rows are the same. */
async function* read(
  { account: { externalAccountId }, ctx, transport }: Reading,
  location: string,
  { cursor, end, last }: { readonly cursor: Cursor; readonly end: Cursor; readonly last: boolean },
): AsyncGenerator<PayoutPage> {
  let page = emptyPage()
  let sheets = 0
  for (const { signature, sheet, groupBy, rows } of settlementReports) {
    const ask = {
      signature,
      ...(sheet === undefined ? {} : { sheet }),
      ...(groupBy === undefined ? {} : { groupBy }),
    }
    const table = await transport.reportTable(location, ask)
    if (!table) continue
    sheets += 1
    const cells = new Map<number, readonly string[]>()
    const records = keeping(table.records, cells)
    const reading = rows(table.columns, records, { externalAccountId, now: ctx.now() })
    for await (const result of reading) {
      if ('row' in result) page.rows.push(result.row)
      else if ('rejected' in result) {
        const raw = JSON.stringify(result.lines.map((line) => cells.get(line) ?? []))
        const key = result.key === undefined ? {} : { key: result.key }
        page.rejected.push({ ...key, reason: result.rejected, raw })
      }
      for (const line of result.lines) cells.delete(line)
      if (page.rows.length + page.rejected.length < pageSize) continue
      yield { ...counted(page), cursor }
      page = emptyPage()
    }
  }
  if (sheets === 0) throw failure('bad-response', 'Cannot read settlements: the file has none')
  yield { ...counted(page), cursor: end, last }
}

const emptyPage = (): { readonly rows: PayoutRow[]; readonly rejected: RejectedRow[] } => ({
  rows: [],
  rejected: [],
})

/** Lines of one payment that stand apart are one row here. */
const counted = ({ rows, rejected }: ReturnType<typeof emptyPage>) => {
  const payouts = [...Map.groupBy(rows, ({ externalId }) => externalId).values()].map(together)
  return { rows: payouts, rejected, received: payouts.length + rejected.length }
}

const together = (parts: readonly PayoutRow[]): PayoutRow => {
  const newest = parts.reduce((one, other) => one.updatedAt <= other.updatedAt ? other : one)
  const lines = new Map(parts.flatMap((part) => part.lines).map((line) => [line.externalId, line]))
  return { ...newest, lines: [...lines.values()] }
}

/** A line that is rejected is kept as it came. */
async function* keeping(
  records: AsyncIterable<ReportRecord>,
  cells: Map<number, readonly string[]>,
): AsyncGenerator<ReportRecord> {
  for await (const record of records) {
    cells.set(record.line, record.cells)
    yield record
  }
}
