/** Asks for an export of all that a seller has, and tells how it stands. */
import { z } from 'zod'
import type { Tx } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { newId } from '../../ids.ts'
import { requestSellerJob } from '../../queues/seller-jobs.ts'

export const exportStates = ['WAITING', 'RUNNING', 'DONE', 'FAILED'] as const
export type ExportState = typeof exportStates[number]
export const exportReasons = ['asked', 'offboarding'] as const

/**
 * In a seller's scope or in platform scope. One that has not begun is joined, since all that is there
 * now will be in it: then `created` is false.
 */
export const requestTenantExport = async (
  tx: Tx,
  asked: {
    readonly sellerId: string
    readonly reason: typeof exportReasons[number]
    /** Null: the platform. */
    readonly byUserId: string | null
  },
): Promise<{ readonly id: string; readonly created: boolean }> => {
  const { sellerId, reason, byUserId } = asked
  // two requests of one instant must not both find none
  await tx.run(command`
    select pg_advisory_xact_lock(hashtextextended(${sellerId}::uuid::text || 'tenant-export', 0))`)
  const open = await tx.maybeOne(sql.type(Id)`
    select id from tenant_exports where seller_id = ${sellerId} and state = 'WAITING'
    order by created_at limit 1`)
  const id = open?.id ?? newId()
  if (open === null) {
    await tx.run(command`
      insert into tenant_exports (seller_id, id, reason, by_user_id)
      values (${sellerId}, ${id}, ${reason}, ${byUserId})`)
  }
  await requestSellerJob(tx, { sellerId, job: 'tenant-export' })
  return { id, created: open === null }
}

/** Null: there is none. DONE: all of it lies in files, with its manifest. */
export const tenantExportState = async (
  tx: Pick<Tx, 'maybeOne'>,
  sellerId: string,
  id: string,
): Promise<ExportState | null> => {
  const row = await tx.maybeOne(sql.type(z.object({ state: z.enum(exportStates) }))`
    select state from tenant_exports where seller_id = ${sellerId} and id = ${id}`)
  return row?.state ?? null
}

const Id = z.object({ id: z.string() })
