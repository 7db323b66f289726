/** What became of changes, SKU by SKU. */
import type { StockChange, StockResult } from 'robnu/plugin'

export type Told = ReadonlyMap<string, StockResult>

export const acceptedOf = ({ sku }: Pick<StockChange, 'sku'>): StockResult => ({
  sku,
  outcome: 'accepted',
})
export const rejectedOf = ({ sku }: Pick<StockChange, 'sku'>, reason: string): StockResult => ({
  sku,
  outcome: 'rejected',
  reason,
})

/** The same for all of them: accepted, or rejected for one reason. */
export const toldOf = (changes: readonly StockChange[], reason?: string): Told =>
  new Map(changes.map((change) => [
    change.sku,
    reason === undefined ? acceptedOf(change) : rejectedOf(change, reason),
  ]))

/**
 * Asks for one part after the other. What was answered before a failure stays answered, and the host
 * asks again for the rest; a failure before any answer is thrown.
 */
export const partByPart = async <Part>(
  parts: readonly Part[],
  ask: (part: Part) => Promise<readonly StockResult[]>,
): Promise<Told> => {
  const told = new Map<string, StockResult>()
  try {
    for (const part of parts) {
      for (const result of await ask(part)) told.set(result.sku, result)
    }
  } catch (error) {
    if (told.size === 0) throw error
  }
  return told
}

/** A code of Amazon's as we write reasons; what does not look like one is told by its kind alone. */
export const reasonOf = (code: string | null | undefined, otherwise: string): string =>
  code && /^[A-Za-z0-9_-]{1,40}$/.test(code) ? code.toLowerCase().replaceAll('_', '-') : otherwise

export const chunksOf = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from(
    { length: Math.ceil(list.length / size) },
    (_, i) => list.slice(i * size, (i + 1) * size),
  )
