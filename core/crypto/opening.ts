/** The only way to read sealed fields: the ledger first, then the values. */
import { textArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope, Tx } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { newId } from '../ids.ts'
import { openerOf, type SellerKeys } from './keys.ts'
import { openText } from './seal.ts'

export interface SealedRow<Column extends string = string> {
  readonly id: string
  /** Null where the row has no such value. */
  readonly fields: Readonly<Record<Column, Uint8Array | null>>
}
export interface Opening<Column extends string = string> {
  readonly table: string
  /** Why: a word of the route or job, such as `orders.list`; never a value. */
  readonly purpose: string
  /** In the words of whoever asked, where a route asks for them. */
  readonly reason?: string
  readonly rows: readonly SealedRow<Column>[]
}

/**
 * The fields as text, row by row in the order given. Writes one row of `decrypt_ledger` in the
 * transaction that is open, with the columns, row ids and number of the values; none when there is
 * nothing to open. Who opens is whom the scope was entered for. Throws, so that the transaction
 * rolls back, when one value does not open: the error names table, column and row, and holds no
 * data. Throws `keys-unavailable` for a key that another process made since `keys` were loaded; the
 * next `forSeller` brings it.
 */
export const openFields = async <Column extends string>(
  scope: Tx | SellerScope,
  keys: SellerKeys,
  { table, purpose, reason, rows }: Opening<Column>,
): Promise<readonly Record<Column, string | null>[]> => {
  const { sellerId } = keys
  if ('sellerId' in scope && scope.sellerId !== sellerId) {
    throw new Error('Cannot open: the keys belong to another seller than the scope')
  }
  const columns = new Set<string>()
  const rowIds = new Set<string>()
  let opened = 0
  for (const { id, fields } of rows) {
    for (const column in fields) {
      if (!fields[column]) continue
      columns.add(column)
      rowIds.add(id)
      opened += 1
    }
  }
  if (opened > 0) {
    await scope.run(command`
      insert into decrypt_ledger (seller_id, id, purpose, table_name, columns, row_ids, opened, reason)
      values (${sellerId}, ${newId()}, ${purpose}, ${table}, ${textArray([...columns])}::text[],
        ${uuidArray([...rowIds])}::uuid[], ${opened}, ${reason ?? null})`)
  }
  const opener = openerOf(keys)
  return rows.map(({ id, fields }) => {
    const open: Partial<Record<Column, string | null>> = {}
    for (const column in fields) {
      const blob = fields[column]
      open[column] = blob ? openText(opener.keyOf, opener.column(table, column), id, blob) : null
    }
    return open as Record<Column, string | null>
  })
}
