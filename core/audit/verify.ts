/** Recomputes a chain and names the first event that is not as it was recorded. */
import { chainHash, sameBytes } from '../crypto/digest.ts'
import type { AuditHead, AuditRow } from './chain.ts'

/**
 * `missing`: there is no event of this number, though a later one, the head or a digest says so ·
 * `repeated`: a number comes again, or out of order · `edited`: the event does not have its hash ·
 * `inserted`: the next one was recorded as this number · `unlinked`: it does not follow the one
 * before it · `replaced`: the ones behind it, which a digest or the head vouches for, follow another
 * one · `beyond-head`: the head does not know it · `head-differs`: the head names another last event ·
 * `rewritten`: a digest names another event of this number.
 */
type ChainFault =
  | 'missing'
  | 'repeated'
  | 'edited'
  | 'inserted'
  | 'unlinked'
  | 'replaced'
  | 'beyond-head'
  | 'head-differs'
  | 'rewritten'
interface Broken {
  readonly ok: false
  /** The first bad event; where `since` is there, it may be any from there on. */
  readonly seq: number
  /** The first event that no digest vouches for: what is rewritten as a whole fits together. */
  readonly since?: number
  readonly reason: ChainFault
}
export type ChainReport =
  | { readonly ok: true; readonly count: number; readonly head: AuditHead | null }
  | Broken

/** What a digest says: the hash of the event `to`. */
export interface KnownDigest {
  readonly to: number
  readonly head: Uint8Array
}
export interface VerifyOptions {
  /** The last event that was verified before: the rows begin behind it. */
  readonly after?: AuditHead
  /** Of which the signatures are checked, in their order; those that were kept elsewhere. */
  readonly digests?: readonly KnownDigest[]
}

/**
 * Takes the events of one chain from the first on, as `readChain` gives them, and the head as it
 * was read before them (`null`: there is none; left out: a cut tail stays unseen). Someone who can
 * rewrite both the whole chain and its head is found only by a digest that was kept elsewhere.
 */
export const verifyChain = async (
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  head?: AuditHead | null,
  { after, digests = [] }: VerifyOptions = {},
): Promise<ChainReport> => {
  let count = after?.seq ?? 0
  let previous = after?.hash ?? nothing
  let beforePrevious: Uint8Array | undefined
  let proven = count
  let nextDigest = digests.findIndex(({ to }) => to > count)
  // an event that does not follow the one before it: the next digest says which of the two is bad
  let doubt: number | undefined
  const broken = (seq: number, reason: ChainFault): Broken =>
    doubt === undefined ? { ok: false, seq, reason } : { ok: false, seq: doubt, reason: 'unlinked' }
  /** That the event does not have this hash is all that is known: it may have begun before. */
  const differs = (seq: number, reason: ChainFault): Broken => {
    const fault = broken(seq, reason)
    return doubt === undefined && proven + 1 < seq ? { ...fault, since: proven + 1 } : fault
  }
  const replaced = (seq: number): Broken => {
    doubt = undefined
    return differs(seq, 'replaced')
  }

  const told = head === null ? 0 : head?.seq
  if (told !== undefined && told < count) return broken(told + 1, 'missing')
  for await (const row of rows) {
    if (row.seq <= count) return broken(row.seq, 'repeated')
    if (told !== undefined && count >= told) return broken(row.seq, 'beyond-head')
    if (row.seq > count + 1) return broken(count + 1, 'missing')
    if (!sameBytes(row.hash, hashOf(row, row.seq))) {
      const isNextOfEarlier = beforePrevious !== undefined &&
        sameBytes(row.prevHash, beforePrevious) && sameBytes(row.hash, hashOf(row, count))
      return isNextOfEarlier ? broken(count, 'inserted') : broken(row.seq, 'edited')
    }
    if (!sameBytes(row.prevHash, previous)) {
      // of two that do not fit, the one that is vouched for is good
      if (doubt !== undefined || proven === count) return broken(row.seq, 'unlinked')
      doubt = row.seq
    }
    beforePrevious = previous
    previous = row.hash
    count = row.seq
    const digest = digests[nextDigest]
    if (digest?.to !== count) continue
    if (!sameBytes(digest.head, previous)) return differs(count, 'rewritten')
    if (doubt !== undefined) return replaced(doubt - 1)
    proven = count
    nextDigest++
  }
  const promised = Math.max(told ?? 0, digests.at(-1)?.to ?? 0)
  if (promised > count) return differs(count + 1, 'missing')
  if (head && !sameBytes(head.hash, previous)) return differs(count, 'head-differs')
  if (doubt !== undefined) return head ? replaced(doubt - 1) : broken(doubt, 'unlinked')
  return { ok: true, count, head: count === 0 ? null : { seq: count, hash: previous } }
}

const nothing = new Uint8Array(0)

/** What the database's function `audit_hash` computes, for an event of this number. */
const hashOf = (row: AuditRow, seq: number): Uint8Array =>
  chainHash(row.prevHash, [
    row.sellerId,
    String(seq),
    row.at,
    row.actorKind,
    row.actorUserId,
    row.actorSuperAdminId,
    row.impersonationSessionId,
    row.apiKeyId,
    row.jobRunId,
    row.action,
    row.target,
    row.data,
  ])
