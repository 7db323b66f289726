/** The statements on `seller_keys`. Each opens a scope of its own: KMS is asked between them. */
import { z } from 'zod'
import type { Database, Entry, Tx } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { WrappedPurpose } from './key-wrap.ts'
import { purposes } from './keys.ts'

const KeyRow = z.object({
  purpose: z.enum(['root', ...purposes, 'archive']),
  version: z.int(),
  wrapped: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  state: z.enum(['CURRENT', 'RETIRED', 'DESTROYED']),
  /** The version of the root that wraps it; null: KMS does. */
  root: z.int().nullable(),
})
export type KeyRow = z.infer<typeof KeyRow>

/** A key that KMS has wrapped. */
export interface NewRoot {
  readonly purpose: 'root'
  readonly version: number
  readonly wrapped: Uint8Array
  readonly alias: string
}
/** A key that was wrapped under a root. */
export interface NewKey {
  readonly purpose: Exclude<WrappedPurpose, 'root'>
  readonly version: number
  readonly wrapped: Uint8Array
  readonly root: Pick<KeyRow, 'version' | 'wrapped'>
}

/** Every key that the seller ever had, destroyed ones too. */
export const listKeyRows = (db: Database, entry: Entry): Promise<readonly KeyRow[]> =>
  db.inSellerScope(entry).any(sql.type(KeyRow)`
    select purpose, version, wrapped, state, root from seller_keys
    where seller_id = ${entry.sellerId}`)

/**
 * Whoever comes second finds the keys of the first: list the rows to see whose they are. A key whose
 * root was not the first, or is destroyed by now, is not stored.
 */
export const insertKeyRows = (
  db: Database,
  entry: Entry,
  root: NewRoot | null,
  keys: readonly NewKey[],
): Promise<void> =>
  db.withSellerScope(entry, async (tx) => {
    if (root) await insertRoot(tx, entry, root)
    for (const key of keys) await insertKey(tx, entry, key)
  })

/** Makes `next` the seal key in the place of the version before it, unless someone else has. */
export const replaceSealRow = (
  db: Database,
  entry: Entry,
  root: NewRoot | null,
  next: NewKey,
): Promise<void> =>
  db.withSellerScope(entry, async (tx) => {
    const retired = await tx.run(command`
      update seller_keys set state = 'RETIRED'
      where seller_id = ${entry.sellerId} and purpose = 'seal' and version = ${next.version - 1}
        and state = 'CURRENT'`)
    // none: it was replaced already, or destroyed and must stay so
    if (retired === 0) return
    if (root) await insertRoot(tx, entry, root)
    // a seller is not left without a key to seal with
    if (await insertKey(tx, entry, next) === 0) {
      throw fault('keys-unavailable', { retryAfterSeconds: 1 })
    }
  })

const insertRoot = (tx: Tx, { sellerId }: Entry, { version, wrapped, alias }: NewRoot) =>
  tx.run(command`
    insert into seller_keys (seller_id, purpose, version, wrapped, kms_alias)
    values (${sellerId}, 'root', ${version}, ${bytes(wrapped)}, ${alias})
    on conflict do nothing`)

/** The lock waits for who destroys the root, and then finds none. */
const insertKey = (tx: Tx, { sellerId }: Entry, { purpose, version, wrapped, root }: NewKey) =>
  tx.run(command`
    insert into seller_keys (seller_id, purpose, version, wrapped, root)
    select r.seller_id, ${purpose}, ${version}::integer, ${bytes(wrapped)}, r.version
    from seller_keys r
    where r.seller_id = ${sellerId} and r.purpose = 'root' and r.version = ${root.version}
      and r.wrapped = ${bytes(root.wrapped)} and r.state = 'CURRENT'
    for share
    on conflict do nothing`)

/**
 * Reserves up to `block` uses of a seal key, and not less than `least`. Zero: it has not so many
 * left below `limit`, or is not the current key any more.
 * The row is locked first: behind a trigger, `old` in RETURNING is the row as it was before another
 * process has changed it, and more would be given out than was counted.
 */
export const reserveSeals = async (
  db: Database,
  entry: Entry,
  version: number,
  { block, least, limit }: { block: number; least: number; limit: number },
): Promise<number> => {
  const row = await db.inSellerScope(entry).maybeOne(sql.type(z.object({ reserved: z.int() }))`
    with held as (
      select least(${block}::bigint, ${limit}::bigint - uses) as more from seller_keys
      where seller_id = ${entry.sellerId} and purpose = 'seal' and version = ${version}
        and state = 'CURRENT' and uses + ${least}::bigint <= ${limit}::bigint
      for update
    )
    update seller_keys k set uses = k.uses + held.more from held
    where k.seller_id = ${entry.sellerId} and k.purpose = 'seal' and k.version = ${version}
    returning held.more as reserved`)
  return row?.reserved ?? 0
}
