/** Reads the record that papers are made of; the buyer's fields only where a paper shows them. */
import { z } from 'zod'
import type { SellerKeys } from '../../crypto/keys.ts'
import { openFields } from '../../crypto/opening.ts'
import type { OpeningPurpose } from '../../crypto/purposes.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { type ManifestRow, type ShipmentRow, stateName } from '../../plugin.ts'
import { readInvoices } from '../processing/invoices.ts'
import type { ManifestRecord, OrderRecord, Party } from './record.ts'

export interface RecordAsk {
  readonly accountId: string
  readonly batchId: string
  readonly orderId: string
  readonly marketplaceName: string
  /** What a step has just told, and is not stored yet. */
  readonly shipment?: ShipmentRow
  /** Why the buyer's fields are opened: `documents.packing-slip`; null: no paper shows them. */
  readonly purpose: OpeningPurpose | null
}

export const loadRecord = async (
  scope: SellerScope,
  keys: SellerKeys,
  ask: RecordAsk,
): Promise<OrderRecord> => {
  const { batchId, orderId, marketplaceName, purpose } = ask
  const order = await scope.one(sql.type(orderRow)`
    select o.external_order_id, o.ordered_at, o.state_code, o.currency, o.customer_name_enc,
      o.customer_phone_enc, o.address_enc, b.bill_to, i.gstin, (
        select jsonb_build_object('number', s.external_shipment_id, 'awb', s.awb,
          'carrier', s.carrier)
        from shipments s
        where s.seller_id = o.seller_id and s.order_id = o.id and s.status <> 'CANCELLED'
        order by s.created_at desc, s.id limit 1) as shipment,
      (
        select jsonb_agg(jsonb_build_object('externalId', l.external_item_id, 'sku', t.sku,
          'title', t.title, 'hsn', t.hsn, 'gstRateBp', t.gst_rate_bp,
          'quantity', l.confirmed_quantity, 'totalPaise', case when t.quantity > 0
            then round(t.total_paise::numeric * l.confirmed_quantity / t.quantity) end)
          order by t.line)
        from batch_lines l
        join order_items t on t.seller_id = l.seller_id and t.order_id = l.order_id
          and t.external_item_id = l.external_item_id
        where l.seller_id = b.seller_id and l.batch_id = b.batch_id and l.order_id = b.order_id
          and l.confirmed_quantity > 0) as lines
    from orders o
    join batch_orders b on b.seller_id = o.seller_id and b.order_id = o.id
      and b.batch_id = ${batchId}
    left join order_invoices i on i.seller_id = o.seller_id and i.order_id = o.id
    where o.seller_id = ${scope.sellerId} and o.id = ${orderId}`)
  const { customer_name_enc, customer_phone_enc, address_enc } = order
  const fields = { customer_name_enc, customer_phone_enc, address_enc }
  const rows = [{ id: orderId, fields }]
  const [opened] = purpose === null
    ? []
    : await openFields(scope, keys, { table: 'orders', purpose, rows })
  const told = ask.shipment
  return {
    marketplace: marketplaceName,
    orderNumber: order.external_order_id,
    orderedAt: order.ordered_at,
    seller: await readSeller(scope, order.gstin),
    billTo: order.bill_to,
    buyer: buyerOf(opened ?? {}, order.state_code),
    placeOfSupply: order.state_code,
    shipment: told
      ? { number: told.externalId, awb: told.awb, carrier: told.carrier }
      : order.shipment,
    invoice: (await readInvoices(scope, [orderId])).get(orderId) ?? null,
    currency: order.currency,
    lines: order.lines ?? [],
  }
}

