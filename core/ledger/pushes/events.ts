/** Events of marketplaces in the database: each is met once, and asks for a run with its first word. */
import { z } from 'zod'
import type { Database, Tx } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { PushNote } from '../../plugin.ts'
import type { QueueOf } from '../../queues/layout.ts'
import { requestWork } from '../../queues/work.ts'

export interface PushedAccount {
  readonly sellerId: string
  readonly accountId: string
  readonly pluginId: string
}

/**
 * In one transaction: the event, and the run that it asks for. `again`: it was met before. Works in a
 * seller's scope and in platform scope.
 */
export const recordPush = async (
  tx: Tx,
  { sellerId, accountId, pluginId }: PushedAccount,
  { id, target }: Pick<PushNote, 'id' | 'target'>,
  queueOf: QueueOf,
): Promise<'new' | 'again'> => {
  const isNew = await tx.run(command`
    insert into push_events (seller_id, marketplace_account_id, event_id, target)
    values (${sellerId}, ${accountId}, ${id}, ${target})
    on conflict do nothing`)
  if (isNew === 0) return 'again'
  const queue = queueOf(target, pluginId)
  // a suspended seller's work waits for nobody: there is none
  await requestWork(tx, { sellerId, accountId, target, reason: 'push', queue })
  return 'new'
}

/** Of the accounts that a marketplace means, those for which something may begin now. */
export const pushedAccounts = async (
  tx: Tx,
  code: string,
  externalAccountId: string,
): Promise<readonly { readonly sellerId: string; readonly accountId: string }[]> => {
  const rows = await tx.any(sql.type(accountRow)`
    select a.seller_id, a.id from marketplace_accounts a
    join marketplaces m on m.id = a.marketplace_id
    where m.code = ${code} and a.external_account_id = ${externalAccountId}
      and a.external_account_id <> '' and not work_is_held(a.seller_id, a.id)`)
  return rows.map(({ seller_id: sellerId, id: accountId }) => ({ sellerId, accountId }))
}
const accountRow = z.object({ seller_id: z.string(), id: z.string() })

/** No marketplace sends an event again after so long. */
const keptMs = 7 * 24 * 3_600_000

/** How many were forgotten. */
export const forgetPushes = (
  db: Pick<Database, 'withPlatformScope'>,
  now: Date,
): Promise<number> =>
  db.withPlatformScope('push-sweep', (tx) =>
    tx.run(command`
      delete from push_events
      where received_at < ${new Date(now.getTime() - keptMs).toISOString()}::timestamptz`))
