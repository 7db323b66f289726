/** Absolute quantities to AJIO and back. */
import { failure, type StockChange, type StockResult } from 'robnu/plugin'
import { connect } from './client.ts'
import { kebab } from './refusals.ts'
import type { AjioAdapter } from './sync.ts'
import type { Transport } from './transport.ts'

const maxItems = 500 // of one write
const maxAsked = 50 // SKUs of one question

/**
 * A list is taken whole or not at all: the SKUs that AJIO names are told as rejected and the others are
 * sent again without them.
 */
export const pushInventory: NonNullable<AjioAdapter['pushInventory']> = async (
  account,
  changes,
  ctx,
) => {
  const transport = connect(account, ctx)
  const results: StockResult[] = []
  for (const chunk of chunksOf(changes, maxItems)) results.push(...await push(transport, chunk))
  return results
}

const push = async (
  transport: Transport,
  changes: readonly StockChange[],
): Promise<readonly StockResult[]> => {
  const results: StockResult[] = []
  let left = changes
  while (left.length > 0) {
    const items = left.map(({ sku, listingId, quantity }) => ({
      ean: listingId,
      sellerSku: sku,
      quantity,
    }))
    const outcome = await transport.putInventory(items)
    if ('value' in outcome) {
      return [...results, ...left.map(({ sku }) => ({ sku, outcome: 'accepted' as const }))]
    }
    const named = new Map(
      outcome.refused.errors?.map(({ sellerSku, code }) => [sellerSku, kebab(code)]),
    )
    const rejected = left.filter(({ sku }) => named.has(sku))
    if (rejected.length === 0) {
      throw failure('rejected', nobodyNamed, { code: kebab(outcome.refused.code) })
    }
    for (const { sku } of rejected) {
      results.push({ sku, outcome: 'rejected', reason: named.get(sku) ?? 'refused' })
    }
    left = left.filter(({ sku }) => !named.has(sku))
  }
  return results
}

const nobodyNamed = 'Cannot send stock to AJIO: it refused the list and named no SKU of it'

export const readInventory: NonNullable<AjioAdapter['readInventory']> = async (
  account,
  items,
  ctx,
) => {
  const transport = connect(account, ctx)
  // the question joins them by commas: one that holds a comma would ask for two others
  const skus = [...new Set(items.map(({ sku }) => sku))].filter((sku) => !sku.includes(','))
  const levels = []
  for (const chunk of chunksOf(skus, maxAsked)) {
    for (const { sellerSku, quantity } of await transport.getInventory(chunk)) {
      if (chunk.includes(sellerSku)) levels.push({ sku: sellerSku, quantity })
    }
  }
  return levels
}

const chunksOf = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from(
    { length: Math.ceil(list.length / size) },
    (_, i) => list.slice(i * size, (i + 1) * size),
  )
