/** The seller's orders. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { orderStates } from '../../plugin.ts'
import { maskCustomer } from '../../rbac/mask.ts'
import type { Cursors } from '../cursor.ts'
import { orderDetailExample, orderExample, pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf, OrderDetail, OrderSummary } from '../schemas.ts'
import type { Orders } from '../services.ts'
import { From, isRange, rangeMessage, To } from '../times.ts'

const path = '/v1/orders'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
  status: z.enum(orderStates).optional(),
  ordered_from: From.optional(),
  ordered_to: To.optional(),
  include: z.literal('customer').optional().openapi({
    description: 'Adds `customer`, which has to be unsealed; masked by role',
  }),
}).refine(({ ordered_from, ordered_to }) => isRange(ordered_from, ordered_to), {
  path: ['ordered_to'],
  message: rangeMessage,
})
/** Milliseconds since 1970, and the id. */
const Position = z.tuple([z.number(), z.string()])

export const orderRoutes = (orders: Orders, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'orders:read',
    tag: 'Orders',
    summary: 'List orders, newest first',
    query: Query,
    answer: listOf(OrderSummary),
    examples: { answer: pageOf(orderExample) },
    problems: ['invalid-cursor', 'keys-unavailable'],
    handle: async ({ query }, { entry, may }) => {
      const filters = {
        accountId: query.account,
        status: query.status,
        from: query.ordered_from,
        to: query.ordered_to,
      }
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, Position)
      const { orders: found, next } = await orders.list(entry, {
        filter: given(filters),
        ...(after === undefined ? {} : { after: { orderedAt: new Date(after[0]), id: after[1] } }),
        limit: query.limit,
        customer: query.include === 'customer',
      })
      const isMasked = query.include === 'customer' && !may('customers:read')
      return {
        data: isMasked ? found.map(masked) : found,
        page: {
          next: next === null ? null : cursors.write(scope, [next.orderedAt.getTime(), next.id]),
        },
      }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'orders:read',
    tag: 'Orders',
    summary: 'Read one order with its items and its buyer',
    params: IdParams,
    answer: OrderDetail,
    examples: { answer: orderDetailExample },
    problems: ['keys-unavailable'],
    handle: async ({ params: { id } }, { entry, may }) => {
      const order = await orders.get(entry, id)
      if (order === null) throw fault('not-found')
      return may('customers:read') ? order : masked(order)
    },
  }),
]

const masked = <T extends { readonly customer?: Parameters<typeof maskCustomer>[0] }>(
  order: T,
) => ({
  ...order,
  customer: maskCustomer(order.customer ?? null),
})
