/** Removes objects that nothing refers to: uploads that were cut off, files that were let go. */
import type { Database } from '../db/database.ts'
import type { Log } from '../log.ts'
import type { Files } from './files.ts'
import { deleteDoomed, doomLoose, type LooseObject } from './rows.ts'

/** Longer than the longest upload. */
const pendingMs = 6 * 3_600_000
/** Longer than the longest way from a stored object to what refers to it. */
const storedMs = 24 * 3_600_000
const batchSize = 200

/** How many were removed. What cannot be removed now comes again. */
export const sweepObjects = async (
  { db, files, log, now }: {
    readonly db: Pick<Database, 'withPlatformScope'>
    readonly files: Pick<Files, 'remove'>
    readonly log: Log
    readonly now: () => number
  },
): Promise<number> => {
  const before = { pending: new Date(now() - pendingMs), stored: new Date(now() - storedMs) }
  const doomed = await db.withPlatformScope(
    'storage-sweep',
    (tx) => doomLoose(tx, before, batchSize),
  )
  const gone: LooseObject[] = []
  for (const object of doomed) {
    try {
      await files.remove(object)
      gone.push(object)
    } catch (error) {
      log.warn('storage.not-removed', { object: object.id, error })
      // where one fails the others will: they come again
      break
    }
  }
  if (gone.length === 0) return 0
  return await db.withPlatformScope('storage-sweep', (tx) => deleteDoomed(tx, gone))
}
