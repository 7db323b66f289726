/** Absolute quantities to Flipkart and back. */
import { failure, type StockChange, type StockResult } from 'robnu/plugin'
import { connect } from './client.ts'
import { chunksOf } from './read.ts'
import type { FlipkartAdapter } from './sync.ts'
import type { Connection, Transport } from './transport.ts'

const maxItems = 10 // of one request
/** Flipkart's product id (FSN), without which it takes no quantity. */
const fsnForm = /^[A-Za-z0-9]{13,16}$/

/**
 * The ledger has one quantity for a SKU. It lies at the account's first location, and nothing at the
 * others: else what is sold there would be counted twice.
 */
export const pushInventory: NonNullable<FlipkartAdapter['pushInventory']> = async (
  account,
  changes,
  ctx,
) => {
  if (changes.length === 0) return []
  const locations = locationsOf(account)
  const transport = connect(account, ctx)
  const results: StockResult[] = []
  const fit = changes.filter(({ listingId }) => fsnForm.test(listingId ?? ''))
  for (const { sku, listingId } of changes.filter((one) => !fit.includes(one))) {
    const reason = listingId === null ? 'fsn-missing' : 'fsn-malformed'
    results.push({ sku, outcome: 'rejected', reason })
  }
  for (const chunk of chunksOf(fit, maxItems)) {
    results.push(...await push(transport, chunk, locations))
  }
  return results
}

const push = async (
  transport: Transport,
  changes: readonly StockChange[],
  locations: readonly string[],
): Promise<readonly StockResult[]> => {
  const told = await transport.putInventory(
    Object.fromEntries(changes.map(({ sku, listingId, quantity }) => [sku, {
      product_id: listingId ?? '',
      locations: locations.map((id, at) => ({
        ...{ id, inventory: at === 0 ? quantity : 0, status: 'ENABLED' as const },
      })),
    }])),
  )
  return changes.map(({ sku }): StockResult => {
    const line = Object.hasOwn(told, sku) ? told[sku] : undefined
    if (!line) throw failure('bad-response', 'Cannot send stock: Flipkart did not answer every SKU')
    // a warning is a remark on what was done
    return ['SUCCESS', 'WARNING'].includes(line.status.toUpperCase())
      ? { sku, outcome: 'accepted' }
      : { sku, outcome: 'rejected', reason: line.code ?? 'refused' }
  })
}

const locationsOf = ({ details }: Connection): readonly string[] => {
  if (details.location_ids.length > 0) return details.location_ids
  throw failure('rejected', noLocation, { code: 'location-missing' })
}
const noLocation = 'Cannot send stock to Flipkart: name the location ids of the account'

export const readInventory: NonNullable<FlipkartAdapter['readInventory']> = async (
  account,
  items,
  ctx,
) => {
  const transport = connect(account, ctx)
  // the question joins them by commas: one that holds a comma would ask for two others
  const skus = [...new Set(items.map(({ sku }) => sku))].filter((sku) => !sku.includes(','))
  const levels = []
  for (const chunk of chunksOf(skus, maxItems)) {
    const found = await transport.getInventory(chunk, account.details.location_ids)
    levels.push(...found.filter(({ sku }) => chunk.includes(sku)))
  }
  return levels
}
