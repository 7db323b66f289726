/** The look-ups of a search: each led by the seller, each an index's first rows. */
import { textArray } from '../../db/arrays.ts'
import { bytes, sql } from '../../db/sql.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import { allOf, firstOfEach, type Fragment, withinLimit } from '../account-limit.ts'

/** What every look-up answers: kind, matched, id, title, exact, marketplace_account_id, at. */
export interface Lookup {
  readonly sellerId: string
  readonly limit: number
  readonly accounts: AccountLimit | null
}

/** Behind all that begins with a text: there is no greater character. */
const last = '\u{10ffff}'
const rangesOf = (ids: readonly string[]): Fragment =>
  sql.fragment`unnest(${textArray(ids)}::text[],
    ${textArray(ids.map((id) => id + last))}::text[]) as v (first, last)`

/** So many waybills are looked at for whoever may see some accounts alone: exact ones stand first. */
const mostHidden = 200

interface Named {
  readonly kind: string
  readonly table: Fragment
  /** The id that the marketplace gives. */
  readonly name: Fragment
  /** As timestamptz. */
  readonly at: Fragment
}
export const named = {
  order: {
    kind: 'order',
    table: sql.fragment`orders`,
    name: sql.fragment`external_order_id`,
    at: sql.fragment`ordered_at`,
  },
  return: {
    kind: 'return',
    table: sql.fragment`order_returns`,
    name: sql.fragment`external_return_id`,
    at: sql.fragment`initiated_at`,
  },
  payout: {
    kind: 'payout',
    table: sql.fragment`marketplace_payouts`,
    name: sql.fragment`external_payout_id`,
    at: sql.fragment`settles_on::timestamp at time zone 'Asia/Kolkata'`,
  },
} as const satisfies Readonly<Record<string, Named>>

/** By the marketplace's id: the first rows of each account, so that no hidden one is read past. */
export const byId = (
  { kind, table, name, at }: Named,
  ids: readonly string[],
  { sellerId, limit, accounts }: Lookup,
): Fragment => {
  const each = sql.fragment`
    select row.* from ${rangesOf(ids)} cross join lateral (
      select id, ${name} as title, ${name} = v.first as exact, marketplace_account_id,
        ${at} as at
      from ${table}
      where seller_id = ${sellerId} and marketplace_account_id = a.id
        and ${name} ~>=~ v.first and ${name} ~<~ v.last
      order by ${name} using ~<~ limit ${limit}) row`
  return sql.fragment`
    (select ${kind} as kind, 'id' as matched, f.*
    from (${firstOfEach(sellerId, accounts ?? { only: null, except: [] }, each)}) f
    order by f.exact desc, f.title using ~<~, f.id limit ${limit})`
}

/** Parcels by their waybill. */
export const shipmentsByAwb = (ids: readonly string[], ask: Lookup): Fragment => {
  const { sellerId, limit, accounts } = ask
  const within = withinLimit(accounts, sql.fragment`f.marketplace_account_id`)
  return sql.fragment`
    (select 'shipment' as kind, 'awb' as matched, f.*
    from ${rangesOf(ids)} cross join lateral (
      select id, awb as title, awb = v.first as exact, marketplace_account_id, created_at as at
      from shipments
      where seller_id = ${sellerId} and awb ~>=~ v.first and awb ~<~ v.last
      order by awb using ~<~ limit ${readsOf(ask)}) f
    where ${allOf(sql.fragment`true`, ...within)}
    order by f.exact desc, f.title using ~<~, f.id limit ${limit})`
}

/** Returns by the waybill of any leg. */
export const returnsByAwb = (ids: readonly string[], ask: Lookup): Fragment => {
  const { sellerId, limit, accounts } = ask
  const within = withinLimit(accounts, sql.fragment`r.marketplace_account_id`)
  return sql.fragment`
    (select 'return' as kind, 'awb' as matched, r.id, r.external_return_id as title, f.exact,
      r.marketplace_account_id, r.initiated_at as at
    from ${rangesOf(ids)} cross join lateral (
      select order_return_id, awb, awb = v.first as exact
      from return_awbs
      where seller_id = ${sellerId} and awb ~>=~ v.first and awb ~<~ v.last
      order by awb using ~<~ limit ${readsOf(ask)}) f
    join order_returns r on r.id = f.order_return_id
    where ${allOf(sql.fragment`r.seller_id = ${sellerId}`, ...within)}
    order by f.exact desc, f.awb using ~<~, r.id limit ${limit})`
}

const readsOf = ({ accounts, limit }: Lookup): number => accounts === null ? limit : mostHidden

/** A buyer's orders, newest first. */
export const ordersOfBuyer = (
  field: 'phone' | 'email',
  index: Uint8Array,
  { sellerId, limit, accounts }: Lookup,
  /** Of who may see buyers. */
  shown: AccountLimit | null,
): Fragment => {
  const account = sql.fragment`marketplace_account_id`
  const conditions = [
    sql.fragment`seller_id = ${sellerId}`,
    sql.fragment`${columnOf[field]} = ${bytes(index)}`,
    ...withinLimit(accounts, account),
    ...withinLimit(shown, account),
  ]
  return sql.fragment`
    (select 'order' as kind, ${field} as matched, id, external_order_id as title, true as exact,
      marketplace_account_id, ordered_at as at
    from orders where ${allOf(...conditions)} order by ordered_at desc limit ${limit})`
}
const columnOf = {
  phone: sql.fragment`customer_phone_idx`,
  email: sql.fragment`customer_email_idx`,
}
