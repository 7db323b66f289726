/** Rows of stock and listings. */
import { account, type Maker, type RouteRow, text } from './route-row.ts'

/** What all lines of the seller's orders name. */
const sku = ({ mark }: Maker): string => `SKU-${mark}`
const words = { 'path sku': sku }

export const stockRows: Readonly<Record<string, RouteRow>> = {
  'GET /v1/inventory': { weight: 20 },
  'PUT /v1/inventory/{sku}': {
    words,
    body: ({ serial }) => ({ on_hand: serial, reason: 'COUNT' }),
    weight: 4,
  },
  'PUT /v1/inventory/{sku}/reserves': {
    words,
    ids: { 'body accounts/0/marketplace_account_id': account },
    body: ({ id, draw }) => ({
      safety_stock: draw.below(5),
      accounts: [{ marketplace_account_id: id(account), quantity: 1 + draw.below(5) }],
    }),
    weight: 4,
  },
  'GET /v1/listings': { ids: { 'query account': account }, weight: 20 },
  'POST /v1/listings': {
    ids: { 'body marketplace_account_id': account, 'body alias_of': 'catalog_listings.id' },
    body: (make) => ({ marketplace_account_id: make.id(account), sku: text('SKU')(make) }),
    makes: 'catalog_listings.id',
    weight: 4,
  },
  'GET /v1/listings/unmapped': { ids: { 'query account': account }, weight: 20 },
}
