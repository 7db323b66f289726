/** What a supplier sells: invented clothes; a size is a part of what is ordered. */
import { digitsOf, randomFor } from 'robnu/testing'

export interface Variant {
  readonly sku: string
  readonly size: string
  readonly name: string
  readonly colour: string
  readonly catalogId: string
  readonly gstPercent: 5 | 12
  /** Of one piece, GST included. */
  readonly listedPaise: number
  readonly pricePaise: number
  /** PREMIUM_RETURN costs a little of every sale, and the buyer's return nothing. */
  readonly priceType: 'BASIC' | 'PREMIUM_RETURN'
}

const sizes = ['S', 'M', 'L', 'XL', 'XXL']
// name, SKU, colour, GST, listed and discounted price in rupees, sizes
const styles: readonly (readonly [string, string, string, 5 | 12, number, number, string[]])[] = [
  ['Women Red Kurta', 'KURTA-RED', 'Red', 5, 499, 479, sizes],
  ['Women Indigo Kurta Set', 'KSET-IND', 'Indigo', 5, 899, 849, sizes],
  ['Chiffon Saree', 'SAREE-CHF', 'Green', 5, 649, 599, ['Free Size']],
  ['Silk Blend Saree', 'SAREE-SLK', 'Maroon', 5, 1149, 1099, ['Free Size']],
  ['Printed Palazzo', 'PALAZZO', 'Blue', 5, 349, 329, sizes.slice(0, 4)],
  ['Men Cotton Shirt', 'SHIRT-COT', 'White', 5, 549, 499, sizes],
  ['Girls Frock', 'FROCK-GRL', 'Pink', 5, 399, 389, ['2-3 Years', '4-5 Years', '6-7 Years']],
  ['Party Gown', 'GOWN-PTY', 'Black', 12, 1599, 1499, sizes.slice(1, 4)],
  ['Cotton Dupatta', 'DUPATTA', 'Yellow', 5, 249, 229, ['Free Size']],
]

export const catalogueOf = (seed: number, supplier: string): readonly Variant[] =>
  styles.flatMap(([name, sku, colour, gstPercent, listed, price, sizes], at) => {
    // a few rupees between the suppliers
    const off = randomFor(seed, `price/${supplier}/${sku}`).int(0, 5)
    return sizes.map((size): Variant => ({
      ...{ sku, size, name, colour, gstPercent },
      catalogId: digitsOf(seed, `catalog/${supplier}/${sku}`, 8),
      listedPaise: (listed + off) * 100,
      pricePaise: (price + off) * 100,
      priceType: at % 3 === 1 ? 'PREMIUM_RETURN' : 'BASIC',
    }))
  })

export const variantKey = ({ sku, size }: { readonly sku: string; readonly size: string }) =>
  `${sku}\n${size}`
/** How the ledger names a variant: one of a size that is none by its SKU alone. */
export const ledgerSku = ({ sku, size }: Variant): string =>
  size === 'Free Size' ? sku : `${sku}|${size}`
