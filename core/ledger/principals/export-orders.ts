/** What is kept of one buyer, order by order, in clear: for the buyer, who asked for it. */
import { z } from 'zod'
import type { SellerKeys } from '../../crypto/keys.ts'
import { openFields } from '../../crypto/opening.ts'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { returnKinds, returnStates } from '../../plugin.ts'
import { addressView, type CustomerView, sealedColumns } from '../order-views.ts'
import type { PrincipalOrder } from './find-orders.ts'

const blob = z.instanceof(Uint8Array).nullable()
const sealedRow = z.object({
  id: z.string(),
  customer_name_enc: blob,
  customer_phone_enc: blob,
  customer_email_enc: blob,
  address_enc: blob,
})
const text = z.string().nullable()
const moreRow = z.object({
  id: z.string(),
  total_paise: z.number().nullable(),
  currency: z.string(),
  items: z.array(z.object({
    title: text,
    sku: text,
    quantity: z.number(),
    total_paise: z.number().nullable(),
  })),
  shipments: z.array(z.object({ awb: text, carrier: text, status: z.string() })),
  returns: z.array(z.object({
    external_return_id: z.string(),
    kind: z.enum(returnKinds),
    status: z.enum(returnStates),
    reason: text,
  })),
  /** Types of the papers that are kept. */
  documents: z.array(z.string()),
})
export type ExportedOrder =
  & Omit<PrincipalOrder, 'holds'>
  & Omit<z.infer<typeof moreRow>, 'id'>
  & { readonly customer: CustomerView }

/** Every field that is opened is in the decrypt ledger, with the reason. */
export const exportOrders = async (
  scope: SellerScope,
  keys: SellerKeys,
  orders: readonly PrincipalOrder[],
  reason: string,
): Promise<readonly ExportedOrder[]> => {
  if (orders.length === 0) return []
  const { sellerId } = scope
  const ids = uuidArray(orders.map(({ id }) => id))
  const sealed = await scope.any(sql.type(sealedRow)`
    select id, ${sealedColumns} from orders
    where seller_id = ${sellerId} and id = any(${ids}::uuid[])`)
  const opened = await openFields(scope, keys, {
    table: 'orders',
    purpose: 'principals.export',
    reason,
    rows: sealed.map(({ id, ...fields }) => ({ id, fields })),
  })
  const buyers = new Map(sealed.map(({ id }, at) => [id, opened[at]]))
  const rest = await scope.any(sql.type(moreRow)`
    select o.id, o.total_paise, o.currency,
      (select coalesce(jsonb_agg(jsonb_build_object('title', i.title, 'sku', i.sku,
          'quantity', i.quantity, 'total_paise', i.total_paise) order by i.line), '[]')
        from order_items i where i.seller_id = o.seller_id and i.order_id = o.id) as items,
      (select coalesce(jsonb_agg(jsonb_build_object('awb', s.awb, 'carrier', s.carrier,
          'status', s.status) order by s.created_at, s.id), '[]')
        from shipments s where s.seller_id = o.seller_id and s.order_id = o.id) as shipments,
      (select coalesce(jsonb_agg(jsonb_build_object('external_return_id', r.external_return_id,
          'kind', r.kind, 'status', r.status, 'reason', r.reason) order by r.initiated_at, r.id),
          '[]')
        from order_returns r where r.seller_id = o.seller_id and r.order_id = o.id) as returns,
      (select coalesce(jsonb_agg(d.type order by d.type), '[]')
        from order_documents d where d.seller_id = o.seller_id and d.order_id = o.id
          and d.storage_object_id is not null) as documents
    from orders o where o.seller_id = ${sellerId} and o.id = any(${ids}::uuid[])`)
  const more = new Map(rest.map(({ id, ...row }) => [id, row]))
  return orders.flatMap(({ holds: _holds, ...order }) => {
    const [buyer, row] = [buyers.get(order.id), more.get(order.id)]
    if (!buyer || !row) return []
    const customer = {
      name: buyer.customer_name_enc,
      phone: buyer.customer_phone_enc,
      email: buyer.customer_email_enc,
      address: buyer.address_enc ? addressView(JSON.parse(buyer.address_enc)) : null,
    }
    return [{ ...order, ...row, customer }]
  })
}
