/** The only way to read sealed fields: the ledger first, then the values. */
import { z } from 'zod'
import { textArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope, Tx } from '../db/database.ts'
import { command, sql, type Statement } from '../db/sql.ts'
import { newId } from '../ids.ts'
import { openerOf, type SellerKeys } from './keys.ts'
import type { OpeningPurpose } from './purposes.ts'
import type { SealedColumn } from './place.ts'
import { openText } from './seal.ts'

export interface SealedRow<Column extends string = string> {
  readonly id: string
  /** Null where the row has no such value. */
  readonly fields: Readonly<Record<Column, Uint8Array | null>>
}
export interface Opening<Column extends string = string> {
  readonly table: string
  readonly purpose: OpeningPurpose
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
 *
 * What rolls back takes its row with it, and no value has left the scope; but they were open in
 * memory, so the gate writes the row again, as one of work that came to nothing, with the number of
 * those that did open. The sum of `opened` is the number of values that were opened, but for a process
 * that is killed before it could say so.
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
  const opener = openerOf(keys)
  // looked up once for a page, not for each value
  const places = new Map<string, SealedColumn>()
  const rowIds = new Set<string>()
  let opened = 0
  for (const { id, fields } of rows) {
    const before = opened
    for (const column in fields) {
      if (!fields[column]) continue
      if (!places.has(column)) places.set(column, opener.column(table, column))
      opened += 1
    }
    if (opened > before) rowIds.add(id)
  }
  let done = 0
  if (opened > 0) {
    await ledgerOpening(scope, {
      ...{ sellerId, purpose, table, opened, reason: reason ?? null },
      ...{ columns: [...places.keys()], rowIds: [...rowIds] },
    }, () => done)
  }
  return rows.map(({ id, fields }) => {
    const open: Partial<Record<Column, string | null>> = {}
    for (const column in fields) {
      const blob = fields[column]
      const place = blob ? places.get(column) : undefined
      open[column] = blob && place ? openText(opener.keyOf, place, id, blob) : null
      if (blob) done += 1
    }
    return open as Record<Column, string | null>
  })
}

export interface ToldOpening {
  readonly sellerId: string
  readonly purpose: OpeningPurpose
  readonly table: string
  readonly columns: readonly string[]
  readonly rowIds: readonly string[]
  readonly opened: number
  readonly reason?: string | null
}

/**
 * The row of the ledger for who opens values in this folder without `openFields`: before them, or behind
 * them where only then it is known how many there are. `done` counts those that were opened, for a
 * transaction that rolls back.
 */
export const ledgerOpening = async (
  scope: Pick<Tx, 'any' | 'ifUndone'>,
  told: ToldOpening,
  done: () => number,
): Promise<void> => {
  const row = {
    ...{ ...told, id: newId(), columns: textArray(told.columns), rowIds: uuidArray(told.rowIds) },
    reason: told.reason ?? null,
  }
  // the database says who opens, unless it is too late to
  let actor = 'system:unknown'
  scope.ifUndone(() => done() === 0 ? null : keptOf({ ...row, opened: done() }, actor))
  actor = (await scope.any(insertOf(row)))[0]?.actor ?? actor
}

interface LedgerRow {
  readonly sellerId: string
  readonly id: string
  readonly purpose: string
  readonly table: string
  readonly columns: ReturnType<typeof textArray>
  readonly rowIds: ReturnType<typeof uuidArray>
  readonly opened: number
  readonly reason: string | null
}

const actorRow = z.object({ actor: z.string() })

const insertOf = (row: LedgerRow) =>
  sql.type(actorRow)`
    insert into decrypt_ledger (seller_id, id, purpose, table_name, columns, row_ids, opened, reason)
    values (${row.sellerId}, ${row.id}, ${row.purpose}, ${row.table}, ${row.columns}::text[],
      ${row.rowIds}::uuid[], ${row.opened}, ${row.reason})
    returning actor`

const keptOf = (row: LedgerRow, actor: string): Statement =>
  command`
    select keep_opening(${row.sellerId}, ${row.id}, ${actor}, ${row.purpose}, ${row.table},
      ${row.columns}::text[], ${row.rowIds}::uuid[], ${row.opened}, ${row.reason})`
