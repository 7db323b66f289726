/** Products as the marketplaces list them, and SKUs that lead to no product yet. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Listings, UnmappedPosition } from '../../ledger/inventory/listings.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, Limit, listOf } from '../schemas.ts'
import {
  Listing,
  listingExample,
  ListingState,
  NewListing,
  newListingExample,
  unmappedExample,
  UnmappedSku,
} from '../stock-schemas.ts'

const path = '/v1/listings'
const unmappedPath = `${path}/unmapped`
const tag = 'Listings'

const paging = {
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
}
const Query = z.strictObject({ ...paging, state: ListingState.optional() })
const UnmappedQuery = z.strictObject(paging)
const UnmappedPlace: z.ZodType<UnmappedPosition> = z.tuple([z.string(), z.string(), z.string()])

export const listingRoutes = (listings: Listings, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'listings:read',
    limitsAccounts: true,
    tag,
    summary: 'List listings, newest first',
    query: Query,
    answer: listOf(Listing),
    examples: { answer: pageOf(listingExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry, accounts }) => {
      const filters = { accountId: query.account, state: query.state }
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, z.string())
      const { listings: found, next } = await listings.list(entry, {
        ...given({ ...filters, after }),
        limit: query.limit,
        accounts,
      })
      return {
        data: found,
        page: { next: next === null ? null : cursors.write(scope, next) },
      }
    },
  }),
  route({
    method: 'post',
    path,
    permission: 'listings:write',
    limitsAccounts: true,
    tag,
    summary: 'Give a SKU of an account its product, and all lines that waited for it',
    body: NewListing,
    answer: Listing,
    status: 201,
    once: 'required',
    examples: { body: newListingExample, answer: listingExample },
    problems: ['not-found', 'listing-exists'],
    handle: async ({ body }, { entry, accounts }) => {
      const { marketplace_account_id: accountId, sku, listing_id, product_sku, alias_of } = body
      const more = given({ listingId: listing_id, productSku: product_sku, aliasOf: alias_of })
      return found(await listings.map(entry, { accountId, sku, ...more }, accounts))
    },
    replay: async (id, { entry, accounts }) => found(await listings.get(entry, id, accounts)),
  }),
  route({
    method: 'get',
    path: unmappedPath,
    permission: 'listings:read',
    limitsAccounts: true,
    tag,
    summary: 'List the SKUs of orders that lead to no product',
    query: UnmappedQuery,
    answer: listOf(UnmappedSku),
    examples: { answer: pageOf(unmappedExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry, accounts }) => {
      const filters = { accountId: query.account }
      const scope = { list: unmappedPath, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, UnmappedPlace)
      const { skus, next } = await listings.unmapped(entry, {
        ...given({ ...filters, after }),
        limit: query.limit,
        accounts,
      })
      return {
        data: skus,
        page: { next: next === null ? null : cursors.write(scope, next) },
      }
    },
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
