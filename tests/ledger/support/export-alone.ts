/** Writes all that a seller has in a process that does nothing else; see `memory-taken.ts`. */
import process from 'node:process'
import { createKeyring } from '../../../core/crypto/keyring.ts'
import { createKms } from '../../../core/crypto/kms.ts'
import type { Entry } from '../../../core/db/database.ts'
import { openDatabase } from '../../../core/db/scope.ts'
import { exportTenant } from '../../../core/ledger/tenant-export/run-export.ts'
import { silentLog } from '../../../core/log.ts'
import { claimWork } from '../../../core/queues/work.ts'
import { createFiles } from '../../../core/storage/files.ts'
import { tellTaken } from '../../support/memory-taken.ts'
import { testScopeKey } from '../../support/scope-key.ts'

export interface ExportOrder {
  readonly urls: { readonly app: string; readonly platform: string }
  readonly endpoint: string
  readonly bucket: string
  readonly alias: string
  readonly entry: Entry
  readonly itemId: string
  readonly idleMs: number
}

const { urls, endpoint, bucket, alias, entry, itemId, idleMs }: ExportOrder = JSON.parse(
  process.argv[2] ?? '',
)
const { sellerId } = entry
const db = await openDatabase({
  ...{ url: urls.app, platformUrl: urls.platform, scopeKey: testScopeKey, maxConnections: 4 },
})
const reached = { region: 'ap-south-1', endpoint }
const keyring = createKeyring({
  ...{ db, kms: createKms({ ...reached, log: silentLog }), log: silentLog, now: Date.now },
  ...{ aliasOf: () => alias, createMissingAlias: false },
})
const files = createFiles({
  ...{ db, bucket, ...reached, aliasOf: () => alias },
  ensureKey: () => Promise.resolve(),
})
await db.ping()
const never = new AbortController().signal
await tellTaken(idleMs, async () => {
  for (;;) {
    const work = await claimWork(db, { sellerId, itemId, leaseMs: 600_000 })
    if (!work?.claimed || work.target !== 'JOB') return
    const deps = { db, keyring, files, log: silentLog, now: Date.now }
    await exportTenant(deps, work, { signal: never, draining: never })
  }
})
