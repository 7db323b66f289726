/** Listings of the seller's accounts, and the SKUs that lead to no product yet. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { Database, Entry, Queries } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { type AccountLimit, within } from '../../rbac/decide.ts'
import { allOf, firstOfEach, type Fragment, theRow, withinLimit } from '../account-limit.ts'
import { giveProduct, type Mapping } from './map-sku.ts'
import type { PushDeps } from './refresh-listings.ts'

export const listingFilters = ['WAITING', 'REJECTED', 'DRIFTING'] as const
type ListingFilter = (typeof listingFilters)[number]

export interface ListingView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly sku: string
  readonly listing_id: string | null
  readonly product_sku: string
  readonly aliases: readonly string[]
  /** What it may offer; null: nobody has counted the product, and nothing is pushed. */
  readonly quantity: number | null
  readonly version: number
  /** What the marketplace has taken. */
  readonly pushed: {
    readonly quantity: number
    readonly version: number
    readonly at: Date
  } | null
  /** Why it has not taken the newest quantity. */
  readonly rejection: string | null
  /** What it said when it was asked; null quantity: it does not know the listing. */
  readonly read: { readonly quantity: number | null; readonly at: Date } | null
  /** It was told once more, and still says something else. */
  readonly drifts: boolean
  readonly created_at: Date
}
export interface UnmappedView {
  readonly marketplace_account_id: string
  readonly sku: string | null
  readonly listing_id: string | null
  readonly title: string | null
  /** Open lines, and the pieces that they would hold. */
  readonly lines: number
  readonly pieces: number
  /** Pieces that have left since without being taken from any stock. */
  readonly shipped: number
  readonly first_seen_at: Date
}
/** The last row of a page: account, sku, listing id. */
export type UnmappedPosition = readonly [string, string, string]

interface ListingsAsk {
  readonly accountId?: string
  readonly state?: ListingFilter
  /** The id of the last listing of the page before. */
  readonly after?: string
  readonly limit: number
  /** Absent or null: of all accounts. */
  readonly accounts?: AccountLimit | null
}

export interface ListingsDeps extends PushDeps {
  readonly db: Database
  readonly wake: () => void
}

export type Listings = ReturnType<typeof createListings>
export const createListings = (deps: ListingsDeps) => ({
  /** Newest first: ids are in the order of time. */
  list: async (
    entry: Entry,
    ask: ListingsAsk,
  ): Promise<{ readonly listings: readonly ListingView[]; readonly next: string | null }> => {
    const rows = await deps.db.inSellerScope(entry)
      .any(sql.type(listingRow)`${listOf(entry.sellerId, ask)}`)
    const listings = rows.slice(0, ask.limit).map(viewOf)
    return { listings, next: rows.length > ask.limit ? listings.at(-1)?.id ?? null : null }
  },

  /** Null for a listing of an account outside of the limit, as for one that is not there. */
  get: async (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null = null,
  ): Promise<ListingView | null> =>
    await readListing(deps.db.inSellerScope(entry), entry, id, accounts),

  /**
   * Gives a SKU of an account its product, and every line that waited for it. Null: no such account,
   * or no such listing of it to be an alias of. Throws `listing-exists`.
   */
  map: async (
    entry: Entry,
    mapping: Mapping,
    accounts: AccountLimit | null = null,
  ): Promise<ListingView | null> => {
    if (!within(accounts, mapping.accountId)) return null
    const view = await deps.db.makeInSellerScope(entry, async (scope) => {
      const made = await giveProduct(scope, deps, mapping)
      if (made === null) return null
      scope.made(made.listingId)
      const { accountId: account, sku } = mapping
      recordAudit(scope, scope.sellerId, 'listing.mapped', `listing:${made.listingId}`, {
        ...{ account, sku, product_sku: made.productSku, alias: mapping.aliasOf !== undefined },
      })
      return await readListing(scope, scope, made.listingId, null)
    })
    if (view) deps.wake()
    return view
  },

  /** SKUs of open lines, and of such that have shipped since, by account and sku. */
  unmapped: async (entry: Entry, ask: {
    readonly accountId?: string
    readonly after?: UnmappedPosition
    readonly limit: number
    readonly accounts?: AccountLimit | null
  }): Promise<
    { readonly skus: readonly UnmappedView[]; readonly next: UnmappedPosition | null }
  > => {
    const rows = await deps.db.inSellerScope(entry)
      .any(sql.type(unmappedRow)`${unmappedOf(entry.sellerId, ask)}`)
    const skus = rows.slice(0, ask.limit)
    const last = skus.at(-1)
    return {
      skus,
      next: rows.length > ask.limit && last
        ? [last.marketplace_account_id, last.sku ?? '', last.listing_id ?? '']
        : null,
    }
  },
})

const readListing = async (
  queries: Queries,
  { sellerId }: { readonly sellerId: string },
  id: string,
  accounts: AccountLimit | null,
): Promise<ListingView | null> => {
  const row = await queries.maybeOne(sql.type(listingRow)`
    select ${columns} from catalog_listings l where ${theRow(sellerId, id, accounts)}`)
  return row && viewOf(row)
}

