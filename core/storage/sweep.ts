/** Removes objects that nothing refers to: uploads that were cut off, files that were let go. */
import type { Database } from '../db/database.ts'
import type { Log } from '../log.ts'
import type { Appending } from './appending.ts'
import type { Files } from './files.ts'
import { endKept } from './plugin-file-rows.ts'
import { deleteDoomed, doomLoose, type LooseObject } from './rows.ts'

/** Longer than the longest upload. */
const pendingMs = 6 * 3_600_000
/** Longer than the longest way from a stored object to what refers to it. */
const storedMs = 24 * 3_600_000
const batchSize = 200

/** Then the storage is away. One that cannot be removed, such as one under a legal hold, holds up no other. */
const mostFailures = 5
/** Some minutes; what is left then waits for the next sweep. */
const mostBatches = 100

interface SweepParts {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly files: Pick<Files, 'remove'>
  /** Absent: nothing came part by part. */
  readonly appending?: Pick<Appending, 'abort'>
  readonly log: Log
  readonly now: () => number
}

/** How many were removed, batch after batch. What cannot be removed now comes again. */
export const sweepObjects = async (parts: SweepParts): Promise<number> => {
  let removed = 0
  for (let batch = 0; batch < mostBatches; batch++) {
    const { taken, gone } = await sweepBatch(parts)
    removed += gone
    if (taken < batchSize || gone === 0) break
  }
  return removed
}

const sweepBatch = async (
  { db, files, appending, log, now }: SweepParts,
): Promise<{ readonly taken: number; readonly gone: number }> => {
  const before = { pending: new Date(now() - pendingMs), stored: new Date(now() - storedMs) }
  const doomed = await db.withPlatformScope('storage-sweep', async (tx) => {
    await endKept(tx, new Date(now()), batchSize)
    return await doomLoose(tx, before, batchSize)
  })
  const gone: LooseObject[] = []
  let failures = 0
  for (const object of doomed) {
    try {
      if (object.uploadId !== null) await appending?.abort(object, object.uploadId)
      await files.remove(object)
      gone.push(object)
    } catch (error) {
      log.warn('storage.not-removed', { object: object.id, error })
      failures += 1
      if (failures >= mostFailures) break
    }
  }
  const taken = doomed.length
  if (gone.length === 0) return { taken, gone: 0 }
  await db.withPlatformScope('storage-sweep', (tx) => deleteDoomed(tx, gone))
  return { taken, gone: gone.length }
}
