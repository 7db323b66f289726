/** Records what was done, in the transaction that does it. */
import type { Tx } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { sha256Hex } from '../crypto/digest.ts'

/**
 * Appends to the seller's audit chain when the transaction commits, and not at all when it rolls
 * back. Who did it is whom the scope was opened for. `action` is `thing.past-tense`, `target` the id
 * of the thing, `data` ids and counts: never a value that is sealed elsewhere.
 *
 * The statement travels with COMMIT because it locks the head of the chain. In a platform scope
 * with several sellers, record in the order of their ids.
 */
export const recordAudit = (
  tx: Tx,
  sellerId: string,
  action: string,
  target: string,
  data: Readonly<Record<string, unknown>> = {},
): void =>
  tx.atCommit(command`
    select audit_append(${sellerId}, ${action}, ${target}, ${canonicalJson(data)})`)

/**
 * JSON with the members of every object sorted, so that equal data is equal text. What JSON leaves
 * out is left out; a bigint becomes its digits.
 */
export const canonicalJson = (value: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(value, sortedMembers)

/** SHA-256 of a set of ids, in hex and whatever their order: what a page held, without the list. */
export const digestOf = (ids: readonly string[]): string => sha256Hex(ids.toSorted().join('\n'))

const sortedMembers = (_name: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members)
}