const listOf = (sellerId: string, ask: ListingsAsk): Fragment => {
  const { accountId, after, limit, accounts, state } = ask
  const page = sql.fragment`order by id desc limit ${limit + 1}`
  const where = (...more: readonly Fragment[]) => {
    const position = after ? [sql.fragment`id < ${after}::uuid`] : []
    const inState = state ? [states[state]] : []
    return sql.fragment`where ${
      allOf(sql.fragment`seller_id = ${sellerId}`, ...position, ...inState, ...more)
    } ${page}`
  }
  if (!accounts || accountId) {
    const account = accountId ? [sql.fragment`marketplace_account_id = ${accountId}`] : []
    const limited = withinLimit(accounts, sql.fragment`marketplace_account_id`)
    return sql.fragment`select ${columns} from catalog_listings l ${where(...account, ...limited)}`
  }
  const ofAccount = where(sql.fragment`marketplace_account_id = a.id`)
  const each = sql.fragment`select ${columns} from catalog_listings l ${ofAccount}`
  return sql.fragment`select * from (${firstOfEach(sellerId, accounts, each)}) all_accounts ${page}`
}

const states: Readonly<Record<ListingFilter, Fragment>> = {
  WAITING: sql.fragment`version > settled_version`,
  REJECTED: sql.fragment`rejection is not null`,
  DRIFTING: sql.fragment`differences > 1`,
}

const columns = sql.fragment`l.id, l.marketplace_account_id, l.sku, l.external_listing_id,
  (select p.sku from catalog_products p
    where p.seller_id = l.seller_id and p.id = l.product_id) as product_sku,
  (select coalesce(jsonb_agg(s.sku order by s.id), '[]') from listing_aliases s
    where s.seller_id = l.seller_id and s.listing_id = l.id) as aliases,
  l.quantity, l.version::int4 as version, l.pushed_quantity, l.pushed_version::int4 as pushed_version,
  l.pushed_at, l.rejection, l.read_quantity, l.read_at, l.differences, l.created_at`

const listingRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  sku: z.string(),
  external_listing_id: z.string().nullable(),
  product_sku: z.string(),
  aliases: z.array(z.string()),
  quantity: z.number().nullable(),
  version: z.number(),
  pushed_quantity: z.number().nullable(),
  pushed_version: z.number().nullable(),
  pushed_at: z.date().nullable(),
  rejection: z.string().nullable(),
  read_quantity: z.number().nullable(),
  read_at: z.date().nullable(),
  differences: z.number(),
  created_at: z.date(),
})

const viewOf = (row: z.infer<typeof listingRow>): ListingView => ({
  id: row.id,
  marketplace_account_id: row.marketplace_account_id,
  sku: row.sku,
  listing_id: row.external_listing_id,
  product_sku: row.product_sku,
  aliases: row.aliases,
  quantity: row.quantity,
  version: row.version,
  pushed: row.pushed_at && row.pushed_quantity !== null && row.pushed_version !== null
    ? { quantity: row.pushed_quantity, version: row.pushed_version, at: row.pushed_at }
    : null,
  rejection: row.rejection,
  read: row.read_at && { quantity: row.read_quantity, at: row.read_at },
  drifts: row.differences > 1,
  created_at: row.created_at,
})

/** What has shipped is shown for as long as it may matter to somebody. */
const shippedFor = '30 days'

const unmappedOf = (
  sellerId: string,
  { accountId, after, limit, accounts }: {
    readonly accountId?: string
    readonly after?: UnmappedPosition
    readonly limit: number
    readonly accounts?: AccountLimit | null
  },
): Fragment => {
  const conditions = allOf(
    sql.fragment`h.seller_id = ${sellerId} and h.product_id is null`,
    sql.fragment`(h.state = 'HELD'
      or h.state = 'SHIPPED' and h.changed_at > now() - ${shippedFor}::interval)`,
    ...accountId ? [sql.fragment`h.marketplace_account_id = ${accountId}`] : [],
    ...withinLimit(accounts, sql.fragment`h.marketplace_account_id`),
  )
  const position = after
    ? sql.fragment`where (marketplace_account_id, coalesce(sku, ''), coalesce(listing_id, ''))
        > (${after[0]}::uuid, ${after[1]}, ${after[2]})`
    : sql.fragment``
  return sql.fragment`
    select * from (
      select h.marketplace_account_id, h.sku, h.external_listing_id as listing_id,
        max(i.title) as title,
        count(*) filter (where h.state = 'HELD')::int4 as lines,
        coalesce(sum(h.quantity) filter (where h.state = 'HELD'), 0)::int4 as pieces,
        coalesce(sum(h.quantity) filter (where h.state = 'SHIPPED'), 0)::int4 as shipped,
        min(h.created_at) as first_seen_at
      from inventory_holds h
      left join order_items i on i.seller_id = h.seller_id and i.id = h.order_item_id
      where ${conditions}
      group by h.marketplace_account_id, h.sku, h.external_listing_id
    ) waiting ${position}
    order by marketplace_account_id, coalesce(sku, ''), coalesce(listing_id, '')
    limit ${limit + 1}`
}

const unmappedRow = z.object({
  marketplace_account_id: z.string(),
  sku: z.string().nullable(),
  listing_id: z.string().nullable(),
  title: z.string().nullable(),
  lines: z.number(),
  pieces: z.number(),
  shipped: z.number(),
  first_seen_at: z.date(),
})
