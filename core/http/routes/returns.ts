/** The seller's returns: of buyers, and of parcels that could not be delivered. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Returns } from '../../ledger/read-returns.ts'
import { returnKinds, returnStates } from '../../plugin.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import {
  ReturnDetail,
  returnDetailExample,
  returnExample,
  ReturnSummary,
} from '../ledger-schemas.ts'
import { pageByTime } from '../page-by-time.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf } from '../schemas.ts'
import { From, isRange, rangeMessage, To } from '../times.ts'

const path = '/v1/returns'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
  status: z.enum(returnStates).optional(),
  kind: z.enum(returnKinds).optional(),
  order: Id.optional().openapi({ description: 'Of this order only' }),
  awb: z.string().min(1).max(100).optional().openapi({
    description: 'With this waybill on any leg',
  }),
  initiated_from: From.optional(),
  initiated_to: To.optional(),
}).refine(({ initiated_from, initiated_to }) => isRange(initiated_from, initiated_to), {
  path: ['initiated_to'],
  message: rangeMessage,
})

export const returnRoutes = (returns: Returns, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'returns:read',
    limitsAccounts: true,
    tag: 'Returns',
    summary: 'List returns, newest first',
    query: Query,
    answer: listOf(ReturnSummary),
    examples: { answer: pageOf(returnExample) },
    problems: ['invalid-cursor'],
    handle: ({ query }, { entry: { sellerId }, entry, accounts }) => {
      const filters = {
        status: query.status,
        kind: query.kind,
        orderId: query.order,
        awb: query.awb,
        from: query.initiated_from,
        to: query.initiated_to,
      }
      const page = { cursors, path, sellerId, query, filters, accounts }
      return pageByTime(page, (ask) => returns.list(entry, ask))
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'returns:read',
    limitsAccounts: true,
    tag: 'Returns',
    summary: 'Read one return with its waybills, items and events',
    params: IdParams,
    answer: ReturnDetail,
    examples: { answer: returnDetailExample },
    handle: async ({ params: { id } }, { entry, accounts }) => {
      const found = await returns.get(entry, id, accounts)
      if (found === null) throw fault('not-found')
      return found
    },
  }),
]
