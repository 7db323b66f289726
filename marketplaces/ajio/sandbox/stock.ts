/** What AJIO believes a store has: absolute quantities, as they were told last. */
import type { SandboxAnswer } from 'robnu/testing'
import { countDone, type Pob } from './model.ts'
import { batchRefused, ok, refused } from './wire.ts'

interface Item {
  readonly ean?: string | null | undefined
  readonly sellerSku: string
  readonly quantity: number
}

/** All or nothing. */
export const putStock = (pob: Pob, items: readonly Item[]): SandboxAnswer => {
  const errors = items.filter(({ ean, sellerSku }) => {
    const product = pob.products.find(({ sku }) => sku === sellerSku)
    return !product || (ean && ean !== 'nan' && ean !== product.ean)
  }).map(({ sellerSku }) => ({ sellerSku, code: 'UNKNOWN_SKU' }))
  if (errors.length > 0) return batchRefused(errors)
  for (const { sellerSku, quantity } of items) pob.stock.set(sellerSku, quantity)
  countDone(pob, 'putInventory')
  return ok({ updated: items.length })
}

/** Of the SKUs that are asked for, those that AJIO knows. */
export const getStock = (pob: Pob, asked: URLSearchParams): SandboxAnswer => {
  const skus = new Set(asked.getAll('sellerSku').flatMap((one) => one.split(',')).filter(Boolean))
  if (skus.size === 0 || skus.size > 50) {
    return refused(400, 'MALFORMED', 'Ask for 1 to 50 SKUs.')
  }
  const items = pob.products.filter(({ sku }) => skus.has(sku)).map(({ sku, ean }) => ({
    ean,
    sellerSku: sku,
    quantity: pob.stock.get(sku) ?? 0,
  }))
  return ok({ items })
}