const blob = z.instanceof(Uint8Array).nullable()
const party = z.object({
  name: z.string(),
  address: z.array(z.string()),
  gstin: z.string().nullable(),
  stateCode: z.string().nullable(),
})
const orderRow = z.object({
  external_order_id: z.string(),
  ordered_at: z.date(),
  state_code: z.string().nullable(),
  currency: z.string(),
  customer_name_enc: blob,
  customer_phone_enc: blob,
  address_enc: blob,
  bill_to: party.nullable(),
  gstin: z.string().nullable(),
  shipment: z.object({
    number: z.string(),
    awb: z.string().nullable(),
    carrier: z.string().nullable(),
  }).nullable(),
  lines: z.array(z.object({
    externalId: z.string(),
    sku: z.string().nullable(),
    title: z.string().nullable(),
    hsn: z.string().nullable(),
    gstRateBp: z.number().nullable(),
    quantity: z.number(),
    totalPaise: z.number().nullable(),
  })).nullable(),
})

/** As registered under the GSTIN of the account; before anybody has said so, by name alone. */
const readSeller = async (scope: SellerScope, gstin: string | null): Promise<Party> => {
  const row = await scope.one(sql.type(sellerRow)`
    select s.name, r.legal_name, r.line1, r.line2, r.city, r.postal_code, r.state_code
    from sellers s
    left join seller_registrations r on r.seller_id = s.id and r.gstin = ${gstin}
    where s.id = ${scope.sellerId}`)
  return {
    name: row.legal_name ?? row.name,
    address: linesOf(row.line1, row.line2, row.city, row.postal_code),
    gstin,
    stateCode: row.state_code ?? gstin?.slice(0, 2) ?? null,
  }
}
type Told = string | null | undefined
const linesOf = (line1: Told, line2: Told, city: Told, postalCode: Told): readonly string[] =>
  [line1, line2, [city, postalCode].filter(Boolean).join(' ')].flatMap((line) => line || [])

const text = z.string().nullable()
const sellerRow = z.object({
  name: z.string(),
  legal_name: text,
  line1: text,
  line2: text,
  city: text,
  postal_code: text,
  state_code: text,
})

const buyerOf = (
  opened: Readonly<Partial<Record<string, string | null>>>,
  stateCode: string | null,
): OrderRecord['buyer'] => {
  const { customer_name_enc: name, customer_phone_enc: phone, address_enc: address } = opened
  if (!name && !address) return null
  const { line1, line2, city, postalCode } = address ? addressForm.parse(JSON.parse(address)) : {}
  return {
    name: name ?? (stateCode && stateName(stateCode)) ?? 'Buyer',
    phone: phone ?? null,
    address: linesOf(line1, line2, city, postalCode),
    gstin: null,
    stateCode,
  }
}
const addressForm = z.object({ line1: text, line2: text, city: text, postalCode: text }).partial()

/** A manifest with the parcels that the marketplace says are in it, also those that are unknown here. */
export const loadManifest = async (
  scope: SellerScope,
  ask: {
    readonly accountId: string
    readonly marketplaceName: string
    readonly gstin: string | null
    readonly row: ManifestRow
  },
): Promise<ManifestRecord> => {
  const { accountId, marketplaceName, gstin, row } = ask
  const parcels = await scope.any(sql.type(parcelRow)`
    select u.number, o.external_order_id as "orderNumber", s.awb, s.carrier, (
        select sum(i.quantity) from shipment_items i
        where i.seller_id = s.seller_id and i.shipment_id = s.id)::int4 as pieces
    from unnest(${sql.array([...row.shipmentExternalIds], 'text')}) as u (number)
    left join shipments s on s.seller_id = ${scope.sellerId}
      and s.marketplace_account_id = ${accountId} and s.external_shipment_id = u.number
    left join orders o on o.seller_id = s.seller_id and o.id = s.order_id
    order by u.number`)
  return {
    marketplace: marketplaceName,
    number: row.externalId,
    seller: await readSeller(scope, gstin),
    dispatchDate: row.dispatchDate,
    closedAt: row.state === 'CLOSED' ? row.updatedAt : null,
    parcels,
  }
}
const parcelRow = z.object({
  number: z.string(),
  orderNumber: text,
  awb: text,
  carrier: text,
  pieces: z.number().nullable(),
})
