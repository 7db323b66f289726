/** What was erased of buyers: for the seller, and for whoever asks the seller. */
import { z } from '@hono/zod-openapi'
import { erasureReasons } from '../../ledger/retention/erasures.ts'
import type { Erasures } from '../../ledger/retention/read-erasures.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { pageByTime } from '../page-by-time.ts'
import { type Route, route } from '../route.ts'
import { Cursor, exampleIds, Id, Limit, listOf, Time, TimeOrNull } from '../schemas.ts'

const path = '/v1/erasures'
const Count = z.int().min(0)

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
})

const Erasure = z.object({
  id: Id,
  marketplace_account_id: z.guid().nullable().openapi({
    type: ['string', 'null'],
    format: 'uuid',
    description: 'Null: of the whole seller',
  }),
  marketplace: z.string().nullable(),
  reason: z.enum(erasureReasons).openapi({
    description:
      'retention: the time of the marketplace was over; request: a buyer asked for it; ' +
      'offboarding: the keys of the seller were destroyed',
  }),
  day: z.string().openapi({ format: 'date', description: 'In India' }),
  days: z.int().nullable().openapi({ description: 'How long buyers are kept, of retention' }),
  ended_before: TimeOrNull.openapi({
    description: 'Orders that had ended before, by the clock of the marketplace',
  }),
  orders: Count.openapi({ description: 'Orders whose buyers are not known any more' }),
  fields: Count.openapi({ description: 'Sealed fields of these orders that held something' }),
  documents: Count.openapi({ description: 'Papers that showed a buyer' }),
  raw_rows: Count.openapi({ description: 'Rows of a marketplace that could not be read' }),
  files: Count.openapi({ description: 'Files of imports that came to no end' }),
  archive_months: Count.openapi({
    description: 'Months of raw answers of marketplaces whose keys were destroyed',
  }),
  created_at: Time,
  updated_at: Time,
}).openapi('Erasure')

const example = {
  id: exampleIds.run,
  marketplace_account_id: exampleIds.account,
  marketplace: 'SAMPLE',
  reason: 'retention' as const,
  day: '2026-02-10',
  days: 30,
  ended_before: new Date('2026-01-12T04:17:00.000Z'),
  orders: 212,
  fields: 848,
  documents: 424,
  raw_rows: 1,
  files: 0,
  archive_months: 0,
  created_at: new Date('2026-02-10T04:17:03.120Z'),
  updated_at: new Date('2026-02-10T18:17:02.480Z'),
}

export const erasureRoutes = (erasures: Erasures, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'erasures:read',
    limitsAccounts: true,
    tag: 'Security',
    summary: 'List what was erased of buyers, why and how much, newest first',
    query: Query,
    answer: listOf(Erasure),
    examples: { answer: pageOf(example) },
    problems: ['invalid-cursor'],
    handle: ({ query }, { entry: { sellerId }, entry, accounts }) =>
      pageByTime(
        { cursors, path, sellerId, query, filters: {}, accounts },
        (ask) => erasures.list(entry, ask),
      ),
  }),
]
