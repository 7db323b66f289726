/** Asks for the verification of accounts whose credentials nobody has used for some time. */
import { z } from 'zod'
import { uuidArray } from '../db/arrays.ts'
import type { Database, Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { newId } from '../ids.ts'

export interface VerifyAsk {
  /** Of whose marketplaces. */
  readonly pluginId: string
  /** Without a confirmation by the marketplace for so long. */
  readonly idleMs: number
  readonly queue: string
}

const reason = 'session-sweep'
const batchSize = 500

/** Safe to repeat: an account whose verification waits is asked for once. Answers how many are new. */
export const askToVerify = async (
  db: Pick<Database, 'withPlatformScope'>,
  ask: VerifyAsk,
): Promise<number> => {
  let created = 0
  let after: Account | undefined
  for (;;) {
    const from = after
    const batch = await db.withPlatformScope(reason, (tx) => askBatch(tx, ask, from))
    created += batch.created
    after = batch.idle.at(-1)
    if (batch.idle.length < batchSize) return created
  }
}

const account = z.object({ seller_id: z.string(), id: z.string() })
type Account = z.infer<typeof account>

const askBatch = async (
  tx: Tx,
  { pluginId, idleMs, queue }: VerifyAsk,
  after: Account | undefined,
): Promise<{ readonly idle: readonly Account[]; readonly created: number }> => {
  const idle = await tx.any(sql.type(account)`
    select a.seller_id, a.id
    from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where m.plugin_id = ${pluginId}
      -- who has to sign in again is not helped by asking
      and not a.needs_reconnect
      and coalesce(a.last_validated_at, a.created_at)
        < clock_timestamp() - ${`${idleMs} milliseconds`}::interval
      and not work_is_held(a.seller_id, a.id)
      and (${after === undefined} or (a.seller_id, a.id) >
        (${after?.seller_id ?? null}::uuid, ${after?.id ?? null}::uuid))
    order by a.seller_id, a.id
    limit ${batchSize}`)
  if (idle.length === 0) return { idle, created: 0 }
  const ids = () => uuidArray(idle.map(() => newId()))
  const { created } = await tx.one(sql.type(z.object({ created: z.number() }))`
    select count(*) filter (where w.created) as created
    from unnest(${uuidArray(idle.map((one) => one.seller_id))}::uuid[],
      ${uuidArray(idle.map((one) => one.id))}::uuid[], ${ids()}::uuid[], ${ids()}::uuid[],
      ${ids()}::uuid[]
    ) as r (seller_id, account_id, run_id, item_id, message_id)
    cross join lateral request_work(r.seller_id, r.account_id, 'SESSION', 'schedule', r.run_id,
      r.item_id, r.message_id, ${queue}, null, null) as w`)
  return { idle, created }
}
