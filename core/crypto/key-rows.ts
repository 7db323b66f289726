/** The statements on `seller_keys`. Each opens a scope of its own: KMS is asked between them. */
import { z } from 'zod'
import type { Database, Entry } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { type Purpose, purposes } from './keys.ts'

const KeyRow = z.object({
  purpose: z.enum(purposes),
  version: z.int(),
  wrapped: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  state: z.enum(['CURRENT', 'RETIRED', 'DESTROYED']),
})
export type KeyRow = z.infer<typeof KeyRow>

export interface NewKey {
  readonly purpose: Purpose
  readonly version: number
  readonly wrapped: Uint8Array
  readonly alias: string
}

/** Every key that the seller ever had, destroyed ones too. */
export const listKeyRows = (db: Database, entry: Entry): Promise<readonly KeyRow[]> =>
  db.inSellerScope(entry).any(sql.type(KeyRow)`
    select purpose, version, wrapped, state from seller_keys where seller_id = ${entry.sellerId}`)

/** Whoever comes second finds the key of the first: list the rows to see whose it is. */
export const insertKeyRows = (
  db: Database,
  entry: Entry,
  keys: readonly NewKey[],
): Promise<void> =>
  db.withSellerScope(entry, async (tx) => {
    for (const key of keys) await tx.run(insertOf(entry, key))
  })

/** Makes `next` the seal key in the place of the version before it, unless someone else has. */
export const replaceSealRow = (db: Database, entry: Entry, next: NewKey): Promise<void> =>
  db.withSellerScope(entry, async (tx) => {
    const retired = await tx.run(command`
      update seller_keys set state = 'RETIRED'
      where seller_id = ${entry.sellerId} and purpose = 'seal' and version = ${next.version - 1}
        and state = 'CURRENT'`)
    // none: it was replaced already, or destroyed and must stay so
    if (retired === 1) await tx.run(insertOf(entry, next))
  })

const insertOf = ({ sellerId }: Entry, { purpose, version, wrapped, alias }: NewKey) =>
  command`
    insert into seller_keys (seller_id, purpose, version, wrapped, kms_alias)
    values (${sellerId}, ${purpose}, ${version}, ${bytes(wrapped)}, ${alias})
    on conflict do nothing`

/**
 * Reserves up to `block` uses of a seal key, and not less than `least`. Zero: it has not so many
 * left below `limit`, or is not the current key any more.
 */
export const reserveSeals = async (
  db: Database,
  entry: Entry,
  version: number,
  { block, least, limit }: { block: number; least: number; limit: number },
): Promise<number> => {
  const row = await db.inSellerScope(entry).maybeOne(sql.type(z.object({ reserved: z.int() }))`
    update seller_keys set uses = uses + least(${block}::bigint, ${limit}::bigint - uses)
    where seller_id = ${entry.sellerId} and purpose = 'seal' and version = ${version}
      and state = 'CURRENT' and uses + ${least}::bigint <= ${limit}::bigint
    returning new.uses - old.uses as reserved`)
  return row?.reserved ?? 0
}
