/** The one file that sellers of Bazaar may download: orders, a line each. */
import { type OrderRow, paiseOf, type ReportImport } from 'robnu/plugin'

const columns = ['Order Number', 'Placed At', 'Stock Code', 'Pieces', 'Amount'] as const

const orderFile: ReportImport<OrderRow> = {
  id: 'bazaar-orders',
  name: 'Bazaar order file',
  target: 'ORDERS',
  signature: columns,
  rows: async function* (headings, records) {
    const places = columns.map((name) => headings.indexOf(name))
    for await (const { line, cells } of records) {
      const [number = '', placed = '', sku = '', pieces = '', amount = ''] = places
        .map((at) => cells[at] ?? '')
      const at = new Date(placed)
      const totalPaise = paiseOf(amount)
      const lines = [line]
      if (number === '') yield { lines, skipped: 'no-order' }
      else if (Number.isNaN(at.getTime())) yield { lines, rejected: 'bad-date', key: number }
      else if (totalPaise === undefined) yield { lines, rejected: 'bad-amount', key: number }
      else {
        yield {
          lines,
          row: {
            ...{ externalId: number, status: 'NEW', rawStatus: 'new', onHold: false },
            ...{ orderedAt: at, updatedAt: at, shipBy: null, currency: 'INR', totalPaise },
            ...{ fulfilledBy: 'SELLER', stateCode: null, customer: null },
            items: [{
              ...{ externalId: '1', sku, listingId: null, title: null, totalPaise },
              quantity: Number(pieces),
            }],
          },
        }
      }
    }
  },
}

export const imports: readonly ReportImport[] = [orderFile]
