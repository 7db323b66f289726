/** What Meesho believes a supplier has, of each variant at its one facility. */
import type { SandboxAnswer } from 'robnu/testing'
import { variantKey } from './catalogue.ts'
import { countDone, type Supplier } from './model.ts'
import { ok, refused } from './wire.ts'

interface Ask {
  readonly location_external_identifier: string
  readonly items: readonly {
    readonly sku: string
    readonly size: string
    readonly quantity: number
  }[]
}

/** Item by item; another location is nobody's. */
export const putStock = (
  supplier: Supplier,
  { location_external_identifier: location, items }: Ask,
): SandboxAnswer => {
  if (location !== supplier.location) {
    return refused(422, 'WRONG_LOCATION', 'This is not the location of the supplier.')
  }
  const results = items.map(({ sku, size, quantity }) => {
    const code = supplier.stock.has(variantKey({ sku, size }))
      ? null
      : supplier.variants.some((one) => one.sku === sku)
      ? 'UNKNOWN_SIZE'
      : 'UNKNOWN_SKU'
    if (code === null) supplier.stock.set(variantKey({ sku, size }), quantity)
    return { sku, size, status: code === null ? 'OK' : 'FAILED', code }
  })
  countDone(supplier, 'putInventory')
  return ok({ results })
}
