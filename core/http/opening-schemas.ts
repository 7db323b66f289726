/** The shapes of the decrypt ledger's answers, with an invented example of each. */
import { z } from '@hono/zod-openapi'
import { exampleIds, Id, Time } from './schemas.ts'

const IdOrNull = z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' })
const Purpose = z.string().openapi({ description: 'A word such as `orders.list`' })
const Sentence = z.string().openapi({ description: 'What the purpose says to people' })

const Opener = z.object({
  kind: z.string().openapi({ description: 'user, key, staff, run or push' }),
  user_id: IdOrNull,
  super_admin_id: IdOrNull,
  impersonation_session_id: IdOrNull,
  api_key_id: IdOrNull,
  job_run_id: IdOrNull,
  marketplace_account_id: IdOrNull.openapi({
    type: ['string', 'null'],
    format: 'uuid',
    description: 'Of a push: the account that it was for',
  }),
  staff_name: z.string().nullable().openapi({ description: 'Of staff inside the seller' }),
}).openapi('Opener')

export const Opening = z.object({
  id: Id,
  at: Time,
  actor: Opener,
  purpose: Purpose,
  sentence: Sentence,
  reason: z.string().nullable().openapi({ description: 'In the words of whoever asked' }),
  table: z.string(),
  columns: z.array(z.string()).readonly(),
  row_ids: z.array(Id).readonly().openapi({ description: 'Of the rows; of `orders`: order ids' }),
  opened: z.int().min(0).openapi({ description: 'How many values' }),
  undone: z.boolean().openapi({
    description: 'The work came to nothing: values were open in memory, and were given to nobody',
  }),
}).openapi('Opening')

export const OpeningDay = z.object({
  day: z.iso.date().openapi({ description: 'Of Asia/Kolkata' }),
  purpose: Purpose,
  sentence: Sentence,
  actor: Opener.openapi({ description: 'All runs of a day are one, and so are all pushes' }),
  openings: z.int().min(1).openapi({ description: 'Requests and jobs' }),
  opened: z.int().min(0).openapi({ description: 'Values' }),
}).openapi('OpeningDay')

const actor = {
  kind: 'user',
  user_id: exampleIds.user,
  super_admin_id: null,
  impersonation_session_id: null,
  api_key_id: null,
  job_run_id: null,
  marketplace_account_id: null,
  staff_name: null,
}
const purpose = {
  purpose: 'orders.reveal',
  sentence: 'One buyer was unmasked, for a reason that was given',
}
export const openingExample = {
  id: exampleIds.item,
  at: '2026-01-31T10:15:00.000Z',
  actor,
  ...purpose,
  reason: 'The courier asked for the phone number',
  table: 'orders',
  columns: ['customer_phone_enc'],
  row_ids: [exampleIds.order],
  opened: 1,
  undone: false,
}
export const openingDayExample = { day: '2026-01-31', ...purpose, actor, openings: 4, opened: 7 }
