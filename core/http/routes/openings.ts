/** What was opened of sealed fields: by whom, when, why, and how much a day. */
import { z } from '@hono/zod-openapi'
import { openerKinds, type OpeningFilters, type Openings } from '../../audit/openings.ts'
import { fault } from '../../errors.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { Opening, OpeningDay, openingDayExample, openingExample } from '../opening-schemas.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, Limit, listOf } from '../schemas.ts'
import { From, isRange, rangeMessage, To } from '../times.ts'

const path = '/v1/openings'
const tag = 'Audit trail'
const word = z.string().max(100).regex(/^[a-z0-9_.-]+$/)

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  purpose: word.optional().openapi({ description: 'Such as `orders.reveal`' }),
  kind: z.enum(openerKinds).optional().openapi({ description: 'What opened' }),
  actor: Id.optional().openapi({ description: 'By this person of the seller only' }),
  table: word.optional(),
  order: Id.optional().openapi({ description: 'The buyer of this order' }),
  from: From.optional(),
  to: To.optional(),
}).refine(({ from, to }) => isRange(from, to), { path: ['to'], message: rangeMessage })
/** A time with microseconds, and the id. */
const Position = z.tuple([z.string(), z.string()])

const dayMs = 24 * 60 * 60_000
const longestDays = 92
const DailyQuery = z.strictObject({
  from: From.optional(),
  to: To.optional(),
}).refine(({ from, to }) => isRange(from, to), { path: ['to'], message: rangeMessage })

export const openingRoutes = (
  openings: Openings,
  cursors: Cursors,
  now: () => Date,
): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'audit:read',
    tag,
    summary: 'List what was opened of sealed fields, by whom and why, newest first',
    query: Query,
    answer: listOf(Opening),
    examples: { answer: pageOf(openingExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query: { cursor, limit, ...asked } }, { entry }) => {
      const filters = filtersOf(asked)
      const scope = { list: path, sellerId: entry.sellerId, filters: { ...filters } }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, Position)
      const { openings: found, next } = await openings.list(entry, {
        ...{ filters, limit },
        ...after === undefined ? {} : { after: { at: after[0], id: after[1] } },
      })
      return {
        data: found,
        page: { next: next === null ? null : cursors.write(scope, [next.at, next.id]) },
      }
    },
  }),
  route({
    method: 'get',
    path: `${path}/daily`,
    permission: 'audit:read',
    tag,
    summary: 'Count what was opened, by day of India, purpose and opener; 92 days at most',
    query: DailyQuery,
    answer: listOf(OpeningDay),
    examples: { answer: pageOf(openingDayExample) },
    handle: async ({ query: { to: end, from: start } }, { entry }) => {
      const longest = start === undefined ? Infinity : start.getTime() + longestDays * dayMs
      const to = end ?? new Date(Math.min(now().getTime(), longest))
      const from = start ?? new Date(to.getTime() - 30 * dayMs)
      if (to.getTime() - from.getTime() > longestDays * dayMs) {
        throw fault('invalid-request', {
          errors: [{ pointer: '/query/from', message: `must be at most ${longestDays} days ago` }],
        })
      }
      return { data: await openings.daily(entry, { from, to }), page: { next: null } }
    },
  }),
]

type Asked = Omit<z.output<typeof Query>, 'cursor' | 'limit'>

const filtersOf = ({ purpose, kind, actor, table, order, from, to }: Asked): OpeningFilters =>
  given({ purpose, kind, actorUserId: actor, table, orderId: order, from, to })
