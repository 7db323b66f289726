/** Absolute quantities to Amazon and back, by the way that the account has. */
import type { Adapter, StockChange } from 'robnu/plugin'
import type { Credentials, Cursor, Details } from './schemas.ts'
import { pushExternal, readExternal } from './stock/external.ts'
import { pushByFeed } from './stock/feed.ts'
import { patchListings, readListings } from './stock/listings.ts'
import { type Told, toldOf } from './stock/told.ts'

type AmazonAdapter = Adapter<Details, Credentials, Cursor>

/**
 * So many PATCHes are through in some ten seconds, at five a second; a feed takes minutes, and the rate
 * of feeds is one in two minutes, shared with labels.
 */
const fewChanges = 50

/** Of several changes of one SKU the newest goes out. */
export const pushInventory: NonNullable<AmazonAdapter['pushInventory']> = async (
  account,
  changes,
  ctx,
) => {
  const newest = newestOf(changes)
  const { fulfilment_program: program, ef_enabled: external } = account.details
  const told = newest.length === 0
    ? toldOf([])
    // a quantity of the seller's own would take the listing out of Amazon's warehouse
    : program === 'FBA'
    ? toldOf(newest, 'fulfilled-by-amazon')
    : external
    ? await pushExternal(account, newest, ctx)
    : newest.length <= fewChanges
    ? await patchListings(account, newest, ctx)
    : await pushByFeed(account, newest, ctx)
  return resultsOf(changes, told)
}

const newestOf = (changes: readonly StockChange[]): readonly StockChange[] => {
  const newest = new Map<string, StockChange>()
  for (const change of changes) {
    const known = newest.get(change.sku)
    if (!known || known.version <= change.version) newest.set(change.sku, change)
  }
  return [...newest.values()]
}

/** What was not answered is left out: the host asks again for it. */
const resultsOf = (changes: readonly StockChange[], told: Told) =>
  changes.flatMap(({ sku }) => {
    const result = told.get(sku)
    return result ? [result] : []
  })

export const readInventory: NonNullable<AmazonAdapter['readInventory']> = async (
  account,
  items,
  ctx,
) => {
  const skus = [...new Set(items.map(({ sku }) => sku))]
  const { fulfilment_program: program, ef_enabled: external } = account.details
  if (skus.length === 0 || program === 'FBA') return []
  const levels = external
    ? await readExternal(account, skus, ctx)
    : await readListings(account, skus, ctx)
  return [...levels].map(([sku, quantity]) => ({ sku, quantity }))
}
