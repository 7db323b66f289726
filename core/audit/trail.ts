/** The trail as its seller reads it: newest first, or whole, as an export that can be verified. */
import { z } from 'zod'
import { toHex } from '../crypto/text.ts'
import type { Database, Entry, Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { sentenceOf } from './actions.ts'
import { AuditRow, hashedColumns, readHead } from './chain.ts'
import { type DigestBody, readDigest, type SignedDigest } from './digest.ts'
import { readDigests } from './digest-rows.ts'
import { digestLine, eventLine, headerLine } from './export-lines.ts'
import { recordAudit } from './record.ts'

export interface AuditFilters {
  readonly action?: string
  readonly actorUserId?: string
  /** What staff of ours did for or inside the seller. */
  readonly staff?: boolean
  readonly target?: string
  /** What was done in this session of staff. */
  readonly impersonationId?: string
  /** `to` is not included. */
  readonly from?: Date
  readonly to?: Date
}
export interface AuditEventView {
  readonly seq: number
  readonly at: Date
  readonly action: string
  /** What the action says to people. */
  readonly sentence: string
  readonly target: string
  readonly data: Readonly<Record<string, unknown>>
  readonly actor: {
    readonly kind: string
    readonly user_id: string | null
    readonly super_admin_id: string | null
    readonly impersonation_session_id: string | null
    readonly api_key_id: string | null
    readonly job_run_id: string | null
  }
  /** Of the event, in hex. */
  readonly hash: string
}
export interface DigestView extends SignedDigest {
  readonly told: DigestBody
}
export interface AuditTrail {
  /** Newest first. */
  readonly list: (entry: Entry, ask: {
    readonly filters: AuditFilters
    /** The `seq` that the page before ended with. */
    readonly after?: number
    readonly limit: number
  }) => Promise<{ readonly events: readonly AuditEventView[]; readonly next: number | null }>
  /**
   * Records that the trail was exported, then gives it as text: whole lines of JSON in the order of
   * the chain, the digests last. What is appended meanwhile is left for the next time. Each page is
   * a transaction of its own: a session that ends breaks the export off.
   */
  readonly export: (entry: Entry, filters: AuditFilters) => Promise<AsyncGenerator<string>>
  /** Newest first. */
  readonly digests: (
    entry: Entry,
    ask: { readonly after?: number; readonly limit: number },
  ) => Promise<{ readonly digests: readonly DigestView[]; readonly next: number | null }>
}

export const createAuditTrail = (db: Database, now: () => Date): AuditTrail => ({
  list: async (entry, { filters, after, limit }) => {
    const before = after === undefined ? sql.fragment`` : sql.fragment`and seq < ${after}`
    const rows = await db.inSellerScope(entry).any(sql.type(EventRow)`
      select seq, at, action, target, data, actor_kind, actor_user_id, actor_super_admin_id,
        impersonation_session_id, api_key_id, job_run_id, hash
      from audit_events where ${matching(entry.sellerId, filters)} ${before}
      order by seq desc limit ${limit + 1}`)
    const shown = rows.slice(0, limit)
    return { events: shown.map((row) => viewOf(row)), next: nextOf(rows.length > limit, shown) }
  },

  export: async (entry, filters) => {
    const { sellerId } = entry
    const isFiltered = Object.keys(filters).length > 0
    await db.withSellerScope(entry, async (scope) => {
      const head = await readHead(scope, sellerId)
      recordAudit(scope, sellerId, 'audit.exported', `seller:${sellerId}`, {
        filtered: isFiltered,
        events: head?.seq ?? 0,
      })
    })
    return await openExport(db.inSellerScope(entry), sellerId, filters, now())
  },

  digests: async (entry, { after, limit }) => {
    const before = after === undefined ? sql.fragment`` : sql.fragment`and seq_to < ${after}`
    const rows = await db.inSellerScope(entry).any(sql.type(SignedRow)`
      select seq_to as seq, body, signature from audit_digests
      where seller_id = ${entry.sellerId} ${before} order by seq_to desc limit ${limit + 1}`)
    const shown = rows.slice(0, limit)
    return { digests: shown.flatMap(digestOf), next: nextOf(rows.length > limit, shown) }
  },
})

/**
 * The whole chain by the platform's own login, recorded in it as an export by whoever is named. Null:
 * there is no such seller.
 */
export const exportTrail = async (
  db: Pick<Database, 'withPlatformScope'>,
  sellerId: string,
  { by, now }: { readonly by: string; readonly now: Date },
): Promise<AsyncGenerator<string> | null> => {
  const scope = `cli:${by}`
  const found = await db.withPlatformScope(scope, async (tx) => {
    const seller = await tx.maybeOne(sql.type(z.object({ id: z.string() }))`
      select id from sellers where id = ${sellerId}`)
    if (seller === null) return false
    const head = await readHead(tx, sellerId)
    const told = { filtered: false, events: head?.seq ?? 0, by }
    recordAudit(tx, sellerId, 'audit.exported', `seller:${sellerId}`, told)
    return true
  })
  if (!found) return null
  // each page is a transaction of its own, as it is for the seller
  const queries: Queries = {
    any: (statement) => db.withPlatformScope(scope, (tx) => tx.any(statement)),
    one: (statement) => db.withPlatformScope(scope, (tx) => tx.one(statement)),
    maybeOne: (statement) => db.withPlatformScope(scope, (tx) => tx.maybeOne(statement)),
    run: (statement) => db.withPlatformScope(scope, (tx) => tx.run(statement)),
  }
  return await openExport(queries, sellerId, {}, now)
}

const openExport = async (
  queries: Queries,
  sellerId: string,
  filters: AuditFilters,
  exportedAt: Date,
): Promise<AsyncGenerator<string>> => {
  const head = await readHead(queries, sellerId)
  const { digests, last } = await queries.one(sql.type(DigestCount)`
    select count(*)::int4 as digests, coalesce(max(seq_to), 0) as last from audit_digests
    where seller_id = ${sellerId} and seq_to <= ${head?.seq ?? 0}`)
  const filtered = Object.keys(filters).length > 0
  return exportLines(queries, filters, { sellerId, exportedAt, head, digests, filtered }, last)
}

const pageSize = 1_000

const exportLines = async function* (
  queries: Queries,
  filters: AuditFilters,
  header: Parameters<typeof headerLine>[0],
  lastDigest: number,
): AsyncGenerator<string> {
  const { sellerId, head } = header
  yield linesOf([headerLine(header)])
  for (let after = 0;;) {
    const page = await queries.any(sql.type(AuditRow)`
      select seller_id as "sellerId", ${hashedColumns} from audit_events
      where ${matching(sellerId, filters)} and seq > ${after} and seq <= ${head?.seq ?? 0}
      order by seq limit ${pageSize}`)
    if (page.length > 0) yield linesOf(page.map(eventLine))
    after = page.at(-1)?.seq ?? after
    if (page.length < pageSize) break
  }
  for (let after = 0;;) {
    const page = await readDigests(queries, sellerId, { after, until: lastDigest, limit: pageSize })
    if (page.length > 0) yield linesOf(page.map(digestLine))
    after = page.at(-1)?.seqTo ?? after
    if (page.length < pageSize) return
  }
}

const linesOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`

const matching = (sellerId: string, filters: AuditFilters) => {
  const { action, actorUserId, staff, target, impersonationId, from, to } = filters
  const time = (date: Date) => sql.fragment`${date.toISOString()}::timestamptz`
  const conditions = [
    sql.fragment`seller_id = ${sellerId}`,
    ...action === undefined ? [] : [sql.fragment`action = ${action}`],
    ...actorUserId === undefined ? [] : [sql.fragment`actor_user_id = ${actorUserId}`],
    ...staff === true ? [sql.fragment`actor_super_admin_id is not null`] : [],
    ...staff === false ? [sql.fragment`actor_super_admin_id is null`] : [],
    ...target === undefined ? [] : [sql.fragment`target = ${target}`],
    ...impersonationId === undefined
      ? []
      : [sql.fragment`impersonation_session_id = ${impersonationId}::uuid`],
    ...from === undefined ? [] : [sql.fragment`at >= ${time(from)}`],
    ...to === undefined ? [] : [sql.fragment`at < ${time(to)}`],
  ]
  return sql.join(conditions, sql.fragment` and `)
}

const nextOf = (hasMore: boolean, shown: readonly { readonly seq: number }[]): number | null =>
  hasMore ? shown.at(-1)?.seq ?? null : null

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
export const EventRow = z.object({
  seq: z.int(),
  at: z.date(),
  action: z.string(),
  target: z.string(),
  data: z.string(),
  actor_kind: z.string(),
  actor_user_id: z.string().nullable(),
  actor_super_admin_id: z.string().nullable(),
  impersonation_session_id: z.string().nullable(),
  api_key_id: z.string().nullable(),
  job_run_id: z.string().nullable(),
  hash: bytes,
})
const DigestCount = z.object({ digests: z.int(), last: z.int() })
const SignedRow = z.object({ seq: z.int(), body: z.string(), signature: bytes })

export const viewOf = (
  row: z.infer<typeof EventRow>,
  sentence = sentenceOf(row.action),
): AuditEventView => ({
  seq: row.seq,
  at: row.at,
  action: row.action,
  sentence,
  target: row.target,
  // the database holds it to be an object
  data: JSON.parse(row.data),
  actor: {
    kind: row.actor_kind,
    user_id: row.actor_user_id,
    super_admin_id: row.actor_super_admin_id,
    impersonation_session_id: row.impersonation_session_id,
    api_key_id: row.api_key_id,
    job_run_id: row.job_run_id,
  },
  hash: toHex(row.hash),
})

/** A body that is none of ours is not shown: whoever verifies an export is told of it. */
const digestOf = ({ body, signature }: z.infer<typeof SignedRow>): readonly DigestView[] => {
  const told = readDigest(body)
  return told === null ? [] : [{ body, signature, told }]
}
