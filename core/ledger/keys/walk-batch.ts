/** One batch of a walk: values sealed anew, tried or only counted, and the place where the next begins. */
import type { Keyring } from '../../crypto/keyring.ts'
import type { SellerKeys } from '../../crypto/keys.ts'
import { resealFields, tryFields } from '../../crypto/reseal.ts'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import type { SealedPlace } from '../sealed-places.ts'
import { type BatchCounts, moveWalk, type Walk } from './walk-rows.ts'
import { batchRows, readWindow, swapValues, type Window } from './window.ts'

/**
 * One batch, and the walk moves on with it. Keys are asked for in front of the scope: no transaction spans a
 * call to KMS.
 */
export const walkBatch = async (
  { db, keyring }: {
    readonly db: Pick<Database, 'withSellerScope'>
    readonly keyring: Pick<Keyring, 'forSeller'>
  },
  entry: Entry,
  walk: Walk,
  place: SealedPlace,
  places: readonly SealedPlace[],
): Promise<void> => {
  const keys = walk.kind === 'PRUNE'
    ? null
    : await keyring.forSeller(entry, walk.kind === 'ROTATE' ? mostSeals(place) : {})
  await db.withSellerScope(entry, async (scope) => {
    const window = await readWindow(scope, place, {
      after: walk.place === place.table ? walk.position : null,
      ...walk.kind !== 'VERIFY' && walk.to_version !== null ? { below: walk.to_version } : {},
      sample: { oneIn: walk.one_in, seed: walk.id },
    })
    const counts = await treat(scope, walk, place, window, keys)
    if (!window.ended) {
      return await moveWalk(scope, walk, { place: place.table, position: window.last }, counts)
    }
    const next = places.find(({ table }) => table > place.table)
    await moveWalk(scope, walk, { place: next?.table ?? behindAll, position: null }, counts)
  })
}
const mostSeals = ({ columns }: SealedPlace) => ({ willSeal: batchRows * columns.length })
/** Behind the name of every table. */
const behindAll = '\u{10ffff}'

const treat = async (
  scope: SellerScope,
  walk: Walk,
  place: SealedPlace,
  { rows }: Window,
  keys: SellerKeys | null,
): Promise<BatchCounts> => {
  const { table } = place
  const nothing = { found: 0, missed: 0, opened: 0, resealed: 0, faults: [] }
  if (rows.length === 0) return nothing
  if (keys === null) return { ...nothing, found: rows.length }
  if (walk.kind === 'VERIFY') {
    const { opened, unreadable } = await tryFields(scope, keys, {
      ...{ table, rows, purpose: 'keys.verify' },
    })
    return { ...nothing, opened, found: opened, faults: at(table, unreadable) }
  }
  const below = walk.to_version ?? 0
  const made = await resealFields(scope, keys, { table, rows, below })
  const before = new Map(rows.map(({ id, fields }) => [id, fields]))
  const values = made.rows.map(({ id, sealed }) => ({ id, sealed, old: before.get(id) ?? {} }))
  const swapped = await swapValues(scope, place, values)
  const countOf = (sealed: object) => Object.values(sealed).filter((one) => one !== null).length
  const resealed = made.rows.reduce(
    (sum, { id, sealed }) => swapped.has(id) ? sum + countOf(sealed) : sum,
    0,
  )
  return {
    found: made.opened,
    opened: made.opened,
    resealed,
    missed: made.opened - resealed,
    faults: at(table, made.unreadable),
  }
}

const at = (
  table: string,
  unreadable: readonly { readonly column: string; readonly id: string }[],
) => unreadable.map((one) => ({ table, ...one }))
