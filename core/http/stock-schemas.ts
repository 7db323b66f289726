/** The shapes of stock and listings, with an invented example of each. */
import { z } from '@hono/zod-openapi'
import { mostOnHand, stockReasons } from '../ledger/inventory/levels.ts'
import { listingFilters } from '../ledger/inventory/listings.ts'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const at = '2026-01-31T10:15:00.000Z'
const listingId = '01998f72-1c6d-7e85-8f4a-7d8e9f0a1b2c'

/** As it stands, with all its capitals and blanks; no control characters. */
export const Sku = z.string().min(1).max(200)
  .refine((sku) => !/[\p{Cc}\p{Cs}]/u.test(sku), 'must hold no control characters')
  .refine((sku) => sku.trim() === sku, 'must not begin or end with a blank')
  .openapi({ example: 'KURTA-RED-M' })
const Quantity = z.int().min(0).max(mostOnHand)
const Pieces = (description: string) => z.int().openapi({ description })
const Version = z.int().min(0).max(2_147_483_647).openapi({
  description: 'Goes up with every change of what is on hand; 0: nobody has counted it yet',
})
const Reserve = z.object({ marketplace_account_id: Id, quantity: z.int() })

export const Stock = z.object({
  sku: z.string(),
  title: z.string().nullable(),
  on_hand: Pieces('Below zero: more has left than was counted; null: nobody has counted it')
    .nullable(),
  held: Pieces('By open orders of all accounts'),
  safety_stock: Pieces('Kept back from every listing'),
  available: Pieces('To sell, before what is reserved for single accounts'),
  oversold: Pieces('Sold, and not there'),
  exposure: Pieces(
    'What the marketplaces offer together beyond what is there: the most that can be oversold ' +
      'before they are told',
  ),
  version: Version.nullable(),
  counted_at: TimeOrNull,
  reserves: z.array(Reserve).readonly().openapi({ description: 'For one account alone' }),
}).openapi('Stock')
export const stockExample = {
  sku: 'KURTA-RED-M',
  title: null,
  on_hand: 40,
  held: 3,
  safety_stock: 2,
  available: 35,
  oversold: 0,
  exposure: 0,
  version: 7,
  counted_at: at,
  reserves: [{ marketplace_account_id: exampleIds.account, quantity: 5 }],
}

export const StockChange = z.strictObject({
  on_hand: Quantity.optional().openapi({ description: 'How many there are, held ones included' }),
  delta: z.int().min(-mostOnHand).max(mostOnHand).optional().openapi({
    description: 'How many more or fewer; asks for `version`, so that it happens once',
  }),
  reason: z.enum(stockReasons),
  version: Version.optional(),
}).refine(({ on_hand, delta }) => (on_hand === undefined) !== (delta === undefined), {
  path: ['on_hand'],
  message: 'must be given, or `delta` in its place',
}).refine(({ delta, version }) => delta === undefined || version !== undefined, {
  path: ['version'],
  message: 'must be given together with `delta`',
})

export const Reserves = z.strictObject({
  safety_stock: Quantity,
  accounts: z.array(z.strictObject({ marketplace_account_id: Id, quantity: Quantity })).max(200)
    .refine(
      (rows) => new Set(rows.map((row) => row.marketplace_account_id)).size === rows.length,
      'must not name an account twice',
    ),
})

export const ListingState = z.enum(listingFilters).openapi('ListingState', {
  description: 'WAITING: not told yet; REJECTED: refused; DRIFTING: says something else, twice',
})
export const Listing = z.object({
  id: Id,
  marketplace_account_id: Id,
  sku: z.string().openapi({ description: 'At the marketplace' }),
  listing_id: z.string().nullable().openapi({ description: 'Its id of the product, as an EAN' }),
  product_sku: z.string().openapi({ description: 'Of the seller' }),
  aliases: z.array(z.string()).readonly(),
  quantity: Pieces('What it may offer; null: nobody has counted the product').nullable(),
  version: z.int(),
  pushed: z.object({ quantity: z.int(), version: z.int(), at: Time }).nullable().openapi({
    description: 'What the marketplace has taken',
  }),
  rejection: z.string().nullable().openapi({ description: 'Why it refused the newest quantity' }),
  read: z.object({ quantity: z.int().nullable(), at: Time }).nullable().openapi({
    description: 'What it said when it was asked',
  }),
  drifts: z.boolean(),
  created_at: Time,
}).openapi('Listing')
export const listingExample = {
  id: listingId,
  marketplace_account_id: exampleIds.account,
  sku: 'KRT-0001-M',
  listing_id: '8901234567894',
  product_sku: 'KURTA-RED-M',
  aliases: [],
  quantity: 35,
  version: 12,
  pushed: { quantity: 35, version: 12, at },
  rejection: null,
  read: { quantity: 35, at },
  drifts: false,
  created_at: at,
}

export const NewListing = z.strictObject({
  marketplace_account_id: Id,
  sku: Sku.openapi({ description: 'As orders of the account name it' }),
  listing_id: Sku.optional().openapi({ description: 'The id of the product at the marketplace' }),
  product_sku: Sku.optional().openapi({
    description: 'Of the seller; made where there is none. Absent: the same as `sku`',
  }),
  alias_of: Id.optional().openapi({
    description: 'A listing of the account that has one more SKU',
  }),
}).refine(({ product_sku, alias_of }) => product_sku === undefined || alias_of === undefined, {
  path: ['alias_of'],
  message: 'must not be given together with `product_sku`',
})
export const newListingExample = {
  marketplace_account_id: exampleIds.account,
  sku: 'KRT-0001-M',
  listing_id: '8901234567894',
  product_sku: 'KURTA-RED-M',
}

export const UnmappedSku = z.object({
  marketplace_account_id: Id,
  sku: z.string().nullable(),
  listing_id: z.string().nullable(),
  title: z.string().nullable(),
  lines: Pieces('Open lines of orders'),
  pieces: Pieces('That these lines would hold'),
  shipped: Pieces('That have left since, and were taken from no stock'),
  first_seen_at: Time,
}).openapi('UnmappedSku')
export const unmappedExample = {
  marketplace_account_id: exampleIds.account,
  sku: 'KRT-0002-L',
  listing_id: null,
  title: 'Red kurta, L',
  lines: 2,
  pieces: 3,
  shipped: 0,
  first_seen_at: at,
}
