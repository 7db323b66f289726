/** What a seller downloads from Flipkart's portal and may upload here. */
import type { ReportImport } from 'robnu/plugin'
import { orderReport } from './orders.ts'
import { returnReport } from './returns.ts'
import { settlementReports } from './settlements.ts'

export const reports: readonly ReportImport[] = [orderReport, returnReport, ...settlementReports]
