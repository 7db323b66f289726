/** What a shop sells: invented clothes and bags, thirty SKUs each. */
import { digitsOf, hashOf, randomFor } from 'robnu/testing'

export interface Product {
  readonly sku: string
  /** Flipkart's id of the product, and of this seller's offer of it. */
  readonly fsn: string
  readonly listingId: string
  readonly title: string
  readonly hsn: string
  readonly gstPercent: 5 | 12 | 18
  readonly mrpPaise: number
  /** Of one piece, GST included. */
  readonly pricePaise: number
}

// name, short name, vertical, HSN, GST, MRP and price in rupees
const styles: readonly (readonly [string, string, string, string, 5 | 12 | 18, number, number])[] =
  [
    ['Women Printed Kurta', 'KRT-PRN', 'KRTG', '62114210', 5, 1299, 749],
    ['Men Slim Shirt', 'SHT-SLM', 'SHTG', '62052000', 5, 1499, 899],
    ['Men Linen Shirt', 'SHT-LIN', 'SHTG', '62059090', 12, 2499, 1599],
    ['Women Trousers', 'TRS-WMN', 'TROG', '62046200', 5, 1199, 699],
    ['Cotton Saree', 'SAR-COT', 'SARG', '52085290', 5, 1999, 1099],
    ['Silk Blend Saree', 'SAR-SLK', 'SARG', '54075490', 5, 3999, 2349],
    ['Kids Frock', 'FRK-KID', 'DREG', '62092000', 5, 899, 449],
    ['Laptop Backpack', 'BAG-LAP', 'BKPG', '42029200', 18, 2599, 1249],
    ['Leather Wallet', 'WAL-LTH', 'WALG', '42023110', 18, 999, 499],
    ['Sports Cap', 'CAP-SPT', 'CAPG', '65050090', 12, 599, 299],
  ]
const sizes = ['S', 'M', 'L']

export const catalogueOf = (seed: number, shop: string): readonly Product[] =>
  styles.flatMap(([name, short, vertical, hsn, gstPercent, mrp, price]) =>
    sizes.map((size) => {
      const sku = `${short}-${size}`
      const key = `${shop}/${sku}`
      const off = randomFor(seed, `price/${key}`).int(0, 3)
      const fsn = `${vertical}${tail(seed, `fsn/${key}`, 12)}`
      return {
        ...{ sku, fsn, hsn, gstPercent },
        listingId: `LST${fsn}${tail(seed, `lst/${key}`, 6)}`,
        title: `${name} ${size}`,
        mrpPaise: mrp * 100,
        // a few rupees between the shops, and paise here and there
        pricePaise: (price + off) * 100 - (off === 3 ? 1 : off === 2 ? 50 : 0),
      }
    })
  )

/** Letters and digits, the same ones for the same key. */
const tail = (seed: number, key: string, length: number): string => {
  const text = hashOf(seed, key).toString(36) + hashOf(seed + 1, key).toString(36)
  return text.toUpperCase().padEnd(length, digitsOf(seed, key, 12)).slice(0, length)
}
