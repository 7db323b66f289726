/** The shapes of imports, for the documentation and for the compiler. */
import { z } from '@hono/zod-openapi'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const Count = z.int().min(0)
const Reasons = z.record(z.string(), Count).readonly()

export const Import = z.object({
  id: Id,
  marketplace_account_id: Id,
  run_id: Id,
  file_name: z.string(),
  byte_size: Count,
  sha256: z.string().openapi({ description: 'Of the file, in hexadecimal' }),
  state: z.enum(['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED']),
  failure: z.object({ kind: z.string(), message: z.string() }).nullable(),
  report: z.object({
    id: z.string(),
    name: z.string(),
    target: z.enum(['ORDERS', 'RETURNS', 'PAYOUTS']),
  }).nullable().openapi({ description: 'What the file was recognised as; null until then' }),
  sections: z.array(z.object({
    name: z.string().openapi({ description: 'Of the sheet, or of the file in a zip file' }),
    heading_line: Count,
    last_line: Count,
  })).readonly(),
  lines: z.object({
    told: Count.openapi({ description: '= accepted + skipped + rejected, so far' }),
    accepted: Count,
    skipped: Count,
    rejected: Count,
    skipped_reasons: Reasons,
    rejected_reasons: Reasons,
  }),
  rows: z.object({ new: Count, changed: Count, unchanged: Count }).openapi({
    description: 'What the accepted lines made: orders, returns or settlements',
  }),
  created_at: Time,
  started_at: TimeOrNull,
  finished_at: TimeOrNull,
}).openapi('Import')

export const ImportLines = z.object({
  section: z.string(),
  from_line: z.int().min(1),
  to_line: z.int().min(1).openapi({ description: 'Inclusive' }),
  result: z.enum(['accepted', 'skipped', 'rejected', 'waiting']),
  reason: z.string().nullable(),
}).openapi('ImportLines')

const at = '2026-01-31T10:15:00.000Z'

export const importExample = {
  id: exampleIds.run,
  marketplace_account_id: exampleIds.account,
  run_id: exampleIds.run,
  file_name: 'dropship-orders-january.xlsx',
  byte_size: 1_048_576,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  state: 'SUCCEEDED',
  failure: null,
  report: { id: 'sample-orders', name: 'Sample order report', target: 'ORDERS' },
  sections: [{ name: 'Orders', heading_line: 4, last_line: 5004 }],
  lines: {
    ...{ told: 5000, accepted: 4990, skipped: 8, rejected: 2 },
    ...{ skipped_reasons: { 'blank-line': 8 }, rejected_reasons: { 'bad-date': 2 } },
  },
  rows: { new: 4000, changed: 20, unchanged: 12 },
  ...{ created_at: at, started_at: at, finished_at: at },
}
export const importLinesExample = {
  ...{ section: 'Orders', from_line: 17, to_line: 18 },
  ...{ result: 'rejected', reason: 'bad-date' },
}
