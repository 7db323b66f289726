/** Documents that the marketplace makes later than it is asked: what is waited for, and its work. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { idOf } from '../../ids.ts'
import { type DocumentType, documentTypes } from '../../plugin.ts'
import { requestWork } from '../../queues/work.ts'

const documentQueue = 'document-download'
/** By the clock of the marketplace. */
const patienceMs = 2 * 86_400_000
const firstPauseMs = 60_000
const longestPauseMs = 30 * 60_000
/** Seed of the account's advisory lock: held from the asking for DOCUMENTS work, or by its end. */
const asksLock = 5

/** Asks for a document in the transaction that makes it known that there will be one. */
export const fetchLater = async (
  scope: SellerScope,
  { accountId }: { readonly accountId: string },
  ask: { readonly type: DocumentType; readonly manifestId: string; readonly now: Date },
): Promise<void> => {
  const { type, manifestId, now } = ask
  const { sellerId } = scope
  const giveUp = new Date(now.getTime() + patienceMs).toISOString()
  await scope.run(command`
    insert into document_asks as a (
      seller_id, id, marketplace_account_id, manifest_id, type, ask_at, give_up_at
    ) values (
      ${sellerId}, ${idOf(sellerId, 'document-ask', type, manifestId)}, ${accountId}, ${manifestId},
      ${type}, ${now.toISOString()}, ${giveUp}
    )
    on conflict (seller_id, id) do update set
      state = 'WAITING', ask_at = excluded.ask_at, give_up_at = excluded.give_up_at, message = null,
      finished_at = null
    where a.state = 'FAILED'`)
  await lockAsks(scope, accountId)
  const asked = { sellerId, accountId, target: 'DOCUMENTS', reason: 'push' } as const
  await requestWork(scope, { ...asked, queue: documentQueue })
}

/** What commits behind it is seen by the work that holds it at its end, or asks for work anew. */
export const lockAsks = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(
    command`select pg_advisory_xact_lock(hashtextextended(${accountId}, ${asksLock}))`,
  )
}

export interface DocumentWait {
  readonly id: string
  readonly type: DocumentType
  readonly manifestId: string | null
  readonly manifestExternalId: string | null
  readonly orderId: string | null
  readonly shipmentExternalId: string | null
  readonly askAt: Date
  readonly giveUpAt: Date
  readonly attempts: number
}

/** The one that is to be asked for next; null: nothing is waited for. */
export const nextWait = async (
  scope: SellerScope,
  accountId: string,
): Promise<DocumentWait | null> => {
  const row = await scope.maybeOne(sql.type(waitRow)`
    select a.id, a.type, a.manifest_id, m.external_manifest_id, s.order_id, s.external_shipment_id,
      a.ask_at, a.give_up_at, a.attempts
    from document_asks a
    left join manifests m on m.seller_id = a.seller_id and m.id = a.manifest_id
    left join shipments s on s.seller_id = a.seller_id and s.id = a.shipment_id
    where a.seller_id = ${scope.sellerId} and a.marketplace_account_id = ${accountId}
      and a.state = 'WAITING'
    order by a.ask_at, a.id limit 1`)
  return row && {
    ...{ id: row.id, type: row.type, manifestId: row.manifest_id, orderId: row.order_id },
    manifestExternalId: row.external_manifest_id,
    shipmentExternalId: row.external_shipment_id,
    ...{ askAt: row.ask_at, giveUpAt: row.give_up_at, attempts: row.attempts },
  }
}
const waitRow = z.object({
  id: z.string(),
  type: z.enum(documentTypes),
  manifest_id: z.string().nullable(),
  external_manifest_id: z.string().nullable(),
  order_id: z.string().nullable(),
  external_shipment_id: z.string().nullable(),
  ask_at: z.date(),
  give_up_at: z.date(),
  attempts: z.number(),
})

/** Asked for again after a while, or never when it has taken too long. */
export const waitOn = async (
  scope: SellerScope,
  { id, attempts, giveUpAt }: DocumentWait,
  now: Date,
): Promise<void> => {
  const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts, 10))
  const at = new Date(now.getTime() + pause)
  if (at > giveUpAt) {
    await endWait(scope, id, 'The marketplace has not made the document within two days')
    return
  }
  await scope.run(command`
    update document_asks set ask_at = ${at.toISOString()}, attempts = attempts + 1
    where seller_id = ${scope.sellerId} and id = ${id} and state = 'WAITING'`)
}

/** Null: it is there. */
export const endWait = async (
  scope: SellerScope,
  id: string,
  message: string | null,
): Promise<void> => {
  await scope.run(command`
    update document_asks
    set state = ${message === null ? 'DONE' : 'FAILED'}, message = ${message}, finished_at = now()
    where seller_id = ${scope.sellerId} and id = ${id} and state = 'WAITING'`)
}
