/** The seller's settlements and what they are made of. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { type Payouts, payoutStatuses } from '../../ledger/read-payouts.ts'
import { payoutStates } from '../../plugin.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { Payout, payoutExample, PayoutLine, payoutLineExample } from '../ledger-schemas.ts'
import { pageByTime } from '../page-by-time.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf } from '../schemas.ts'

const path = '/v1/payouts'
const linesPath = `${path}/{id}/lines`

const Day = z.iso.date().optional().openapi({
  type: 'string',
  format: 'date',
  description: 'A day in Asia/Kolkata, itself inside',
  example: '2026-01-31',
})
const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
  settlement_state: z.enum(payoutStates).optional(),
  status: z.enum(payoutStatuses).optional(),
  from: Day,
  to: Day,
}).refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
  path: ['to'],
  message: 'must not be before the beginning of the range',
})
const LinesQuery = z.strictObject({ cursor: Cursor.optional(), limit: Limit })
const LinePosition = z.tuple([z.string()])

export const payoutRoutes = (payouts: Payouts, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'payouts:read',
    limitsAccounts: true,
    tag: 'Payouts',
    summary: 'List settlements, newest first',
    query: Query,
    answer: listOf(Payout),
    examples: { answer: pageOf(payoutExample) },
    problems: ['invalid-cursor'],
    handle: ({ query }, { entry: { sellerId }, entry, accounts }) => {
      const filters = {
        state: query.settlement_state,
        status: query.status,
        from: query.from,
        to: query.to,
      }
      const page = { cursors, path, sellerId, query, filters, accounts }
      return pageByTime(page, (ask) => payouts.list(entry, ask))
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'payouts:read',
    limitsAccounts: true,
    tag: 'Payouts',
    summary: 'Read one settlement',
    params: IdParams,
    answer: Payout,
    examples: { answer: payoutExample },
    handle: async ({ params: { id } }, { entry, accounts }) => {
      const payout = await payouts.get(entry, id, accounts)
      if (payout === null) throw fault('not-found')
      return payout
    },
  }),
  route({
    method: 'get',
    path: linesPath,
    permission: 'payouts:read',
    limitsAccounts: true,
    tag: 'Payouts',
    summary: 'List what a settlement is made of',
    params: IdParams,
    query: LinesQuery,
    answer: listOf(PayoutLine),
    examples: { answer: pageOf(payoutLineExample) },
    problems: ['invalid-cursor'],
    handle: async ({ params: { id }, query }, { entry, accounts }) => {
      const scope = { list: linesPath, sellerId: entry.sellerId, filters: { id } }
      const after = query.cursor && cursors.read(scope, query.cursor, LinePosition)
      const found = await payouts.lines(entry, id, {
        ...(after ? { after: { externalId: after[0] } } : {}),
        limit: query.limit,
        accounts,
      })
      if (found === null) throw fault('not-found')
      const { rows, next } = found
      return { data: rows, page: { next: next && cursors.write(scope, [next.externalId]) } }
    },
  }),
]
