/** The end of a seller's keys: their bytes leave the database, and every process hears of it. */
import { z } from 'zod'
import type { SellerScope, Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { tellKeyNews } from './key-news.ts'

/** A key that is no more. */
export interface DestroyedKey {
  readonly purpose: string
  readonly version: number
  /** The KMS alias it was wrapped under; null: by the root of the seller, with which it is gone. */
  readonly alias: string | null
  /**
   * SHA-256 of the wrapped bytes, in hex: whoever finds them in a backup knows them by it. Null: it was
   * destroyed before, when another one took its place.
   */
  readonly wrappedSha256: string | null
  /** Backups of before hold it as it was wrapped before: perhaps under another alias. */
  readonly wrappedAt: Date
  readonly isRewrapped: boolean
}

/**
 * Destroys all keys of the seller in the open transaction, of every purpose and version; those that KMS
 * had wrapped and that were destroyed before are named as well, because backups may hold them. No key can
 * be made for a seller that has left.
 */
export const destroyKeys = async (scope: SellerScope): Promise<readonly DestroyedKey[]> => {
  const { sellerId } = scope
  // locked first: behind a trigger `old` is the row as the statement began, whoever changed it since
  await scope.any(sql.type(z.object({ version: z.int() }))`
    select version from seller_keys where seller_id = ${sellerId} for update`)
  // the end of a key is the last change of its wrapping
  const before = await scope.any(sql.type(destroyed)`
    select purpose, version, kms_alias as alias, null::text as "wrappedSha256",
      wrapped_at as "wrappedAt", true as "isRewrapped"
    from seller_keys
    where seller_id = ${sellerId} and state = 'DESTROYED' and root is null`)
  const now = await scope.any(sql.type(destroyed)`
    update seller_keys set state = 'DESTROYED'
    where seller_id = ${sellerId} and state <> 'DESTROYED'
    returning purpose, version, case when root is null then kms_alias end as alias,
      encode(sha256(old.wrapped), 'hex') as "wrappedSha256", old.wrapped_at as "wrappedAt",
      root is null and old.wrapped_at > created_at as "isRewrapped"`)
  await tellKeyNews(scope, { sellerId, kind: 'destroyed' })
  const order = ({ purpose, version }: DestroyedKey) => `${purpose} ${String(version).padStart(9)}`
  return [...before, ...now].toSorted((a, b) => order(a) < order(b) ? -1 : 1)
}
const destroyed = z.object({
  purpose: z.string(),
  version: z.int(),
  alias: z.string().nullable(),
  wrappedSha256: z.string().nullable(),
  wrappedAt: z.date(),
  isRewrapped: z.boolean(),
})

/** How many keys of the seller still have bytes in the database. */
export const countKeysLeft = async (tx: Pick<Tx, 'one'>, sellerId: string): Promise<number> => {
  const { left } = await tx.one(sql.type(z.object({ left: z.int() }))`
    select count(*)::int4 as left from seller_keys
    where seller_id = ${sellerId} and length(wrapped) > 0`)
  return left
}

/** The alias of a seller that has a KMS key of its own. */
export const ownAliasOf = (sellerId: string): string => `alias/robnu/seller-${sellerId}`
