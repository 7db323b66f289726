/** The shapes of exports of all that a seller has, with an invented example of each. */
import { z } from '@hono/zod-openapi'
import { exportReasons, exportStates } from '../ledger/tenant-export/request.ts'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const Count = z.int().min(0)

export const TenantExport = z.object({
  id: Id,
  state: z.enum(exportStates),
  reason: z.enum(exportReasons).openapi({ description: '`offboarding`: before all is destroyed' }),
  created_at: Time,
  started_at: TimeOrNull,
  finished_at: TimeOrNull,
  expired_at: TimeOrNull.openapi({
    type: ['string', 'null'],
    format: 'date-time',
    description: 'When its files were let go, seven days behind its end: they hold buyers',
  }),
  failure: z.string().nullable().openapi({ description: 'Why it failed' }),
  rows: Count.openapi({ description: 'So far' }),
  opened: Count.openapi({ description: 'Sealed values that were opened for it so far' }),
  byte_size: Count.openapi({ description: 'Of its files so far, packed' }),
  at_table: z.string().nullable().openapi({ description: 'The table that is being written' }),
}).openapi('TenantExport')

export const ExportFile = z.object({
  id: Id,
  key: z.string().openapi({ description: 'Where it lies, as the manifest names it' }),
  mime: z.string(),
  byte_size: Count,
  sha256: z.string().openapi({ description: 'In hex' }),
  url: z.string().openapi({ description: 'Works without a sign-in until `url_expires_at`' }),
  url_expires_at: Time,
}).openapi('ExportFile')

export const tenantExportExample = {
  id: exampleIds.run,
  state: 'RUNNING' as const,
  reason: 'asked' as const,
  created_at: '2026-01-31T10:15:00.000Z',
  started_at: '2026-01-31T10:15:01.000Z',
  finished_at: null,
  expired_at: null,
  failure: null,
  rows: 41_250,
  opened: 118_400,
  byte_size: 3_145_728,
  at_table: 'orders',
}
export const exportFileExample = {
  id: exampleIds.item,
  key: `exports/${exampleIds.seller}/2026-01-31/${exampleIds.run}/orders-0001-7e6f5a6b.jsonl.gz`,
  mime: 'application/gzip',
  byte_size: 1_048_576,
  sha256: 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184',
  url: 'as the storage signs it',
  url_expires_at: '2026-01-31T11:30:00.000Z',
}
