/** Tries values whose keys are said to be gone. What fits is counted; what it says nobody sees. */
import type { KeySet } from './keys.ts'
import { columnOf } from './place.ts'
import { isSealedFor } from './seal.ts'

export interface SealedValue {
  readonly table: string
  readonly column: string
  readonly rowId: string
  readonly sealed: Uint8Array
}
export interface Attempt {
  readonly tried: number
  /** Values that some set of keys would open. */
  readonly opened: number
}

/** With every key of the sets that still has its bytes, whatever its age. Synchronous. */
export const attemptWith = (
  sellerId: string,
  sets: readonly KeySet[],
  values: readonly SealedValue[],
): Attempt => {
  const alive = sets.filter((set) => set.alive && set.sellerId === sellerId)
  const fits = ({ table, column, rowId, sealed }: SealedValue): boolean => {
    const place = columnOf(sellerId, table, column)
    return alive.some(({ seals }) =>
      isSealedFor((version) => seals.get(version), place, rowId, sealed)
    )
  }
  return { tried: values.length, opened: values.filter(fits).length }
}
