/** The shapes of answers about work, queues and the health of accounts, with an invented example each. */
import { z } from '@hono/zod-openapi'
import { healthStates } from '../ledger/account-health.ts'
import { letterStates } from '../ledger/dead-letters.ts'
import { workTargets } from '../queues/targets.ts'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const at = '2026-01-31T10:15:00.000Z'
const IdOrNull = z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' })
const Count = z.int().min(0)
const WorkTarget = z.enum(workTargets).openapi('WorkTarget')

export const Letter = z.object({
  id: Id,
  seller_id: Id,
  marketplace_account_id: IdOrNull.openapi({ description: 'Null for a job of the whole seller' }),
  run_id: IdOrNull,
  target: WorkTarget,
  queue: z.string(),
  reason: z.string().openapi({ description: 'Why it failed the last time' }),
  receives: Count.openapi({ description: 'How often it was tried' }),
  state: z.enum(letterStates),
  created_at: Time,
  changed_at: TimeOrNull,
  changed_by: z.string().nullable().openapi({
    description: '`user:<id>`, or `staff:<id>`',
  }),
  change_reason: z.string().nullable(),
}).openapi('DeadLetter')
export const letterExample = {
  id: '2b7e9c10-4f3d-8e21-8b6a-0c9d8e7f6a5b',
  seller_id: exampleIds.seller,
  marketplace_account_id: exampleIds.account,
  run_id: exampleIds.run,
  target: 'ORDERS',
  queue: 'account-sync',
  reason: 'bad-response: The marketplace did not answer in JSON',
  receives: 5,
  state: 'DEAD',
  created_at: at,
  changed_at: null,
  changed_by: null,
  change_reason: null,
}

export const Stray = z.object({
  id: Id,
  queue: z.string(),
  body: z.string().openapi({ description: 'Its first 4096 characters' }),
  body_bytes: Count,
  reason: z.string(),
  receives: Count,
  created_at: Time,
}).openapi('StrayMessage')
export const strayExample = {
  id: '2b7e9c10-4f3d-8e21-8b6a-0c9d8e7f6a5c',
  queue: 'account-sync',
  body: 'hello',
  body_bytes: 5,
  reason: 'not JSON',
  receives: 5,
  created_at: at,
}

export const Switch = z.object({
  key: z.string().openapi({ description: '`sweep:<id>`, `marketplace:<CODE>` or `account:<id>`' }),
  enabled: z.boolean(),
  reason: z.string().nullable().openapi({ description: 'Null where the default stands' }),
  changed_at: TimeOrNull,
  changed_by: z.string().nullable(),
}).openapi('Switch')
export const switchExample = {
  key: 'marketplace:SAMPLE',
  enabled: false,
  reason: 'Their gateway answers nonsense since 10:00, INC-77',
  changed_at: at,
  changed_by: 'staff:01998f6b-7f00-7a11-8b22-9c33ad44be55',
}

const TargetHealth = z.object({
  target: WorkTarget,
  last_good_at: TimeOrNull,
  last_run_state: z.string().nullable(),
  last_failure: z.string().nullable(),
  next_run_at: TimeOrNull,
  waiting: Count.openapi({ description: 'Work that waits or runs' }),
  dead: Count.openapi({ description: 'Work that failed each time it was tried' }),
  attempts: Count.openapi({ description: 'Tries in a row without progress' }),
  last_error: z.string().nullable(),
}).openapi('TargetHealth')
export const AccountHealth = z.object({
  state: z.enum(healthStates),
  reason: z.string().nullable().openapi({ description: 'Null while all is well' }),
  fix: z.string().nullable().openapi({ description: 'What to do about it' }),
  last_good_sync: TimeOrNull,
  next_run: TimeOrNull,
  breaker: z.object({ opened_at: Time, next_probe_at: Time }).nullable().openapi({
    description: 'The marketplace does not answer; one try every half minute until it does',
  }),
  credentials: z.object({
    given_at: Time.openapi({ description: 'When somebody gave them; a refresh does not count' }),
    renew_by: TimeOrNull.openapi({ description: 'When the marketplace wants others, if it does' }),
  }),
  targets: z.array(TargetHealth).readonly(),
}).openapi('AccountHealth')
export const healthExample = {
  state: 'needs_reconnect',
  reason: 'The marketplace refuses the credentials',
  fix: 'Make new credentials in the portal of the marketplace and send them with ' +
    'PUT /v1/marketplace-accounts/{id}/credentials',
  last_good_sync: at,
  next_run: '2026-01-31T10:30:00.000Z',
  breaker: null,
  credentials: { given_at: '2026-01-02T10:30:00.000Z', renew_by: '2026-07-01T10:30:00.000Z' },
  targets: [{
    target: 'ORDERS',
    last_good_at: at,
    last_run_state: 'FAILED',
    last_failure: 'The marketplace refuses the credentials',
    next_run_at: '2026-01-31T10:30:00.000Z',
    waiting: 0,
    dead: 0,
    attempts: 0,
    last_error: null,
  }],
}

export const Schedule = z.object({
  target: z.string(),
  cron: z.string(),
  paused: z.boolean(),
  next_run_at: Time,
}).openapi('Schedule')
export const scheduleExample = {
  target: 'ORDERS',
  cron: '*/15 * * * *',
  paused: false,
  next_run_at: at,
}

export const CredentialEvent = z.object({
  id: Id,
  kind: z.enum(['VERIFIED', 'REFRESHED', 'REFUSED']),
  message: z.string().nullable().openapi({ description: 'Why they were refused' }),
  run_id: IdOrNull,
  created_at: Time,
}).openapi('CredentialEvent')
export const credentialEventExample = {
  id: '01998f71-0b1c-7d2e-9f30-415263748597',
  kind: 'REFRESHED',
  message: null,
  run_id: exampleIds.run,
  created_at: at,
}
