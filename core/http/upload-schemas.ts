/** The shapes of uploads, for the documentation and for the compiler. */
import { z } from '@hono/zod-openapi'
import { uploadPurposes } from '../ledger/uploads/uploads.ts'
import { exampleIds, Id, Time } from './schemas.ts'

const { IMPORT } = uploadPurposes
const FileName = z.string().trim().min(1).max(200)
  // deno-lint-ignore no-control-regex -- these are what is refused; \p{Cc} is none for JSON schemas
  .regex(/^[^\x00-\x1f\x7f-\x9f]*$/, 'must hold no control characters')

export const NewUpload = z.strictObject({
  marketplace_account_id: Id.openapi({ description: 'The account that the file is of' }),
  purpose: z.literal('IMPORT'),
  file_name: FileName.openapi({
    description: 'What the file is called; what it is, its content says',
  }),
  mime: z.enum(IMPORT.types),
  byte_size: z.int().min(1).max(IMPORT.maxBytes),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 digits of hexadecimal')
    .openapi({ description: 'Of the file; S3 compares it with what comes' }),
}).openapi('NewUpload')

/** Of an upload that is to be imported. */
export const UseUpload = z.strictObject({
  file_name: FileName.optional().openapi({ description: 'As it is called from now on' }),
}).openapi('UseUpload')

export const Upload = z.object({
  id: Id,
  marketplace_account_id: Id,
  purpose: z.enum(['IMPORT']),
  file_name: z.string(),
  mime: z.string(),
  byte_size: z.int().min(1),
  sha256: z.string(),
  state: z.enum(['PENDING', 'STORED']),
  created_at: Time,
  expires_at: Time.openapi({
    description: 'Of `put`; what has not come within hours is forgotten',
  }),
  put: z.object({
    url: z.string(),
    headers: z.record(z.string(), z.string()).readonly(),
  }).nullable().openapi({
    description:
      'One PUT of the file, of exactly `byte_size` bytes, to `url` with all of `headers`; ' +
      'null once the file is stored, or the time is over',
  }),
}).openapi('Upload')

const told = {
  marketplace_account_id: exampleIds.account,
  purpose: 'IMPORT',
  file_name: 'dropship-orders-january.xlsx',
  mime: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  byte_size: 1_048_576,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
} as const
export const newUploadExample = told
export const uploadExample = {
  ...{ id: exampleIds.run, ...told, state: 'PENDING' },
  ...{ created_at: '2026-01-31T10:15:00.000Z', expires_at: '2026-01-31T10:45:00.000Z' },
  put: {
    url: 'as the storage signs it',
    headers: { 'content-type': told.mime, 'x-amz-checksum-sha256': 'n4bQgYhMfWWaL+qgxVrQFaO=' },
  },
}
