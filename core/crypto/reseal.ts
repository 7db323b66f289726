/** Seals values anew under the newest key, or only tries them; their text never leaves this file. */
import type { Tx } from '../db/database.ts'
import { fault, isFault } from '../errors.ts'
import { openerOf, type SellerKeys } from './keys.ts'
import { ledgerOpening, type SealedRow } from './opening.ts'
import type { OpeningPurpose } from './purposes.ts'
import { openField, readVersion } from './seal.ts'

export interface Trying {
  readonly table: string
  readonly rows: readonly SealedRow[]
}
export interface Tried {
  readonly opened: number
  /** Where values lie that do not open: changed, moved, or sealed under a key that is gone. */
  readonly unreadable: readonly { readonly column: string; readonly id: string }[]
}
export interface Resealed extends Tried {
  /** Rows with something new; null: the value stays as it is. */
  readonly rows: readonly {
    readonly id: string
    readonly sealed: Readonly<Record<string, Uint8Array | null>>
  }[]
}

/**
 * New values for all that lies under a key of a version below `below`. Costs one seal of `keys` for
 * each. One row in the ledger of openings, purpose `keys.rotate`. Throws `keys-unavailable` when these
 * keys seal under an older version themselves, or lack one: ask the keyring again, outside of the scope.
 */
export const resealFields = async (
  scope: Tx,
  keys: SellerKeys,
  { table, rows, below }: Trying & { readonly below: number },
): Promise<Resealed> => {
  const made: { id: string; sealed: Record<string, Uint8Array | null> }[] = []
  const tried = await eachField(scope, keys, { table, rows, purpose: 'keys.rotate' }, {
    wants: (blob) => readVersion(blob) < below,
    take: (id, column, plain) => {
      const sealed = keys.seal(table, column, id, plain)
      if (readVersion(sealed) < below) {
        const cause = new Error('These keys seal under an old version themselves')
        throw fault('keys-unavailable', { retryAfterSeconds: 1, cause })
      }
      let row = made.at(-1)
      if (row?.id !== id) made.push(row = { id, sealed: {} })
      row.sealed[column] = sealed
    },
  })
  return { ...tried, rows: made }
}

/** Opens and forgets. One row in the ledger of openings. */
export const tryFields = (
  scope: Tx,
  keys: SellerKeys,
  asked: Trying & { readonly purpose: 'keys.verify' | 'keys.shred' },
): Promise<Tried> =>
  eachField(scope, keys, asked, {
    wants: () => true,
    take: () => {},
  })

const eachField = async (
  scope: Tx,
  keys: SellerKeys,
  { table, rows, purpose }: Trying & { readonly purpose: OpeningPurpose },
  { wants, take }: {
    readonly wants: (blob: Uint8Array) => boolean
    readonly take: (id: string, column: string, plain: Uint8Array) => void
  },
): Promise<Tried> => {
  const { keyOf, column: columnOf } = openerOf(keys)
  const columns = new Set<string>()
  const rowIds = new Set<string>()
  const unreadable: { column: string; id: string }[] = []
  let opened = 0
  /** Undefined: it does not open. A key that these keys were loaded without is another matter. */
  const open = (id: string, column: string, blob: Uint8Array): Uint8Array | undefined => {
    try {
      return openField(keyOf, columnOf(table, column), id, blob)
    } catch (error) {
      if (isFault(error)) throw error
      unreadable.push({ column, id })
      return undefined
    }
  }
  const told = () => ({
    ...{ sellerId: keys.sellerId, purpose, table, opened },
    ...{ columns: [...columns], rowIds: [...rowIds] },
  })
  try {
    for (const { id, fields } of rows) {
      for (const column in fields) {
        const blob = fields[column]
        if (!blob || !wants(blob)) continue
        const plain = open(id, column, blob)
        if (plain === undefined) continue
        opened += 1
        columns.add(column)
        rowIds.add(id)
        try {
          take(id, column, plain)
        } finally {
          plain.fill(0)
        }
      }
    }
  } finally {
    // behind the values, which nobody has yet: their exact number is known, whatever went wrong
    if (opened > 0) await ledgerOpening(scope, told(), () => opened)
  }
  return { opened, unreadable }
}
