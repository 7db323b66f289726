/** The stock of one product and its one listing, made up on the spot. */
import type { Entry } from '../../core/db/database.ts'
import type { Services } from '../../core/http/services.ts'
import type { ListingView } from '../../core/ledger/inventory/listings.ts'
import type { StockView } from '../../core/ledger/inventory/stock.ts'

const at = new Date('2026-01-31T10:15:00Z')
const stock: StockView = {
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
  reserves: [],
}
const listing: ListingView = {
  id: '01998f72-1c6d-7e85-8f4a-7d8e9f0a1b2c',
  marketplace_account_id: '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f',
  sku: 'KRT-0001-M',
  listing_id: null,
  product_sku: stock.sku,
  aliases: [],
  quantity: 35,
  version: 12,
  pushed: null,
  rejection: null,
  read: null,
  drifts: false,
  created_at: at,
}

export const fakeStock = (
  inside: <T>(entry: Entry, value: T) => Promise<T>,
): Pick<Services, 'stock' | 'listings'> => ({
  stock: {
    list: (entry) => inside(entry, { stock: [stock], next: stock.sku }),
    change: (entry, sku) => inside(entry, sku === stock.sku ? stock : null),
    reserve: (entry, sku) => inside(entry, sku === stock.sku ? stock : null),
  },
  listings: {
    list: (entry) => inside(entry, { listings: [listing], next: listing.id }),
    get: (entry, id) => inside(entry, id === listing.id ? listing : null),
    map: async (entry) => {
      await inside(entry, null)
      entry.once?.onMade()
      return listing
    },
    unmapped: (entry) => inside(entry, { skus: [], next: null }),
  },
})
