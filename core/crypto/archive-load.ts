/** The monthly keys of the raw archive, out of the database and from under the seller's root. */
import type { Entry } from '../db/database.ts'
import { insertKeyRows, type KeyRow, listKeyRows } from './key-rows.ts'
import { unwrapUnder } from './key-wrap.ts'
import type { KeySource } from './load.ts'
import { newKeyUnder, openRoots } from './roots.ts'

/**
 * Those of the months that are there, in clear; the caller zeroes them. `make`: the one that is made where
 * it never was. Of two processes that make it, the first wins. A month that was destroyed stays out.
 */
export const loadMonths = async (
  source: KeySource,
  entry: Entry,
  months: readonly number[],
  make: number | null,
): Promise<ReadonlyMap<number, Uint8Array>> => {
  const { sellerId } = entry
  const roots = openRoots(source, sellerId)
  const found = new Map<number, Uint8Array>()
  try {
    let rows = await listKeyRows(source.db, entry)
    if (make !== null && !rows.some((row) => isMonth(row, make))) {
      const root = await roots.current(rows)
      const key = newKeyUnder(root, sellerId, { purpose: 'archive', version: make })
      await insertKeyRows(source.db, entry, root.made, [key])
      rows = await listKeyRows(source.db, entry)
    }
    for (const month of new Set(months)) {
      const row = rows.find((one) => isMonth(one, month))
      if (!row || row.state === 'DESTROYED') continue
      // no archive is older than roots are
      if (row.root === null) throw new Error(`The archive key of ${month} has no root`)
      const root = await roots.open(rows, row.root)
      found.set(month, unwrapUnder(root, sellerId, row, row.wrapped))
    }
    return found
  } catch (error) {
    for (const key of found.values()) key.fill(0)
    throw error
  } finally {
    roots.close()
  }
}

const isMonth = ({ purpose, version }: KeyRow, month: number): boolean =>
  purpose === 'archive' && version === month
