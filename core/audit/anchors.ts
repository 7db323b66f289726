/** The places of a seller that digests leave to: a hook of theirs, or a bucket. */
import { z } from 'zod'
import { columnOf } from '../crypto/place.ts'
import { openText, sealField } from '../crypto/seal.ts'
import { newHookSecret } from '../crypto/webhook.ts'
import type { Database, Entry, Queries } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { egressFault } from '../egress.ts'
import { fault } from '../errors.ts'
import type { Random } from '../ids.ts'
import { recordAudit } from './record.ts'

export interface AnchorView {
  readonly id: string
  readonly kind: 'hook' | 'bucket'
  readonly url: string | null
  readonly bucket: string | null
  readonly region: string | null
  readonly bucket_owner: string | null
  readonly created_at: Date
  /** The last event whose digest has arrived; 0: none has. */
  readonly sent_seq: number
  readonly last_sent_at: Date | null
  /** Of the deliveries that failed since the last one that arrived. */
  readonly attempts: number
  readonly last_error: string | null
  readonly next_try_at: Date
}
export type NewAnchor =
  | { readonly kind: 'hook'; readonly url: string }
  | {
    readonly kind: 'bucket'
    readonly bucket: string
    readonly region?: string | undefined
    readonly bucket_owner?: string | undefined
  }
export interface Anchors {
  readonly list: (entry: Entry) => Promise<readonly AnchorView[]>
  /**
   * The secret of a hook is told this once. Throws `invalid-request` for an address that does not
   * lead to the public internet, and `too-many-anchors`.
   */
  readonly add: (
    entry: Entry,
    anchor: NewAnchor,
  ) => Promise<{ readonly anchor: AnchorView; readonly secret: string | null }>
  /** False: the seller has no such anchor. */
  readonly remove: (entry: Entry, id: string) => Promise<boolean>
}

/** Each costs a request an hour, and is one more place that a request can be made to go to. */
const maxAnchors = 10

export const createAnchors = ({ db, secrets, region, random, newId }: {
  readonly db: Database
  readonly secrets: AnchorSecrets
  /** Of buckets that name none. */
  readonly region: string
  readonly random: Random
  readonly newId: () => string
}): Anchors => ({
  list: (entry) => readAnchors(db.inSellerScope(entry), entry.sellerId),

  add: async (entry, asked) => {
    const id = newId()
    const { sellerId } = entry
    const why = asked.kind === 'hook' ? egressFault(asked.url) : undefined
    if (why !== undefined) {
      throw fault('invalid-request', { errors: [{ pointer: '/url', message: why }] })
    }
    // as it will be asked for: without what a URL cannot hold
    const url = asked.kind === 'hook' ? new URL(asked.url).href : null
    const secret = asked.kind === 'hook' ? newHookSecret(random) : null
    const sealed = secret === null ? null : secrets.seal(sellerId, id, secret)
    return await db.makeInSellerScope(entry, async (scope) => {
      const inserted = await scope.run(command`
        insert into audit_anchors (
          seller_id, id, kind, url, secret_enc, bucket, region, bucket_owner, sent_seq
        )
        select ${sellerId}, ${id}, ${asked.kind}, ${url},
          ${sealed === null ? null : bytes(sealed)},
          ${asked.kind === 'bucket' ? asked.bucket : null},
          ${asked.kind === 'bucket' ? asked.region ?? region : null},
          ${asked.kind === 'bucket' ? asked.bucket_owner ?? null : null},
          -- the newest digest leaves first: it vouches for all that came before it
          coalesce((select max(d.seq_from) - 1 from audit_digests d where d.seller_id = ${sellerId}), 0)
        where (select count(*) from audit_anchors a where a.seller_id = ${sellerId}) < ${maxAnchors}`)
      if (inserted === 0) throw fault('too-many-anchors')
      const [anchor] = await readAnchors(scope, sellerId, id)
      if (!anchor) throw new Error('The anchor that was just added is not there')
      recordAudit(scope, sellerId, 'audit.anchor-added', `audit-anchor:${id}`, toldOf(anchor))
      scope.made(id)
      return { anchor, secret }
    })
  },

  remove: (entry, id) =>
    db.withSellerScope(entry, async (scope) => {
      const { sellerId } = entry
      const [anchor] = await readAnchors(scope, sellerId, id)
      if (!anchor) return false
      const removed = await scope.run(command`
        delete from audit_anchors where seller_id = ${sellerId} and id = ${id}`)
      // two who take it away at once: one has done it
      if (removed === 0) return false
      recordAudit(scope, sellerId, 'audit.anchor-removed', `audit-anchor:${id}`, toldOf(anchor))
      return true
    }),
})

/** A hook's secret as it is stored; opened by the sweep, which has no seller's keys. */
export interface AnchorSecrets {
  readonly seal: (sellerId: string, id: string, secret: string) => Uint8Array
  readonly open: (sellerId: string, id: string, sealed: Uint8Array) => string
}

/** `key`: 32 bytes of the process, the same in all processes. */
export const createAnchorSecrets = (key: Uint8Array, random: Random): AnchorSecrets => {
  const column = (sellerId: string) => columnOf(sellerId, 'audit_anchors', 'secret_enc')
  return {
    seal: (sellerId, id, secret) =>
      sealField(key, keyVersion, column(sellerId), id, secret, random),
    open: (sellerId, id, sealed) =>
      openText((version) => version === keyVersion ? key : undefined, column(sellerId), id, sealed),
  }
}

const keyVersion = 1

/** A path or a query may be a secret of the receiver's. */
const toldOf = ({ kind, url, bucket }: AnchorView) => ({
  kind,
  place: url === null ? bucket ?? '' : new URL(url).host,
})

const AnchorRow = z.object({
  id: z.string(),
  kind: z.enum(['hook', 'bucket']),
  url: z.string().nullable(),
  bucket: z.string().nullable(),
  region: z.string().nullable(),
  bucket_owner: z.string().nullable(),
  created_at: z.date(),
  sent_seq: z.int(),
  last_sent_at: z.date().nullable(),
  attempts: z.int(),
  last_error: z.string().nullable(),
  next_try_at: z.date(),
})

const readAnchors = (
  queries: Queries,
  sellerId: string,
  id?: string,
): Promise<readonly AnchorView[]> =>
  queries.any(sql.type(AnchorRow)`
    select id, kind, url, bucket, region, bucket_owner, created_at, sent_seq, last_sent_at,
      attempts, last_error, next_try_at
    from audit_anchors
    where seller_id = ${sellerId} and (${id ?? null}::uuid is null or id = ${id ?? null}::uuid)
    order by id`)
