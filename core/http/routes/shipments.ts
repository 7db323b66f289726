/** The seller's parcels. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Shipments } from '../../ledger/read-shipments.ts'
import { orderStates } from '../../plugin.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import {
  ShipmentDetail,
  shipmentDetailExample,
  shipmentExample,
  ShipmentSummary,
} from '../ledger-schemas.ts'
import { pageByTime } from '../page-by-time.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf } from '../schemas.ts'

const path = '/v1/shipments'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
  status: z.enum(orderStates).optional(),
  order: Id.optional().openapi({ description: 'Of this order only' }),
  awb: z.string().min(1).max(100).optional().openapi({ description: 'With this waybill' }),
})

export const shipmentRoutes = (shipments: Shipments, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'shipments:read',
    limitsAccounts: true,
    tag: 'Shipments',
    summary: 'List shipments, newest first',
    query: Query,
    answer: listOf(ShipmentSummary),
    examples: { answer: pageOf(shipmentExample) },
    problems: ['invalid-cursor'],
    handle: ({ query }, { entry: { sellerId }, entry, accounts }) => {
      const filters = { status: query.status, orderId: query.order, awb: query.awb }
      const page = { cursors, path, sellerId, query, filters, accounts }
      return pageByTime(page, (ask) => shipments.list(entry, ask))
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'shipments:read',
    limitsAccounts: true,
    tag: 'Shipments',
    summary: 'Read one shipment with its items and events',
    params: IdParams,
    answer: ShipmentDetail,
    examples: { answer: shipmentDetailExample },
    handle: async ({ params: { id } }, { entry, accounts }) => {
      const shipment = await shipments.get(entry, id, accounts)
      if (shipment === null) throw fault('not-found')
      return shipment
    },
  }),
]
