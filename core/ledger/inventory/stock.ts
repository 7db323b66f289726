/** The stock of a seller's products, as the API shows and changes it. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import { int4Array, uuidArray } from '../../db/arrays.ts'
import type { Database, Entry, Queries, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { allOf } from '../account-limit.ts'
import {
  confirmLevel,
  ensureDefaultWarehouse,
  mostOnHand,
  readLevel,
  setLevel,
  type StockReason,
} from './levels.ts'
import { ensureProduct, lockProductBySku } from './products.ts'
import { type PushDeps, refreshListings } from './refresh-listings.ts'

export interface StockView {
  readonly sku: string
  readonly title: string | null
  /** Null: nobody has counted it. Below zero: more has left than was there. */
  readonly on_hand: number | null
  /** Of open orders, whichever account they came by. */
  readonly held: number
  readonly safety_stock: number
  /** Never below zero; each account's reserves come off as well. */
  readonly available: number
  /** Pieces that were sold and are not there. */
  readonly oversold: number
  /** Pieces that could be oversold before the marketplaces know better: what they offer together. */
  readonly exposure: number
  readonly version: number | null
  readonly counted_at: Date | null
  readonly reserves: readonly Reserve[]
}
interface Reserve {
  readonly marketplace_account_id: string
  readonly quantity: number
}
/** Exactly one of `on_hand` and `delta`. */
export interface StockChangeAsk {
  readonly on_hand?: number
  readonly delta?: number
  readonly reason: StockReason
  /** The version that the change was made from; a delta needs one, so that it happens once. */
  readonly version?: number
}
export interface ReservesAsk {
  readonly safety_stock: number
  readonly accounts: readonly Reserve[]
}

export interface StockServiceDeps extends PushDeps {
  readonly db: Database
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}

export type Stock = ReturnType<typeof createStock>
export const createStock = (deps: StockServiceDeps) => ({
  /** By sku, in the order of its bytes. */
  list: async (
    entry: Entry,
    ask: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly stock: readonly StockView[]; readonly next: string | null }> => {
    const rows = await readStock(deps.db.inSellerScope(entry), { ...ask, limit: ask.limit + 1 })
    const stock = rows.slice(0, ask.limit)
    return { stock, next: rows.length > ask.limit ? stock.at(-1)?.sku ?? null : null }
  },

  /**
   * A count makes the product where there is none; null: a delta has nothing to change. Throws
   * `stock-changed` when the version is not the newest, `stock-out-of-range`.
   */
  change: async (entry: Entry, sku: string, ask: StockChangeAsk): Promise<StockView | null> => {
    const view = await deps.db.withSellerScope(entry, async (scope) => {
      const productId = ask.on_hand === undefined
        ? await lockProductBySku(scope, sku)
        : await ensureProduct(scope, sku)
      if (productId === null) return null
      await changeLevel(scope, deps, { productId, sku }, ask)
      return await readOne(scope, sku)
    })
    if (view) deps.wake()
    return view
  },

  /** Says the whole of what is kept back. Null: no such product, or no such account. */
  reserve: async (entry: Entry, sku: string, ask: ReservesAsk): Promise<StockView | null> => {
    const view = await deps.db.withSellerScope(entry, async (scope) => {
      const productId = await lockProductBySku(scope, sku)
      if (productId === null) return null
      const done = await changeReserves(scope, deps, { productId, sku }, ask)
      return done ? await readOne(scope, sku) : null
    })
    if (view) deps.wake()
    return view
  },
})

interface Product {
  readonly productId: string
  readonly sku: string
}

const changeLevel = async (
  scope: SellerScope,
  deps: PushDeps,
  { productId, sku }: Product,
  { on_hand, delta = 0, reason, version }: StockChangeAsk,
): Promise<void> => {
  const warehouseId = await ensureDefaultWarehouse(scope)
  const level = await readLevel(scope, productId, warehouseId)
  if (version !== undefined && version !== (level?.version ?? 0)) throw fault('stock-changed')
  const before = level?.onHand ?? 0
  const onHand = on_hand ?? before + delta
  if (onHand < 0 && delta < 0 || onHand > mostOnHand) throw fault('stock-out-of-range')
  const counted = on_hand !== undefined
  if (level && onHand === before) {
    if (!counted) return
    await confirmLevel(scope, productId, warehouseId)
  } else {
    await setLevel(scope, { productId, warehouseId, before, onHand, counted, reason })
  }
  await refreshListings(scope, deps, [productId])
  recordAudit(scope, scope.sellerId, 'stock.changed', `product:${productId}`, {
    sku,
    from: level?.onHand ?? null,
    to: onHand,
    reason,
  })
}

