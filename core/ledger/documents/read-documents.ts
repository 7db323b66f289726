/** Documents as the API shows them, and the addresses that they are read at. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { type DocumentType, documentTypes } from '../../plugin.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import type { Files } from '../../storage/files.ts'
import { extensionOf } from '../../storage/keys.ts'
import { findObject } from '../../storage/rows.ts'
import { theRow } from '../account-limit.ts'
import { showsBuyer } from './make-documents.ts'

export interface DocumentView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly order_id: string | null
  readonly shipment_id: string | null
  readonly manifest_id: string | null
  readonly type: DocumentType
  readonly source: 'RENDERED' | 'MARKETPLACE'
  readonly mime: string
  readonly byte_size: number
  /** Hexadecimal. */
  readonly sha256: string
  readonly created_at: Date
}
export interface DocumentLink extends DocumentView {
  readonly url: string
  readonly url_expires_at: Date
}

/** How long an address works: enough to click on it. */
const linkSeconds = 5 * 60

export type Documents = ReturnType<typeof createDocuments>

export const createDocuments = ({ db, files, now }: {
  readonly db: Database
  readonly files: Pick<Files, 'urlOf'>
  readonly now: () => number
}) => ({
  /** Those that stand, of one order; null when there is no such order, or outside of the limit. */
  ofOrder: (
    entry: Entry,
    orderId: string,
    accounts: AccountLimit | null,
  ): Promise<readonly DocumentView[] | null> =>
    db.withSellerScope(entry, async (scope) => {
      const order = await scope.maybeOne(sql.type(z.object({ id: z.string() }))`
        select id from orders where ${theRow(scope.sellerId, orderId, accounts)}`)
      if (!order) return null
      return await scope.any(sql.type(documentRow)`
        select ${columns} from order_documents d ${joined}
        where d.seller_id = ${scope.sellerId} and d.order_id = ${orderId}
          and d.superseded_at is null
        order by d.type`)
    }),

  /**
   * With an address that needs no sign-in; the reading of it is in the audit trail. Null as above.
   * `maySeeBuyer` decides for the account of a paper that shows the buyer: false throws nothing, and
   * answers 'buyer'. 'erased': the paper was let go with its buyer.
   */
  link: async (entry: Entry, id: string, ask: {
    readonly accounts: AccountLimit | null
    readonly maySeeBuyer: (accountId: string) => boolean
  }): Promise<DocumentLink | 'buyer' | 'erased' | null> => {
    const found = await db.withSellerScope(entry, async (scope) => {
      const row = await scope.maybeOne(sql.type(documentRow.extend({ object_id: z.string() }))`
        select ${columns}, d.storage_object_id as object_id from order_documents d ${joined}
        where d.seller_id = ${scope.sellerId} and d.id in (
          select id from order_documents where ${theRow(scope.sellerId, id, ask.accounts)})`)
      if (!row) return await isErased(scope, id, ask.accounts) ? 'erased' : null
      const { object_id, ...view } = row
      if (showsBuyer.includes(row.type) && !ask.maySeeBuyer(row.marketplace_account_id)) {
        return 'buyer'
      }
      const object = await findObject(scope, { id: object_id })
      if (!object) throw new Error('A document has no object')
      recordAudit(scope, scope.sellerId, 'document.read', `document:${id}`, {
        type: row.type,
        order: row.order_id,
      })
      return { view, object }
    })
    if (found === null || typeof found === 'string') return found
    const { view, object } = found
    const url = await files.urlOf(object, {
      fileName: `${view.type.toLowerCase()}-${id.slice(-8)}.${extensionOf(object.mime)}`,
      seconds: linkSeconds,
    })
    return { ...view, url, url_expires_at: new Date(now() + linkSeconds * 1000) }
  },
})

const isErased = async (
  scope: SellerScope,
  id: string,
  accounts: AccountLimit | null,
): Promise<boolean> => {
  const row = await scope.maybeOne(sql.type(z.object({ erased: z.boolean() }))`
    select erased_at is not null as erased from order_documents
    where ${theRow(scope.sellerId, id, accounts)}`)
  return row?.erased ?? false
}

const columns = sql.fragment`d.id, d.marketplace_account_id, d.order_id, d.shipment_id,
  d.manifest_id, d.type, d.source, s.mime, s.byte_size::int4 as byte_size,
  encode(s.sha256, 'hex') as sha256, d.created_at`
const joined = sql.fragment`join storage_objects s
  on s.seller_id = d.seller_id and s.id = d.storage_object_id`

const documentRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  order_id: z.string().nullable(),
  shipment_id: z.string().nullable(),
  manifest_id: z.string().nullable(),
  type: z.enum(documentTypes),
  source: z.enum(['RENDERED', 'MARKETPLACE']),
  mime: z.string(),
  byte_size: z.number(),
  sha256: z.string(),
  created_at: z.date(),
})
