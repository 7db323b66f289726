/** Turns a seller's keys: a new key to seal with, under a new root that wraps all the others as well. */
import type { Entry, SellerScope } from '../db/database.ts'
import { fault } from '../errors.ts'
import { type KeyRow, listKeyRows } from './key-rows.ts'
import { contextOf, unwrapUnder, wrapUnder } from './key-wrap.ts'
import type { KeySource } from './load.ts'
import { newKeyUnder, type OpenRoot, openRoots, type Roots } from './roots.ts'
import { type Rewrapped, storeTurn } from './turn-rows.ts'

/** `no-keys`: nothing was ever sealed. `destroyed`: nothing can be sealed or opened any more. */
export type Turned = 'turned' | 'no-keys' | 'destroyed'

/** In the transaction of the turn: versions of the seal key. */
export type AlsoTurned = (
  scope: SellerScope,
  versions: { readonly from: number; readonly to: number },
) => Promise<void>

const maxRounds = 5 // somebody made a key meanwhile, which is not under the new root

/**
 * What was sealed stays readable: old versions of the seal key are kept, RETIRED. The root before is
 * destroyed, so that whoever had it in hand, and gets hold of the rows of today, opens none of them. Asks
 * KMS for the new root and once for the old one, outside of any scope. Call it outside of any scope.
 */
export const turnKeys = async (
  source: KeySource,
  entry: Entry,
  also: AlsoTurned,
): Promise<Turned> => {
  for (let round = 0; round < maxRounds; round++) {
    const all = await listKeyRows(source.db, entry)
    const rows = all.filter(({ state }) => state !== 'DESTROYED')
    const seal = rows.find(({ purpose, state }) => purpose === 'seal' && state === 'CURRENT')
    if (seal === undefined) {
      return all.some(({ purpose }) => purpose === 'seal') ? 'destroyed' : 'no-keys'
    }
    const roots = openRoots(source, entry.sellerId)
    try {
      const root = await roots.next(all)
      const moved = await rewrapped(source, entry.sellerId, { rows, roots, root })
      const name = { purpose: 'seal', version: seal.version + 1 } as const
      const next = newKeyUnder(root, entry.sellerId, name)
      const turn = { rows, root: root.made, moved, next }
      const isDone = await storeTurn(
        source.db,
        entry,
        turn,
        (scope) => also(scope, { from: seal.version, to: next.version }),
      )
      if (isDone) return 'turned'
    } finally {
      roots.close()
    }
  }
  throw fault('keys-unavailable', { retryAfterSeconds: 1 })
}

/** Every key but roots, under the new root. Keys are here in clear one at a time. */
const rewrapped = async (
  { kms }: KeySource,
  sellerId: string,
  { rows, roots, root }: {
    readonly rows: readonly KeyRow[]
    readonly roots: Roots
    readonly root: OpenRoot
  },
): Promise<readonly Rewrapped[]> => {
  const moved: Rewrapped[] = []
  for (const row of rows) {
    if (row.purpose === 'root') continue
    const plain = row.root === null
      ? await kms.unwrap(row.wrapped, contextOf(sellerId, row))
      : unwrapUnder(await roots.open(rows, row.root), sellerId, row, row.wrapped)
    try {
      moved.push({ row, wrapped: wrapUnder(root.plain, sellerId, row, plain) })
    } finally {
      plain.fill(0)
    }
  }
  return moved
}
