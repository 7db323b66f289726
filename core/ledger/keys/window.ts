/** Sealed values in the order of their ids: a window of rows, and new values in the place of old ones. */
import { z } from 'zod'
import { bytesArray, uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { bytes, sql } from '../../db/sql.ts'
import type { SealedRow } from '../../crypto/opening.ts'
import type { SealedPlace } from '../sealed-places.ts'

/** Rows that are looked at by one statement: most have nothing to do in a second pass. */
const scannedRows = 1_000
/** Rows whose values are opened in one transaction: who writes one of them waits for the end of it. */
export const batchRows = 200
/** The same in bytes, for tables whose values are large. */
const batchBytes = 4 * 1024 * 1024

export interface Window {
  readonly rows: readonly SealedRow[]
  /** The last id that is behind us now; null: none was there. */
  readonly last: string | null
  /** Nothing is left of this table. */
  readonly ended: boolean
}
export interface WindowAsk {
  readonly after: string | null
  /** Rows with a value of a lower key version; absent: rows with any value. */
  readonly below?: number
  /** One row in so many, the same ones for one seed. */
  readonly sample?: { readonly oneIn: number; readonly seed: string }
}

/** Locks nothing. Of rows that are met, all sealed values come along. */
export const readWindow = async (
  scope: SellerScope,
  { table, idColumn, columns }: SealedPlace,
  { after, below, sample }: WindowAsk,
): Promise<Window> => {
  const id = sql.identifier([idColumn])
  const values = columns.map((column) => sql.identifier([column]))
  const isMet = below === undefined
    ? (value: typeof values[number]) => sql.fragment`${value} is not null`
    : (value: typeof values[number]) =>
      sql.fragment`substring(${value} from 2 for 4) < ${bytes(versionBytes(below))}`
  const sampled = sample === undefined || sample.oneIn === 1 ? sql.fragment`` : sql.fragment`
    and mod(hashtextextended(id::text, hashtextextended(${sample.seed}::text, 0)), ${sample.oneIn}) = 0`
  const size = sql.join(
    values.map((value) => sql.fragment`coalesce(octet_length(${value}), 0)`),
    sql.fragment` + `,
  )
  const all = sql.join(values, sql.fragment`, `)
  const rows = await scope.any(sql.type(windowRow)`
    with scanned as materialized (
      select ${id} as id, ${all} from ${sql.identifier([table])}
      where seller_id = ${scope.sellerId} and ${id} > ${after ?? beforeAll}::uuid
      order by ${id} limit ${scannedRows}
    ), met as (
      select *, row_number() over by_id as nth, sum(${size}) over by_id as bytes,
        count(*) over ()::int4 as met
      from scanned where (${sql.join(values.map(isMet), sql.fragment` or `)})${sampled}
      window by_id as (order by id)
    )
    select edge.last, edge.scanned, met.met, met.id, ${all}
    from (
      select (array_agg(id order by id desc))[1] as last, count(*)::int4 as scanned from scanned
    ) edge
    left join met on met.nth = 1 or met.nth <= ${batchRows} and met.bytes <= ${batchBytes}
    order by met.id`)
  const taken = rows.flatMap(({ id, last: _last, scanned: _scanned, met: _met, ...fields }) =>
    id === null ? [] : [{ id, fields }]
  )
  const [edge] = rows
  const cut = taken.length < (edge?.met ?? 0)
  return {
    rows: taken,
    last: (cut ? taken.at(-1)?.id : edge?.last) ?? null,
    ended: !cut && (edge?.scanned ?? 0) < scannedRows,
  }
}

/** No row has this id. */
const beforeAll = '00000000-0000-0000-0000-000000000000'

const sealed = z.custom<Uint8Array>((value) => value instanceof Uint8Array).nullable()
const windowRow = z.object({
  last: z.string().nullable(),
  scanned: z.int(),
  met: z.int().nullable(),
  id: z.string().nullable(),
}).catchall(sealed)

const versionBytes = (version: number): Uint8Array => {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, version)
  return out
}

export interface NewValues {
  readonly id: string
  /** As they were read. */
  readonly old: Readonly<Record<string, Uint8Array | null>>
  /** Null: stays as it is. */
  readonly sealed: Readonly<Record<string, Uint8Array | null>>
}

/**
 * Compare and swap: a row in which one of the old values is no longer what was read stays as it is, and
 * so does one that somebody else has locked. So nobody is waited for, no change of anybody is lost, and
 * no deadlock can come of it. Answers the ids of the rows that have their new values.
 */
export const swapValues = async (
  scope: SellerScope,
  { table, idColumn, columns }: SealedPlace,
  rows: readonly NewValues[],
): Promise<ReadonlySet<string>> => {
  if (rows.length === 0) return new Set()
  const name = sql.identifier([table])
  const id = sql.identifier([idColumn])
  const ids = uuidArray(rows.map((row) => row.id))
  const pairs = columns.map((column, n) => ({
    value: sql.identifier([column]),
    was: sql.identifier([`was_${n}`]),
    next: sql.identifier([`next_${n}`]),
    olds: bytesArray(rows.map(({ old }) => old[column] ?? null)),
    news: bytesArray(rows.map(({ sealed }) => sealed[column] ?? null)),
  }))
  const comma = sql.fragment`, `
  const given = sql.join(
    pairs.map(({ olds, news }) => sql.fragment`${olds}::bytea[], ${news}::bytea[]`),
    comma,
  )
  const named = sql.join(pairs.map(({ was, next }) => sql.fragment`${was}, ${next}`), comma)
  const set = sql.join(
    pairs.map(({ value, next }) => sql.fragment`${value} = coalesce(n.${next}, t.${value})`),
    comma,
  )
  const same = sql.join(
    pairs.map(({ value, was, next }) => sql.fragment`(n.${next} is null or t.${value} = n.${was})`),
    sql.fragment` and `,
  )
  const swapped = await scope.any(sql.type(z.object({ id: z.string() }))`
    with mine as (
      select ${id} as id from ${name}
      where seller_id = ${scope.sellerId} and ${id} = any(${ids}::uuid[])
      for update skip locked
    )
    update ${name} t set ${set}
    from unnest(${ids}::uuid[], ${given}) n (id, ${named}), mine
    where t.seller_id = ${scope.sellerId} and t.${id} = any(${ids}::uuid[])
      and t.${id} = n.id and mine.id = n.id and ${same}
    returning n.id`)
  return new Set(swapped.map((row) => row.id))
}
