/** The sweep that sends digests to the places of sellers: in order, at least once, with patience. */
import { z } from 'zod'
import { hookHeaders } from '../crypto/webhook.ts'
import type { Database, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import type { Log } from '../log.ts'
import type { AnchorSecrets } from './anchors.ts'
import { readDigest, type SignedDigest } from './digest.ts'
import { type DigestRow, readDigests } from './digest-rows.ts'
import { digestLine } from './export-lines.ts'

/** What leaves the house: each throws an error whose message may be shown to the seller. */
export interface DeliverDeps {
  readonly post: (
    url: string,
    message: {
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      readonly signal?: AbortSignal
    },
  ) => Promise<{ readonly status: number }>
  readonly putObject: (object: {
    readonly bucket: string
    readonly region: string
    readonly owner?: string
    readonly key: string
    readonly body: string
    readonly contentType: string
    readonly signal?: AbortSignal
  }) => Promise<void>
  readonly secrets: AnchorSecrets
  readonly now: () => Date
  readonly log: Log
  readonly signal?: AbortSignal
}
export interface Delivered {
  /** Digests that arrived. */
  readonly sent: number
  /** Places that could not be reached, or did not want them. */
  readonly failed: number
}

const reason = 'audit-delivery'
const claimMs = 10 * 60_000 // longer than all that one claim sends
const atOnce = 8 // a receiver that hangs holds up one of these for its time limit
const maxDigests = 24 // of one place in one sweep: a day that could not be delivered
const firstRetryMs = 5 * 60_000
const longestRetryMs = 6 * 3_600_000

/** Safe to repeat, also in two processes at once: a place is in one pair of hands at a time. */
export const deliverDigests = async (db: Database, deps: DeliverDeps): Promise<Delivered> => {
  let sent = 0
  let failed = 0
  const hand = async (): Promise<void> => {
    while (deps.signal?.aborted !== true) {
      const anchor = await claim(db, deps.now())
      if (anchor === null) return
      const outcome = await deliverTo(db, anchor, deps)
      sent += outcome.sent
      if (outcome.error !== null) failed++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, hand))
  return { sent, failed }
}

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
const ClaimedAnchor = z.object({
  sellerId: z.string(),
  id: z.string(),
  kind: z.enum(['hook', 'bucket']),
  url: z.string().nullable(),
  secret: bytes.nullable(),
  bucket: z.string().nullable(),
  region: z.string().nullable(),
  owner: z.string().nullable(),
  sentSeq: z.int(),
  attempts: z.int(),
})
type ClaimedAnchor = z.infer<typeof ClaimedAnchor>

/** Takes a place for which something is due; until the claim is over nobody else does. */
const claim = (db: Database, now: Date): Promise<ClaimedAnchor | null> =>
  db.withPlatformScope(reason, (tx) =>
    tx.maybeOne(sql.type(ClaimedAnchor)`
      update audit_anchors a set next_try_at = ${new Date(now.getTime() + claimMs).toISOString()}
      from (
        select seller_id, id from audit_anchors
        where next_try_at <= ${now.toISOString()} and exists (
          select from audit_digests d
          where d.seller_id = audit_anchors.seller_id and d.seq_to > audit_anchors.sent_seq)
        order by next_try_at limit 1
        for update skip locked
      ) due
      where a.seller_id = due.seller_id and a.id = due.id
      returning a.seller_id as "sellerId", a.id, a.kind, a.url, a.secret_enc as secret, a.bucket,
        a.region, a.bucket_owner as owner, a.sent_seq as "sentSeq", a.attempts`))

interface Progress {
  readonly sent: number
  readonly sentSeq: number
  readonly error: string | null
}

const deliverTo = async (
  db: Database,
  anchor: ClaimedAnchor,
  deps: DeliverDeps,
): Promise<Progress> => {
  const { sellerId, id, sentSeq } = anchor
  let progress: Progress = { sent: 0, sentSeq, error: null }
  const digests = await db.withPlatformScope(
    reason,
    (tx) => readDigests(tx, sellerId, { after: sentSeq, limit: maxDigests }),
  )
  for (const digest of digests) {
    try {
      await send(anchor, digest, deps)
      progress = { sent: progress.sent + 1, sentSeq: digest.seqTo, error: null }
    } catch (error) {
      // called off, which is no fault of the place: nothing is settled, and the claim runs out
      if (deps.signal?.aborted) break
      const message = error instanceof Error ? error.message : 'It could not be sent'
      progress = { ...progress, error: message.slice(0, maxMessage) }
      deps.log.warn('audit.delivery-failed', {
        sellerId,
        anchorId: id,
        attempts: anchor.attempts + 1,
        error,
      })
      break
    }
  }
  if (progress.sent > 0 || progress.error !== null) {
    await db.withPlatformScope(reason, (tx) => settle(tx, anchor, progress, deps.now()))
  }
  return progress
}

const maxMessage = 200

const send = async (
  anchor: ClaimedAnchor,
  digest: DigestRow,
  deps: DeliverDeps,
): Promise<void> => {
  const { sellerId, id, url, secret, bucket, region, owner } = anchor
  const more = deps.signal === undefined ? {} : { signal: deps.signal }
  if (bucket !== null && region !== null) {
    const object = {
      bucket,
      region,
      ...(owner === null ? {} : { owner }),
      // with the seller's id, so that the policy of a bucket can say whose digests it takes
      key: `robnu-audit/${sellerId}/${digest.seqTo}.json`,
      body: digestLine(digest),
      contentType: 'application/json',
      ...more,
    }
    return await deps.putObject(object).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : 'unknown error'
      throw new Error(`The bucket cannot be written: ${why}`, { cause })
    })
  }
  if (url === null || secret === null) throw new Error('The place has no address')
  const body = hookBody(digest)
  const at = deps.now()
  const message = { id: `audit_${id}_${digest.seqTo}`, at, body }
  const signed = hookHeaders(openSecret(deps.secrets, sellerId, id, secret), message)
  const headers = { 'content-type': 'application/json', 'user-agent': 'robnu', ...signed }
  const { status } = await deps.post(url, { headers, body, ...more })
  // a redirect is no receipt: it would lead to a place that nobody has checked
  if (status < 200 || status > 299) throw new Error(`The hook answered with status ${status}`)
}

