/** A size is a part of what is sold: SKU and size of Meesho are one SKU of the ledger. */

/** What Meesho calls the size of a product that has none. */
const freeSize = 'Free Size'
const mark = '|'

interface Variant {
  readonly sku: string
  readonly size: string
}

const isFree = (size: string): boolean => /^(?:|free\s*size|na|n\/a)$/i.test(size.trim())

/** `KURTA-RED|M`; a product without sizes keeps its SKU as it stands. */
export const skuOf = (sku: string, size: string | null): string =>
  isFree(size ?? '') && !sku.includes(mark)
    ? sku
    : `${sku}${mark}${isFree(size ?? '') ? freeSize : (size ?? '').trim()}`

/** The other way round. */
export const variantOf = (ledgerSku: string): Variant => {
  const at = ledgerSku.lastIndexOf(mark)
  return at < 0
    ? { sku: ledgerSku, size: freeSize }
    : { sku: ledgerSku.slice(0, at), size: ledgerSku.slice(at + 1) }
}
