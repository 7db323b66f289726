/** Verifies chains where they lie, as the platform: every seller's against its digests, and the org's. */
import { z } from 'zod'
import type { Verifier } from '../crypto/signing.ts'
import type { Database, Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { readChain, readHead, readOrgChain, readOrgHead } from './chain.ts'
import { checkDigests } from './digest.ts'
import { type DigestRow, readDigests } from './digest-rows.ts'
import { type ChainReport, verifyChain } from './verify.ts'

export interface TrailReport {
  /** A seller, or the org. */
  readonly of: 'seller' | 'org'
  readonly id: string
  readonly ok: boolean
  readonly events: number
  readonly digests: number
  /** The first bad event and why; null where all is as it was recorded. */
  readonly fault: {
    readonly seq: number
    readonly reason: string
    /** It may be any event from this one on. */
    readonly since?: number
  } | null
}
type Platform = Pick<Database, 'withPlatformScope'>

const reason = 'audit-verify'
const pageSize = 1_000

/** The org's trails first, then every seller's in the order of ids. Each in a transaction of its own. */
export const verifyTrails = async function* (
  db: Platform,
  verifier: Verifier,
): AsyncGenerator<TrailReport> {
  const orgs = await db.withPlatformScope(
    reason,
    (tx) => tx.any(sql.type(Id)`select id from orgs order by id`),
  )
  for (const { id } of orgs) {
    const report = await db.withPlatformScope(reason, async (tx) => {
      const head = await readOrgHead(tx, id)
      return await verifyChain(readOrgChain(tx, id, { lastSeq: head?.seq ?? 0 }), head)
    })
    yield reportOf('org', id, report, 0)
  }
  for (let after: string | null = null;;) {
    const page: readonly { readonly id: string }[] = await db.withPlatformScope(
      reason,
      (tx) =>
        tx.any(sql.type(Id)`
        select id from sellers where (${after}::uuid is null or id > ${after}::uuid)
        order by id limit ${pageSize}`),
    )
    for (const { id } of page) yield await verifySeller(db, id, verifier)
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = last.id
  }
}

/** Null: there is no such seller. */
export const verifyTrailOf = async (
  db: Platform,
  sellerId: string,
  verifier: Verifier,
): Promise<TrailReport | null> => {
  const found = await db.withPlatformScope(
    reason,
    (tx) => tx.maybeOne(sql.type(Id)`select id from sellers where id = ${sellerId}`),
  )
  return found && await verifySeller(db, sellerId, verifier)
}

const verifySeller = (db: Platform, sellerId: string, verifier: Verifier): Promise<TrailReport> =>
  db.withPlatformScope(reason, async (tx) => {
    const signed = await allDigests(tx, sellerId)
    const head = await readHead(tx, sellerId)
    const digests = checkDigests(signed, { verifier, sellerId })
    const rows = readChain(tx, sellerId, { lastSeq: head?.seq ?? 0 })
    const report = digests.ok
      ? await verifyChain(rows, head, { digests: digests.known })
      : { ok: false, seq: digests.seq, reason: digests.reason } as const
    return reportOf('seller', sellerId, report, signed.length)
  })

const reportOf = (
  of: TrailReport['of'],
  id: string,
  report: ChainReport | { readonly ok: false; readonly seq: number; readonly reason: string },
  digests: number,
): TrailReport => {
  if (report.ok) return { of, id, ok: true, events: report.count, digests, fault: null }
  const { ok, ...fault } = report
  return { of, id, ok, events: fault.seq - 1, digests, fault }
}

const allDigests = async (tx: Tx, sellerId: string): Promise<readonly DigestRow[]> => {
  const all: DigestRow[] = []
  for (;;) {
    const page = await readDigests(tx, sellerId, { after: all.at(-1)?.seqTo ?? 0, limit: pageSize })
    all.push(...page)
    if (page.length < pageSize) return all
  }
}

const Id = z.object({ id: z.string() })
