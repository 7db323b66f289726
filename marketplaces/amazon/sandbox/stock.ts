/** What the seller's pushes made of the stock: the one place that listings, feeds and locations write to. */
import { hashOf } from 'robnu/testing'
import { type Act, countDone, type Partner } from './world.ts'

/** Where every partner ships from, at External Fulfillment. */
export const efLocation = 'EXDL'

export interface Listing {
  readonly sku: string
  readonly asin: string
  readonly title: string
}
export interface Stock {
  readonly find: (partner: Partner, sku: string) => Listing | undefined
  /** As it was told last; before that whatever somebody else has told. */
  readonly quantityOf: (partner: Partner, sku: string) => number
  readonly set: (partner: Partner, sku: string, quantity: number) => void
  /** Of External Fulfillment: the number of the last change of a SKU. */
  readonly sequences: Map<string, number>
}
export type StockActs = Readonly<Record<string, Act>>

export const createStock = (seed: number): Stock => {
  const listings = new WeakMap<Partner, { count: number; found: Map<string, Listing> }>()
  /** Whatever was ever sold is listed. */
  const listed = (partner: Partner): ReadonlyMap<string, Listing> => {
    const known = listings.get(partner)
    const count = partner.books.count()
    if (known?.count === count) return known.found
    const found = new Map<string, Listing>()
    for (const { lines } of partner.books.all()) {
      for (const { sku, asin, title } of lines) {
        if (!found.has(sku)) found.set(sku, { sku, asin, title })
      }
    }
    listings.set(partner, { count, found })
    return found
  }
  return {
    find: (partner, sku) => listed(partner).get(sku),
    quantityOf: (partner, sku) =>
      partner.stock.get(sku) ?? 20 + hashOf(seed, `stock/${partner.id}/${sku}`) % 40,
    set: (partner, sku, quantity) => {
      if (partner.stock.get(sku) === quantity) return
      partner.stock.set(sku, quantity)
      countDone(partner, 'stock')
    },
    sequences: new Map(),
  }
}

export const isQuantity = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647
