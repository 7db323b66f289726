/**
 * Label and invoice of Easy Ship, which are one PDF: a feed asks for it, its processing report names a
 * report, and that has the document. None of it changes anything but a quota, so that a request in
 * doubt is simply made again.
 */
import { type BatchOrder, type Download, failureOf, type StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, explainDocument } from '../client.ts'
import { feedOutcome, startFeed } from '../feeds.ts'
import { getReport } from '../reports.ts'
import { restrictedToken } from '../tokens.ts'
import { type Desk, done, hold, notReady, started } from './desk.ts'

const Waiting = z.object({
  since: z.iso.datetime(),
  /** How many feeds died. */
  lost: z.int(),
  feedId: z.string().nullable(),
  reportId: z.string().nullable(),
})
type Waiting = z.infer<typeof Waiting>

/** Amazon takes minutes; what is not there after this long never comes by itself. */
const patienceMs = 6 * 3_600_000
const mostLost = 3
const pollMs = 60_000

export async function* fetchPapers(desk: Desk): AsyncGenerator<StepResult> {
  const orders = desk.readyBy('label', 'easy-ship')
  const waitingOf = ({ id }: BatchOrder): Waiting | undefined =>
    Waiting.safeParse(desk.output('label', id)).data
  // what was asked for may be there: fetched before new feeds use up their scarce bucket
  const asked = orders.filter((order) => waitingOf(order)?.feedId)
  for (const order of [...asked, ...orders.filter((one) => !asked.includes(one))]) {
    const now = desk.ctx.now()
    const waiting = waitingOf(order) ??
      { since: now.toISOString(), lost: 0, feedId: null, reportId: null }
    const isOver = now.getTime() - Date.parse(waiting.since) > patienceMs
    if (isOver) yield hold('label', order, 'label-not-made', notMade)
    else yield* next(desk, order, waiting)
  }
  if (desk.readyBy('label', 'easy-ship').length > 0) {
    throw notReady('Amazon has not made all labels yet', pollMs)
  }
}

/** As far as it goes now: a record of what is waited for, the papers, or why there are none. */
async function* next(
  desk: Desk,
  order: BatchOrder,
  waiting: Waiting,
): AsyncGenerator<StepResult> {
  const { account, ctx } = desk
  const again = (change: Partial<Waiting>) => started('label', order.id, { ...waiting, ...change })
  const lost = () =>
    waiting.lost + 1 >= mostLost
      ? hold('label', order, 'label-not-made', notMade)
      : again({ lost: waiting.lost + 1, feedId: null, reportId: null })
  if (waiting.feedId === null) {
    yield again({})
    const document = { type: xmlType, body: feedOf(account.externalAccountId, order.externalId) }
    const feedId = await startFeed(account, ctx, 'POST_EASYSHIP_DOCUMENTS', document)
    return yield again({ feedId })
  }
  let { reportId } = waiting
  if (reportId === null) {
    const outcome = await feedOutcome(account, ctx, waiting.feedId)
    if (outcome.state === 'working') return
    if (outcome.state === 'failed') return yield lost()
    reportId = reportIdIn(outcome.report)
    if (reportId === null) return yield hold('label', order, 'label-refused', refused)
    yield again({ reportId })
  }
  const report = await getReport(account, ctx, reportId).catch((error: unknown) => {
    if (failureOf(error)?.kind === 'rejected') return undefined
    throw error
  })
  const word = report?.processingStatus
  if (word === 'IN_QUEUE' || word === 'IN_PROGRESS') return
  if (word !== 'DONE' || !report?.reportDocumentId) return yield lost()
  const download = await fetchPdf(desk, report.reportDocumentId)
  yield done('label', order.id, {
    status: 'READY_TO_SHIP',
    documents: [{ type: 'LABEL', download }, { type: 'CUSTOMER_INVOICE', download }],
  })
}

const notMade =
  'Cannot go on with the order: Amazon has not made its label, print it in Seller Central'
const refused =
  'Cannot go on with the order: Amazon has no label for it, sync the orders and start it again'

const Document = z.object({ url: z.url() })

/** It shows the buyer: an ordinary token does not open it. */
const fetchPdf = async ({ account, ctx }: Desk, documentId: string): Promise<Download> => {
  const path = `/reports/2021-06-30/documents/${encodeURIComponent(documentId)}`
  const token = await restrictedToken(account, ctx, [path])
  const { url } = await askAmazon(account, ctx)(Document, path, {
    ...{ operation: 'getReportDocument', token },
    // told to, Amazon's storage names the compression, and it is undone on the way
    query: { enableContentEncodingUrlHeader: 'true' },
  })
  return await ctx.download(url, { explain: explainDocument })
}

const xmlType = 'text/xml; charset=UTF-8'

const feedOf = (sellerId: string, orderId: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
  <Header>
    <DocumentVersion>1.01</DocumentVersion>
    <MerchantIdentifier>${sellerId}</MerchantIdentifier>
  </Header>
  <MessageType>EasyShipDocument</MessageType>
  <Message>
    <MessageID>1</MessageID>
    <EasyShipDocument>
      <AmazonOrderID>${orderId}</AmazonOrderID>
      <DocumentType>ShippingLabel</DocumentType>
      <DocumentType>Invoice</DocumentType>
    </EasyShipDocument>
  </Message>
</AmazonEnvelope>
`

/** Null where the processing report tells of errors alone. */
const reportIdIn = (report: string | null): string | null =>
  /<DocumentReportReferenceID>\s*(\d{1,30})\s*<\/DocumentReportReferenceID>/.exec(report ?? '')
    ?.[1] ?? null
