/** The sweep that signs how each seller's chain stands, once an hour and never what does not verify. */
import { z } from 'zod'
import type { Signer } from '../crypto/signing.ts'
import { fromHex, toHex } from '../crypto/text.ts'
import type { Database, Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { hasCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { readChain, readHead } from './chain.ts'
import { hashOfDigest, readDigest, writeDigest } from './digest.ts'
import { insertDigest, readLastDigest } from './digest-rows.ts'
import { recordOrgAudit } from './record.ts'
import { type ChainReport, verifyChain } from './verify.ts'

interface SignDeps {
  readonly signer: Signer
  readonly now: () => Date
  readonly log: Log
}
export interface SignedSweep {
  readonly signed: number
  /** Sellers whose chain does not follow from their last digest: nothing was signed for them. */
  readonly broken: number
  readonly failed: number
}
type Outcome = 'signed' | 'broken' | 'failed' | 'nothing'

const reason = 'audit-digests'

/**
 * Signs a digest for every seller with events behind the last one, unless that one is of this hour.
 * What is new is verified first, from the last digest on; a chain that does not verify is left
 * unsigned, and told to the log (`audit.chain-broken`) and to the trail of the org. Safe to repeat,
 * also in two processes at once.
 */
export const signDigests = async (db: Database, deps: SignDeps): Promise<SignedSweep> => {
  const swept = { signed: 0, broken: 0, failed: 0, nothing: 0 }
  for (const sellerId of await readDue(db, deps.now())) {
    swept[await signOne(db, sellerId, deps)]++
  }
  const { signed, broken, failed } = swept
  return { signed, broken, failed }
}

/** One seller whose rows cannot be read holds up no other. */
const signOne = async (db: Database, sellerId: string, deps: SignDeps): Promise<Outcome> => {
  try {
    return await db.withPlatformScope(reason, (tx) => signNext(tx, sellerId, deps))
  } catch (error) {
    if (hasCode(error, 'database-unavailable')) throw error
    deps.log.error('audit.digest-failed', { sellerId, error })
    return 'failed'
  }
}

/** Also those whose chain is shorter than its digest, or another one: they have to be told of. */
const readDue = async (db: Database, now: Date): Promise<readonly string[]> => {
  const rows = await db.withPlatformScope(
    reason,
    (tx) =>
      tx.any(sql.type(z.object({ id: z.string() }))`
      select s.id from sellers s
      left join audit_heads h on h.seller_id = s.id
      left join lateral (
        select d.seq_to, d.head_hash, d.signed_at from audit_digests d
        where d.seller_id = s.id order by d.seq_from desc limit 1
      ) d on true
      where coalesce(h.seq, 0) < d.seq_to
        or h.seq = d.seq_to and h.hash <> d.head_hash
        or h.seq > coalesce(d.seq_to, 0) and (d.seq_to is null
          or date_trunc('hour', d.signed_at) < date_trunc('hour', ${now.toISOString()}::timestamptz))
      order by s.id`),
  )
  return rows.map(({ id }) => id)
}

const signNext = async (
  tx: Tx,
  sellerId: string,
  { signer, now, log }: SignDeps,
): Promise<Outcome> => {
  const refuse = async (seq: number, why: string) => {
    log.error('audit.chain-broken', { sellerId, seq, why })
    await tellOrg(tx, sellerId, seq, why)
    return 'broken' as const
  }
  const last = await readLastDigest(tx, sellerId)
  const body = last === null ? null : readDigest(last.body)
  if (last !== null) {
    const isOurs = body?.seller === sellerId && body.to === last.seqTo &&
      signer.verify(body.key, last.body, last.signature)
    if (!isOurs) return await refuse(last.seqTo, 'digest-forged')
  }
  const head = await readHead(tx, sellerId)
  const report = await verifySince(tx, sellerId, head, body)
  if (!report.ok) return await refuse(report.seq, report.reason)
  if (report.head === null || report.count === (body?.to ?? 0)) return 'nothing'

  const from = (body?.to ?? 0) + 1
  const next = {
    seller: sellerId,
    from,
    to: report.count,
    events: report.count - from + 1,
    head: toHex(report.head.hash),
    previous: last === null ? '' : hashOfDigest(last),
    signedAt: now().toISOString(),
    key: signer.keyId,
  }
  const text = writeDigest(next)
  const digest = { body: text, signature: signer.sign(text) }
  return await insertDigest(tx, next, digest) ? 'signed' : 'nothing'
}

const verifySince = (
  tx: Tx,
  sellerId: string,
  head: Awaited<ReturnType<typeof readHead>>,
  digest: { readonly to: number; readonly head: string } | null,
): Promise<ChainReport> => {
  const after = digest === null ? undefined : { seq: digest.to, hash: fromHex(digest.head) }
  const rows = readChain(tx, sellerId, { after: after?.seq ?? 0, lastSeq: head?.seq ?? 0 })
  return verifyChain(rows, head, after === undefined ? {} : { after })
}

/** Once for the same fault: the log repeats it every hour, the trail need not. */
const tellOrg = async (tx: Tx, sellerId: string, seq: number, why: string): Promise<void> => {
  const target = `seller:${sellerId}` as const
  const org = await tx.one(sql.type(z.object({ id: z.string(), told: z.boolean() }))`
    select s.org_id as id, exists (
      select from org_audit_events e
      where e.org_id = s.org_id and e.target = ${target} and e.action = 'audit.chain-broken'
        and (e.data::jsonb ->> 'seq')::int8 = ${seq} and e.data::jsonb ->> 'why' = ${why}
    ) as told
    from sellers s where s.id = ${sellerId}`)
  if (!org.told) recordOrgAudit(tx, org.id, 'audit.chain-broken', target, { seq, why })
}
