/** Recomputes a seller's audit chain and names the first event that is not as it was recorded. */
import { chainHash, sameBytes } from '../crypto/digest.ts'
import type { AuditHead, AuditRow } from './chain.ts'

/**
 * `missing`: there is no event of this number, though a later one or the head says so · `repeated`:
 * a number comes again, or out of order · `edited`: the event does not have its hash · `unlinked`:
 * it does not follow the one before it · `beyond-head`: the head does not know it · `head-differs`:
 * the head names another last event.
 */
type ChainFault =
  | 'missing'
  | 'repeated'
  | 'edited'
  | 'unlinked'
  | 'beyond-head'
  | 'head-differs'
export type ChainReport =
  | { readonly ok: true; readonly count: number; readonly head: AuditHead | null }
  | { readonly ok: false; readonly seq: number; readonly reason: ChainFault }

/**
 * Takes the events of one seller from the first on, as `readChain` gives them, and the head as it
 * was read before them (`null`: there is none; left out: a cut tail stays unseen). Someone who can
 * rewrite both the whole chain and its head is found only by a hash that was kept elsewhere.
 */
export const verifyChain = async (
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  head?: AuditHead | null,
): Promise<ChainReport> => {
  const broken = (seq: number, reason: ChainFault) => ({ ok: false, seq, reason }) as const
  let count = 0
  let previous: Uint8Array = new Uint8Array(0)
  for await (const row of rows) {
    if (row.seq <= count) return broken(row.seq, 'repeated')
    if (head !== undefined && count >= (head?.seq ?? 0)) return broken(row.seq, 'beyond-head')
    if (row.seq > count + 1) return broken(count + 1, 'missing')
    if (!sameBytes(row.hash, hashOf(row))) return broken(row.seq, 'edited')
    if (!sameBytes(row.prevHash, previous)) return broken(row.seq, 'unlinked')
    previous = row.hash
    count = row.seq
  }
  if (head && head.seq > count) return broken(count + 1, 'missing')
  if (head && !sameBytes(head.hash, previous)) return broken(count, 'head-differs')
  return { ok: true, count, head: count === 0 ? null : { seq: count, hash: previous } }
}

/** What the database's function `audit_hash` computes. */
const hashOf = (row: AuditRow): Uint8Array =>
  chainHash(row.prevHash, [
    row.sellerId,
    String(row.seq),
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
