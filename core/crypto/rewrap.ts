/** Wraps what KMS has wrapped anew: after KMS got new material, or under another alias. */
import { z } from 'zod'
import type { Database, Queries, Tx } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { contextOf } from './key-wrap.ts'
import type { KeyService } from './kms.ts'

export interface RewrapSource {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly kms: Pick<KeyService, 'reWrap' | 'describe' | 'ensureAlias'>
  /** Where the keys of a seller belong now. */
  readonly aliasOf: (sellerId: string) => string
  readonly createMissingAlias: boolean
}
export interface Rewrap {
  readonly alias: string
  /** Keys that KMS wraps itself: the root, and those of a time before there were roots. */
  readonly keys: number
  /** Of them, those that got a new wrapping; with `dryRun`, those that would. */
  readonly rewrapped: number
}

/**
 * One seller's; the data, and the keys under the root, stay as they are. The key is in clear inside of KMS
 * only. Wrapped by the alias of today, later than KMS last got new material: left as it is, unless `force`
 * (an alias that leads to another KMS key now shows nowhere). So it may be stopped and called again.
 * `also` runs in the transaction of each key. Throws `keys-unavailable`.
 */
export const rewrapKeys = async (
  { db, kms, aliasOf, createMissingAlias }: RewrapSource,
  sellerId: string,
  { force = false, dryRun = false, also = () => {} }: {
    readonly force?: boolean
    readonly dryRun?: boolean
    readonly also?: (tx: Tx, alias: string) => void
  } = {},
): Promise<Rewrap> => {
  const alias = aliasOf(sellerId)
  const inPlatform = <T>(work: (tx: Tx) => Promise<T>) => db.withPlatformScope('rewrap', work)
  const rows = await inPlatform((tx) => listWrappedByKms(tx, sellerId))
  if (rows.length === 0) return { alias, keys: 0, rewrapped: 0 }
  if (createMissingAlias && !dryRun) await kms.ensureAlias(alias)
  const rotatedAt = (await kms.describe(alias))?.lastRotated
  const due = rows.filter(({ kms_alias, wrapped_at }) =>
    force || kms_alias !== alias || rotatedAt && rotatedAt >= wrapped_at
  )
  if (dryRun) return { alias, keys: rows.length, rewrapped: due.length }
  let rewrapped = 0
  for (const { purpose, version, wrapped } of due) {
    const next = await kms.reWrap(wrapped, contextOf(sellerId, { purpose, version }), alias)
    rewrapped += await inPlatform(async (tx) => {
      // turned or destroyed meanwhile: then there is nothing to do
      const changed = await tx.run(command`
        update seller_keys set wrapped = ${bytes(next)}, kms_alias = ${alias}
        where seller_id = ${sellerId} and purpose = ${purpose} and version = ${version}
          and root is null and state <> 'DESTROYED' and wrapped = ${bytes(wrapped)}`)
      if (changed === 1) also(tx, alias)
      return changed
    })
  }
  return { alias, keys: rows.length, rewrapped }
}

const listWrappedByKms = (queries: Queries, sellerId: string) =>
  queries.any(sql.type(WrappedRow)`
    select purpose, version, wrapped, kms_alias, wrapped_at from seller_keys
    where seller_id = ${sellerId} and root is null and state <> 'DESTROYED'
    order by purpose, version`)

const WrappedRow = z.object({
  purpose: z.enum(['root', 'seal', 'index', 'hash']),
  version: z.int(),
  wrapped: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  kms_alias: z.string(),
  wrapped_at: z.date(),
})
