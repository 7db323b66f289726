/** What a seller downloads from Seller Central and may upload here. */
import type { ReportImport } from 'robnu/plugin'
import { pickedUpReport, waitingReport } from './easy-ship.ts'
import { orderReport } from './orders.ts'
import { returnReport } from './returns.ts'
import { settlementReport } from './settlements.ts'
import { transactionReport } from './transactions.ts'

export const reports: readonly ReportImport[] = [
  orderReport,
  pickedUpReport,
  waitingReport,
  returnReport,
  settlementReport,
  transactionReport,
]
