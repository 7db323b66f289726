/** The ends of impersonation sessions that nobody asks for: time, and the end of what they hang on. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../audit/record.ts'
import type { Database, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { ensureOrg } from './provision.ts'

/**
 * In a platform scope: does what ends sessions of a member of staff (triggers end those that hang on
 * them) and records each end.
 */
export const recordingEnds = async (
  tx: Tx,
  superAdminId: string,
  end: () => Promise<unknown>,
): Promise<void> => {
  // what is under way in them ends first, and nothing begins: then nobody waits for each other
  await tx.run(command`
    select from staff_sessions where super_admin_id = ${superAdminId} and revoked_at is null
    for update`)
  const open = new Set(
    (await tx.any(sql.type(z.object({ id: z.string() }))`
      select id from impersonation_sessions
      where super_admin_id = ${superAdminId} and state in ('REQUESTED', 'APPROVED', 'LIVE')
      for update`)).map(({ id }) => id),
  )
  await end()
  const ended = await tx.any(sql.type(Ended)`
    select seller_id as "sellerId", id, ended_by as by from impersonation_sessions
    where super_admin_id = ${superAdminId} and state = 'ENDED'`)
  await record(tx, ended.filter(({ id }) => open.has(id)))
}

/** Ends what is past its time; how many they were. Nothing could be done in them any more. */
export const endOverdue = (db: Pick<Database, 'withPlatformScope'>): Promise<number> =>
  db.withPlatformScope('impersonation-sweep', async (tx) => {
    // who is about to move one by hand goes first
    const ended = await tx.any(sql.type(Ended)`
      update impersonation_sessions set state = 'ENDED', ended_by = 'expired'
      where (seller_id, id) in (
        select i.seller_id, i.id from impersonation_sessions i
        where i.state in ('REQUESTED', 'APPROVED', 'LIVE') and i.expires_at <= clock_timestamp()
        for update skip locked)
      returning seller_id as "sellerId", id, ended_by as by`)
    await record(tx, ended)
    return ended.length
  })

const record = async (tx: Tx, ended: readonly z.infer<typeof Ended>[]): Promise<void> => {
  if (ended.length === 0) return
  // the heads of several chains are locked in the order of their sellers
  const inOrder = ended.toSorted((a, b) => a.sellerId < b.sellerId ? -1 : 1)
  const target = (id: string) => `impersonation:${id}` as const
  for (const { sellerId, id, by } of inOrder) {
    recordAudit(tx, sellerId, 'impersonation.ended', target(id), { by })
  }
  const orgId = await ensureOrg(tx)
  for (const { sellerId, id } of inOrder) {
    recordOrgAudit(tx, orgId, 'impersonation.ended', target(id), { seller: sellerId })
  }
}

const Ended = z.object({ sellerId: z.string(), id: z.string(), by: z.string() })
