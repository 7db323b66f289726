/** The statements on `raw_payloads`: parts of hours, and what they were joined to. */
import { z } from 'zod'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope, Tx } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { RawHour } from '../../storage/keys.ts'
import {
  doomObjects,
  keepObjects,
  objectOf,
  objectRow,
  type StoredObject,
} from '../../storage/rows.ts'

export interface NewPart extends Omit<RawHour, 'sellerId'> {
  readonly id: string
  readonly objectId: string
  readonly lines: number
}

/** Keeps the object, too: from here on the lines are not lost any more. */
export const insertPart = async (scope: SellerScope, part: NewPart): Promise<void> => {
  await keepObjects(scope, [part.objectId])
  await scope.run(command`
    insert into raw_payloads (seller_id, id, storage_object_id, marketplace_code, hour, lines)
    values (${scope.sellerId}, ${part.id}, ${part.objectId}, ${part.marketplaceCode},
      ${part.hour.toISOString()}, ${part.lines})`)
}

/** Whose parts wait, of hours before; across sellers. */
export const sellersWithParts = async (tx: Tx, before: Date, limit: number) => {
  const rows = await tx.any(sql.type(z.object({ seller_id: z.string() }))`
    select distinct seller_id from raw_payloads
    where number is null and hour < ${before.toISOString()} limit ${limit}`)
  return rows.map(({ seller_id }) => seller_id)
}

/** Hours with parts that wait, the oldest first. */
export const hoursWithParts = async (
  scope: Pick<Tx, 'any'>,
  sellerId: string,
  before: Date,
  limit: number,
): Promise<readonly RawHour[]> => {
  const rows = await scope.any(sql.type(hourRow)`
    select marketplace_code, hour from raw_payloads
    where seller_id = ${sellerId} and number is null and hour < ${before.toISOString()}
    group by marketplace_code, hour order by hour, marketplace_code limit ${limit}`)
  return rows.map((row) => ({ sellerId, marketplaceCode: row.marketplace_code, hour: row.hour }))
}
const hourRow = z.object({ marketplace_code: z.string(), hour: z.date() })

export interface PlannedJoin {
  readonly number: number
  readonly lines: number
  /** In the order in which they are joined. */
  readonly parts: readonly { readonly id: string; readonly object: StoredObject }[]
}

/**
 * Decides once which parts go into the next object of the hour: whoever comes to it after a kill joins
 * the same ones, so that what two write under one key is the same. Null: none is left.
 */
export const planJoin = async (
  scope: SellerScope,
  { marketplaceCode, hour }: RawHour,
  most: { readonly parts: number; readonly bytes: number },
): Promise<PlannedJoin | null> => {
  const at = sql
    .fragment`r.seller_id = ${scope.sellerId} and r.marketplace_code = ${marketplaceCode}
    and r.hour = ${hour.toISOString()}`
  const { number } = await scope.one(sql.type(z.object({ number: z.int() }))`
    select coalesce(min(r.joins), 1 + coalesce(max(r.number), 0)) as number
    from raw_payloads r where ${at}`)
  await scope.run(command`
    update raw_payloads set joins = ${number}
    from (
      select r.id, sum(o.byte_size) over (order by r.id) as bytes
      from raw_payloads r
      join storage_objects o on o.seller_id = r.seller_id and o.id = r.storage_object_id
      where ${at} and r.number is null
        and not exists (select from raw_payloads r where ${at} and r.joins is not null)
      order by r.id limit ${most.parts}
    ) as part
    where raw_payloads.seller_id = ${scope.sellerId} and raw_payloads.id = part.id
      and part.bytes <= ${most.bytes}`)
  const rows = await scope.any(sql.type(partRow)`
    select r.id as part_id, r.lines, o.id, o.bucket, o.storage_key, o.mime, o.byte_size,
      encode(o.sha256, 'hex') as sha256, o.kms_key_alias, o.version_id
    from raw_payloads r
    join storage_objects o on o.seller_id = r.seller_id and o.id = r.storage_object_id
    where ${at} and r.joins = ${number} order by r.id`)
  if (rows.length === 0) return null
  return {
    number,
    lines: rows.reduce((sum, { lines }) => sum + lines, 0),
    parts: rows.map(({ part_id: id, ...row }) => ({ id, object: objectOf(row) })),
  }
}
const partRow = objectRow.extend({ part_id: z.string(), lines: z.int() })

/** The joined object takes the place of its parts, in one transaction. Once: the number is taken then. */
export const replaceParts = async (
  scope: SellerScope,
  { marketplaceCode, hour }: RawHour,
  { number, lines, parts }: PlannedJoin,
  joined: { readonly id: string; readonly objectId: string },
): Promise<void> => {
  await keepObjects(scope, [joined.objectId])
  await scope.run(command`
    delete from raw_payloads
    where seller_id = ${scope.sellerId} and id = any(${
    uuidArray(parts.map(({ id }) => id))
  }::uuid[])`)
  await doomObjects(scope, parts.map(({ object }) => object.id))
  await scope.run(command`
    insert into raw_payloads (
      seller_id, id, storage_object_id, marketplace_code, hour, number, lines
    ) values (${scope.sellerId}, ${joined.id}, ${joined.objectId}, ${marketplaceCode},
      ${hour.toISOString()}, ${number}, ${lines})`)
}
