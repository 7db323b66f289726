/** The statements on `tenant_exports` and its parts. */
import { z } from 'zod'
import { textArray } from '../../db/arrays.ts'
import type { Queries, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { StoredObject } from '../../storage/rows.ts'

export interface OpenExport {
  readonly id: string
  readonly createdAt: Date
  readonly reason: string
  /** The last row that lies in a part; null: nothing does. */
  readonly atTable: string | null
  /** Null: all of that table does. */
  readonly atKey: readonly string[] | null
  /** Parts of that table. */
  readonly parts: number
}
export interface ExportPart {
  readonly table: string
  readonly part: number
  readonly rows: number
  readonly opened: number
  readonly object: Pick<StoredObject, 'id' | 'byteSize'>
}

/** The oldest that has not come to its end, from now on running; null: there is none. */
export const beginExport = async (scope: SellerScope): Promise<OpenExport | null> => {
  const row = await scope.maybeOne(sql.type(openRow)`
    update tenant_exports e
    set state = 'RUNNING', started_at = coalesce(e.started_at, now())
    where e.seller_id = ${scope.sellerId} and e.id = (
      select o.id from tenant_exports o
      where o.seller_id = ${scope.sellerId} and o.state in ('WAITING', 'RUNNING')
      order by o.created_at, o.id limit 1)
    returning e.id, e.created_at, e.reason, e.at_table, e.at_key, (
      select count(*)::int4 from tenant_export_parts p
      where p.seller_id = e.seller_id and p.export_id = e.id and p.table_name = e.at_table) as parts`)
  return row && {
    ...{ id: row.id, createdAt: row.created_at, reason: row.reason },
    ...{ atTable: row.at_table, atKey: row.at_key, parts: row.parts },
  }
}
const openRow = z.object({
  id: z.string(),
  created_at: z.date(),
  reason: z.string(),
  at_table: z.string().nullable(),
  at_key: z.array(z.string()).nullable(),
  parts: z.int(),
})

/** A part that is stored, and how far the export is with it, in one transaction. */
export const storePart = async (
  scope: SellerScope,
  exportId: string,
  { table, part, rows, opened, object }: ExportPart,
  atKey: readonly string[] | null,
): Promise<void> => {
  await scope.run(command`
    insert into tenant_export_parts (seller_id, export_id, table_name, part, storage_object_id, rows,
      opened)
    values (${scope.sellerId}, ${exportId}, ${table}, ${part}, ${object.id}, ${rows}, ${opened})`)
  await scope.run(command`
    update tenant_exports
    set at_table = ${table}, at_key = ${atKey === null ? null : textArray(atKey)}::text[],
      rows = rows + ${rows}, opened = opened + ${opened}, byte_size = byte_size + ${object.byteSize}
    where seller_id = ${scope.sellerId} and id = ${exportId} and state = 'RUNNING'`)
}

/** Its whole content is stored, or it is given up. */
export const endExport = async (
  scope: SellerScope,
  exportId: string,
  end: { readonly manifestObjectId: string; readonly byteSize: number } | {
    readonly failure: string
  },
): Promise<void> => {
  const [object, size, failure] = 'failure' in end
    ? [null, 0, end.failure]
    : [end.manifestObjectId, end.byteSize, null]
  await scope.run(command`
    update tenant_exports
    set state = ${failure === null ? 'DONE' : 'FAILED'}, manifest_object_id = ${object},
      byte_size = byte_size + ${size}, failure = ${failure}, finished_at = now()
    where seller_id = ${scope.sellerId} and id = ${exportId} and state = 'RUNNING'`)
}

export const hasOpenExport = async (scope: SellerScope): Promise<boolean> => {
  const { open } = await scope.one(sql.type(z.object({ open: z.boolean() }))`
    select exists (select from tenant_exports
      where seller_id = ${scope.sellerId} and state in ('WAITING', 'RUNNING')) as open`)
  return open
}

/** In the order of tables and parts, with what is stored of each. */
export const readParts = async (
  queries: Pick<Queries, 'any'>,
  sellerId: string,
  exportId: string,
) =>
  await queries.any(sql.type(partRow)`
    select p.table_name, p.part, p.rows, p.opened, o.storage_key, o.byte_size,
      encode(o.sha256, 'hex') as sha256
    from tenant_export_parts p
    join storage_objects o on o.seller_id = p.seller_id and o.id = p.storage_object_id
    where p.seller_id = ${sellerId} and p.export_id = ${exportId}
    order by p.table_name, p.part`)
const partRow = z.object({
  table_name: z.string(),
  part: z.int(),
  rows: z.int(),
  opened: z.int(),
  storage_key: z.string(),
  byte_size: z.int(),
  sha256: z.string(),
})
