/** The statements of a turn of keys: all of `seller_keys` in one transaction, or none. */
import { z } from 'zod'
import type { Database, Entry, SellerScope } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { sameBytes } from './digest.ts'
import type { KeyRow, NewKey, NewRoot } from './key-rows.ts'

/** A key with its new wrapping, under the root of the turn. */
export interface Rewrapped {
  readonly row: KeyRow
  readonly wrapped: Uint8Array
}
export interface Turn {
  /** All that were not destroyed when it was prepared. */
  readonly rows: readonly KeyRow[]
  readonly root: NewRoot
  readonly moved: readonly Rewrapped[]
  /** The next seal key. */
  readonly next: NewKey
}

/** False: keys were made, replaced or destroyed meanwhile, and nothing is done. `also` runs last. */
export const storeTurn = (
  db: Database,
  entry: Entry,
  { rows, root, moved, next }: Turn,
  also: (scope: SellerScope) => Promise<void>,
): Promise<boolean> =>
  db.withSellerScope(entry, async (scope) => {
    const { sellerId } = entry
    // whoever is about to store a key under the root of before waits for this, and is refused then
    await scope.run(command`
      select from seller_keys
      where seller_id = ${sellerId} and state <> 'DESTROYED' order by purpose, version for update`)
    // read by another statement: the one that has waited does not see what was stored meanwhile
    const now = await scope.any(sql.type(Locked)`
      select purpose, version, state, wrapped from seller_keys
      where seller_id = ${sellerId} and state <> 'DESTROYED'`)
    if (now.length !== rows.length || !rows.every((row) => now.some(isSame(row)))) return false

    await scope.run(command`
      insert into seller_keys (seller_id, purpose, version, wrapped, kms_alias)
      values (${sellerId}, 'root', ${root.version}, ${bytes(root.wrapped)}, ${root.alias})`)
    for (const { row, wrapped } of moved) {
      await scope.run(command`
        update seller_keys set wrapped = ${bytes(wrapped)}, root = ${root.version}, kms_alias = null
        where seller_id = ${sellerId} and purpose = ${row.purpose} and version = ${row.version}`)
    }
    await scope.run(command`
      update seller_keys set state = 'RETIRED'
      where seller_id = ${sellerId} and purpose = 'seal' and state = 'CURRENT'`)
    await scope.run(command`
      insert into seller_keys (seller_id, purpose, version, wrapped, root)
      values (${sellerId}, 'seal', ${next.version}, ${bytes(next.wrapped)}, ${root.version})`)
    await scope.run(command`
      update seller_keys set state = 'DESTROYED'
      where seller_id = ${sellerId} and purpose = 'root' and version <> ${root.version}
        and state <> 'DESTROYED'`)
    await also(scope)
    return true
  })

/** Seal keys below a version that seal nothing any more: what lies under them opens never again. */
export const destroyOldSeals = (scope: SellerScope, below: number): Promise<number> =>
  scope.run(command`
    update seller_keys set state = 'DESTROYED'
    where seller_id = ${scope.sellerId} and purpose = 'seal' and version < ${below}
      and state = 'RETIRED'`)

const Locked = z.object({
  purpose: z.string(),
  version: z.int(),
  state: z.string(),
  wrapped: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
})
const isSame = (row: KeyRow) => (other: z.infer<typeof Locked>): boolean =>
  other.purpose === row.purpose && other.version === row.version && other.state === row.state &&
  sameBytes(other.wrapped, row.wrapped)
