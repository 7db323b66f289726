/** Writes one export in a process that does nothing else; see `memory-taken.ts`. */
import process from 'node:process'
import { openDatabase } from '../../core/db/scope.ts'
import type { WorkBody } from '../../core/queues/work.ts'
import { tellTaken } from '../support/memory-taken.ts'
import { testScopeKey } from '../support/scope-key.ts'
import { openExporter, openExportHost } from './exporter.ts'

interface Order {
  readonly urls: { readonly app: string; readonly platform: string }
  readonly endpoint: string
  readonly body: WorkBody
  readonly idleMs: number
}

const { urls, endpoint, body, idleMs }: Order = JSON.parse(process.argv[2] ?? '')
const db = await openDatabase({
  ...{ url: urls.app, platformUrl: urls.platform, scopeKey: testScopeKey, maxConnections: 4 },
})
const exporter = openExporter({ db, endpoint, host: await openExportHost('in-process') })
await db.ping()
await tellTaken(idleMs, () => exporter.deliver(body))
