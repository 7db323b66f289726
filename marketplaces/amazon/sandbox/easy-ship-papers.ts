/** The feed for labels and invoices: its processing report names the report that holds the PDF. */
import { digitsOf } from 'robnu/testing'
import type { Documents } from './documents.ts'
import type { FeedHandler } from './feeds.ts'
import { easyShipPdf } from './papers.ts'
import { livingParcel } from './parcels.ts'
import type { Reports } from './reports.ts'

const easyShipReport = 'GET_EASYSHIP_DOCUMENTS'

export const easyShipPapers = (
  seed: number,
  documents: Documents,
  put: Reports['put'],
): FeedHandler => ({
  type: 'text/xml; charset=UTF-8',
  work: ({ id, partner, text }, at) => {
    const [, orderId = ''] = /<AmazonOrderID>\s*([\d-]+)\s*<\/AmazonOrderID>/.exec(text) ?? []
    const types = new Set(
      text.matchAll(/<DocumentType>\s*(\w+)\s*<\/DocumentType>/g).map(([, type = '']) => type),
    )
    const order = partner.books.find(orderId)
    const parcel = order && livingParcel(order, at, seed)
    if (!order || !parcel || !text.includes('<EasyShipDocument>')) {
      return report(id, { errors: 1, extra: fault(orderId) })
    }
    const bytes = easyShipPdf(order, parcel, types)
    const name = `easy-ship/${id}`
    const kept = documents.keep(partner.id, name, { bytes, type: 'application/pdf', gzip: true })
    const reportId = digitsOf(seed, `report/${partner.id}/${id}`, 12)
    put(partner.id, { id: reportId, type: easyShipReport, createdAt: at, document: kept })
    const extra = `<DocumentReportReferenceID>${reportId}</DocumentReportReferenceID>`
    return report(id, { errors: 0, extra })
  },
})

const fault = (orderId: string): string =>
  '<Result><MessageID>1</MessageID><ResultCode>Error</ResultCode>' +
  '<ResultMessageCode>24000</ResultMessageCode><ResultDescription>' +
  `Documents of order ${orderId} are not available.</ResultDescription></Result>`

const report = (
  feedId: string,
  { errors, extra }: { readonly errors: number; readonly extra: string },
): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
<Header><DocumentVersion>1.02</DocumentVersion><MerchantIdentifier>SELLER</MerchantIdentifier></Header>
<MessageType>ProcessingReport</MessageType>
<Message><MessageID>1</MessageID><ProcessingReport>
<DocumentTransactionID>${feedId}</DocumentTransactionID><StatusCode>Complete</StatusCode>
<ProcessingSummary><MessagesProcessed>1</MessagesProcessed><MessagesSuccessful>${
    1 - errors
  }</MessagesSuccessful><MessagesWithError>${errors}</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning></ProcessingSummary>
${extra}</ProcessingReport></Message></AmazonEnvelope>
`
