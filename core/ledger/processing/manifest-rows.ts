/** Manifests as they are asked for: by the API, by the cut-off, by a batch. */
import { z } from 'zod'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import { allOf, theRow, withinLimit } from '../account-limit.ts'

export interface ManifestView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly external_manifest_id: string
  readonly state: 'OPEN' | 'CLOSED'
  readonly closure: 'IMMEDIATE' | 'DELAYED' | 'MANUAL'
  readonly close_at: Date | null
  readonly dispatch_date: string | null
  readonly shipment_count: number
  readonly created_at: Date
  readonly updated_at: Date
  readonly closed_at: Date | null
}
export interface ManifestDetail extends ManifestView {
  readonly shipments: readonly {
    readonly id: string
    readonly order_id: string
    readonly external_order_id: string
    readonly external_shipment_id: string
    readonly status: string
    readonly awb: string | null
    readonly carrier: string | null
  }[]
  readonly documents: readonly { readonly id: string; readonly type: string }[]
}
export interface ManifestPosition {
  readonly createdAt: Date
  readonly id: string
}

export type Manifests = ReturnType<typeof createManifests>

export const createManifests = (db: Database) => ({
  /** Newest first. */
  list: async (entry: Entry, ask: {
    readonly accountId?: string
    readonly state?: 'OPEN' | 'CLOSED'
    readonly after?: ManifestPosition
    readonly limit: number
    readonly accounts?: AccountLimit | null
  }): Promise<{
    readonly manifests: readonly ManifestView[]
    readonly next: ManifestPosition | null
  }> => {
    const { accountId, state, after, limit, accounts } = ask
    const where = allOf(
      sql.fragment`seller_id = ${entry.sellerId}`,
      ...accountId ? [sql.fragment`marketplace_account_id = ${accountId}`] : [],
      ...state ? [sql.fragment`state = ${state}`] : [],
      ...after
        ? [sql.fragment`(created_at, id) < (${after.createdAt.toISOString()}, ${after.id}::uuid)`]
        : [],
      ...withinLimit(accounts, sql.fragment`marketplace_account_id`),
    )
    const rows = await db.inSellerScope(entry).any(sql.type(manifestRow)`
      select ${columns} from manifests where ${where}
      order by created_at desc, id desc limit ${limit + 1}`)
    const manifests = rows.slice(0, limit)
    const last = manifests.at(-1)
    return {
      manifests,
      next: rows.length > limit && last ? { createdAt: last.created_at, id: last.id } : null,
    }
  },

  /** Null outside of the limit, as for one that is not there. */
  get: async (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null = null,
  ): Promise<ManifestDetail | null> =>
    await db.inSellerScope(entry).maybeOne(sql.type(detailRow)`
      select ${columns}, coalesce((
          select jsonb_agg(jsonb_build_object('id', s.id, 'order_id', s.order_id,
            'external_order_id', o.external_order_id,
            'external_shipment_id', s.external_shipment_id, 'status', s.status, 'awb', s.awb,
            'carrier', s.carrier) order by s.external_shipment_id)
          from shipments s join orders o on o.seller_id = s.seller_id and o.id = s.order_id
          where s.seller_id = manifests.seller_id and s.manifest_id = manifests.id
        ), '[]') as shipments, coalesce((
          select jsonb_agg(jsonb_build_object('id', d.id, 'type', d.type) order by d.id)
          from order_documents d
          where d.seller_id = manifests.seller_id and d.manifest_id = manifests.id
            and d.superseded_at is null
        ), '[]') as documents
      from manifests where ${theRow(entry.sellerId, id, accounts)}`),
})

const columns = sql.fragment`id, marketplace_account_id, external_manifest_id, state, closure,
  close_at, dispatch_date::text as dispatch_date, shipment_count, created_at, updated_at, closed_at`

const manifestRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  external_manifest_id: z.string(),
  state: z.enum(['OPEN', 'CLOSED']),
  closure: z.enum(['IMMEDIATE', 'DELAYED', 'MANUAL']),
  close_at: z.date().nullable(),
  dispatch_date: z.string().nullable(),
  shipment_count: z.number(),
  created_at: z.date(),
  updated_at: z.date(),
  closed_at: z.date().nullable(),
})
const detailRow = manifestRow.extend({
  shipments: z.array(z.object({
    id: z.string(),
    order_id: z.string(),
    external_order_id: z.string(),
    external_shipment_id: z.string(),
    status: z.string(),
    awb: z.string().nullable(),
    carrier: z.string().nullable(),
  })),
  documents: z.array(z.object({ id: z.string(), type: z.string() })),
})

/** External ids of the account's manifests that are to be closed by now; empty ones never are. */
export const dueManifests = async (
  scope: SellerScope,
  accountId: string,
  now: Date,
): Promise<readonly string[]> => {
  const rows = await scope.any(sql.type(z.object({ external_manifest_id: z.string() }))`
    select external_manifest_id from manifests
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
      and state = 'OPEN' and close_at <= ${now.toISOString()}::timestamptz and shipment_count > 0
    order by close_at, id`)
  return rows.map((row) => row.external_manifest_id)
}
