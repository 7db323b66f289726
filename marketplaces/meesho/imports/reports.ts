/** What a seller downloads from Meesho's panel and may upload here. */
import type { PayoutRow, ReportImport } from 'robnu/plugin'
import { adsReport, compensationReport, referralReport } from './adjustments.ts'
import { forwardReport, gstReport, orderReport } from './orders.ts'
import { paymentReport } from './payments.ts'
import { returnReport } from './returns.ts'

/** The sheets of the payment file, the payments first; the gateway gives the same file. */
export const paymentReports: readonly ReportImport<PayoutRow>[] = [
  paymentReport,
  adsReport,
  referralReport,
  compensationReport,
]

export const reports: readonly ReportImport[] = [
  orderReport,
  gstReport,
  forwardReport,
  returnReport,
  ...paymentReports,
]
