/** Processing put together: what the API serves, and the sweep that meets the cut-off. */
import type { Database } from '../db/database.ts'
import type { Services } from '../http/services.ts'
import { createDocuments } from '../ledger/documents/read-documents.ts'
import { createRegistrations } from '../ledger/documents/registrations.ts'
import { createManifests } from '../ledger/processing/manifest-rows.ts'
import { createProcessing } from '../ledger/processing/processing.ts'
import { sweepManifests } from '../ledger/processing/sweep-manifests.ts'
import type { Registry } from '../ledger/registry.ts'
import type { Upstream } from '../ledger/upstream.ts'
import type { Log } from '../log.ts'
import type { QueueOf } from '../queues/layout.ts'
import type { Files } from '../storage/files.ts'

interface ProcessingHouse {
  readonly db: Database
  readonly files: Files
  readonly registry: Registry
  readonly queueOf: QueueOf
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly wake: () => void
  readonly now: () => number
  readonly log: Log
}

export const processingServices = (
  house: ProcessingHouse,
): Pick<Services, 'processing' | 'manifests' | 'documents' | 'registrations'> => ({
  processing: createProcessing(house),
  manifests: createManifests(house.db),
  documents: createDocuments(house),
  registrations: createRegistrations(house.db),
})

/** Every minute: a sandbox's hour may be a second. */
export const manifestSweep = (
  house: Pick<ProcessingHouse, 'db' | 'registry' | 'queueOf' | 'upstreamOf' | 'wake' | 'log'>,
) => ({
  id: 'manifest-sweep',
  cron: '* * * * *',
  run: async () => {
    const accounts = await sweepManifests(house)
    if (accounts > 0) house.wake()
    house.log.info('sweep.manifests', { accounts })
  },
})
