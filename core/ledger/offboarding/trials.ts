/** What each process does when it hears that keys were destroyed: tries whether it can still open anything. */
import { z } from 'zod'
import type { Keyring } from '../../crypto/keyring.ts'
import type { Database, Queries } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { Log } from '../../log.ts'
import { readOffboarding } from './rows.ts'
import { readSample } from './sample.ts'

interface TrialDeps {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly keyring: Pick<Keyring, 'attempt'>
  readonly log: Log
  readonly process: { readonly id: string; readonly parts: string }
}
/** What one process found. */
export interface Trial {
  readonly process: string
  readonly parts: string
  /** From the destruction to the first try. */
  readonly heardAfterMs: number
  readonly tried: number
  readonly opened: number
  /** Of several tries, the most that opened. */
  readonly mostOpened: number
}

/**
 * Behind `forget`, in every process: with all keys that it still holds of the seller, whatever their age,
 * it tries the sample, and writes down what came of it. What opens is an alarm, and keeps the certificate
 * back. Safe to repeat; the last try counts.
 */
export const tryShredded = async (
  { db, keyring, log, process }: TrialDeps,
  sellerId: string,
): Promise<void> => {
  const found = await db.withPlatformScope('shred-trial', async (tx) => {
    const stands = await readOffboarding(tx, sellerId)
    if (stands?.state !== 'SHREDDING' || stands.destroyedAt === null) return null
    return { id: stands.id, values: await readSample(tx, stands) }
  })
  if (found === null) return
  const { tried, opened } = keyring.attempt(sellerId, found.values)
  if (opened > 0) log.error('shred.value-opened', { seller: sellerId, tried, opened })
  await db.withPlatformScope('shred-trial', (tx) =>
    tx.run(command`
      insert into shred_trials as t
        (seller_id, offboarding_id, process_id, parts, tried, opened, most_opened)
      values (${sellerId}, ${found.id}, ${process.id}, ${process.parts}, ${tried}, ${opened}, ${opened})
      on conflict (seller_id, offboarding_id, process_id) do update set tried = excluded.tried,
        opened = excluded.opened, most_opened = greatest(t.most_opened, excluded.opened),
        tried_at = clock_timestamp()`))
}

export const readTrials = (
  queries: Pick<Queries, 'any'>,
  { sellerId, id }: { readonly sellerId: string; readonly id: string },
): Promise<readonly Trial[]> =>
  queries.any(sql.type(trialRow)`
    select t.process_id as process, t.parts, t.tried, t.opened, t.most_opened as "mostOpened",
      round(extract(epoch from t.first_at - o.destroyed_at) * 1000)::float8 as "heardAfterMs"
    from shred_trials t
    join seller_offboardings o on o.seller_id = t.seller_id and o.id = t.offboarding_id
    where t.seller_id = ${sellerId} and t.offboarding_id = ${id}
    order by t.first_at, t.process_id`)
const trialRow = z.object({
  process: z.string(),
  parts: z.string(),
  heardAfterMs: z.number(),
  tried: z.int(),
  opened: z.int(),
  mostOpened: z.int(),
})
