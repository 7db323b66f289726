/** What a store sells: invented clothes, forty SKUs each. */
import { digitsOf, randomFor } from 'robnu/testing'

export interface Product {
  readonly sku: string
  readonly jioCode: string
  readonly ean: string
  readonly description: string
  readonly hsn: string
  readonly gstPercent: 5 | 12 | 18
  readonly mrpPaise: number
  /** Of one piece, GST included. */
  readonly pricePaise: number
}

// name, short name, HSN, GST, MRP and price in rupees
const styles: readonly (readonly [string, string, string, 5 | 12 | 18, number, number])[] = [
  ['Women Red Kurta', 'KURTA-RED', '62114210', 12, 1999, 1299],
  ['Women Indigo Kurta', 'KURTA-IND', '62114210', 5, 1299, 799],
  ['Men Linen Shirt', 'SHIRT-LIN', '62059090', 12, 2199, 1499],
  ['Men Oxford Shirt', 'SHIRT-OXF', '62052000', 5, 1199, 899],
  ['Women Palazzo', 'PALAZZO', '62046300', 5, 899, 549],
  ['Printed Dupatta', 'DUPATTA', '62149090', 5, 599, 349],
  ['Anarkali Dress', 'ANARKALI', '62044290', 12, 2999, 1849],
  ['Silk Blend Saree', 'SAREE-SLK', '54075490', 5, 3999, 2349],
  ['Leather Belt', 'BELT-LTH', '42033000', 18, 999, 649],
  ['Sports Backpack', 'BAG-SPT', '42029200', 18, 2499, 1399],
]
const sizes = ['S', 'M', 'L', 'XL']

export const catalogueOf = (seed: number, store: string): readonly Product[] =>
  styles.flatMap(([name, short, hsn, gstPercent, mrp, price]) =>
    sizes.map((size) => {
      const sku = `${short}-${size}`
      // a few rupees between the stores, and paise here and there
      const off = randomFor(seed, `price/${store}/${sku}`).int(0, 3)
      return {
        sku,
        jioCode: `44${digitsOf(seed, `jio/${store}/${sku}`, 10)}`,
        ean: eanOf(`890${digitsOf(seed, `ean/${store}/${sku}`, 9)}`),
        description: `${name} ${size}`,
        ...{ hsn, gstPercent },
        mrpPaise: mrp * 100,
        pricePaise: (price + off) * 100 - (off === 3 ? 1 : 0),
      }
    })
  )

/** Twelve digits and their check digit. */
const eanOf = (digits: string): string => {
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 3 : 1), 0)
  return `${digits}${(10 - sum % 10) % 10}`
}
