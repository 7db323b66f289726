/** Sub-orders, returns and errors as the gateway writes them. */
import type { SandboxAnswer } from 'robnu/testing'
import type { Order, Return } from './model.ts'
import { rupees, timeText } from './words.ts'

export const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
export const refused = (
  status: number,
  code: string,
  message: string,
  more: object = {},
): SandboxAnswer => ({ status, body: { error: { code, message, ...more } } })
export const notFound = (): SandboxAnswer => refused(404, 'NOT_FOUND', 'There is no such thing.')

export const wireOrder = (order: Order, at: number): object => {
  const { variant, packet } = order
  return {
    sub_order_no: order.no,
    order_no: order.orderNo,
    status: order.status,
    verified: order.verified,
    on_hold: order.onHold,
    order_date: timeText(order.placedAt),
    sku: variant.sku,
    size: variant.size,
    quantity: order.quantity,
    product_name: variant.name,
    catalog_id: variant.catalogId,
    listed_price: rupees(variant.listedPaise),
    discounted_price: rupees(variant.pricePaise),
    customer_state: order.state,
    payment_mode: order.isPrepaid ? 'PREPAID' : 'COD',
    packet_id: packet?.id ?? null,
    awb: packet?.awb ?? null,
    courier: packet?.courier ?? null,
    manifest_id: order.manifest?.id ?? null,
    exchange_of: order.exchangeOf?.no ?? null,
    dispatch_by: timeText(order.dispatchBy),
    updated_at: timeText(at),
  }
}

export const wireReturn = (one: Return, at: number): object => {
  const { order } = one
  return {
    sub_order_no: order.no,
    order_no: order.orderNo,
    type: one.type,
    sub_type: subTypes[one.type],
    status: one.status,
    created_at: timeText(one.createdAt),
    updated_at: timeText(at),
    expected_delivery_date: one.expectedOn,
    delivered_at: one.deliveredAt === undefined ? null : timeText(one.deliveredAt),
    courier: order.packet?.courier ?? null,
    awb: one.awb,
    forward_awb: order.packet?.awb ?? null,
    packet_id: order.packet?.id ?? null,
    attempt: one.attempt,
    tracking_link: `https://track.invalid/${one.awb}`,
    quantity: order.quantity,
    sku: order.variant.sku,
    size: order.variant.size,
    reason: one.reason,
    detailed_reason: one.detail,
  }
}
export const subTypes: Readonly<Record<Return['type'], string>> = {
  'Customer Return': 'Return',
  'Courier Return (RTO)': 'RTO',
  'Exchange': 'Exchange',
}
