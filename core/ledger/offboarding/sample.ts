/** Takes values that open while there are keys, for all to try when there are none. */
import { z } from 'zod'
import { sha256Stream } from '../../crypto/digest.ts'
import type { SellerKeys } from '../../crypto/keys.ts'
import { tryFields } from '../../crypto/reseal.ts'
import type { Queries, SellerScope } from '../../db/database.ts'
import { bytesArray, int4Array, textArray, uuidArray } from '../../db/arrays.ts'
import { command, sql } from '../../db/sql.ts'
import type { SealedValue } from '../../crypto/attempt.ts'
import { readSealedPlaces, type SealedPlace } from '../sealed-places.ts'
import type { Facts } from './rows.ts'

/** Of all places together. */
const sampleSize = 200
const purpose = 'keys.shred'

/**
 * Opens up to 200 values from all columns that hold sealed ones, which is in the decrypt ledger, and
 * keeps the sealed bytes of those that did open. Row ids are digests or random: the first by id are as
 * good as any.
 */
export const takeSample = async (
  scope: SellerScope,
  keys: SellerKeys | null,
  offboardingId: string,
): Promise<Required<Pick<Facts, 'sample' | 'rows'>>> => {
  const places = await readSealedPlaces(scope)
  const rows: Record<string, number> = {}
  for (const place of places) rows[place.table] = await countRows(scope, place)
  const sample: SealedValue[] = []
  const found: Record<string, number> = {}
  let unreadable = 0
  // the smallest first: what they cannot fill is left to the others
  const smallestFirst = places.toSorted((a, b) => (rows[a.table] ?? 0) - (rows[b.table] ?? 0))
  let columnsLeft = places.reduce((sum, place) => sum + place.columns.length, 0)
  for (const place of smallestFirst) {
    if (keys === null) break
    for (const column of place.columns) {
      const share = Math.max(1, Math.floor((sampleSize - sample.length) / columnsLeft))
      columnsLeft -= 1
      const values = await readValues(scope, place, column, share)
      const good = await thoseThatOpen(scope, keys, values)
      unreadable += values.length - good.length
      sample.push(...good)
      if (good.length > 0) found[`${place.table}.${column}`] = good.length
    }
  }
  await keep(scope, offboardingId, sample)
  return {
    sample: { values: sample.length, places: found, sha256: digestOf(sample), unreadable },
    rows,
  }
}

const countRows = async (scope: SellerScope, { table }: SealedPlace): Promise<number> => {
  const { rows } = await scope.one(sql.type(z.object({ rows: z.number() }))`/* unprepared */
    select count(*)::float8 as rows from ${sql.identifier([table])}
    where seller_id = ${scope.sellerId}`)
  return rows
}

const readValues = async (
  scope: SellerScope,
  { table, idColumn }: SealedPlace,
  column: string,
  limit: number,
): Promise<readonly SealedValue[]> => {
  const [of, id, sealed] = [
    sql.identifier([table]),
    sql.identifier([idColumn]),
    sql.identifier([column]),
  ]
  const rows = await scope.any(sql.type(valueRow)`/* unprepared */
    select ${id}::text as "rowId", ${sealed} as sealed from ${of}
    where seller_id = ${scope.sellerId} and length(${sealed}) > 0
    order by ${id} limit ${limit}`)
  return rows.map((row) => ({ table, column, ...row }))
}

/** Of one column. One that was spoilt long ago keeps nobody here. */
const thoseThatOpen = async (
  scope: SellerScope,
  keys: SellerKeys,
  values: readonly SealedValue[],
): Promise<readonly SealedValue[]> => {
  const [first] = values
  if (first === undefined) return values
  const rows = values.map(({ column, rowId, sealed }) => ({
    id: rowId,
    fields: { [column]: sealed },
  }))
  const { unreadable } = await tryFields(scope, keys, { table: first.table, purpose, rows })
  const spoilt = new Set(unreadable.map(({ id }) => id))
  return values.filter(({ rowId }) => !spoilt.has(rowId))
}

const keep = async (
  scope: SellerScope,
  offboardingId: string,
  sample: readonly SealedValue[],
): Promise<void> => {
  if (sample.length === 0) return
  await scope.run(command`
    insert into shred_samples
      (seller_id, offboarding_id, place, table_name, column_name, row_id, sealed)
    select ${scope.sellerId}, ${offboardingId}, s.*
    from unnest(${int4Array(sample.map((_value, at) => at))}::int4[],
      ${textArray(sample.map(({ table }) => table))}::text[],
      ${textArray(sample.map(({ column }) => column))}::text[],
      ${uuidArray(sample.map(({ rowId }) => rowId))}::uuid[],
      ${bytesArray(sample.map(({ sealed }) => sealed))}::bytea[]) s`)
}

/** What was kept, in its order. In the seller's scope or in platform scope. */
export const readSample = (
  queries: Pick<Queries, 'any'>,
  { sellerId, id }: { readonly sellerId: string; readonly id: string },
): Promise<readonly SealedValue[]> =>
  queries.any(sql.type(sampleRow)`
    select table_name as "table", column_name as "column", row_id::text as "rowId", sealed
    from shred_samples where seller_id = ${sellerId} and offboarding_id = ${id} order by place`)

const digestOf = (sample: readonly SealedValue[]): string => {
  const hash = sha256Stream()
  for (const { sealed } of sample) hash.update(sealed)
  return hash.end()
}

const sealed = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
const valueRow = z.object({ rowId: z.string(), sealed })
const sampleRow = valueRow.extend({ table: z.string(), column: z.string() })
