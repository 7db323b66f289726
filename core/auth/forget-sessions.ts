/** Sessions that are long over: where somebody signed in from is not kept for ever. */
import type { Database } from '../db/database.ts'
import { command } from '../db/sql.ts'

const keptDays = 30 // longer than anybody looks for where a session went; the trail keeps that it was

/** Forgets them; how many they were. */
export const forgetSessions = (
  db: Pick<Database, 'withPlatformScope'>,
  now: Date,
): Promise<number> => {
  const before = new Date(now.getTime() - keptDays * 86_400_000).toISOString()
  return db.withPlatformScope('sessions-sweep', (tx) =>
    tx.run(command`
      delete from sessions where coalesce(revoked_at, expires_at) < ${before}`))
}
