/** Reports of the Selling Partner API: ordered or found, waited for, and read like uploaded files. */
import { type Context, failure, type ReportImport, type ReportResult } from 'robnu/plugin'
import type { RejectedRow } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection, explainDocument } from './client.ts'
import { PathId } from './schemas.ts'

const path = '/reports/2021-06-30'
const time = z.iso.datetime({ offset: true })

const Report = z.object({
  reportId: PathId,
  processingStatus: z.string(),
  createdTime: time,
  reportDocumentId: PathId.nullish(),
})
export type Report = z.infer<typeof Report>
const Created = z.object({ reportId: PathId })
const Listed = z.object({ reports: z.array(Report), nextToken: z.string().nullish() })
const Document = z.object({ url: z.url() })

/** Orders a report over a window and gives its id. Two of one window do no harm: they are only read. */
export const createReport = async (
  account: Connection,
  ctx: Context,
  ask: { readonly reportType: string; readonly from: string; readonly to: string },
): Promise<string> => {
  const { reportId } = await askAmazon(account, ctx)(Created, `${path}/reports`, {
    operation: 'createReport',
    method: 'POST',
    json: {
      reportType: ask.reportType,
      marketplaceIds: [account.details.marketplace_id],
      dataStartTime: ask.from,
      dataEndTime: ask.to,
    },
  })
  return reportId
}

export const getReport = async (
  account: Connection,
  ctx: Context,
  reportId: string,
): Promise<Report> =>
  await askAmazon(account, ctx)(Report, `${path}/reports/${encodeURIComponent(reportId)}`, {
    operation: 'getReport',
    explain: (status) =>
      status === 404
        ? {
          kind: 'rejected',
          code: reportGone,
          message: 'Amazon does not know the report any more',
        }
        : undefined,
  })
/** Reports are kept for ninety days. */
export const reportGone = 'report-gone'

/** All that are ready and were made in the window, the oldest first. */
export const listReports = async (
  account: Connection,
  ctx: Context,
  ask: { readonly reportType: string; readonly from: string; readonly to: string },
): Promise<readonly Report[]> => {
  const found = new Map<string, Report>()
  let token: string | undefined
  for (let pages = 0; pages < mostPages; pages++) {
    const answer: z.infer<typeof Listed> = await askAmazon(account, ctx)(
      Listed,
      `${path}/reports`,
      {
        operation: 'getReports',
        query: token !== undefined
          // with a token no other parameter may stand
          ? { nextToken: token }
          : {
            reportTypes: [ask.reportType],
            processingStatuses: ['DONE'],
            createdSince: ask.from,
            createdUntil: ask.to,
            pageSize: 100,
          },
      },
    )
    for (const report of answer.reports) found.set(report.reportId, report)
    token = answer.nextToken || undefined
    if (token === undefined) return [...found.values()].sort(byTime)
  }
  throw failure('bad-response', 'Cannot list the reports of Amazon: they have no end')
}
const mostPages = 50
const byTime = (one: Report, other: Report): number =>
  Date.parse(one.createdTime) - Date.parse(other.createdTime) ||
  (one.reportId < other.reportId ? -1 : 1)

/** What a reader makes of some lines; `raw` of a refusal as they stood there. */
export type Reading<Row> =
  | { readonly row: Row }
  | { readonly rejected: RejectedRow }
  | { readonly skipped: true }

/** The document of a report, read as an upload of it is. Its URL lives for five minutes. */
export async function* readReport<Row>(
  account: Connection,
  ctx: Context,
  documentId: string,
  report: ReportImport<Row>,
): AsyncGenerator<Reading<Row>> {
  const { url } = await askAmazon(account, ctx)(
    Document,
    `${path}/documents/${encodeURIComponent(documentId)}`,
    { operation: 'getReportDocument' },
  )
  const table = await ctx.table(url, report, { explain: explainDocument })
  if (!table) throw failure('bad-response', `Cannot read "${report.name}": it has other headings`)
  const inHand = new Map<number, string>()
  const records = (async function* () {
    for await (const record of table.records) {
      inHand.set(record.line, record.cells.join('\t'))
      yield record
    }
  })()
  const now = ctx.now()
  const { externalAccountId } = account
  for await (const one of report.rows(table.columns, records, { externalAccountId, now })) {
    yield readingOf(one, inHand)
  }
}

const readingOf = <Row>(one: ReportResult<Row>, inHand: Map<number, string>): Reading<Row> => {
  const raw = one.lines.map((line) => inHand.get(line) ?? '').join('\n')
  for (const line of one.lines) inHand.delete(line)
  if ('row' in one) return { row: one.row }
  if ('skipped' in one) return { skipped: true }
  const { rejected: reason, key } = one
  return { rejected: { reason, raw: raw || '-', ...(key === undefined ? {} : { key }) } }
}
