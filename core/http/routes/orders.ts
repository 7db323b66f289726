/** The seller's orders. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { orderStates } from '../../plugin.ts'
import { maskCustomer } from '../../rbac/mask.ts'
import type { Cursors } from '../cursor.ts'
import { orderDetailExample, orderExample, pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route, type SellerCall } from '../route.ts'
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
    limitsAccounts: true,
    tag: 'Orders',
    summary: 'List orders, newest first',
    query: Query,
    answer: listOf(OrderSummary),
    examples: { answer: pageOf(orderExample) },
    problems: ['invalid-cursor', 'keys-unavailable'],
    handle: async ({ query }, { entry, may, accounts }) => {
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
        accounts,
      })
      return {
        data: query.include === 'customer' ? maskedFor(may, found) : found,
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
    limitsAccounts: true,
    tag: 'Orders',
    summary: 'Read one order with its items and its buyer',
    params: IdParams,
    answer: OrderDetail,
    examples: { answer: orderDetailExample },
    problems: ['keys-unavailable'],
    handle: async ({ params: { id } }, { entry, may, accounts }) => {
      const order = await orders.get(entry, id, accounts)
      if (order === null) throw fault('not-found')
      const [shown = order] = maskedFor(may, [order])
      return shown
    },
  }),
]

interface WithCustomer {
  readonly marketplace_account_id: string
  readonly customer?: Parameters<typeof maskCustomer>[0]
}

/** The orders, without the buyers of accounts for which the caller may not see them. */
const maskedFor = <T extends WithCustomer>(
  may: SellerCall['may'],
  orders: readonly T[],
): readonly T[] => {
  if (may('customers:read')) return orders
  // asked once for each account, and not once for each of 200 orders
  const isShown = new Map<string, boolean>()
  return orders.map((order) => {
    const account = order.marketplace_account_id
    const shown = isShown.get(account) ?? may('customers:read', account)
    isShown.set(account, shown)
    return shown ? order : { ...order, customer: maskCustomer(order.customer ?? null) }
  })
}
