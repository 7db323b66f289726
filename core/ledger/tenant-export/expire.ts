/** Lets the files of exports go: they hold buyers, and would outlive what is erased of them. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { Database } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'

/** Time enough to fetch them, on the slowest line and over a holiday. */
export const standingDays = 7
/** In one transaction; the sweep comes again. */
const mostAtOnce = 50

/** How many exports; the storage sweep removes what they let go. Across sellers. */
export const expireExports = async (
  db: Pick<Database, 'withPlatformScope'>,
  now: Date,
): Promise<number> => {
  const before = new Date(now.getTime() - standingDays * 86_400_000).toISOString()
  return await db.withPlatformScope('storage-sweep', async (tx) => {
    const due = await tx.any(sql.type(dueRow)`
      select seller_id, id, manifest_object_id from tenant_exports
      where finished_at < ${before}::timestamptz and expired_at is null
      order by seller_id, id limit ${mostAtOnce} for update skip locked`)
    for (const { seller_id: sellerId, id, manifest_object_id: manifest } of due) {
      await tx.run(command`
        update tenant_exports set expired_at = now(), manifest_object_id = null, at_key = null
        where seller_id = ${sellerId} and id = ${id}`)
      const files = await tx.run(command`
        update storage_objects o set kept_at = null
        where o.seller_id = ${sellerId} and (o.id = ${manifest} or o.id in (
          select p.storage_object_id from tenant_export_parts p
          where p.seller_id = ${sellerId} and p.export_id = ${id}))`)
      await tx.run(command`
        delete from tenant_export_parts where seller_id = ${sellerId} and export_id = ${id}`)
      recordAudit(tx, sellerId, 'seller.export-expired', `seller:${sellerId}`, {
        export: id,
        files,
      })
    }
    return due.length
  })
}

const dueRow = z.object({
  seller_id: z.string(),
  id: z.string(),
  manifest_object_id: z.string().nullable(),
})