/** False: an account is not the seller's. */
const changeReserves = async (
  scope: SellerScope,
  deps: PushDeps,
  { productId, sku }: Product,
  { safety_stock, accounts }: ReservesAsk,
): Promise<boolean> => {
  const kept = accounts.filter(({ quantity }) => quantity > 0)
  const ids = uuidArray(kept.map((one) => one.marketplace_account_id))
  const quantities = int4Array(kept.map((one) => one.quantity))
  const { known } = await scope.one(sql.type(z.object({ known: z.number() }))`
    select count(*)::int4 as known from marketplace_accounts
    where seller_id = ${scope.sellerId} and id = any(${ids}::uuid[])`)
  if (known !== kept.length) return false
  const written = await scope.run(command`
    update catalog_products set safety_stock = ${safety_stock}, updated_at = now()
    where seller_id = ${scope.sellerId} and id = ${productId} and safety_stock <> ${safety_stock}`)
  const gone = await scope.run(command`
    delete from inventory_reserves
    where seller_id = ${scope.sellerId} and product_id = ${productId}
      and marketplace_account_id <> all(${ids}::uuid[])`)
  const set = await scope.run(command`
    insert into inventory_reserves as r (seller_id, product_id, marketplace_account_id, quantity)
    select ${scope.sellerId}::uuid, ${productId}::uuid, u.*
    from unnest(${ids}::uuid[], ${quantities}::int4[]) as u
    on conflict (seller_id, product_id, marketplace_account_id)
      do update set quantity = excluded.quantity where r.quantity <> excluded.quantity`)
  if (written + gone + set === 0) return true
  await refreshListings(scope, deps, [productId])
  recordAudit(scope, scope.sellerId, 'stock.reserves-changed', `product:${productId}`, {
    sku,
    safety_stock,
    accounts: kept.length,
  })
  return true
}

const readOne = async (queries: Queries, sku: string): Promise<StockView> => {
  const [view] = await readStock(queries, { sku, limit: 1 })
  if (!view) throw new Error('unreachable: the product is locked')
  return view
}

const readStock = async (
  queries: Queries,
  { sku, after, limit }: {
    readonly sku?: string
    readonly after?: string
    readonly limit: number
  },
): Promise<readonly StockView[]> => {
  const where = allOf(
    sql.fragment`seller_id = app_current_seller_id()`,
    ...sku === undefined ? [] : [sql.fragment`sku = ${sku}`],
    ...after === undefined ? [] : [sql.fragment`sku > ${after}`],
  )
  const rows = await queries.any(sql.type(stockRow)`
    with page as (
      select * from catalog_products where ${where} order by sku limit ${limit}
    )
    select p.sku, p.title, p.safety_stock, l.on_hand::int4 as on_hand, l.version::int4 as version,
      l.counted_at, h.held::int4 as held, o.offered::float8 as offered, r.reserves
    from page p
    cross join lateral (
      select sum(on_hand) as on_hand, sum(version) as version, max(counted_at) as counted_at
      from inventory_levels where seller_id = p.seller_id and product_id = p.id
    ) l
    cross join lateral (
      select coalesce(sum(quantity), 0) as held from inventory_holds
      where seller_id = p.seller_id and product_id = p.id and state = 'HELD'
    ) h
    cross join lateral (
      select coalesce(sum(pushed_quantity), 0) as offered from catalog_listings
      where seller_id = p.seller_id and product_id = p.id
    ) o
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object(
        'marketplace_account_id', marketplace_account_id, 'quantity', quantity)
        order by marketplace_account_id), '[]') as reserves
      from inventory_reserves where seller_id = p.seller_id and product_id = p.id
    ) r
    order by p.sku`)
  return rows.map(({ offered, ...row }) => {
    const free = (row.on_hand ?? 0) - row.held
    return {
      ...row,
      available: Math.max(0, free - row.safety_stock),
      oversold: row.on_hand === null ? 0 : Math.max(0, -free),
      exposure: row.on_hand === null ? 0 : Math.max(0, offered - Math.max(0, free)),
    }
  })
}

const stockRow = z.object({
  sku: z.string(),
  title: z.string().nullable(),
  safety_stock: z.number(),
  on_hand: z.number().nullable(),
  version: z.number().nullable(),
  counted_at: z.date().nullable(),
  held: z.number(),
  offered: z.number(),
  reserves: z.array(z.object({ marketplace_account_id: z.string(), quantity: z.number() })),
})
