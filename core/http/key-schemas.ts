/** The shapes of answers about the keys of a seller, with their examples. */
import { z } from '@hono/zod-openapi'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const at = '2026-01-31T10:15:00.000Z'

export const SellerKey = z.object({
  purpose: z.string().openapi({
    description:
      '`seal` for what is stored, `index` and `hash` for what is compared, `root` for the others',
  }),
  version: z.int(),
  state: z.enum(['CURRENT', 'RETIRED', 'DESTROYED']).openapi({
    description: 'RETIRED: opens what it has sealed, and seals nothing more',
  }),
  kms_alias: z.string().nullable().openapi({
    type: ['string', 'null'],
    description: 'The key of KMS that wraps it; null: another key of this list does',
  }),
  uses: z.int().openapi({ description: 'Values sealed, counted in blocks beforehand' }),
  created_at: Time,
  wrapped_at: Time,
}).openapi('SellerKey')
export const sellerKeyExample = {
  purpose: 'seal',
  version: 2,
  state: 'CURRENT' as const,
  kms_alias: null,
  uses: 65_536,
  created_at: at,
  wrapped_at: at,
}

const VersionOrNull = z.int().nullable().openapi({ type: ['integer', 'null'] })

export const KeyRotation = z.object({
  id: Id,
  state: z.enum(['ASKED', 'WALKING', 'RESTING', 'DONE', 'FAILED']).openapi({
    description:
      'RESTING: all values are sealed anew; it looks once more when no process has the ' +
      'old key in use',
  }),
  reason: z.string(),
  from_version: VersionOrNull,
  to_version: VersionOrNull,
  passes: z.int().openapi({ description: 'Walks over all values that have begun' }),
  opened: z.int(),
  resealed: z.int(),
  unreadable: z.int().openapi({ description: 'Values that do not open; they stay as they are' }),
  faults: z.array(z.object({ table: z.string(), column: z.string(), id: Id })).readonly().openapi({
    description: 'Where the first of them lie',
  }),
  failure: z.string().nullable().openapi({ type: ['string', 'null'] }),
  created_at: Time,
  started_at: TimeOrNull,
  ended_at: TimeOrNull,
}).openapi('KeyRotation')
export const keyRotationExample = {
  id: exampleIds.run,
  state: 'DONE' as const,
  reason: 'A laptop with access was lost',
  from_version: 1,
  to_version: 2,
  passes: 2,
  opened: 18_204,
  resealed: 18_204,
  unreadable: 0,
  faults: [],
  failure: null,
  created_at: at,
  started_at: at,
  ended_at: at,
}
