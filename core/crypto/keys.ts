/** The keys of one seller in clear, and what is done with them without a database. */
import { createHmac } from 'node:crypto'
import { fault, isFault } from '../errors.ts'
import type { Random } from '../ids.ts'
import { columnOf, type SealedColumn } from './place.ts'
import { type KeyOf, sealField } from './seal.ts'

/** `seal` is renewed, `index` and `hash` outlive it: what they made is compared for years. */
export const purposes = ['seal', 'index', 'hash'] as const
export type Purpose = typeof purposes[number]

/** What a caller may do with a seller's keys. Every method is synchronous. */
export interface SellerKeys {
  readonly sellerId: string
  /**
   * A blob that opens at this place only. Throws once as many values were sealed as were announced
   * to `forSeller`.
   */
  readonly seal: (
    table: string,
    column: string,
    rowId: string,
    plain: string | Uint8Array,
  ) => Uint8Array
  /** HMAC-SHA256 of the parts, each with its length and null apart from empty: 32 bytes. */
  readonly hash: (parts: readonly (string | Uint8Array | null)[]) => Uint8Array
  /**
   * A blind index: 16 bytes that are equal for equal values of one column and seller. The caller
   * normalises the value first, and says `table.column` unless two tables are to be compared.
   */
  readonly index: (column: string, value: string) => Uint8Array
}

/** The keys of one seller as a keyring holds them; several handles share one. */
export interface KeySet {
  readonly sellerId: string
  readonly seals: ReadonlyMap<number, Uint8Array>
  /** The version that new values are sealed under. */
  readonly current: number
  readonly index: Uint8Array
  readonly hash: Uint8Array
  /** By table and column, as they are met. */
  readonly columns: Map<string, Map<string, SealedColumn>>
  /** False: the bytes are zeros, and every use throws. */
  alive: boolean
  /** Seals that are reserved in the database and promised to no handle. */
  left: number
  /** Versions that were met and are not here: a reason to load again. */
  readonly asked: Set<number>
  /** Versions that loading again did not bring. */
  readonly unknown: ReadonlySet<number>
}

/** Zeroes the keys. Safe at any time: whoever uses them is synchronous and looks first. */
export const wipe = (set: KeySet): void => {
  set.alive = false
  for (const key of [...set.seals.values(), set.index, set.hash]) key.fill(0)
}

/** No one can make them again, and none take their place. */
export const destroyedKeys = (sellerId: string): Error =>
  new Error(`Cannot load the keys of seller "${sellerId}": they were destroyed`)

/** Of what loading keys has thrown: KMS and the database answer, and these rows make no keys. */
export const areKeysLost = (error: unknown): boolean =>
  error instanceof Error && !isFault(error) &&
  /^Cannot (unwrap|load the keys)/.test(error.message)

const indexBytes = 16 // 2^64 values before two are expected to meet; no column comes near
// opening.ts alone asks: reading is ledgered, so it is not a method of the handle
const sets = new WeakMap<SellerKeys, KeySet>()

/** A handle that may seal `allowance` values; the caller has taken them off `set.left`. */
export const handleOf = (set: KeySet, allowance: number, nonces: Random): SellerKeys => {
  const { sellerId } = set
  let left = allowance
  const handle: SellerKeys = {
    sellerId,
    seal: (table, column, rowId, plain) => {
      const key = sealKey(set, set.current)
      if (key === undefined || left === 0) {
        throw new Error(`Cannot seal "${table}.${column}": only ${allowance} seals were announced`)
      }
      left -= 1
      return sealField(key, set.current, columnIn(set, table, column), rowId, plain, nonces)
    },
    hash: (parts) => {
      const hmac = createHmac('sha256', living(set).hash)
      let text = '' // gathered: each update crosses into native code
      for (const part of parts) {
        if (part === null) text += '-'
        else if (typeof part === 'string') text += `t${part.length}:${part}`
        else {
          hmac.update(`${text}b${part.length}:`).update(part)
          text = ''
        }
      }
      return hmac.update(text).digest()
    },
    index: (column, value) => {
      const hmac = createHmac('sha256', living(set).index)
      const whole = hmac.update(`${column.length}:${column}${value}`).digest()
      return new Uint8Array(whole.subarray(0, indexBytes)) // a copy: a view would carry the rest
    },
  }
  sets.set(handle, set)
  return handle
}

/** What opening needs of a handle: the columns of its seller, and seal keys by their version. */
export const openerOf = (keys: SellerKeys): {
  readonly column: (table: string, column: string) => SealedColumn
  readonly keyOf: KeyOf
} => {
  const set = sets.get(keys)
  if (set === undefined) throw new Error('Cannot open: these keys come from no keyring')
  return {
    column: (table, column) => columnIn(set, table, column),
    keyOf: (version) => sealKey(set, version) ?? missing(set, version),
  }
}

const missing = ({ unknown, asked }: KeySet, version: number): undefined => {
  if (unknown.has(version)) return undefined
  // another process may have made it since: KMS cannot be asked here, inside of a transaction, so
  // the keyring loads again at the next call
  asked.add(version)
  const cause = new Error(`These keys were loaded without a seal key of version ${version}`)
  throw fault('keys-unavailable', { retryAfterSeconds: 1, cause })
}

const sealKey = (set: KeySet, version: number): Uint8Array | undefined =>
  living(set).seals.get(version)

const columnIn = ({ sellerId, columns }: KeySet, table: string, column: string): SealedColumn => {
  let ofTable = columns.get(table)
  if (ofTable === undefined) columns.set(table, ofTable = new Map())
  let known = ofTable.get(column)
  if (known === undefined) ofTable.set(column, known = columnOf(sellerId, table, column))
  return known
}

const living = (set: KeySet): KeySet => {
  if (set.alive) return set
  const cause = new Error('The keys were held for too long and are wiped: ask the keyring again')
  throw fault('keys-unavailable', { retryAfterSeconds: 1, cause })
}
