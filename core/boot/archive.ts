/** The archive of what marketplaces answer, put together: its keys, its writer, and what joins its parts. */
import { type ArchiveKeys, createArchiveKeys } from '../crypto/archive-keys.ts'
import type { KeySource } from '../crypto/load.ts'
import type { Database } from '../db/database.ts'
import { sweepArchive } from '../ledger/archive/compact-archive.ts'
import { createRawArchive, type RawArchive } from '../ledger/archive/raw-archive.ts'
import type { Log } from '../log.ts'
import type { Files } from '../storage/files.ts'

/** As long as other keys of sellers are handed out, and work behind that. */
const bounds = { ttlMs: 5 * 60_000, graceMs: 60_000, maxSellers: 1_000 }

export const openArchive = ({ source, files, isOn, log, now, steady }: {
  readonly source: KeySource
  readonly files: Files
  readonly isOn: boolean
  readonly log: Log
  readonly now: () => number
  /** Milliseconds of a clock that moves forward. */
  readonly steady: () => number
}): { readonly archiveKeys: ArchiveKeys; readonly archive?: RawArchive } => {
  const archiveKeys = createArchiveKeys({ ...source, ...bounds, now: steady })
  if (!isOn) return { archiveKeys }
  const { db } = source
  return { archiveKeys, archive: createRawArchive({ db, files, archiveKeys, log, now }) }
}

export const archiveSweep = ({ db, log, now, wake }: {
  readonly db: Database
  readonly log: Log
  readonly now: () => number
  readonly wake: () => void
}) => ({
  id: 'archive-sweep',
  // when slices that began in the hour before have ended
  cron: '12 * * * *',
  run: async () => {
    const asked = await sweepArchive(db, now())
    if (asked > 0) wake()
    log.info('sweep.archive', { asked })
  },
})
