/** What a seller downloads from AJIO's portal and may upload here. */
import type { ReportImport } from 'robnu/plugin'
import { orderReport } from './orders.ts'
import { returnReport } from './returns.ts'
import { settlementReport } from './settlements.ts'

export const reports: readonly ReportImport[] = [orderReport, returnReport, settlementReport]