/** Of a process that was given another ROBNU_SECRET since. */
const openSecret = (
  secrets: AnchorSecrets,
  sellerId: string,
  id: string,
  sealed: Uint8Array,
): string => {
  try {
    return secrets.open(sellerId, id, sealed)
  } catch (cause) {
    throw new Error('The secret of the hook is lost: take the place away and add it again', {
      cause,
    })
  }
}

/** As the specification of Standard Webhooks proposes it. */
const hookBody = (digest: SignedDigest): string =>
  `{"type":"audit.digest","timestamp":${
    JSON.stringify(readDigest(digest.body)?.signedAt ?? null)
  },"data":${digestLine(digest)}}`

const settle = async (
  tx: Tx,
  { sellerId, id, attempts }: ClaimedAnchor,
  { sent, sentSeq, error }: Progress,
  now: Date,
): Promise<void> => {
  const failures = error === null ? 0 : sent > 0 ? 1 : attempts + 1
  const waitMs = failures === 0
    ? 0
    : Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 20), longestRetryMs)
  await tx.run(command`
    update audit_anchors
    set sent_seq = greatest(sent_seq, ${sentSeq}::int8), attempts = ${failures},
      last_error = ${error},
      last_sent_at = case when ${sent}::int4 > 0 then ${now.toISOString()}::timestamptz
        else last_sent_at end,
      next_try_at = ${new Date(now.getTime() + waitMs).toISOString()}
    where seller_id = ${sellerId} and id = ${id}`)
}
