/** The seller's returns: of buyers, and of parcels that could not be delivered. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Returns } from '../../ledger/read-returns.ts'
import { returnKinds, returnStates } from '../../plugin.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import {
  ReturnDetail,
  returnDetailExample,
  returnExample,
  ReturnSummary,
} from '../ledger-schemas.ts'
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
/** An ISO time, and the id. */
const Position = z.tuple([z.string(), z.string()])

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
    handle: async ({ query }, { entry, accounts }) => {
      const filters = {
        status: query.status,
        kind: query.kind,
        orderId: query.order,
        awb: query.awb,
        from: query.initiated_from,
        to: query.initiated_to,
      }
      const scope = {
        list: path,
        sellerId: entry.sellerId,
        filters: { ...filters, accountId: query.account },
      }
      const after = query.cursor && cursors.read(scope, query.cursor, Position)
      const { rows, next } = await returns.list(entry, {
        ...given({ accountId: query.account }),
        ...(after ? { after: { at: after[0], id: after[1] } } : {}),
        filter: given(filters),
        limit: query.limit,
        accounts,
      })
      return { data: rows, page: { next: next && cursors.write(scope, [next.at, next.id]) } }
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
