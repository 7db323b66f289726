/** What stands in every text of a seller, so that a look at an answer tells whose it is. */

/** In names, addresses, titles, reasons: `zq0007qz` is of the seller with the number 7. */
export const markOf = (seller: number): string => `zq${four(seller)}qz`
/** Of the buyers; no number of India goes on with a 0 after +91. */
export const phoneOf = (seller: number, buyer: number): string =>
  `+910${four(seller)}${String(buyer).padStart(5, '0')}`

/** The shops of Bazaar that a seller connects: two, which stand in the ids of their orders as well. */
export const shopsOf = (seller: number): readonly [string, string] => [
  `SHOP-${four(2 * seller + 1)}`,
  `SHOP-${four(2 * seller + 2)}`,
]
/** The two shops that every sandbox has belong to none of the marked sellers. */
export const shopsFor = (sellers: number): number => 2 * sellers

/** Numbers of all sellers whose marks, phones, shops, orders or waybills stand in the text. */
export const sellersIn = (text: string): ReadonlySet<number> => {
  const found = new Set<number>()
  for (const [, mark, phone, shop] of text.matchAll(signs)) {
    found.add(shop === undefined ? Number(mark ?? phone) : Math.floor((Number(shop) - 1) / 2))
  }
  return found
}
const signs = /zq(\d{4})qz|\+910(\d{4})\d{5}|(?:(?:SHOP|BZ)-|(?<![\w-])77(?=\d{10}(?!\w)))(\d{4})/gi

export const uuidsIn = (text: string): readonly string[] => text.match(uuid) ?? []
const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g

const four = (n: number): string => String(n).padStart(4, '0')
