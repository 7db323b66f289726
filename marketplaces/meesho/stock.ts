/** Absolute quantities to Meesho's one location; there is no way to read them back. */
import { failure, type StockChange, type StockResult } from 'robnu/plugin'
import { connect } from './client.ts'
import { kebab } from './refusals.ts'
import type { MeeshoAdapter } from './sync.ts'
import type { Transport } from './transport.ts'
import { variantOf } from './variant.ts'

const maxItems = 50 // of one write

/** Each item is answered by itself; a location that is not the seller's refuses the whole list. */
export const pushInventory: NonNullable<MeeshoAdapter['pushInventory']> = async (
  account,
  changes,
  ctx,
) => {
  const transport = connect(account, ctx)
  const results: StockResult[] = []
  for (let at = 0; at < changes.length; at += maxItems) {
    results.push(...await push(transport, changes.slice(at, at + maxItems)))
  }
  return results
}

const push = async (
  transport: Transport,
  changes: readonly StockChange[],
): Promise<readonly StockResult[]> => {
  const keyOf = (sku: string, size: string) => JSON.stringify([sku, size])
  // two SKUs of ours may be one variant of theirs: the newer one is told
  const newest = new Map<string, StockChange>()
  for (const change of changes) {
    const { sku, size } = variantOf(change.sku)
    const known = newest.get(keyOf(sku, size))
    if (!known || known.version <= change.version) newest.set(keyOf(sku, size), change)
  }
  const items = [...newest.values()].map(({ sku, quantity }) => ({ ...variantOf(sku), quantity }))
  const told = new Map(
    (await transport.putInventory(items)).map((one) => [keyOf(one.sku, one.size), one]),
  )
  return changes.map(({ sku: ledgerSku }) => {
    const { sku, size } = variantOf(ledgerSku)
    const result = told.get(keyOf(sku, size))
    if (!result) throw failure('bad-response', 'Meesho answered for fewer SKUs than were sent')
    return result.status === 'OK'
      ? { sku: ledgerSku, outcome: 'accepted' }
      : { sku: ledgerSku, outcome: 'rejected', reason: kebab(result.code ?? 'REFUSED') }
  })
}
